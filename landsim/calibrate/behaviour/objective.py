"""Objective: how good a simulated end map is, as one figure J made of terms in [0, 1] with stored weights."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from hashlib import blake2b
from typing import Any

import numpy as np

from landsim.calibrate.behaviour.growth import Figures, growth_error, growth_figures
from landsim.calibrate.behaviour.slopes import FEWEST_PATCHES, Rings, rank_size
from landsim.calibrate.span import Codes, Plane, Span
from landsim.indicators.form import patch_sizes
from landsim.indicators.maps import OUTSIDE, MapTrio
from landsim.indicators.mosaic import Measures, mosaic
from landsim.indicators.resolution import block_agreement
from landsim.landscape.legend import LegendRow

WEIGHTS = {"fom": 0.45, "fom_4": 0.20, "landscape": 0.15, "clark": 0.10, "rank_size": 0.10}
"""Weight of each term; those of terms that the observed map does not have are shared out among the others."""
PENALTY = 10.0
"""Taken off for each cell on which a class arose although a mask forbids it."""
VIOLATIONS = "violations"

Terms = dict[str, float]

_BLOCKS = {"fom": 1, "fom_4": 4}  # cells
_PARTIAL = tuple(_BLOCKS)


class Objective:
    """What simulated maps of a period are measured against: its maps at the start and at the end.

    Whether a term can be computed is settled by the observed map, so that every simulated map is judged by the same
    terms; one that lacks what a term needs gets 0 for it, and nothing is won by being beyond measure.

    Parameters
    ----------
    span : Span
        Start and end of the period, and the masks.
    gains : sequence of LegendRow
        Classes whose growth is judged.
    """

    def __init__(self, span: Span, gains: Sequence[LegendRow]) -> None:
        self.span, self.gains = span, tuple(gains)
        table = np.zeros(256, dtype=np.uint8)
        for index, row in enumerate(self.gains, 1):
            table[row.code] = index
        self._table = table
        self._candidates = {row.code: span.candidates(row.code, span.start) for row in self.gains}
        self._cells = {row.code: int(np.count_nonzero(self._won(span.last, row.code))) for row in self.gains}
        self._landscape = self._measures(span.last)
        self._built_before = self._built(span.first)
        self._observed = self._slopes(span.last)

    @cached_property
    def left_out(self) -> dict[str, str]:
        """Terms that the observed map does not have, and why."""
        out: dict[str, str] = {}
        if not any(self._cells.values()):
            out |= dict.fromkeys((*_BLOCKS, "landscape"), "no class gained a cell that it could")
        elif math.isnan(self._likeness(self.span.last)):
            out["landscape"] = "the observed map has no landscape measure"
        if not any(row.built for row in self.gains):
            out |= dict.fromkeys(("clark", "rank_size"), "no class that grows is built-up land")
        elif not self._built_before.any():
            out |= dict.fromkeys(("clark", "rank_size"), "no built-up land at the start")
        else:
            if not _usable(self._observed["clark"]):
                out["clark"] = "fewer than three rings with built-up land"
            if not _usable(self._observed["rank_size"]):
                out["rank_size"] = f"fewer than {FEWEST_PATCHES} patches of built-up land, or all of one size"
        return out

    @property
    def weights(self) -> dict[str, float]:
        """Weight of each term that counts; they add up to 1."""
        kept = {name: weight for name, weight in WEIGHTS.items() if name not in self.left_out}
        return {name: weight / sum(kept.values()) for name, weight in kept.items()}

    @property
    def digest(self) -> str:
        """Hash of everything that a judgement depends on."""
        found = blake2b(digest_size=16)
        for plane in (self.span.first, self.span.last, self.span.valid, *self._candidates.values()):
            found.update(np.ascontiguousarray(plane).tobytes())
        rest = (self.span.years, self.span.grid, self.span.legend.rows, [row.code for row in self.gains], WEIGHTS)
        found.update(repr(rest).encode())
        return found.hexdigest()

    def facts(self) -> dict[str, Any]:
        """Weights and what was left out, as plain data."""
        observed = {f"{name}_slope": value for name, value in self._observed.items() if _usable(value)}
        return {
            "weights": self.weights,
            "stated_weights": dict(WEIGHTS),
            "left_out": dict(self.left_out),
            "penalty": PENALTY,
            "observed": observed,
        }

    def terms(self, simulated: Codes) -> Terms:
        """Measure a simulated end map.

        Parameters
        ----------
        simulated : numpy.ndarray of uint8, shape (height, width)
            Codes.

        Returns
        -------
        dict of str to float
            The terms that count, each in [0, 1], and ``violations``, cells.
        """
        self._check(simulated)
        counted = self.weights
        out = {name: self._merit(simulated, block) for name, block in _BLOCKS.items() if name in counted}
        if "landscape" in counted:
            out["landscape"] = self._likeness(simulated)
        if "clark" in counted or "rank_size" in counted:
            slopes = self._slopes(simulated)
            out |= {name: _closeness(slopes[name], self._observed[name]) for name in slopes if name in counted}
        return {**out, VIOLATIONS: float(self.violations(simulated))}

    def score(self, terms: Mapping[str, float]) -> float:
        """J: the weighted mean of the terms less the penalty; at most 1."""
        return sum(w * terms[name] for name, w in self.weights.items()) - PENALTY * terms.get(VIOLATIONS, 0.0)

    def partial(self, unfinished: Codes) -> float:
        """Give the share of J that means something before the end: the figures of merit, by their weights.

        Runs of one year are compared by it: they have grown as much as each other, and differ in where.  Form of the
        unfinished map is not that of the observed one, however good the run, and is left out.
        """
        self._check(unfinished)
        counted = {name: WEIGHTS[name] for name in _PARTIAL if name in self.weights}
        total = sum(counted.values())
        return sum(w / total * self._merit(unfinished, _BLOCKS[name]) for name, w in counted.items())

    def statistics(self, codes: Codes) -> Figures:
        """Summary of an end map for `abc_smc`: form of the new patches of each class, and the slopes of built land."""
        self._check(codes)
        out: Figures = {}
        for row in self.gains:
            out |= {f"{row.name}.{name}": value for name, value in self.growth(codes, row).items() if name != "infill"}
        kept = ("clark", "rank_size")
        slopes = self._slopes(codes)
        return out | {f"{name}_slope": slopes[name] for name in kept if name not in self.left_out}

    def growth(self, codes: Codes, row: LegendRow) -> Figures:
        """Figures of the new patches of a class in an end map."""
        target = np.uint8(row.code)
        old = self.span.valid & (self.span.first == target)
        return growth_figures(old, self.span.valid & (codes == target) & ~old)

    def growth_error(self, codes: Codes) -> float:
        """Difference from the observed new patches, 0 alike .. 1, the mean over classes by observed gain."""
        errors = {
            row.code: growth_error(self.growth(self.span.last, row), self.growth(codes, row)) for row in self.gains
        }
        return self._weighted(errors)

    def violations(self, simulated: Codes) -> int:
        """Cells on which a class arose although a mask forbids it."""
        count = 0
        for row in self.gains:
            forbidden = self.span.forbidden(row.code, self.span.start)
            if forbidden is not None:
                target = np.uint8(row.code)
                arose = self.span.valid & (simulated == target) & (self.span.first != target)
                count += int(np.count_nonzero(arose & forbidden))
        return count

    def _check(self, codes: Codes) -> None:
        if codes.shape != self.span.grid.shape:
            raise ValueError(f"a simulated map of shape {codes.shape}, expected {self.span.grid.shape}")

    def _won(self, codes: Codes, code: int) -> Plane:
        return np.asarray(self._candidates[code] & (codes == np.uint8(code)))

    def _merit(self, simulated: Codes, block: int) -> float:
        """Gain figure of merit at blocks of some cells, the mean over classes by observed gain."""
        found = {}
        for row in self.gains:
            trio = self._trio(row.code, simulated)
            if trio.inside.any():
                found[row.code] = float(block_agreement(trio, block)["fom"])
        return self._weighted(found)

    def _trio(self, code: int, simulated: Codes) -> MapTrio:
        """Make the candidates of a class a map of their own, on which it arises or does not."""
        start = np.where(self._candidates[code], np.uint8(0), np.uint8(OUTSIDE))
        observed, end = (np.asarray(codes == np.uint8(code)).view(np.uint8) for codes in (self.span.last, simulated))
        return MapTrio(np.array([0, 1], dtype=np.uint8), start, start, observed, end)

    def _measures(self, codes: Codes) -> dict[int, Measures]:
        start, end = (self._plane(plane) for plane in (self.span.first, codes))
        found = mosaic(end, start, len(self.gains) + 1, self.span.grid.cell_size)
        return {row.code: found[index] for index, row in enumerate(self.gains, 1)}

    def _plane(self, codes: Codes) -> Codes:
        return np.where(self.span.valid, self._table[codes], np.uint8(OUTSIDE))

    def _likeness(self, simulated: Codes) -> float:
        """One less the mean relative error of the landscape measures, each at most 1."""
        found = self._measures(simulated)
        errors = {code: _mean_error(self._landscape[code], found[code]) for code in found}
        return 1.0 - self._weighted(errors)

    @cached_property
    def _rings(self) -> Rings:
        return Rings.around(self._built_before, self.span.valid, self.span.grid.cell_size)

    def _built(self, codes: Codes) -> Plane:
        return np.asarray(self.span.legend.built[codes] & self.span.valid)

    def _slopes(self, codes: Codes) -> dict[str, float]:
        """Slopes of Clark's law and of sizes by rank, of built land; NaN where there is none."""
        if not self._built_before.any():
            return {"clark": math.nan, "rank_size": math.nan}
        built = self._built(codes)
        return {"clark": self._rings.slope(built), "rank_size": rank_size(patch_sizes(built))}

    def _weighted(self, values: Mapping[int, float]) -> float:
        """Mean over classes by observed gain; those without a value or a gain do not count, NaN if none does."""
        known = {code: v for code, v in values.items() if math.isfinite(v) and self._cells[code]}
        total = sum(self._cells[code] for code in known)
        return sum(v * self._cells[code] for code, v in known.items()) / total if total else math.nan


def _usable(value: float) -> bool:
    return math.isfinite(value) and value != 0.0


def _closeness(simulated: float, observed: float) -> float:
    """One less the relative error, at least 0; 0 where the simulated map has no such figure."""
    return 1.0 - min(1.0, abs(simulated - observed) / abs(observed)) if math.isfinite(simulated) else 0.0


def _mean_error(observed: Measures, simulated: Measures) -> float:
    """Mean relative error of the measures that were observed, each at most 1 so that none drowns the others."""
    known = {name: value for name, value in observed.items() if _usable(value)}
    if not known:
        return math.nan
    return float(np.mean([1.0 - _closeness(simulated[name], value) for name, value in known.items()]))
