"""Checkpoints: the state of a run as plain arrays and numbers in a folder that is swapped in whole."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.core.errors import CheckpointError, Problem
from landsim.io.atomic import writing

State = dict[str, npt.NDArray[Any]]

_INDEX = "state.json"
_MEND = "Free some space, then go on with --resume"


def save_checkpoint(folder: Path, arrays: Mapping[str, npt.NDArray[Any]], scalars: Mapping[str, Any]) -> None:
    """Put a state in place of the last one; a kill at any moment leaves one of the two whole.

    Parameters
    ----------
    folder : pathlib.Path
        The checkpoint.
    arrays : mapping of str to numpy.ndarray
        Any names; no object arrays.
    scalars : mapping of str to object
        What JSON can hold.

    Raises
    ------
    DiskError
        If the disk is full.
    ValueError
        If an array holds Python objects.
    """
    new, old = folder.with_name(folder.name + ".new"), folder.with_name(folder.name + ".old")
    shutil.rmtree(new, ignore_errors=True)
    with writing(folder, _MEND):
        new.mkdir(parents=True)
        names = {}
        for i, (name, array) in enumerate(arrays.items()):
            names[name] = f"{i:04d}.npy"
            np.save(new / names[name], array, allow_pickle=False)
        _write_synced(new / _INDEX, json.dumps({"arrays": names, "scalars": dict(scalars)}))
        shutil.rmtree(old, ignore_errors=True)
        if folder.exists():
            os.rename(folder, old)
        os.rename(new, folder)
        shutil.rmtree(old, ignore_errors=True)


def load_checkpoint(folder: Path) -> tuple[State, dict[str, Any]] | None:
    """Read the newest whole state; None where there is none.

    Raises
    ------
    CheckpointError
        If the files are damaged.
    """
    for place in (folder, folder.with_name(folder.name + ".old")):
        if (place / _INDEX).is_file():
            return _read(place)
    return None


def _read(folder: Path) -> tuple[State, dict[str, Any]]:
    try:
        index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
        arrays = {name: np.load(folder / file, allow_pickle=False) for name, file in index["arrays"].items()}
        scalars = index["scalars"]
    except (OSError, ValueError, KeyError, EOFError, TypeError, AttributeError) as error:
        mend = f"Remove {folder.parent} and run again"
        raise CheckpointError(Problem(str(folder), "damaged checkpoint", found=str(error), mend=mend)) from error
    return arrays, scalars


def _write_synced(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
