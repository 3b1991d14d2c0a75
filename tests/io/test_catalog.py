"""Catalogue: frozen and closed; a wrong key names the nearest right one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from landsim.core.errors import Problems
from landsim.io.catalog import Catalog, make_catalog


def _make(**data: Any) -> tuple[Catalog | None, str]:
    problems = Problems()
    catalog = make_catalog({"landcover": "lc.tif", **data}, Path("/place"), "data.yaml", problems)
    return catalog, "\n".join(map(str, problems.faults))


def test_a_bare_text_is_a_file() -> None:
    catalog, faults = _make(layers={"slope": "slope.tif"}, history={2000: "a.tif"})
    assert faults == ""
    assert catalog is not None
    assert (catalog.landcover and catalog.landcover.file) == "lc.tif"
    assert catalog.layers["slope"].file == "slope.tif"
    assert catalog.home == Path("/place")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"layer": {}}, "data.yaml: layer: unknown key. Did you mean 'layers'"),
        ({"layers": {"slpe": "s.tif"}}, "data.yaml: layers.slpe: unknown layer. Did you mean 'slope'"),
        (
            {"layers": {"slope": {"file": "s.tif", "resmaple": "mode"}}},
            "data.yaml: layers.slope.resmaple: unknown key. Did you mean 'resample'",
        ),
        ({"layers": {"slope": {"file": "s.tif", "resample": "cubic"}}}, "layers.slope.resample: input should be"),
        ({"layers": {"slope": {"file": "s.tif", "min_fraction": 1.5}}}, "found 1.5"),
        ({"layers": {"slope": {"unit": "deg"}}}, "data.yaml: layers.slope.file: missing key"),
        ({"layers": {"slope": {"file": "s.tif", "sha256": "abc"}}}, "layers.slope.sha256"),
        ({"layers": {"slope": {"file": "a\0b"}}}, "layers.slope.file"),
        ({"masks": {"m": {"where": 1}}}, "masks.m: a mask needs either file or class"),
        ({"masks": {"m": {"clas": "water"}}}, "masks.m.clas: unknown key. Did you mean 'class'"),
        ({"history": {"then": "a.tif"}}, "history.then"),
        ({"synthetic": {}}, "data.yaml: a catalogue needs either landcover or synthetic"),
        ({"construct_lines": {"pbf_shre": 1}}, "construct_lines.pbf_shre: unknown key. Did you mean 'pbf_share'"),
        ({"construct_lines": {"pbf_share": 2}}, "construct_lines.pbf_share"),
    ],
)
def test_wrong_keys_and_values(data: dict[str, Any], words: str) -> None:
    catalog, faults = _make(**data)
    assert catalog is None
    assert words in faults


def test_every_fault_is_told_at_once() -> None:
    faults = _make(layer={}, layers={"slpe": "s.tif", "road": {"file": "r.tif", "bnd": 1}})[1]
    assert len(faults.splitlines()) == 3


@pytest.mark.parametrize("size", [[7, 60], [100_000, 100_000]])
def test_synthetic_size_is_bounded(size: list[int]) -> None:
    problems = Problems()
    assert make_catalog({"synthetic": {"shape": size}}, Path(), "data.yaml", problems) is None
    assert "synthetic" in str(problems.faults[0])


def test_catalogue_is_frozen() -> None:
    catalog = _make()[0]
    assert catalog is not None
    with pytest.raises(ValidationError, match="frozen"):
        catalog.masks = {}  # type: ignore[misc]


def test_lines_are_switched_by_a_word() -> None:
    assert (on := _make(construct_lines=True)[0]) is not None
    assert on.construct_lines is not None
    assert (off := _make(construct_lines=False)[0]) is not None
    assert off.construct_lines is None
