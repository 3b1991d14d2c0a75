"""A full disk, in runs and while they are gathered: one sentence, nothing half-written, and the same call goes on."""

from __future__ import annotations

import errno
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from landsim.core.errors import DiskError
from landsim.io import store
from landsim.sweep import analysis, gather, maps
from landsim.sweep.conduct import Way, sweep
from landsim.sweep.gather import replaced_folder
from tests.sweep.small import command, contents, environment

FULL = OSError(errno.ENOSPC, "No space left on device")
PLACES = {"tables": (gather, "write_table"), "maps": (maps, "geotiff_rows"), "analysis": (analysis, "write_table")}


def fails_after(times: int, real: Callable) -> Callable:
    """Do what `real` does some times, then find the disk full."""
    left = [times]

    def write(*given, **named):
        left[0] -= 1
        if left[0] < 0:
            raise FULL
        return real(*given, **named)

    return write


def rests(out: Path) -> list[str]:
    return [path.name for pattern in ("*.partial*", "*.old") for path in out.rglob(pattern)]


def test_a_full_disk_ends_in_one_clear_error_and_the_same_call_goes_on(serial, tmp_path, monkeypatch) -> None:
    path, out, _, _ = serial
    real, written = store.write_parquet, []

    def full(file, table):
        written.append(file)
        if 4 < len(written) < 8:
            raise FULL
        real(file, table)

    monkeypatch.setattr(store, "write_parquet", full)
    with pytest.raises(DiskError, match=r"the sweep was stopped.*disk full"):
        sweep(path, tmp_path / "out", Way("serial"))
    assert not list((tmp_path / "out" / "failures").rglob("*.json"))
    written[:] = range(100)
    _, result = sweep(path, tmp_path / "out", Way("serial"))
    assert result.ledger.total == 4
    assert contents(tmp_path / "out") == contents(out)


def test_a_disk_that_is_really_full(serial, small_disk) -> None:
    path, _, _, _ = serial
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 540_000)
    with pytest.raises(DiskError, match="disk full"):
        sweep(path, small_disk / "out", Way("serial"))
    ballast.unlink()
    subprocess.run(["mount", "-o", "remount,size=50m", str(small_disk)], check=True)
    _, result = sweep(path, small_disk / "out", Way("serial"))
    assert result.gathered.done == 6
    assert contents(small_disk / "out") == contents(serial[1])


def marked(done: Path, out: Path) -> None:
    """Copy a finished sweep, with a mark in each folder that is to be replaced."""
    shutil.copytree(done, out)
    for part in PLACES:
        (out / part / "mark").touch()


@pytest.mark.parametrize("place", PLACES)
def test_a_disk_that_fills_while_runs_are_gathered_leaves_what_was_there(
    serial, cli, tmp_path, monkeypatch, place
) -> None:
    path, done, _, _ = serial
    out = tmp_path / "out"
    marked(done, out)
    module, name = PLACES[place]
    with monkeypatch.context() as harm:
        harm.setattr(module, name, fails_after(1, getattr(module, name)))
        told = cli("sweep", path, "--out", out, "--executor", "serial", "--quiet")
    assert told.exit_code == 1
    assert re.fullmatch(rf"{out / place}\S*: disk full\. Free some space, then run again\.\n", told.stderr)
    assert (out / place / "mark").exists()
    assert contents(done).items() <= contents(out).items()
    assert not rests(out)
    sweep(path, out, Way("serial"))
    assert contents(out) == contents(done)


def test_a_disk_that_is_really_full_while_runs_are_gathered(serial, small_disk) -> None:
    path, done, _, _ = serial
    subprocess.run(["mount", "-o", "remount,size=20m", str(small_disk)], check=True)
    out, ballast = small_disk / "out", small_disk / "ballast"
    marked(done, out)
    ballast.write_bytes(b"x" * (shutil.disk_usage(small_disk).free - 3 * 4096))
    words = command("sweep", path, "--out", out, "--executor", "serial", "--quiet")
    told = subprocess.run(words, env=environment(), capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert re.fullmatch(rf"{out}/\S*: disk full\. Free some space, then run again\.\n", told.stderr)
    assert (out / "tables" / "mark").exists()
    assert contents(done).items() <= contents(out).items()
    assert not rests(out)
    ballast.unlink()
    sweep(path, out, Way("serial"))
    assert contents(out) == contents(done)


def test_a_first_gathering_that_fails_leaves_no_tables(serial, tmp_path, monkeypatch) -> None:
    path, done, _, _ = serial
    shutil.copytree(done / "runs", tmp_path / "out" / "runs")
    for name in ("plan.parquet", "sweep.json"):
        shutil.copy(done / name, tmp_path / "out" / name)
    monkeypatch.setattr(gather, "write_table", fails_after(0, gather.write_table))
    with pytest.raises(DiskError, match="disk full"):
        sweep(path, tmp_path / "out", Way("serial"))
    assert sorted(p.name for p in (tmp_path / "out").glob("[!.]*")) == ["plan.parquet", "runs", "sweep.json"]


def test_a_folder_comes_back_where_the_new_one_cannot_take_its_place(tmp_path, monkeypatch) -> None:
    folder = tmp_path / "tables"
    folder.mkdir()
    (folder / "old").touch()
    real = Path.rename

    def rename(self: Path, target: Path) -> Path:
        if self.name == "tables.partial":
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(DiskError, match="not writable"), replaced_folder(folder) as aside:
        (aside / "new").touch()
    assert [path.name for path in tmp_path.rglob("*")] == ["tables", "old"]


def test_a_kill_between_the_two_renames_costs_nothing(tmp_path) -> None:
    """The old folder stands aside, and the new one has not its name yet: nobody has told of it."""
    (tmp_path / "tables.old").mkdir()
    (tmp_path / "tables.old" / "old").touch()
    with pytest.raises(RuntimeError, match="full"), replaced_folder(tmp_path / "tables"):
        raise RuntimeError("full of other things")
    assert [path.name for path in tmp_path.rglob("*")] == ["tables", "old"]
