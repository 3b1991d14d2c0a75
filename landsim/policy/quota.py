"""Quota: the yearly plan of new construction land, in whole cells of each district."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import model_validator

from landsim.core.params import Params, param
from landsim.core.quantity import LIMITED_BELOW, UNLIMITED
from landsim.policy.handdown import HandDownParams, hand_down_caps

NEW, AGRICULTURAL, ARABLE = 0, 1, 2
_ROUNDING = 1e-9
_MOST_HA = 1e12  # more than there is on Earth: what stands for no limit


class QuotaParams(Params):
    """Yearly plan quota of new construction land (年度计划指标)."""

    mode: Literal["off", "share", "given"] = param(
        "share", doc="off: no quota; share: a share of the built land at the start; given: hectares a year", lever=True
    )
    base_share: float = param(
        0.02,
        unit="1/a",
        doc="baseline quota as a share of the built land at the start (mode share)",
        source="boundary cap of 1.3 times the built area, spread over 15 years",
        ge=0,
        le=1,
        lever=True,
    )
    key_share: float = param(
        0.3,
        doc="quota of national and provincial key projects as a share of the baseline (mode share)",
        confidence="M",
        ge=0,
    )
    given_ha: float | None = param(None, unit="ha/a", doc="quota of the whole city (mode given)", ge=0, lever=True)
    multiplier: float = param(1.0, doc="factor on the quota of every year", ge=0, lever=True)
    yearly_growth: float = param(0.0, unit="1/a", doc="growth of the quota from year to year", gt=-1, le=1, lever=True)
    agricultural_share: float = param(
        0.9, doc="largest part of the quota that may take agricultural land", confidence="L", ge=0, le=1
    )
    arable_share: float = param(
        0.6, doc="largest part of the quota that may take arable land", confidence="L", ge=0, le=1, lever=True
    )
    carry_over: bool = param(False, doc="what is not used lasts one more year", lever=True)
    penalty: float = param(
        1.0, doc="cells off next year's quota for each illegal cell found on arable land or legalised", ge=0
    )
    per_district: dict[int, float] = param(
        {}, unit="ha/a", doc="quota of single districts by id, in place of what is handed down to them", lever=True
    )
    weights: HandDownParams = param(HandDownParams(), doc="weights by which the quota is handed down")

    @model_validator(mode="after")
    def _complete(self) -> QuotaParams:
        if self.mode == "given" and self.given_ha is None:
            raise ValueError("given_ha is needed where mode is 'given'")
        if any(ha < 0 for ha in self.per_district.values()):
            raise ValueError("per_district: a quota is not negative")
        return self


@dataclass(frozen=True)
class QuotaState:
    """What one year's quota leaves to the next.

    Attributes
    ----------
    city_carry_ha : float
        Part of a cell that the city's quota left over, ha.
    carry_ha : numpy.ndarray of float64, shape (n,)
        The same for districts that have a quota of their own.
    granted : numpy.ndarray of int64, shape (n, 3)
        Cells granted in the last year.
    """

    city_carry_ha: float
    carry_ha: npt.NDArray[np.float64]
    granted: npt.NDArray[np.int64]

    @classmethod
    def fresh(cls, n: int) -> QuotaState:
        """Return the state of `n` districts before the first year."""
        return cls(0.0, np.zeros(n), np.zeros((n, 3), dtype=np.int64))


def whole_cells(ha: float, cell_ha: float, carry_ha: float = 0.0) -> tuple[int, float]:
    """Turn hectares into whole cells and the hectares that are carried to the next year.

    Examples
    --------
    >>> whole_cells(100.0, 6.25)
    (16, 0.0)
    >>> whole_cells(100.0, 7.0, 5.0)
    (15, 0.0)
    """
    wanted = min(ha + carry_ha, _MOST_HA)
    cells = int(np.floor(wanted / cell_ha + _ROUNDING))
    return cells, wanted - cells * cell_ha


def city_quota_ha(params: QuotaParams, years: int, built_ha: float) -> float:
    """Work out the new construction land that the city may use in a year, ha.

    The baseline grows and is multiplied; key projects add `key_share` of it where it is not given as a whole.  Quota
    that is earned by disposal of idle land or by linkage is not in it.

    Parameters
    ----------
    years : int
        Years since the start of the run.
    built_ha : float
        Built land at the start, ha.
    """
    baseline = params.base_share * built_ha * (1.0 + params.key_share)
    whole = baseline if params.given_ha is None or params.mode != "given" else params.given_ha
    return whole * params.multiplier * (1.0 + params.yearly_growth) ** years


def yearly_quota(
    params: QuotaParams,
    state: QuotaState,
    districts: npt.ArrayLike,
    weights: npt.ArrayLike,
    city_ha: float,
    cell_ha: float,
    *,
    left: npt.ArrayLike | None = None,
    illegal_found: npt.ArrayLike | None = None,
) -> tuple[npt.NDArray[np.int64], QuotaState]:
    """Quota of each district for one year, in cells.

    Parameters
    ----------
    state : QuotaState
        What the last year left.
    districts : array_like of int, shape (n,)
        Ids of the districts.
    weights : array_like of float, shape (n,)
        By which the city's quota is handed down (`handdown.construction_weights`).
    city_ha, cell_ha : float
        Quota of the city (`city_quota_ha`) and area of a cell, ha.
    left : array_like of int, shape (n, 3), optional
        Cells that the last year did not use.
    illegal_found : array_like of int, shape (n,), optional
        Cells found illegally built on last year, on arable land or legalised.

    Returns
    -------
    quota : numpy.ndarray of int64, shape (n, 3)
        New construction, of which agricultural, of which arable; `UNLIMITED` where there is no quota.
        A district with a quota of its own does not change that of the others.
    state : QuotaState
    """
    ids = np.asarray(districts, dtype=np.int64)
    granted, city_carry = _granted_by_city(params, state, weights, city_ha, cell_ha, ids.size)
    carry = _put_own_quotas(params, granted, state.carry_ha, ids, cell_ha)
    quota = granted.copy()
    limited = granted < LIMITED_BELOW
    if params.carry_over and left is not None:
        # spending the older cells first, only last year's grant can still be valid
        quota += np.where(limited, np.minimum(np.asarray(left, dtype=np.int64), state.granted), 0)
    if illegal_found is not None:
        fine = np.ceil(params.penalty * np.asarray(illegal_found)).astype(np.int64)[:, None]
        quota = np.where(limited, np.maximum(quota - fine, 0), quota)
    return quota, QuotaState(city_carry, carry, granted)


def _granted_by_city(
    params: QuotaParams, state: QuotaState, weights: npt.ArrayLike, city_ha: float, cell_ha: float, n: int
) -> tuple[npt.NDArray[np.int64], float]:
    """Cells handed down, (n, 3), and the city's carry."""
    if params.mode == "off":
        return np.full((n, 3), UNLIMITED, dtype=np.int64), 0.0
    cells, carry = whole_cells(city_ha, cell_ha, state.city_carry_ha)
    return _with_parts(params, hand_down_caps(cells, weights)), carry


def _with_parts(params: QuotaParams, new: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Add the agricultural and the arable part, each exact over the districts and within the new construction."""
    whole = int(new.sum())
    parts = [int(np.floor(whole * share + _ROUNDING)) for share in (params.agricultural_share, params.arable_share)]
    return np.column_stack([new, *(hand_down_caps(part, new) for part in parts)])


def _put_own_quotas(
    params: QuotaParams,
    granted: npt.NDArray[np.int64],
    carry_ha: npt.NDArray[np.float64],
    ids: npt.NDArray[np.int64],
    cell_ha: float,
) -> npt.NDArray[np.float64]:
    """Write the quotas of single districts over what was handed down; return their carries."""
    carry = carry_ha.copy()
    for district, ha in sorted(params.per_district.items()):
        for row in np.flatnonzero(ids == district):
            cells, carry[row] = whole_cells(ha, cell_ha, float(carry[row]))
            granted[row] = _with_parts(params, np.array([cells], dtype=np.int64))[0]
    return carry
