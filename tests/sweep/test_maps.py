"""Maps over runs: shares counted cell by cell, also of classes whose area stays while their cells move."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio

from landsim.io.store import RunWriter, open_run
from landsim.sweep import maps
from landsim.sweep.bases import Base
from landsim.sweep.designs import Points
from landsim.sweep.folders import SweepFolder
from landsim.sweep.maps import entropy, write_maps
from landsim.sweep.plan import Plan
from landsim.sweep.settings import Sweep, SweepSource
from tests.io.runs import GRID, events, first_map, record

CROPLAND, FOREST, WATER = 1, 2, 5
FIELD, WOOD = 100 * 270 + 10, 100 * 270 + 100  # cells that are cropland and forest at the start
LABELS = {"scenario": "town", "override": "as_is", "structure": "as_is", "future": "as_is"}


def swaps(*cells: tuple[int, int]) -> dict[str, np.ndarray]:
    """Events of a year, each a cell and its new class."""
    one = {name: np.asarray(column)[:1].repeat(len(cells)) for name, column in events().items()}
    cell, to = np.array(cells).T
    start = first_map().reshape(-1)[cell]
    return {**one, "year": np.full(len(cells), 2004), "cell": cell, "from": start, "to": to.astype(np.uint8),
            "layer": np.zeros(len(cells), np.uint8)}  # fmt: skip


@pytest.fixture
def three(tmp_path) -> tuple[Plan, SweepFolder]:
    """Three runs: field and wood change places, the same again, and a cell that only goes and comes back."""
    asked = Sweep(name="swaps", scenarios={"town": "."}, seeds=3)
    plan = Plan(SweepSource(asked, tmp_path / "sweep.yaml"), (Base(0, LABELS, {}, {}, "f"),), Points(({},)))
    folder = SweepFolder(tmp_path / "out")
    both = ((FIELD, FOREST), (WOOD, CROPLAND))
    for run, cells in zip(plan.runs, (both, both, ((FIELD, WATER), (FIELD, CROPLAND))), strict=True):
        folder.run(run).parent.mkdir(parents=True)
        RunWriter(folder.run(run), keeping=asked.keeping).finish(record(events=swaps(*cells)))
    return plan, folder


def read(folder: SweepFolder, name: str) -> np.ndarray:
    with rasterio.open(folder.maps / "town" / f"{name}.tif") as dataset:
        return dataset.read(1)


@pytest.mark.parametrize("block_bytes", [500_000_000, 1])
def test_a_class_has_a_map_where_cells_move_though_its_area_stays(three, monkeypatch, block_bytes) -> None:
    plan, folder = three
    monkeypatch.setattr(maps, "_COUNT_BYTES", block_bytes)
    shares = write_maps(plan, folder, set(plan.runs))
    names = {path.name for path in (folder.maps / "town").iterdir()}
    assert names == {"change.tif", "entropy.tif", "robust.tif", "class_cropland.tif", "class_forest.tif"}
    forest, start = read(folder, "class_forest").reshape(-1), first_map().reshape(-1)
    assert forest[[FIELD, WOOD]] == pytest.approx([2 / 3, 1 / 3])
    others = np.delete(np.arange(GRID.size), [FIELD, WOOD])
    inside = others[start[others] != 0]
    np.testing.assert_array_equal(forest[inside], start[inside] == FOREST)
    assert set(forest[start == 0]) == {-1.0}
    assert {share.kind: share.cells for share in shares} == {
        "robust_stay": int((start != 0).sum()) - 2, "robust_change": 0, "contested": 2,
    }  # fmt: skip


def test_a_run_that_a_sample_holds_several_times_counts_as_often(tmp_path) -> None:
    """Of four points three are the same: its run weighs 3 of 4, as it does in the tables."""
    asked = Sweep(name="swaps", scenarios={"town": "."}, seeds=1)
    points = Points(({"x": 1.0}, {"x": 1.0}, {"x": 2.0}, {"x": 1.0}))
    plan = Plan(SweepSource(asked, tmp_path / "sweep.yaml"), (Base(0, LABELS, {}, {}, "f"),), points)
    folder = SweepFolder(tmp_path / "out")
    thrice, once = plan.runs
    for run, cells in ((thrice, [(FIELD, FOREST)]), (once, [(WOOD, CROPLAND)])):
        folder.run(run).parent.mkdir(parents=True)
        RunWriter(folder.run(run), keeping=asked.keeping).finish(record(events=swaps(*cells)))
    shares = write_maps(plan, folder, set(plan.runs))
    change, forest, uneven = (read(folder, name).reshape(-1) for name in ("change", "class_forest", "entropy"))
    assert change[[FIELD, WOOD]].tolist() == [0.75, 0.25]
    assert forest[[FIELD, WOOD]].tolist() == [0.75, 0.75]
    classes = len(open_run(folder.run(once)).legend.codes)
    expected = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25)) / np.log(classes)
    assert uneven[[FIELD, WOOD]] == pytest.approx([expected, expected])
    assert {share.runs for share in shares} == {4}
    shares = write_maps(robust_from(plan, 0.75), folder, set(plan.runs))
    assert read(folder, "robust").reshape(-1)[[FIELD, WOOD]].tolist() == [maps.CHANGES, maps.STAYS]


def robust_from(plan: Plan, share: float) -> Plan:
    """Give the plan with another bound of what is robust."""
    asked = plan.sweep.model_copy(update={"questions": plan.sweep.questions.model_copy(update={"robust": share})})
    return Plan(SweepSource(asked, plan.source.path), plan.bases, plan.points)


def test_maps_of_an_earlier_plan_are_gone_where_none_are_kept(three) -> None:
    plan, folder = three
    write_maps(plan, folder, set(plan.runs))
    bare = Plan(SweepSource(plan.sweep.model_copy(update={"keep": ("indicators",)}), Path()), plan.bases, plan.points)
    assert write_maps(bare, folder, set(plan.runs)) == []
    assert not list(folder.path.glob("maps*"))


def test_entropy_is_that_of_the_shares() -> None:
    counts = np.random.default_rng(0).multinomial(50, [0.2] * 5, size=(4, 3)).transpose(2, 0, 1).astype(np.uint32)
    share = np.where(counts, counts, np.nan) / 50
    np.testing.assert_allclose(entropy(counts, 50), -np.nansum(share * np.log(share), axis=0) / np.log(5), rtol=1e-6)


def test_a_function_and_runs_without_maps_have_none(three, tmp_path) -> None:
    plan, _ = three
    bare = Plan(SweepSource(plan.sweep.model_copy(update={"keep": ("indicators",)}), Path()), plan.bases, plan.points)
    assert write_maps(bare, SweepFolder(tmp_path / "none"), set(plan.runs)) == []
    assert not (tmp_path / "none").exists()
