"""Checkpoints: whole before or whole after, whenever the kill comes."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from landsim.core.errors import InputError
from landsim.io.checkpoint import load_checkpoint, save_checkpoint


def test_state_comes_back(tmp_path: Path) -> None:
    arrays = {"households/income": np.arange(5, dtype=np.float32), "land": np.eye(3, dtype=np.uint8)}
    save_checkpoint(tmp_path / "checkpoint", arrays, {"year": 2005, "name": "城"})
    loaded = load_checkpoint(tmp_path / "checkpoint")
    assert loaded is not None
    assert loaded[1] == {"year": 2005, "name": "城"}
    for name, array in arrays.items():
        assert loaded[0][name].dtype == array.dtype
        assert np.array_equal(loaded[0][name], array)


def test_nothing_saved_is_none(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path / "checkpoint") is None


def test_second_state_replaces_the_first(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoint"
    save_checkpoint(folder, {"a": np.zeros(3), "b": np.zeros(3)}, {"year": 1})
    save_checkpoint(folder, {"a": np.ones(3)}, {"year": 2})
    loaded = load_checkpoint(folder)
    assert loaded is not None
    assert list(loaded[0]) == ["a"]
    assert loaded[1] == {"year": 2}
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint"]


@pytest.mark.parametrize("moment", range(2))
def test_kill_in_mid_swap_leaves_a_whole_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: int) -> None:
    folder = tmp_path / "checkpoint"
    save_checkpoint(folder, {"a": np.zeros(3)}, {"year": 1})
    rename, calls = os.rename, iter(range(9))

    def killed(*names: Path) -> None:
        if next(calls) == moment:
            raise KeyboardInterrupt
        rename(*names)

    monkeypatch.setattr(os, "rename", killed)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(folder, {"a": np.ones(3)}, {"year": 2})
    monkeypatch.undo()
    loaded = load_checkpoint(folder)
    assert loaded is not None
    assert loaded[1] == {"year": 1}
    save_checkpoint(folder, {"a": np.ones(3)}, {"year": 3})
    assert (load_checkpoint(folder) or ({}, {}))[1] == {"year": 3}


def test_half_written_state_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.new").mkdir()
    (tmp_path / "checkpoint.new" / "0000.npy").write_bytes(b"half")
    assert load_checkpoint(tmp_path / "checkpoint") is None


def test_damage_is_told(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "checkpoint", {"a": np.zeros(3)}, {})
    (tmp_path / "checkpoint" / "0000.npy").write_bytes(b"x")
    with pytest.raises(InputError, match="damaged checkpoint"):
        load_checkpoint(tmp_path / "checkpoint")


def test_objects_are_never_pickled(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"[Oo]bject"):
        save_checkpoint(tmp_path / "checkpoint", {"a": np.array([{}], dtype=object)}, {})


def test_a_write_cut_short_without_an_error_number_is_a_full_disk(tmp_path) -> None:
    from landsim.io.atomic import writing

    for fault in (OSError("230400 requested and 18400 written"), RuntimeError("database or disk is full")):
        with pytest.raises(InputError, match="disk full"), writing(tmp_path / "x"):
            raise fault
    with pytest.raises(RuntimeError, match="something else"), writing(tmp_path / "x"):
        raise RuntimeError("something else")
