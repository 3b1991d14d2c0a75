"""Store: a run folder is whole or not there, has equal bytes for equal runs, and gives back what was put in."""

from __future__ import annotations

import json
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landsim.core.errors import InputError
from landsim.io.atomic import writing
from landsim.io.checkpoint import save_checkpoint
from landsim.io.columns import EVENTS, INDICATORS, UNMET, events_table, rows_as_columns, table_of
from landsim.io.cube import map_blocks
from landsim.io.store import RESULTS, RunWriter, differences, digest, is_run, open_run
from tests.io.runs import CATEGORIES, GRID, YEARS, events, first_map, make_run, record


def test_a_run_comes_back_as_it_was(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "run"))
    assert run.grid == GRID
    assert run.legend == record().legend
    assert run.years == list(YEARS)
    assert run.manifest["name"] == "小城"
    assert run.manifest["seed"] == 1
    assert np.array_equal(run.landcover_at(2003), first_map())
    assert np.array_equal(run.layer_at_start("erl"), first_map() == 2)
    assert not run.layer_at_start("pbf").any()
    assert run.layer_at_start("district").dtype == np.int16
    assert run.unmet.to_dict("records") == [
        {"year": 2004, "class": "urban", "district": 1, "cells": 5, "ha": 0.45, "mu": 6.75, "rule": "quota"}
    ]
    assert run.indicators["value"].tolist() == [1.5] * 3
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert sorted(path.name for path in run.path.iterdir()) == sorted([*RESULTS, "run.json"])


def test_events_in_order_give_the_last_map(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "run"))
    land = first_map().reshape(-1)
    table = run.events
    assert table["seq"].tolist() == list(range(len(table)))
    for row in table[table["layer"] == "lu"].itertuples():
        assert land[row.cell] == row._6  # the column "from"
        land[row.cell] = row.to
    assert np.array_equal(run.landcover_at(2005).reshape(-1), land)


def test_events_have_the_declared_columns(tmp_path: Path) -> None:
    schema = pq.read_schema(make_run(tmp_path / "run") / "events.parquet")
    assert schema.remove_metadata().equals(EVENTS)
    names = "year, seq, phase, layer, cell, from, to, district, kind, agent, project, tier, price, compensation, quota"
    assert ", ".join(schema.names) == f"{names}, ledger_ref"


def test_agents_are_named(tmp_path: Path) -> None:
    agents = open_run(make_run(tmp_path / "run")).events["agent"]
    made = events()
    kinds = [CATEGORIES["agent_kind"][k] for k in made["agent_kind"]]
    wanted = [k if i < 0 else f"{k}:{i}" for k, i in zip(kinds, made["agent_id"], strict=True)]
    assert agents.tolist() == wanted


def test_columns_left_out_say_none(tmp_path: Path) -> None:
    table = open_run(make_run(tmp_path / "run")).events
    assert (table["project"] == -1).all()
    assert (table["ledger_ref"] == -1).all()
    assert table["price"].isna().all()
    assert table["quota"].isna().all()


def test_zarr_opens_in_xarray_without_a_word(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "run"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cube = run.landcover
        assert cube.dims == ("year", "y", "x")
        assert cube.dtype == np.uint8
        assert cube.encoding["chunks"] == (3, 256, 256)
        assert np.array_equal(cube.sel(year=2004).values, run.landcover_at(2004))
    assert float(cube.x[0]) == 500_015.0
    assert float(cube.y[0]) == 3_399_985.0
    assert "UTM zone 49N" in run.dataset["spatial_ref"].attrs["crs_wkt"]
    assert run.dataset["district"].dims == ("y", "x")


def test_equal_runs_have_equal_bytes(tmp_path: Path) -> None:
    a, b = make_run(tmp_path / "a"), make_run(tmp_path / "b")
    assert differences(a, b) == []
    assert open_run(a).manifest["files"] == {name: digest(b / name) for name in RESULTS}


def test_what_a_gis_leaves_beside_the_maps_is_no_difference(tmp_path: Path) -> None:
    a, b = make_run(tmp_path / "a"), make_run(tmp_path / "b")
    (a / "landcover.zarr" / "pam.aux.xml").write_text("<PAMDataset/>")
    assert differences(a, b) == []


def test_a_difference_is_found(tmp_path: Path) -> None:
    a, b = make_run(tmp_path / "a"), make_run(tmp_path / "b", events=events(seed=1))
    assert differences(a, b) == ["landcover.zarr", "events.parquet"]


def test_run_without_events_is_valid(tmp_path: Path) -> None:
    nothing = {name: np.empty(0, dtype=np.int64) for name in events()}
    run = open_run(
        make_run(
            tmp_path / "run",
            years=(2003,),
            events=nothing,
            unmet=rows_as_columns(UNMET, []),
            indicators=rows_as_columns(INDICATORS, []),
        )
    )
    assert len(run.events) == len(run.unmet) == len(run.indicators) == 0
    assert np.array_equal(run.landcover_at(2003), first_map())


def test_made_up_place_has_no_crs(tmp_path: Path) -> None:
    grid = type(GRID)(GRID.height, GRID.width, GRID.transform, "")
    assert open_run(make_run(tmp_path / "run", grid=grid)).grid == grid


@settings(max_examples=40, deadline=None)
@given(data=st.data(), rows=st.integers(1, 7), height=st.integers(1, 9), width=st.integers(1, 5))
def test_blocks_of_maps_equal_a_plain_replay(data: Any, rows: int, height: int, width: int) -> None:
    first = np.arange(height * width, dtype=np.uint8).reshape(height, width)
    change = st.tuples(st.integers(1, 4), st.integers(0, height * width - 1), st.integers(0, 255))
    log = sorted(data.draw(st.lists(change, max_size=30)), key=lambda row: row[0])
    columns = {n: np.array([r[i] for r in log], dtype=int) for i, n in enumerate(("year", "cell", "to"))}
    made = np.concatenate([block for _, block in map_blocks(first, (0, 1, 2, 4), columns, rows)], axis=1)
    for i, year in enumerate((0, 1, 2, 4)):
        wanted = first.reshape(-1).copy()
        for when, cell, to in log:
            if when <= year:
                wanted[cell] = to
        assert np.array_equal(made[i].reshape(-1), wanted)


# what bad input gets


def test_occupied_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="output folder is not empty"):
        RunWriter(tmp_path / "run")
    assert [p.name for p in tmp_path.rglob("*")] == ["run", "notes.txt"]


def test_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("mine")
    with pytest.raises(InputError, match="is a file, not a folder"):
        RunWriter(tmp_path / "run")


def test_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    assert is_run(make_run(tmp_path / "run"))


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="not writable: Not a directory"):
        RunWriter(tmp_path / "file" / "run")


def test_folder_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(InputError, match="not writable: Permission denied"):
        RunWriter(tmp_path / "run")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_disk_full_leaves_the_rest_for_resume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = RunWriter(tmp_path / "run")
    save_checkpoint(writer.checkpoint, {"a": np.zeros(3)}, {"year": 2004})
    (writer.partial / "events.parquet").symlink_to("/dev/full")
    monkeypatch.setattr("landsim.io.store._remove", lambda _: None)
    with pytest.raises(InputError, match=r"disk full\. Free some space, then go on with --resume"):
        writer.finish(record())
    monkeypatch.undo()
    assert writer.checkpoint.is_dir()
    assert not (tmp_path / "run").exists()
    RunWriter(tmp_path / "run", resume=True).finish(record())
    assert is_run(tmp_path / "run")


def test_other_faults_of_the_system_are_not_hidden(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="strange"), writing(tmp_path):
        raise OSError(5, "strange")


def test_killed_run_is_resumed_or_removed_by_choice(tmp_path: Path) -> None:
    save_checkpoint(RunWriter(tmp_path / "run").checkpoint, {"a": np.zeros(3)}, {"year": 2004})
    with pytest.raises(InputError, match="Go on with --resume, or remove"):
        RunWriter(tmp_path / "run")
    writer = RunWriter(tmp_path / "run", resume=True)
    assert writer.checkpoint.is_dir()
    writer.finish(record())
    assert not writer.partial.exists()
    assert not (tmp_path / "run" / "checkpoint").exists()


def test_kill_while_results_are_written_ends_in_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = make_run(tmp_path / "whole")
    writer = RunWriter(tmp_path / "run")

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("landsim.io.store.digest", killed)
    with pytest.raises(KeyboardInterrupt):
        writer.finish(record())
    monkeypatch.undo()
    RunWriter(tmp_path / "run", resume=True).finish(record())
    assert differences(whole, tmp_path / "run") == []


def test_resume_without_a_rest_starts_afresh(tmp_path: Path) -> None:
    assert RunWriter(tmp_path / "run", resume=True).partial.is_dir()


def test_discard_leaves_nothing(tmp_path: Path) -> None:
    RunWriter(tmp_path / "run").discard()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda run: os.rename(run, run.with_name("gone")), "no such run folder"),
        (lambda run: (run / "run.json").unlink(), "not a run folder; wanted a folder with run.json"),
        (lambda run: ((run / "run.json").unlink(), (run / "checkpoint").mkdir()), "a run that did not end"),
        (lambda run: (run / "run.json").write_text("{"), "is not the manifest of a run"),
        (lambda run: (run / "run.json").write_text("[]"), "is not the manifest of a run"),
        (lambda run: (run / "run.json").write_text('{"format": 99}'), "another version; found 99; wanted 1"),
        (lambda run: (run / "unmet.parquet").unlink(), "incomplete run folder; found no unmet.parquet"),
    ],
)
def test_what_is_no_run_is_refused(tmp_path: Path, spoil: Any, words: str) -> None:
    run = make_run(tmp_path / "run")
    spoil(run)
    with pytest.raises(InputError, match=words):
        open_run(run)


def test_year_without_a_map(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "run"))
    with pytest.raises(InputError, match=r"no map of the year 2050; wanted 2003\.\.2005"):
        run.landcover_at(2050)


def test_manifest_must_be_plain(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        make_run(tmp_path / "run", manifest={"x": float("nan")})
    assert not (tmp_path / "run").exists()


def test_manifest_is_readable_json(tmp_path: Path) -> None:
    text = (make_run(tmp_path / "run") / "run.json").read_text(encoding="utf-8")
    assert json.loads(text)["format"] == 1
    assert "小城" in text


def test_wrong_columns_are_programming_errors() -> None:
    with pytest.raises(ValueError, match="columns differ"):
        table_of(UNMET, {"year": []}, {})
    with pytest.raises(ValueError, match="code 1, but only 1 names"):
        events_table(events(), {**CATEGORIES, "kind": ("legal",), "phase": ("convert",)})
    with pytest.raises(ValueError, match="without an agent"):
        events_table({**events(3), "agent_kind": np.array([0, -1, 1])}, CATEGORIES)
