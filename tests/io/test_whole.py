"""Whole: a run with all its bytes is opened, and every lost, changed or unnamed part of one is one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from landsim.core.errors import InputError
from landsim.io.store import Keeping
from landsim.io.whole import FACTS, open_whole_run
from tests.io.runs import make_run

MADE = {name: kind() for name, kind in FACTS.items() if name != "files"}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path / "run", manifest=MADE)


def test_a_whole_run_is_opened_and_what_others_leave_beside_is_no_fault(run: Path) -> None:
    (run / "landcover.zarr" / ".DS_Store").write_bytes(b"")
    (run / "notes.txt").write_text("mine")
    assert open_whole_run(run).years[0] == 2003


@pytest.mark.parametrize("name", Keeping().files)
def test_a_result_that_has_lost_a_part_is_named(run: Path, name: str) -> None:
    last = run / name
    if last.is_dir():
        last = max(path for path in last.rglob("landcover/c/*/*/*") if path.is_file())
        last.unlink()
    else:
        last.write_bytes(last.read_bytes()[:-1])
    with pytest.raises(InputError, match=name) as fault:
        open_whole_run(run)
    assert len(fault.value.problems) == 1


@pytest.mark.parametrize("name", FACTS)
@pytest.mark.parametrize("change", ["gone", "of another type"])
def test_a_manifest_that_lacks_a_fact_is_named_with_it(run: Path, name: str, change: str) -> None:
    made = json.loads((run / "run.json").read_text(encoding="utf-8"))
    given = {} if change == "gone" else {name: True}
    rest = {key: value for key, value in made.items() if key != name}
    (run / "run.json").write_text(json.dumps({**rest, **given}), encoding="utf-8")
    unreadable = name == "files" and change == "of another type"
    told = "is not the manifest of a run" if unreadable else f"not the whole manifest of a run; wanted {name}"
    with pytest.raises(InputError, match=told):
        open_whole_run(run)
