"""Gain figure of merit of one class over its candidate cells, with the random and density baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.indicators.maps import Counts, MapTrio, Plane
from landsim.indicators.ranking import Keys, descending, first_in_order
from landsim.indicators.ratios import ratio


@dataclass(frozen=True)
class ClassGain:
    """Where a class could arise, and where it did.

    Attributes
    ----------
    code, index : int
        Land-cover code and class index.
    cells : numpy.ndarray of int64, shape (n,)
        Candidates: valid, not of the class at the start, allowed; flat indices, ascending.
    observed, simulated : numpy.ndarray of bool, shape (n,)
        The candidate is of the class at the end.
    """

    code: int
    index: int
    cells: npt.NDArray[np.int64]
    observed: npt.NDArray[np.bool_]
    simulated: npt.NDArray[np.bool_]

    @property
    def observed_cells(self) -> int:
        """Observed gain, cells."""
        return int(np.count_nonzero(self.observed))

    @property
    def simulated_cells(self) -> int:
        """Simulated gain, cells."""
        return int(np.count_nonzero(self.simulated))


def gained_classes(joint: Counts) -> list[int]:
    """Class indices with any observed or simulated gain, by descending observed gain, ties by code."""
    stay = np.arange(joint.shape[0])
    observed = joint.sum(axis=(0, 2)) - joint.sum(axis=2)[stay, stay]
    simulated = joint.sum(axis=(0, 1)) - joint.sum(axis=1)[stay, stay]
    order = np.argsort(-observed, kind="stable")
    return [int(index) for index in order if observed[index] or simulated[index]]


def class_gain(trio: MapTrio, index: int, allowed: Plane | None = None) -> ClassGain:
    """Find the candidates of a class and its gains among them.

    Parameters
    ----------
    trio : MapTrio
    index : int
        Class index.
    allowed : numpy.ndarray of bool, shape (height, width), optional
        False where the class cannot arise.
    """
    candidate = trio.inside & (trio.start != index)
    if allowed is not None:
        candidate &= allowed
    cells = np.flatnonzero(candidate)
    observed, simulated = (plane.reshape(-1)[cells] == index for plane in (trio.observed, trio.simulated))
    return ClassGain(int(trio.codes[index]), index, cells, observed, simulated)


def gain_measures(hits: int, observed: int, simulated: int, candidates: int) -> dict[str, Any]:
    """Gain figure of merit H / (H + M + F) with its parts, all in cells.

    Examples
    --------
    >>> gain_measures(hits=2, observed=4, simulated=3, candidates=10)["fom"]
    0.4
    """
    return {
        "fom": ratio(hits, observed + simulated - hits),
        "hits": hits,
        "misses": observed - hits,
        "false_alarms": simulated - hits,
        "producer": ratio(hits, observed),
        "user": ratio(hits, simulated),
        "gain_observed": observed,
        "gain_simulated": simulated,
        "candidates": candidates,
    }


def expected_gain_fom(observed: int, simulated: int, candidates: int) -> float:
    """Figure of merit to expect of gains placed at random, as the ratio of expected counts.

    Equals c / (2 - c) where both gains are the share c of the candidates.

    Examples
    --------
    >>> round(expected_gain_fom(10, 10, 100), 4)
    0.0526
    """
    hits = ratio(observed * simulated, candidates)
    return ratio(hits, observed + simulated - hits)


def with_baselines(gain: ClassGain, density_keys: Keys, random_keys: Keys) -> dict[str, Any]:
    """Gain measures of a class beside random and density placing of its simulated and of its observed gain.

    Parameters
    ----------
    gain : ClassGain
    density_keys, random_keys : numpy.ndarray of uint32, shape (n,)
        The order in which each baseline takes the candidates.

    Returns
    -------
    dict
        The keys of `gain_measures`, and ``baselines``: ``null``, and ``random`` and ``density``, each with the rows
        ``simulated`` and ``observed`` named after the quantity that they place.
    """
    observed, candidates = gain.observed_cells, gain.cells.size
    hits = int(np.count_nonzero(gain.observed & gain.simulated))
    random = _placed(random_keys, gain)
    for row in random.values():
        row["expected_fom"] = expected_gain_fom(observed, row["gain_simulated"], candidates)
    return {
        **gain_measures(hits, observed, gain.simulated_cells, candidates),
        "baselines": {
            "null": gain_measures(0, observed, 0, candidates),
            "random": random,
            "density": _placed(density_keys, gain),
        },
    }


def ranked_gain(score: npt.ArrayLike, gain: ClassGain, count: int | None = None) -> dict[str, Any]:
    """Gain measures of the highest-scoring candidates, ties by flat index.

    Parameters
    ----------
    score : array_like of float, shape (height, width)
    gain : ClassGain
    count : int, optional
        Cells to place; the observed gain where not given.
    """
    keys = descending(np.asarray(score).reshape(-1)[gain.cells])
    return _taken(first_in_order(keys, gain.observed_cells if count is None else count), gain)


def gain_figures(card: Mapping[str, Any], codes: Sequence[int]) -> dict[str, Any]:
    """Gain figures of a validation card for some classes and their count-weighted mean.

    Baselines are the rows that place the observed gain, so the figures compare models at the true quantity.

    Parameters
    ----------
    card : mapping
        From `validation_card`.
    codes : sequence of int
        Classes whose gains count.

    Returns
    -------
    dict
        ``fom, gain_cells, candidate_cells, quantity_disagreement, allocation_disagreement, fom_all, baselines,
        by_class``; weights are the observed gains.
    """
    rows = {code: _figures(card["by_class"][code]) for code in codes if code in card["by_class"]}
    weights = [row["gain_cells"] for row in rows.values()]
    return {
        "fom": _weighted([row["fom"] for row in rows.values()], weights),
        "fom_all": card["fom"],
        "gain_cells": sum(weights),
        "candidate_cells": sum(row["candidate_cells"] for row in rows.values()),
        "quantity_disagreement": card["quantity"],
        "allocation_disagreement": card["allocation"],
        "baselines": {
            name: {"fom": _weighted([row["baselines"][name]["fom"] for row in rows.values()], weights)}
            for name in ("null", "random", "density")
        },
        "by_class": rows,
    }


def _figures(row: Mapping[str, Any]) -> dict[str, Any]:
    placed = row["baselines"]
    return {
        "fom": row["fom"],
        "gain_cells": row["gain_observed"],
        "candidate_cells": row["candidates"],
        "baselines": {
            "null": {"fom": placed["null"]["fom"]},
            "random": {"fom": placed["random"]["observed"]["fom"]},
            "density": {"fom": placed["density"]["observed"]["fom"]},
        },
    }


def _weighted(values: list[float], weights: list[int]) -> float:
    counted = [(value, weight) for value, weight in zip(values, weights, strict=True) if weight]
    return ratio(sum(value * weight for value, weight in counted), sum(weight for _, weight in counted))


def _placed(keys: Keys, gain: ClassGain) -> dict[str, dict[str, Any]]:
    """Place the simulated and the observed quantity on the candidates with the smallest keys."""
    counts = {"simulated": gain.simulated_cells, "observed": gain.observed_cells}
    order = first_in_order(keys, max(counts.values()))
    return {name: _taken(order[:count], gain) for name, count in counts.items()}


def _taken(order: npt.NDArray[np.int64], gain: ClassGain) -> dict[str, Any]:
    hits = int(np.count_nonzero(gain.observed[order]))
    return gain_measures(hits, gain.observed_cells, order.size, gain.cells.size)
