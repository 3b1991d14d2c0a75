"""Whole: a run with all its bytes is opened, and every lost, changed or unnamed part of one is one sentence."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from landsim.core.errors import InputError
from landsim.io.store import MANIFEST_AT_MOST, Keeping, RunWriter
from landsim.io.whole import open_whole_run
from tests.io.damage import damaged
from tests.io.runs import make_run, record, whole_manifest


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path / "run", manifest=whole_manifest())


def manifest(run: Path) -> dict[str, Any]:
    return dict(json.loads((run / "run.json").read_text(encoding="utf-8")))


def refused(run: Path) -> str:
    """The one sentence with which a run is refused."""
    with pytest.raises(InputError) as fault:
        open_whole_run(run)
    assert len(fault.value.problems) == 1
    return str(fault.value)


def test_a_whole_run_is_opened_and_what_others_leave_beside_is_no_fault(run: Path) -> None:
    (run / "landcover.zarr" / ".DS_Store").write_bytes(b"")
    (run / "notes.txt").write_text("mine")
    assert open_whole_run(run).years[0] == 2003


def test_a_run_with_its_maps_in_one_file_is_whole_too(tmp_path: Path) -> None:
    made = record(manifest=whole_manifest())
    run = RunWriter(tmp_path / "zipped", keeping=Keeping(zipped=True)).finish(made)
    assert open_whole_run(run).years == [2003, 2004, 2005]
    (run / "landcover.zarr.zip").write_bytes(b"PK")
    assert "changed landcover.zarr.zip" in refused(run)


@pytest.mark.parametrize("name", Keeping().files)
def test_a_result_that_has_lost_a_part_is_named(run: Path, name: str) -> None:
    last = run / name
    if last.is_dir():
        last = max(path for path in last.rglob("landcover/c/*/*/*") if path.is_file())
        last.unlink()
    else:
        last.write_bytes(last.read_bytes()[:-1])
    assert f"changed {name}" in refused(run)


def test_an_empty_folder_of_maps_is_named(run: Path) -> None:
    shutil.rmtree(run / "landcover.zarr")
    (run / "landcover.zarr").mkdir()
    assert "changed landcover.zarr" in refused(run)


def test_a_result_that_the_manifest_does_not_name_is_not_of_the_run(run: Path) -> None:
    made = manifest(run)
    del made["files"]["unmet.parquet"]
    (run / "run.json").write_text(json.dumps(made), encoding="utf-8")
    assert "changed unmet.parquet" in refused(run)


def test_every_damage_of_the_manifest_is_one_sentence_or_none(run: Path) -> None:
    outcomes = []
    for what, made in damaged(manifest(run)):
        (run / "run.json").write_text(json.dumps(made), encoding="utf-8")
        try:
            open_whole_run(run)
        except InputError as fault:
            outcomes.append((what, len(fault.problems), len(str(fault))))
        else:
            outcomes.append((what, 0, 0))
    assert {count for _, count, _ in outcomes} == {0, 1}
    assert [what for what, _, length in outcomes if length > 700] == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[]", "is not the manifest of a run; found no object of JSON"),
        ("3", "is not the manifest of a run; found no object of JSON"),
        ("", "is not the manifest of a run; found Expecting value"),
        ("[" * 1_000_000, "is not the manifest of a run; found too many levels"),
        ('{"format": 1, "title": "\\ud800"}', "is not the manifest of a run; found 'utf-8'"),
        ('{"format": 1, "seed": ' + "9" * 10_000 + "}", "is not the manifest of a run; found Exceeds the limit"),
        ("{}", "another version; found None"),
        ('{"format": 1, "files": {"../other": ""}}', "files: names no results of a run"),
        ('{"format": 1, "files": ["unmet.parquet"]}', "files: names no results of a run"),
    ],
)
def test_what_is_no_manifest_is_told(run: Path, content: str, told: str) -> None:
    (run / "run.json").write_text(content, encoding="utf-8")
    assert told in refused(run)


def test_a_manifest_that_is_no_text_or_too_large_is_told(run: Path) -> None:
    (run / "run.json").write_bytes(b"\xff\xfe{}")
    assert "is not the manifest of a run" in refused(run)
    with (run / "run.json").open("wb") as stream:
        stream.truncate(200_000_000)  # a file of holes, so that the disk is not filled
    assert "is not the manifest of a run; found 200 MB" in refused(run)
    assert MANIFEST_AT_MOST < 200_000_000
