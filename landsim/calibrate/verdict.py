"""Verdict: a potential on a period that it did not learn from, at the observed quantity, beside its baselines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.calibrate.learning import ground_of, past_for
from landsim.calibrate.ranking import Plane, ranking_fom, taken
from landsim.calibrate.span import Codes, Span
from landsim.indicators.agreement import Comparison, compare
from landsim.indicators.gain import weighted_mean
from landsim.indicators.maps import read_trio
from landsim.landscape.legend import LegendRow
from landsim.landscape.rows import Rows
from landsim.transition.fitted import Potential
from landsim.transition.ranks import Ranks

NOT_CANDIDATE, CANDIDATE, PREDICTED, OUTSIDE = 0, 1, 2, 255
"""Values of a predicted map."""


@dataclass(frozen=True, eq=False)
class Foretold:
    """Where one class was foretold to arise in a period.

    Attributes
    ----------
    gained : LegendRow
        The class.
    cells : numpy.ndarray of int64, shape (n,)
        Candidates, ascending.
    rank : numpy.ndarray of float32, shape (n,)
        Map rank of the potential.
    hit : numpy.ndarray of bool, shape (n,)
        Whether the cell gained the class.
    """

    gained: LegendRow
    cells: npt.NDArray[np.int64]
    rank: Ranks
    hit: Plane

    @property
    def chosen(self) -> npt.NDArray[np.int64]:
        """Cells that are ranked first, as many as gained the class."""
        return self.cells[taken(self.rank, int(np.count_nonzero(self.hit)))]

    @property
    def fom(self) -> float:
        """Gain figure of merit at the observed quantity."""
        return ranking_fom(self.rank, self.hit)

    def chance(self, period: Span, potential: Potential) -> npt.NDArray[np.float32]:
        """Chance of every cell, as a run takes it, float32, shape (height, width)."""
        out = np.zeros(period.grid.shape, dtype=np.float32)
        out.reshape(-1)[self.cells] = potential.chance.of(self.rank)
        return out

    def plane(self, valid: Plane) -> Codes:
        """Give the predicted map: 0 no candidate, 1 candidate, 2 predicted gain, 255 outside; uint8, shape as valid."""
        out = np.where(valid, NOT_CANDIDATE, OUTSIDE).astype(np.uint8)
        flat = out.reshape(-1)
        flat[self.cells] = CANDIDATE
        flat[self.chosen] = PREDICTED
        return out


@dataclass(frozen=True, eq=False)
class Verdict:
    """What a period says of some potentials.

    Attributes
    ----------
    span : Span
        The two maps of the period.
    foretold : tuple of Foretold
        One a class.
    comparison : Comparison
        The validation card of the map in which every class gains what was observed, most gained first, and its maps.
    """

    span: Span
    foretold: tuple[Foretold, ...]
    comparison: Comparison

    @property
    def fom(self) -> float:
        """Count-weighted mean of the gain figures of merit."""
        weights = [int(np.count_nonzero(one.hit)) for one in self.foretold]
        return weighted_mean([one.fom for one in self.foretold], weights)

    def as_dict(self) -> dict[str, Any]:
        """Give the part ``test`` of ``fit.json``."""
        card = self.comparison.card
        by_class = {one.gained.name: self._class(one, card) for one in self.foretold}
        weights = [row["gain_cells"] for row in by_class.values()]
        return {
            "period": [self.span.start, self.span.end],
            "fom": self.fom,
            "fom_all": card["fom"],
            "gain_cells": sum(weights),
            "candidate_cells": sum(row["candidate_cells"] for row in by_class.values()),
            "quantity_disagreement": card["quantity"],
            "allocation_disagreement": card["allocation"],
            "baselines": {
                name: {"fom": weighted_mean([row["baselines"][name]["fom"] for row in by_class.values()], weights)}
                for name in ("null", "random", "density")
            },
            "by_class": by_class,
        }

    def _class(self, one: Foretold, card: Mapping[str, Any]) -> dict[str, Any]:
        row, curve = card["by_class"][one.gained.code], card["toc"][one.gained.code]
        placed = row["baselines"]
        return {
            "fom": one.fom,
            "interval": list(placed["suitability"]["observed"]["interval"]["fom"]),
            "gain_cells": row["gain_observed"],
            "candidate_cells": row["candidates"],
            "auc": curve["auc"],
            "density_auc": curve["density_auc"],
            "baselines": {
                "null": {"fom": placed["null"]["fom"]},
                "random": {"fom": placed["random"]["observed"]["fom"]},
                "density": {
                    "fom": placed["density"]["observed"]["fom"],
                    "interval": list(placed["density"]["observed"]["interval"]["fom"]),
                },
            },
        }


def foretell(fit: Span, period: Span, gained: LegendRow, potential: Potential, drivers: Mapping[str, Rows]) -> Foretold:
    """Rank the candidates of a period by what is known at its start.

    Parameters
    ----------
    fit : Span
        Maps of the fitting period, of which an earlier one shows recent growth.
    period : Span
        Start and end of the period.
    gained : LegendRow
        The class.
    potential : Potential
    drivers : mapping of str to Rows
    """
    maps = {year: codes for year, codes in fit.maps.items() if year < period.start}
    past = past_for(list(maps), period.start, potential.past_years) if potential.past_years else None
    known = Span(fit.grid, fit.legend, dict(sorted({**maps, **period.maps}.items())), period.masks)
    cells = np.flatnonzero(period.candidates(gained.code, period.start))
    hit = period.last.reshape(-1)[cells] == np.uint8(gained.code)
    return Foretold(gained, cells, potential.ranks(ground_of(known, period.start, past, drivers), cells), hit)


def judge(
    fit: Span, period: Span, gains: Mapping[str, LegendRow], potentials: Mapping[str, Potential],
    drivers: Mapping[str, Rows], seed: int, samples: int = 1000,
) -> Verdict:  # fmt: skip
    """Score the potentials of some classes on a period.

    Parameters
    ----------
    fit, period : Span
    gains : mapping of str to LegendRow
        Classes by name.
    potentials : mapping of str to Potential
        By class name.
    drivers : mapping of str to Rows
    seed : int
        Names the draws of the random baseline and of the bootstrap.
    samples : int
        Samples of the block bootstrap.
    """
    foretold = tuple(foretell(fit, period, row, potentials[name], drivers) for name, row in gains.items())
    foretold = tuple(one for one in foretold if one.hit.any())
    predicted = _filled(period, foretold)
    candidates, scores = {}, {}
    for one in foretold:
        candidates[one.gained.code], scores[one.gained.code] = _planes(period, one)
    trio = read_trio(
        period.first, period.last, predicted, mask=period.valid, nodata=period.legend.nodata,
        classes=period.legend.codes.tolist(),
    )  # fmt: skip
    built = [row.code for row in period.legend.rows if row.built]
    comparison = compare(
        trio, candidates, scores=scores, seed=seed, cell_size=period.grid.cell_size, built=built, samples=samples
    )
    return Verdict(period, foretold, comparison)


def _planes(period: Span, one: Foretold) -> tuple[Plane, npt.NDArray[np.float32]]:
    """Candidates and ranks of a class on the map."""
    allowed = np.zeros(period.grid.shape, dtype=np.bool_)
    allowed.reshape(-1)[one.cells] = True
    score = np.zeros(period.grid.shape, dtype=np.float32)
    score.reshape(-1)[one.cells] = one.rank
    return allowed, score


def _filled(period: Span, foretold: tuple[Foretold, ...]) -> Codes:
    """End map in which every class gains as many cells as observed, most gained first, each cell once."""
    out = period.first.copy()
    flat, free = out.reshape(-1), np.ones(out.size, dtype=np.bool_)
    for one in sorted(foretold, key=lambda one: (-np.count_nonzero(one.hit), one.gained.code)):
        still = free[one.cells]
        count = min(int(np.count_nonzero(one.hit)), int(np.count_nonzero(still)))
        cells = one.cells[still][taken(one.rank[still], count)]
        flat[cells], free[cells] = one.gained.code, False
    return out
