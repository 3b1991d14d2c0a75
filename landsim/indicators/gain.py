"""Gain figure of merit of one class over its candidate cells, with the random and density baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.indicators.bootstrap import Blocks, Floats, interval, margin
from landsim.indicators.maps import Counts, MapTrio, Plane
from landsim.indicators.ranking import Keys, Positions, first_in_order
from landsim.indicators.ratios import ratio, ratios


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


def with_baselines(gain: ClassGain, orders: Mapping[str, Keys], blocks: Blocks | None = None) -> dict[str, Any]:
    """Gain measures of a class beside other ways of placing its simulated and its observed gain.

    Parameters
    ----------
    gain : ClassGain
    orders : mapping of str to numpy.ndarray of uint32, shape (n,)
        The order in which each baseline (``random, density, ..``) takes the candidates.
    blocks : Blocks, optional
        Gives every figure of merit its interval, and that of its difference from the simulation.

    Returns
    -------
    dict
        The keys of `gain_measures`, and ``baselines``: ``null``, and one of each name in `orders` with the rows
        ``simulated`` and ``observed`` named after the quantity that they place.  With blocks ``interval`` (of
        ``fom``) in every row, and ``margin`` (``value, interval``: simulation less baseline) in every baseline.
    """
    observed, candidates = gain.observed_cells, gain.cells.size
    own = _taken(np.flatnonzero(gain.simulated), gain)
    null = gain_measures(0, observed, 0, candidates)
    placed = {name: _placed(keys, gain) for name, keys in orders.items()}
    rows = {name: {quantity: _taken(order, gain) for quantity, order in row.items()} for name, row in placed.items()}
    for row in rows["random"].values() if "random" in rows else ():
        row["expected_fom"] = expected_gain_fom(observed, row["gain_simulated"], candidates)
    if blocks is not None:
        sampled = _sampled_fom(np.flatnonzero(gain.simulated), gain, blocks)
        _add_intervals(null, own["fom"], _sampled_fom(np.empty(0, np.int64), gain, blocks), sampled)
        for name, row in rows.items():
            for quantity, figures in row.items():
                _add_intervals(figures, own["fom"], _sampled_fom(placed[name][quantity], gain, blocks), sampled)
        own["interval"] = {"fom": interval(sampled)}
    return {**own, "baselines": {"null": null, **rows}}


def _sampled_fom(order: Positions, gain: ClassGain, blocks: Blocks) -> Floats:
    """Figure of merit in every sample of blocks when the candidates at these positions gain the class."""
    hit = order[gain.observed[order]]
    columns = np.stack(
        [blocks.count(cells) for cells in (gain.cells[hit], gain.cells[gain.observed], gain.cells[order])], axis=1
    )
    return blocks.rates(columns, _fom_of)["fom"]


def _fom_of(columns: Floats) -> dict[str, Floats]:
    hits, observed, placed = columns.T
    return {"fom": ratios(hits, observed + placed - hits)}


def _add_intervals(row: dict[str, Any], fom: float, sampled_row: Floats, sampled: Floats) -> None:
    row["interval"] = {"fom": interval(sampled_row)}
    row["margin"] = margin(fom, row["fom"], sampled, sampled_row)


def weighted_mean(values: Sequence[float], weights: Sequence[int]) -> float:
    """Mean of figures by the cells behind them; those without cells are left out, NaN where none is left."""
    counted = [(value, weight) for value, weight in zip(values, weights, strict=True) if weight]
    return ratio(sum(value * weight for value, weight in counted), sum(weight for _, weight in counted))


def _placed(keys: Keys, gain: ClassGain) -> dict[str, Positions]:
    """Place the simulated and the observed quantity on the candidates with the smallest keys."""
    counts = {"simulated": gain.simulated_cells, "observed": gain.observed_cells}
    order = first_in_order(keys, max(counts.values()))
    return {name: order[:count] for name, count in counts.items()}


def _taken(order: Positions, gain: ClassGain) -> dict[str, Any]:
    hits = int(np.count_nonzero(gain.observed[order]))
    return gain_measures(hits, gain.observed_cells, order.size, gain.cells.size)
