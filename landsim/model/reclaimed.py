"""Reclaimed: what land that was no farmland at the start is worth as farmland - its grade, and whether it is paddy."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import convolve

from landsim.landscape.landscape import Landscape
from landsim.landscape.legend import Land
from landsim.policy.balance import BalanceParams

Plane = npt.NDArray[np.uint8]

_AROUND = np.ones((3, 3), dtype=np.uint8)


def grades(place: Landscape, params: BalanceParams) -> Plane:
    """Grade of every cell as farmland, with the grades of newly reclaimed land where that may be reclaimed.

    Parameters
    ----------
    place : Landscape
        At the start; its layer ``quality`` holds for all other land.
    params : BalanceParams

    Returns
    -------
    numpy.ndarray of uint8, shape (height, width)
        1 best .. 10 worst, 0 unknown.
    """
    layer = place.get("quality")
    found = np.zeros(place.grid.shape, dtype=np.uint8) if layer is None else layer.astype(np.uint8)
    land = place.model_class
    found[land == Land.RURAL] = params.village_grade
    found[(land == Land.UNUSED) | (land == Land.GRASS)] = params.open_grade
    return found


def paddies(place: Landscape) -> Plane | None:
    """Flag of every cell that is paddy, or would be if it were reclaimed; None without a layer ``paddy``.

    Reclaimed land is paddy where at least half of the arable cells that touch it are: there is water to lead in.

    Returns
    -------
    numpy.ndarray of uint8, shape (height, width), or None
    """
    layer = place.get("paddy")
    if layer is None:
        return None
    arable = place.model_class == Land.ARABLE
    wet = (layer != 0) & arable
    beside, wet_beside = (_touching(cells) for cells in (arable, wet))
    could = np.isin(place.model_class, (Land.RURAL, Land.UNUSED, Land.GRASS)) & (beside > 0)
    return np.asarray((layer != 0) | (could & (2 * wet_beside >= beside)), dtype=np.uint8)


def shortage(
    wanted: int, bank: npt.NDArray[np.int64], paddy: npt.NDArray[np.int64], kg: npt.NDArray[np.int64],
    new_paddy: npt.NDArray[np.int64], new_kg: npt.NDArray[np.int64],
) -> tuple[int, int]:  # fmt: skip
    """Cells to be reclaimed so that each account of the balance can pay for arable land of the usual worth.

    Parameters
    ----------
    wanted : int
        Cells that are to be built on, at most all of them arable.
    bank : numpy.ndarray of int64, shape (3,)
        Cells, paddy cells and kg that are there.
    paddy, kg : numpy.ndarray of int64, shape (m,)
        Of the arable land that there is.
    new_paddy, new_kg : numpy.ndarray of int64, shape (n,)
        Of the land that may be reclaimed.

    Returns
    -------
    need : int
        Cells.
    wet : int
        How many of them should be paddy; no more than there are.

    Examples
    --------
    >>> one = np.ones(4, dtype=np.int64)
    >>> shortage(10, np.array([4, 1, 100]), one, 50 * one, one * 0 + [0, 0, 0, 1], 40 * one)
    (10, 1)
    """
    if wanted <= 0 or kg.size == 0 or new_kg.size == 0:
        return 0, 0
    cells = wanted - int(bank[0])
    wet = min(int(np.ceil(wanted * paddy.mean())) - int(bank[1]), int(new_paddy.sum()))
    weight = int(np.ceil((wanted * kg.mean() - int(bank[2])) / max(new_kg.mean(), 1.0)))
    return max(cells, wet, weight, 0), max(wet, 0)


def _touching(cells: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
    """Number of marked cells among each cell and its eight neighbours."""
    return np.asarray(convolve(cells.view(np.uint8), _AROUND, mode="constant"))
