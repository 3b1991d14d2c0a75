"""The shelf: what is found in the start folder, and that nothing outside of it is opened or written."""

from __future__ import annotations

from pathlib import Path

import pytest

from landsim.core.errors import InputError
from landsim.dashboard.shelf import DEEPEST, Shelf
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
    shipped = [("scenario", name) for name in shipped_names()]
    assert found == [*shipped, ("scenario", "small"), ("run", "runs/a"), ("run", "runs/b")]


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
