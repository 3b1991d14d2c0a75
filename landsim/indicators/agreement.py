"""Agreement of a simulated map with an observed one: figure of merit, disagreement, kappas and the validation card.

Sources: Pontius et al. (2008), figure of merit; Pontius and Millones (2011), quantity and allocation disagreement;
van Vliet, Bregt and Hagen-Zanker (2011), kappa simulation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.indicators.baselines import DensityFill, expected_random_fom, random_map
from landsim.indicators.gain import ClassGain, class_gain, gained_classes, with_baselines
from landsim.indicators.maps import Candidates, Codes, Counts, MapTrio, allowed_cells, joint_counts, read_trio
from landsim.indicators.ranking import Keys, descending, random_keys
from landsim.indicators.ratios import ratio
from landsim.indicators.resolution import resolution_curve
from landsim.indicators.toc import toc_curve

Card = dict[str, Any]


def validation_card(
    start: npt.ArrayLike,
    observed: npt.ArrayLike,
    simulated: npt.ArrayLike,
    mask: npt.ArrayLike | None = None,
    candidates: Candidates = None,
    *,
    scores: Mapping[int, npt.ArrayLike] | None = None,
    nodata: int | Iterable[int] | None = None,
    classes: Iterable[int] | None = None,
    seed: int = 1,
) -> Card:
    """Measure a simulated map against an observed one, beside baselines that know nothing of the place.

    Parameters
    ----------
    start, observed, simulated : array_like of int, one shape of one or two dimensions
        Land-cover codes 0..254 at the start, and at the end as observed and as simulated.
    mask : array_like of bool, same shape, optional
        True where cells count; everything else is left out of every measure.
    candidates : array_like of bool, or mapping of code to such arrays, optional
        True where a class (every class) may arise; bounds the gain figures and the baselines.
    scores : mapping of code to array_like of float, same shape, optional
        Suitability for the curve of the total operating characteristic; the density of the class at the start
        where none is given.
    nodata : int or iterable of int, optional
        Codes to ignore.
    classes : iterable of int, optional
        The codes that may occur.
    seed : int
        Names the draws of the random baseline.

    Returns
    -------
    dict
        ``fom, hits, misses, false_alarms, wrong_hits`` (cells), ``producer, user, quantity, allocation, agreement,
        kappa, kappa_simulation, kappa_transition, kappa_transloc, cells``; ``by_class`` (code -> gain figures with
        their baselines), ``baselines`` (null, random, and density with
        the observed and with the simulated gains), ``resolution`` (levels and null resolution) and
        ``toc`` (code -> curve).  A measure whose denominator is 0 is NaN.

    Raises
    ------
    ValueError
        If shapes differ or the maps do not hold integers.
    InputError
        If a code is unknown or no cell is valid in all maps.

    Examples
    --------
    >>> card = validation_card([0] * 10, [1, 1, 1, 1, 0, 0, 0, 0, 0, 0], [1, 1, 0, 0, 1, 0, 0, 0, 0, 0])
    >>> card["hits"], card["misses"], card["false_alarms"], card["fom"]
    (2, 2, 1, 0.4)
    """
    trio = read_trio(start, observed, simulated, mask, nodata, classes)
    random = random_keys(seed, "baseline.random", trio.start.size)
    fill = DensityFill(trio)
    by_class, curves = {}, {}
    for index in gained_classes(trio.joint):
        code = int(trio.codes[index])
        gain = class_gain(trio, index, allowed_cells(candidates, code, trio.start.shape))
        density = fill.density_of(index)
        densest = descending(density.reshape(-1)[gain.cells])
        by_class[code] = with_baselines(gain, densest, random[gain.cells])
        curves[code] = _curve(gain, density, scores)
        fill.take(gain, densest)
    return {
        **measures(trio.joint),
        "by_class": by_class,
        "baselines": _baselines(trio, fill, candidates, random),
        "resolution": resolution_curve(trio),
        "toc": curves,
    }


def measures(joint: Counts) -> Card:
    """Every measure that follows from the joint counts of [start, observed, simulated] classes.

    Parameters
    ----------
    joint : numpy.ndarray of int64, shape (n_classes, n_classes, n_classes)
        Cells by start, observed and simulated class.
    """
    return {
        **change_measures(joint),
        **disagreement(joint.sum(axis=0).T),
        **kappa_simulation(joint),
        "cells": int(joint.sum()),
    }


def change_measures(joint: Counts) -> Card:
    """Figure of merit with its four parts (cells), producer's and user's accuracy of change (Pontius et al. 2008)."""
    x, o, s = np.ogrid[tuple(slice(size) for size in joint.shape)]
    hits = int(joint[(o != x) & (s == o)].sum())
    misses = int(joint[(o != x) & (s == x)].sum())
    false_alarms = int(joint[(o == x) & (s != x)].sum())
    wrong_hits = int(joint[(o != x) & (s != x) & (s != o)].sum())
    return {
        "fom": ratio(hits, hits + misses + false_alarms + wrong_hits),
        "hits": hits,
        "misses": misses,
        "false_alarms": false_alarms,
        "wrong_hits": wrong_hits,
        "producer": ratio(hits, hits + misses + wrong_hits),
        "user": ratio(hits, hits + false_alarms + wrong_hits),
    }


def disagreement(confusion: Counts) -> Card:
    """Agreement, its complement by quantity and by allocation, and kappa, which is never shown without them.

    Parameters
    ----------
    confusion : numpy.ndarray of int64, shape (n_classes, n_classes)
        Cells by [simulated, observed] class.

    Notes
    -----
    ``quantity + allocation == 1 - agreement`` (Pontius and Millones 2011).
    """
    share = confusion / confusion.sum()
    simulated, observed, both = share.sum(axis=1), share.sum(axis=0), share.diagonal()
    agreement, by_chance = float(both.sum()), float(simulated @ observed)
    return {
        "quantity": float(np.abs(simulated - observed).sum() / 2),
        "allocation": float(np.minimum(simulated - both, observed - both).sum()),
        "agreement": agreement,
        "kappa": ratio(agreement - by_chance, 1 - by_chance),
    }


def kappa_simulation(joint: Counts) -> Card:
    """Kappa beyond the chance given by the start map, and its two factors (van Vliet et al. 2011).

    ``kappa_simulation = kappa_transition * kappa_transloc``: the amount of each transition, and its place.
    """
    cells = joint.sum()
    observed, simulated = joint.sum(axis=2), joint.sum(axis=1)
    from_cells = np.maximum(observed.sum(axis=1), 1)
    by_chance = float(((observed * simulated).sum(axis=1) / from_cells).sum() / cells)
    at_best = float(np.minimum(observed, simulated).sum() / cells)
    agreement = float(np.einsum("xkk->", joint) / cells)
    return {
        "kappa_simulation": ratio(agreement - by_chance, 1 - by_chance),
        "kappa_transition": ratio(at_best - by_chance, 1 - by_chance),
        "kappa_transloc": ratio(agreement - by_chance, at_best - by_chance),
    }


def _baselines(trio: MapTrio, fill: DensityFill, candidates: Candidates, keys: Keys) -> Card:
    random = _against(trio, random_map(trio, candidates, keys))
    return {
        "null": _against(trio, trio.start),
        "random": {**random, "expected_fom": expected_random_fom(trio, candidates)},
        "density": _against(trio, fill.filled),
        "density_simulated": _against(trio, fill.filled_as_simulated),
    }


def _against(trio: MapTrio, simulated: Codes) -> Card:
    return measures(joint_counts(trio.start, trio.observed, simulated, trio.codes.size))


def _curve(gain: ClassGain, density: npt.NDArray[np.float32], scores: Mapping[int, npt.ArrayLike] | None) -> Card:
    given = None if scores is None else scores.get(gain.code)
    plane = density if given is None else np.atleast_2d(np.asarray(given))
    source = "density" if given is None else "given"
    return {"score": source, **toc_curve(plane.reshape(-1)[gain.cells], gain.observed)}
