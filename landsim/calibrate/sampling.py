"""Sampling: which candidates a model learns from, how many of which kind, and how that is made up for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.core.draws import uniform

RATIO = 3
"""Cells that stay for each that changes, where there are too many of either."""

Cells = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Stratum:
    """Cells of one kind: what they were, and whether they changed."""

    code: int
    gained: bool
    cells: int
    sampled: int

    @property
    def fraction(self) -> float:
        """Share that was sampled; 1 where there was nothing to sample."""
        return self.sampled / self.cells if self.cells else 1.0


@dataclass(frozen=True, eq=False)
class Sample:
    """Some candidates, in the order of their cells.

    Attributes
    ----------
    cells : numpy.ndarray of int64, shape (n,)
        Flat indices, ascending.
    gained : numpy.ndarray of bool, shape (n,)
    weight : numpy.ndarray of float64, shape (n,)
        Cells that each stands for: 1 / sampling fraction of those that changed, or that stayed.
    block : numpy.ndarray of int64, shape (n,)
        Spatial block.
    strata : tuple of Stratum
        Cells and sampled cells by class and change.
    """

    cells: Cells
    gained: npt.NDArray[np.bool_]
    weight: npt.NDArray[np.float64]
    block: npt.NDArray[np.int64]
    strata: tuple[Stratum, ...]

    @property
    def true_rate(self) -> float:
        """Share of the candidates that changed."""
        cells = sum(stratum.cells for stratum in self.strata)
        return sum(stratum.cells for stratum in self.strata if stratum.gained) / cells if cells else math.nan

    @property
    def shift(self) -> float:
        """What the prior correction adds to an intercept that was fitted without weights."""
        return prior_shift(self.true_rate, float(self.gained.mean()))

    def facts(self) -> list[dict[str, Any]]:
        """Strata as plain data, with their fractions."""
        return [
            {"code": s.code, "gained": s.gained, "cells": s.cells, "sampled": s.sampled,
             "fraction": round(s.fraction, 9)} for s in self.strata
        ]  # fmt: skip


def prior_shift(true_rate: float, sample_rate: float) -> float:
    """Prior correction of an intercept: ``-ln(((1 - tau) / tau) * (y / (1 - y)))``.

    Source: King and Zeng (2001), "Logistic regression in rare events data".

    Parameters
    ----------
    true_rate, sample_rate : float
        tau, the share that changes among all, and y, that in the sample; in (0, 1).

    Examples
    --------
    >>> round(prior_shift(0.02, 0.5), 6)
    -3.89182
    """
    if not (0.0 < true_rate < 1.0 and 0.0 < sample_rate < 1.0):
        raise ValueError(f"rates {true_rate} and {sample_rate}, expected both between 0 and 1")
    return -math.log((1.0 - true_rate) / true_rate * sample_rate / (1.0 - sample_rate))


def draw_sample(
    cells: Cells,
    gained: npt.NDArray[np.bool_],
    codes: npt.NDArray[np.uint8],
    block: npt.NDArray[np.int64],
    most: int,
    seed: int,
    stream: str,
) -> Sample:
    """Draw candidates, spread evenly over classes and spatial blocks within those that changed and those that stayed.

    The cells of each kind are put in the order of block, class and a named draw, and every so many-th is taken: each
    has the same chance, and each block and class gets its share to within a cell.

    Parameters
    ----------
    cells : numpy.ndarray of int64, shape (n,)
        Candidates, ascending.
    gained, codes, block : numpy.ndarray, shape (n,)
        Whether each changed, its class at the start, and its spatial block.
    most : int
        Cells to sample at most: all that changed up to a quarter of it, and the rest of those that stayed.
    seed : int
    stream : str
        Name of the draw.
    """
    changed, stayed = np.flatnonzero(gained), np.flatnonzero(~gained)
    few = min(changed.size, most // (1 + RATIO)) if stayed.size else min(changed.size, most)
    many = min(stayed.size, max(most - few, few))
    draw = uniform(seed, stream, 0, cells)
    kept = np.concatenate([
        _every(changed, codes, block, draw, few, uniform(seed, f"{stream}/start", 0, 0)),
        _every(stayed, codes, block, draw, many, uniform(seed, f"{stream}/start", 0, 1)),
    ])  # fmt: skip
    kept.sort()
    weight = np.where(gained[kept], changed.size / max(few, 1), stayed.size / max(many, 1))
    return Sample(cells[kept], gained[kept], weight, block[kept], _strata(gained, codes, kept))


def _every(
    at: Cells, codes: npt.NDArray[Any], block: npt.NDArray[Any], draw: npt.NDArray[np.float64], count: int, start: float
) -> Cells:
    """Take `count` of some places at even steps through their order of block, class and draw."""
    ordered = at[np.lexsort((draw[at], codes[at], block[at]))]
    steps = np.floor((np.arange(count) + start) * (at.size / max(count, 1))).astype(np.int64)
    return ordered[np.minimum(steps, at.size - 1)] if count else ordered[:0]


def _strata(gained: npt.NDArray[np.bool_], codes: npt.NDArray[np.uint8], kept: Cells) -> tuple[Stratum, ...]:
    kind = codes.astype(np.int64) * 2 + gained
    cells, sampled = np.bincount(kind, minlength=512), np.bincount(kind[kept], minlength=512)
    return tuple(
        Stratum(int(k) // 2, bool(k % 2), int(cells[k]), int(sampled[k])) for k in np.flatnonzero(cells)
    )  # fmt: skip


def fold_of(block: npt.NDArray[np.int64], count: int, seed: int, stream: str = "fold") -> npt.NDArray[np.int64]:
    """Deal spatial blocks to folds of nearly equal numbers of blocks, by a named draw.

    Parameters
    ----------
    block : numpy.ndarray of int64, shape (n,)
        Block of each cell.
    count : int
        Folds.

    Returns
    -------
    numpy.ndarray of int64, shape (n,)
        Fold of each cell, 0 .. count - 1.
    """
    blocks, place = np.unique(block, return_inverse=True)
    order = np.argsort(uniform(seed, stream, 0, blocks), kind="stable")
    fold = np.empty(blocks.size, dtype=np.int64)
    fold[order] = np.arange(blocks.size) % count
    return fold[place]
