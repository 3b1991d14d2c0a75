"""A race of clocks written for its meaning: one draw at a time over the whole map, in float64, nothing rescaled.

Every clock keeps what is left of its unit exponential; each second of race time takes its potential off it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.ndimage import convolve

from landsim.core.draws import uniform_cells
from landsim.transition.potential import ease_of


@dataclass
class NaiveRace:
    """The race of several classes over a map, with quotas by district."""

    land: np.ndarray
    suit: np.ndarray
    rows: list
    legend: object
    radius: int
    floor: float
    readiness: float
    seed: int
    region: np.ndarray
    year: int = 0
    left: np.ndarray = field(init=False)
    since: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.land = self.land.copy()
        self.since = np.full(self.land.shape, -1)
        self.left = np.stack([self._draw(row) for row in self.rows])

    def _draw(self, row) -> np.ndarray:
        draws = uniform_cells(self.seed, f"clock/{row.name}", self.year, 0, self.land.size)
        return -np.log(draws).reshape(self.land.shape)

    def potentials(self) -> np.ndarray:
        """Potential of every cell for every class as the map stands now; 0 where a class never comes."""
        out = np.zeros(self.left.shape)
        classes = {row.code: row.model_class for row in self.legend.rows}
        ready = np.where(self.since < 0, 1.0, 1.0 - np.exp(-(self.year - self.since) / self.readiness))
        window = np.ones((2 * self.radius + 1,) * 2, dtype=int)
        window[self.radius, self.radius] = 0
        for k, row in enumerate(self.rows):
            share = convolve((self.land == row.code).astype(int), window, mode="constant") / window.sum()
            ease = np.zeros(self.land.shape)
            for code, model_class in classes.items():
                if code != row.code:
                    ease[self.land == code] = ease_of(model_class, row.model_class)
            out[k] = self.suit * (self.floor + share) / (self.floor + 1.0) * ease * ready
        return out

    def run_year(self, need: list[int], quota: np.ndarray) -> list[tuple[int, int]]:
        """Cells and classes in the order of conversion; `quota` is cells of building left by district."""
        self.year += 1
        for k, row in enumerate(self.rows):
            fresh = self.since == self.year - 1
            self.left[k][fresh] = self._draw(row)[fresh]
        need, quota = list(need), quota.copy()
        shut: set[tuple[int, int, int]] = set()
        done = []
        while True:
            rate = self.potentials()
            for k in range(len(self.rows)):
                if need[k] < 1:
                    rate[k] = 0.0
            for region, k, code in shut:
                rate[k][(self.region == region) & (self.land == code)] = 0.0
            with np.errstate(divide="ignore", invalid="ignore"):
                rings = np.where(rate > 0.0, np.maximum(self.left, 0.0) / rate, np.inf)
            if not np.isfinite(rings).any():
                return done
            k, r, c = np.unravel_index(np.argmin(rings), rings.shape)
            self.left -= rate * rings[k, r, c]
            code, region = int(self.land[r, c]), int(self.region[r, c])
            builds = self.rows[k].built
            if builds and quota[region] < 1:
                shut.add((region, int(k), code))
                continue
            quota[region] -= builds
            need[k] -= 1
            self.land[r, c] = self.rows[k].code
            self.since[r, c] = self.year
            done.append((int(r * self.land.shape[1] + c), int(k)))
