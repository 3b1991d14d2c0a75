"""The shelf: what is found in the start folder, and that nothing outside of it is opened or written."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from landsim.core.errors import InputError
from landsim.dashboard import sweeps
from landsim.dashboard.shelf import DEEPEST, WITH, Shelf
from landsim.scenario.shipped import shipped_names


def _run(path: Path) -> None:
    (path / "landcover.zarr").mkdir(parents=True)
    (path / "run.json").write_text("{}")


def test_it_lists_what_ships_and_the_scenarios_and_runs_of_the_folder(folder: Path, shelf: Shelf) -> None:
    _run(folder / "runs" / "b")
    _run(folder / "runs" / "a")
    _run(folder / "runs" / "half.partial")
    _run(folder / ".hidden")
    (folder / "runs" / "a" / "inner").mkdir()
    deep = folder.joinpath(*"abcdef"[: DEEPEST + 1])
    deep.mkdir(parents=True)
    (deep / "scenario.yaml").write_text("")
    found = [(choice.kind, choice.name) for choice in shelf.choices()]
    plain = [pair for pair in found if WITH not in pair[1]]
    shipped = [("scenario", name) for name in shipped_names()]
    assert plain == [*shipped, ("scenario", "small"), ("run", "runs/a"), ("run", "runs/b")]
    assert ("scenario", "demo --with compact") in found


def test_a_scenario_is_found_under_its_named_overrides(folder: Path, shelf: Shelf) -> None:
    (folder / "small" / "overrides.yaml").write_text("tight: {quota.multiplier: 0.1}\nloose: {quota.multiplier: 3}\n")
    names = [choice.name for choice in shelf.choices() if choice.name.startswith("small")]
    assert names == ["small", "small --with tight", "small --with loose"]
    choice = shelf.find("small --with tight --with loose")
    assert (choice.path, choice.names) == (folder / "small" / "scenario.yaml", ("tight", "loose"))
    (folder / "small" / "overrides.yaml").write_text("{{{")
    assert [choice.name for choice in shelf.choices() if choice.name.startswith("small")] == ["small"]
    _run(folder / "runs" / "a")
    with pytest.raises(InputError, match="a finished run has no overrides"):
        shelf.find("runs/a --with tight")


def test_runs_are_listed_as_people_count(folder: Path, shelf: Shelf) -> None:
    for number in (10, 9, 1):
        _run(folder / "runs" / f"live-{number}")
    names = [choice.name for choice in shelf.choices() if choice.kind == "run"]
    assert names == ["runs/live-1", "runs/live-9", "runs/live-10"]


def _sweep(path: Path, rows: list[dict[str, object]]) -> None:
    path.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows), path / "plan.parquet")


def test_runs_of_a_sweep_are_named_by_what_tells_them_apart(folder: Path, shelf: Shelf) -> None:
    rows: list[dict[str, object]] = [
        {"number": i, "run": f"{i}{i}cdef0123456789", "scenario": "small", "override": name, "seed": seed, "point": 0,
         "quota.multiplier": 0.5 + i}
        for i, (name, seed) in enumerate([("trend", 1), ("trend", 2), ("strict", 1)])
    ]  # fmt: skip
    sweep = folder / "sweeps" / "one"
    _sweep(sweep, rows)
    for row in rows[:2]:
        _run(sweep / "runs" / str(row["run"])[:2] / str(row["run"]))
    (sweep / "runs" / "00" / "00cdef0123456789" / "landcover.zarr").rename(
        sweep / "runs" / "00" / "00cdef0123456789" / "landcover.zarr.zip"
    )
    (sweep / "runs" / "00" / "00cdef0123456789" / "landcover.zarr.zip").rmdir()
    (sweep / "runs" / "00" / "00cdef0123456789" / "landcover.zarr.zip").touch()
    found = [choice for choice in shelf.choices() if choice.kind == "run"]
    assert [(choice.name, choice.label) for choice in found] == [
        ("sweeps/one/runs/00/00cdef0123456789", "sweeps/one: trend, seed 1, quota.multiplier 0.5, 00cdef01"),
        ("sweeps/one/runs/11/11cdef0123456789", "sweeps/one: trend, seed 2, quota.multiplier 1.5, 11cdef01"),
    ]
    assert shelf.find(found[0].name).path == found[0].path


def test_a_damaged_plan_hides_nothing_else(folder: Path, shelf: Shelf) -> None:
    (folder / "sweeps" / "broken").mkdir(parents=True)
    (folder / "sweeps" / "broken" / "plan.parquet").write_bytes(b"PAR1")
    _sweep(folder / "sweeps" / "strange", [{"a": 1}])
    _run(folder / "runs" / "a")
    assert [choice.name for choice in shelf.choices() if choice.kind == "run"] == ["runs/a"]


def test_a_long_sweep_is_listed_in_part(folder: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "MOST", 2)
    rows: list[dict[str, object]] = [{"run": f"{i}{i}cdef0123456789", "seed": i} for i in range(4)]
    _sweep(folder / "sweep", rows)
    for row in rows:
        _run(folder / "sweep" / "runs" / str(row["run"])[:2] / str(row["run"]))
    assert len([choice for choice in shelf.choices() if choice.kind == "run"]) == 2


def test_a_link_that_leads_out_is_not_walked(tmp_path: Path, folder: Path, shelf: Shelf) -> None:
    _run(tmp_path / "secret" / "run")
    (folder / "link").symlink_to(tmp_path / "secret")
    assert "link/run" not in [choice.name for choice in shelf.choices()]
    with pytest.raises(InputError, match="outside the folder"):
        shelf.find("link/run")


@pytest.mark.parametrize("name", ["..", "../secret", "/etc", "small/../../secret", "\0", "x" * 5000])
def test_what_lies_outside_is_refused_whatever_its_name(name: str, shelf: Shelf) -> None:
    with pytest.raises(InputError) as fault:
        shelf.find(name)
    assert "outside the folder" in str(fault.value) or "no scenario and no run" in str(fault.value)


def test_it_finds_by_name_folder_and_file(folder: Path, shelf: Shelf) -> None:
    assert shelf.find("demo").path.parent.name == "demo"
    assert shelf.find("small").path == folder / "small" / "scenario.yaml"
    assert shelf.find("small/scenario.yaml").kind == "scenario"
    assert shelf.find(str(folder / "small")).kind == "scenario"
    _run(folder / "runs" / "a")
    assert shelf.find("runs/a").kind == "run"


def test_what_is_not_there_is_told_with_the_nearest_name(shelf: Shelf) -> None:
    with pytest.raises(InputError, match="Did you mean 'small'"):
        shelf.find("smal")


def test_free_names_are_free(folder: Path, shelf: Shelf) -> None:
    assert shelf.free_name("small") == "small-1"
    (folder / "runs" / "small-1").mkdir(parents=True)
    (folder / "runs" / "small-2.partial").mkdir()
    assert shelf.free_name("small") == shelf.free_name("small-1") == "small-3"
    assert shelf.place_for("small-3") == folder / "runs" / "small-3"
    with pytest.raises(InputError, match="there is a run of that name"):
        shelf.place_for("small-2")
