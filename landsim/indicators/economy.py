"""Economy indicators: jobs by sector, where sectors concentrate, and the share of innovation."""

from __future__ import annotations

import numpy as np

from landsim.indicators.ratios import ratios
from landsim.indicators.record import SECTORS, Values, YearState, indicator, with_city


@indicator("sector_jobs", unit="jobs", doc="jobs of each sector of firms", needs=("sector_jobs",), scope="sector")
def sector_jobs(state: YearState) -> Values:
    """Jobs by sector, district and, last, of the city."""
    return np.stack([with_city(jobs) for jobs in np.asarray(state.sector_jobs)])


@indicator(
    "location_quotient",
    unit="1",
    doc="share of a sector in the jobs of a district over its share in the city (区位商); 1 is as in the city",
    needs=("sector_jobs",),
    scope="sector",
)
def location_quotient(state: YearState) -> Values:
    """Location quotient (Isard 1960), ``(e_sj / e_j) / (e_s / e)``; NaN where a sector or a district has no jobs."""
    jobs = sector_jobs(state)
    share = ratios(jobs, jobs.sum(axis=0, keepdims=True))
    return ratios(share, share[:, -1:])


@indicator("innovation_share", unit="%", doc="jobs of innovation firms in all jobs (创新产业)", needs=("sector_jobs",))
def innovation_share(state: YearState) -> Values:
    """Jobs of the sector of innovation over the jobs of all sectors."""
    jobs = sector_jobs(state)
    return 100 * ratios(jobs[SECTORS.index("innovation")], jobs.sum(axis=0))
