"""Pace: how much of the growth area inside the urban development boundary may be used by which year."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import model_validator

from landsim.core.params import Params, param
from landsim.core.quantity import UNLIMITED

_ROUNDING = 1e-9


class PaceParams(Params):
    """Pace of use of the urban development boundary."""

    mode: Literal["off", "stages"] = param("stages", doc="off: no pace; stages: cumulative shares by year", lever=True)
    stages: dict[int, float] = param(
        {2025: 0.40, 2030: 0.75, 2035: 1.00},
        doc="cumulative share of the growth area that may be used by the end of each year",
        source="notice 193 of 2023: at least 35 % kept for 2026-2030 and 25 % for 2031-2035",
        confidence="M",
        lever=True,
    )
    linear: bool = param(True, doc="a stage opens evenly over its years; else at once in its first year")
    base_year: int | None = param(None, unit="year", doc="year of which the growth area is whole; the start if unset")

    @model_validator(mode="after")
    def _ascending(self) -> PaceParams:
        shares = [share for _, share in sorted(self.stages.items())]
        if not shares or shares != sorted(shares) or min(shares) < 0 or max(shares) > 1:
            raise ValueError("stages: cumulative shares between 0 and 1, never falling, at least one")
        return self


def pace_share(params: PaceParams, start: int, year: int) -> float:
    """Cumulative share of the growth area that may be used by the end of `year`.

    Parameters
    ----------
    start, year : int
        First year of the run (the state before any change) and the year asked for.
    """
    base = start if params.base_year is None else params.base_year
    stages = [item for item in sorted(params.stages.items()) if item[0] > base]
    ends = np.array([base, *(end for end, _ in stages)])
    shares = np.array([0.0, *(share for _, share in stages)])
    if params.linear:
        return float(np.interp(year, ends, shares))
    return float(shares[min(int(np.searchsorted(ends, year)), shares.size - 1)])


def pace_cells(params: PaceParams, growth_cells: int, start: int, year: int) -> int:
    """Cells of the growth area that may have been used by the end of `year`, `UNLIMITED` if there is no pace.

    Parameters
    ----------
    growth_cells : int
        Cells inside the boundary (concentrated and elastic) that were not built at the start.

    Examples
    --------
    >>> [pace_cells(PaceParams(), 1000, 2020, year) for year in (2021, 2025, 2030, 2035)]
    [80, 400, 750, 1000]
    """
    if params.mode == "off":
        return UNLIMITED
    return int(np.floor(growth_cells * pace_share(params, start, year) + _ROUNDING))
