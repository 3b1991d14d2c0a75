"""Reliability: how well chances of change that were fitted on some cells hold on others, out of fold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from landsim.calibrate.models.logit import logistic
from landsim.calibrate.probability import fit_chance
from landsim.calibrate.ranking import Plane
from landsim.indicators.toc import auc
from landsim.transition.ranks import Ranks

_LEAST = 1e-6


@dataclass(frozen=True)
class Reliability:
    """Scores of chances on cells that neither the models nor the table of chances learnt from.

    Attributes
    ----------
    auc : float
        Area under the curve of the receiver operating characteristic.
    brier, log_loss : float
        Mean squared error, and mean negative logarithm of the chance of what happened; lower is better.
    brier_of_share, log_loss_of_share : float
        The same where every cell is given the observed share: what a forecast without skill gets.
    slope : float
        Of the log odds of what happened over those foretold (Cox 1958); 1 is right, below 1 is too sure.
    """

    auc: float
    brier: float
    log_loss: float
    brier_of_share: float
    log_loss_of_share: float
    slope: float


def reliability(rank: Ranks, hit: Plane) -> Reliability | None:
    """Judge out-of-fold ranks: chances are fitted on every other cell and judged on the rest.

    Parameters
    ----------
    rank : numpy.ndarray of float32, shape (n,)
    hit : numpy.ndarray of bool, shape (n,)

    Returns
    -------
    Reliability or None
        None where either half holds nothing to tell apart.
    """
    learnt = np.arange(rank.size) % 2 == 0
    halves = hit[learnt], hit[~learnt]
    if any(not half.any() or half.all() for half in halves):
        return None
    chance = np.clip(fit_chance(rank[learnt], hit[learnt]).of(rank[~learnt]).astype(np.float64), _LEAST, 1.0 - _LEAST)
    seen = hit[~learnt]
    share = np.full(seen.size, float(hit[learnt].mean()))
    odds = np.log(chance / (1.0 - chance))
    fit = logistic(odds[:, None], seen, np.ones(seen.size), 0.0)
    return Reliability(
        float(auc(rank, hit)), _brier(chance, seen), _log_loss(chance, seen), _brier(share, seen),
        _log_loss(share, seen), float(fit.slopes[0]),
    )  # fmt: skip


def _brier(chance: npt.NDArray[np.float64], seen: Plane) -> float:
    return float(((chance - seen) ** 2).mean())


def _log_loss(chance: npt.NDArray[np.float64], seen: Plane) -> float:
    return -float(np.where(seen, np.log(chance), np.log1p(-chance)).mean())
