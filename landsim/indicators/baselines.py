"""Baselines for all classes at once: random with the observed from-to counts, and filling by density.

Source: Pontius et al. (2008), null and random-constraint models; the density ranking is the simplest neighbourhood
model there is, and a calibrated model has to beat it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from landsim.indicators.gain import ClassGain
from landsim.indicators.maps import Candidates, Codes, Counts, MapTrio, Plane, allowed_cells
from landsim.indicators.ranking import Keys, first_in_order
from landsim.indicators.ratios import ratio
from landsim.landscape.focal import gaussian_density

BASELINE_SIGMA = 5.0  # cells; part of the definition of the baseline, so no parameter of a run


class DensityFill:
    """Builds the density baseline class by class, in the order of the calls; each cell changes at most once.

    Attributes
    ----------
    filled : numpy.ndarray of uint8, shape (height, width)
        Class index a cell; starts as the start map; every class gains what was observed.
    filled_as_simulated : numpy.ndarray of uint8, shape (height, width)
        The same with the simulated gains: how far density alone gets with the simulation's own quantities.
    """

    def __init__(self, trio: MapTrio) -> None:
        self._trio = trio
        self.filled = trio.start.copy()
        self.filled_as_simulated = trio.start.copy()

    def density_of(self, index: int) -> npt.NDArray[np.float32]:
        """Gaussian density of a class on the whole start map, float32, shape (height, width)."""
        return gaussian_density(self._trio.first == self._trio.codes[index], BASELINE_SIGMA)

    def take(self, gain: ClassGain, keys: Keys) -> None:
        """Give the class its gains on the first candidates that are still as they were at the start.

        Parameters
        ----------
        gain : ClassGain
        keys : numpy.ndarray of uint32, shape (n,)
            Density of each candidate, as `ranking.descending` orders it.
        """
        start = self._trio.start.reshape(-1)
        for filled, cells in ((self.filled, gain.observed_cells), (self.filled_as_simulated, gain.simulated_cells)):
            flat = filled.reshape(-1)
            free = flat[gain.cells] == start[gain.cells]
            chosen = first_in_order(keys[free], cells)
            flat[gain.cells[free][chosen]] = gain.index


def random_map(trio: MapTrio, candidates: Candidates, keys: Keys) -> Codes:
    """Scatter the observed from-to counts at random over the candidates; each cell changes at most once.

    Parameters
    ----------
    trio : MapTrio
    candidates : array_like of bool, or mapping of code to such arrays, or None
        Where a class may arise.
    keys : numpy.ndarray of uint32, shape (height * width,)
        One random key a cell.

    Returns
    -------
    numpy.ndarray of uint8, shape (height, width)
        Class index a cell.
    """
    scattered = trio.start.copy()
    flat, start = scattered.reshape(-1), trio.start.reshape(-1)
    counts = _candidate_changes(trio, candidates)
    for origin in np.flatnonzero(counts.any(axis=1)):
        cells = np.flatnonzero(start == origin)
        for target in np.flatnonzero(counts[origin]):
            free = _open_cells(trio, candidates, int(target), cells[flat[cells] == origin])
            flat[free[first_in_order(keys[free], int(counts[origin, target]))]] = target
    return scattered


def expected_random_fom(trio: MapTrio, candidates: Candidates) -> float:
    """Figure of merit to expect of `random_map`, as the ratio of expected counts.

    With g observed changes among n candidates and one class gained this is c / (2 - c), c = g / n.  NaN where the
    candidates differ by class: the changes then compete for cells and have no closed form.
    """
    if isinstance(candidates, Mapping):
        return math.nan
    transitions = _transitions_within(trio, allowed_cells(candidates, 0, trio.start.shape))
    changes = _without_stay(transitions).astype(np.float64)
    cells = np.maximum(transitions.sum(axis=1), 1)
    hits = ((changes**2).sum(axis=1) / cells).sum()
    overlap = (changes.sum(axis=1) ** 2 / cells).sum()
    observed = _without_stay(_transitions_within(trio, None)).sum()
    return ratio(hits, observed + changes.sum() - overlap)


def _candidate_changes(trio: MapTrio, candidates: Candidates) -> Counts:
    """Observed changes by [from, to] class that fall on candidates of the class that they gain."""
    if not isinstance(candidates, Mapping):
        return _without_stay(_transitions_within(trio, allowed_cells(candidates, 0, trio.start.shape)))
    changes = _without_stay(_transitions_within(trio, None))
    for target, code in enumerate(trio.codes.tolist()):
        allowed = allowed_cells(candidates, code, trio.start.shape)
        if allowed is not None and changes[:, target].any():
            changes[:, target] = _without_stay(_transitions_within(trio, allowed))[:, target]
    return changes


def _transitions_within(trio: MapTrio, allowed: Plane | None) -> Counts:
    """Observed cells by [start, end] class, of the allowed cells if any are named."""
    joint = trio.joint if allowed is None else trio.joint_within(allowed)
    return np.asarray(joint.sum(axis=2))


def _without_stay(transitions: Counts) -> Counts:
    changes = transitions.copy()
    np.fill_diagonal(changes, 0)
    return changes


def _open_cells(
    trio: MapTrio, candidates: Candidates, target: int, cells: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    allowed = allowed_cells(candidates, int(trio.codes[target]), trio.start.shape)
    return cells if allowed is None else cells[allowed.reshape(-1)[cells]]
