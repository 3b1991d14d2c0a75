"""Cells drawn one at a time by the weights of the moment: no clocks, no time, nothing named."""

from __future__ import annotations

from collections import Counter

import numpy as np
from naive_race import NaiveRace
from scipy.stats import chi2_contingency

from landsim.landscape.legend import BUILT, Land

FALSE_ALARM = 1e-7
"""Chance that two samples of one distribution are told apart; two dozen such tests together stay below 1e-5."""


class OneByOne(NaiveRace):
    """The rules of a race without its clocks, to be run again and again from the same start."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._start = [np.copy(part) for part in (self.land, self.since, *self.door)]
        self._known: dict = {}

    def sample(self, years: list[tuple[list[int], np.ndarray | None]], runs: int, seed: int) -> Counter:
        """How often each map comes out, by its bytes, over so many runs of some years (needs, quota)."""
        rng, found = np.random.default_rng(seed), Counter()
        for _ in range(runs):
            for part, start in zip((self.land, self.since, *self.door), self._start, strict=True):
                part[...] = start
            self.year = 0
            for need, quota in years:
                self.year += 1
                if quota is not None:
                    self.door.quota[:] = quota
                self._draw_year(list(need), rng)
            found[self.land.tobytes()] += 1
        return found

    def _draw_year(self, need: list[int], rng: np.random.Generator) -> None:
        while True:
            weights, total = self._weights(tuple(left > 0 for left in need))
            if total[-1] <= 0.0:
                return
            k, cell = divmod(int(np.searchsorted(total, rng.random() * total[-1], side="right")), self.land.size)
            size = 1
            if self.means[k] > 1.0:
                spread = self.patches.spread
                mean = np.log(self.means[k]) - spread**2 / 2
                size = min(max(round(rng.lognormal(mean, spread)), 1), need[k])
            self.convert(cell, k)
            need[k] -= 1 + sum(1 for _ in self.growth(k, cell, size, weights[k], []))

    def _weights(self, wanted: tuple[bool, ...]) -> tuple[np.ndarray, np.ndarray]:
        """Potentials, and their running sum over the cells that the door lets through now."""
        quota = self.door.quota
        state = (self.year, wanted, self.land.tobytes(), self.since.tobytes(), quota.tobytes())
        if state not in self._known:
            weights = self.potentials()
            free = [w * ~self._barred(k) if wanted[k] else w * 0.0 for k, w in enumerate(weights)]
            self._known[state] = weights, np.cumsum(free)
        return self._known[state]

    def _barred(self, k: int) -> np.ndarray:
        """Where the quota of the district lets no more be built."""
        new, farm, arable = self.door.quota[self.door.region].T < 1
        land = self.door.code_class[self.land]
        short = new | (farm & np.isin(land, (Land.ARABLE, Land.OTHER_AG))) | (arable & (land == Land.ARABLE))
        return short & self.races[k].row.built & ~np.isin(land, BUILT)


def likeness(ours: Counter, theirs: Counter) -> float:
    """Chance that two samples of one distribution differ as much (chi-square; rare outcomes are taken together)."""
    outcomes = sorted(set(ours) | set(theirs), key=lambda name: (-ours[name] - theirs[name], name))
    table = np.array([[ours[name] for name in outcomes], [theirs[name] for name in outcomes]], dtype=float)
    share = table.sum(axis=1).min() / table.sum()
    rare = table.sum(axis=0) * share < 8.0
    table = np.column_stack([table[:, ~rare], table[:, rare].sum(axis=1)])
    table = table[:, table.sum(axis=0) > 0]
    return 1.0 if table.shape[1] < 2 else float(chi2_contingency(table, correction=False).pvalue)
