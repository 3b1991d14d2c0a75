"""Neighbourhood: the weight of each class in each ring around a cell that may be gained, from enrichment.

Source: Verburg et al. (2004), with weights ``log10 F`` scaled to [-1, 1] and smoothed along the rings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from landsim.calibrate.enriched import Enrichment

FEWEST = 30
"""Changed cells, and cells of the class that chance would put around them, below which a weight is 0."""

_SURE = 3.0  # standard errors by which enrichment must differ from chance
_LEAST_SCALE = float(np.log10(1.25))  # weaker enrichment than this is not blown up to 1
_DECAY = 1.0  # rings over which a ring's weight lends from the next ones falls to 1 / e


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """Weights of what stands around a cell.

    Attributes
    ----------
    enrichment : Enrichment
        What they come from; it names gained classes (G), classes around (C) and rings (R).
    weights : numpy.ndarray of float64, shape (G, C, R)
        In [-1, 1]: above 0 attracts, 0 unknown or no more than chance.
    """

    enrichment: Enrichment
    weights: npt.NDArray[np.float64]


def fit_neighbourhood(enrichment: Enrichment) -> Neighbourhood:
    """Turn enrichment into weights: ``log10 F`` (-1 where nothing of the class stood around), scaled and smoothed.

    A weight is 0 where fewer than `FEWEST` cells changed or are to be expected around them, and where the enrichment
    does not differ from chance by three standard errors, so that a random map gives none.  Before smoothing, the
    largest weight of a gained class is 1 or -1.

    Parameters
    ----------
    enrichment : Enrichment
        From `enrichment_of`.
    """
    known = ~np.isnan(enrichment.factor)
    factor = np.where(known, enrichment.factor, 1.0)
    raw = np.log10(np.maximum(factor, 0.1))
    sure = np.abs(factor - 1.0) >= _SURE * np.nan_to_num(enrichment.error)
    many = (enrichment.count >= FEWEST)[:, :, None] & (enrichment.expected >= FEWEST)
    raw[~(known & sure & many)] = 0.0
    largest = np.maximum(np.abs(raw).max(axis=(1, 2), keepdims=True, initial=0.0), _LEAST_SCALE)
    return Neighbourhood(enrichment, smoothed(raw / largest))


def smoothed(weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Smooth along the rings (last axis) by a mean whose weights decay exponentially with the distance in rings.

    Examples
    --------
    >>> smoothed(np.array([0.0, 1.0, 0.0])).round(3).tolist()
    [0.245, 0.576, 0.245]
    """
    rings = np.arange(weights.shape[-1])
    decay = np.exp(-np.abs(rings[:, None] - rings[None, :]) / _DECAY)
    decay /= decay.sum(axis=0)
    return np.asarray(weights @ decay, dtype=np.float64)
