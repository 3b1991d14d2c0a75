"""A race of clocks written for its meaning: one draw at a time over the whole map, in float64, nothing rescaled.

Every clock keeps what is left of its unit exponential; each second of race time takes its potential off it.  Where two
clocks ring within the rounding of single precision, the race may be told which of them to take first; where the order
of such equals matters and cannot be known, it says that it doubts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import convolve

from landsim.core.draws import uniform_cells
from landsim.landscape.legend import Land, Legend
from landsim.transition.conversion import Door, Rule
from landsim.transition.potential import EngineParams, Gained, PatchParams, ease_of

ROUNDING = 1e-5


@dataclass
class NaiveRace:
    """Races over a map of 1 ha cells, behind a door of which only the counters and layers are read."""

    land: np.ndarray
    suit: np.ndarray
    races: list[Gained]
    legend: Legend
    door: Door
    params: EngineParams
    patches: PatchParams
    seed: int = 1
    year: int = 0

    def __post_init__(self) -> None:
        self.shape, n = self.land.shape, self.land.size
        self.land, self.suit = self.land.ravel().copy(), self.suit.ravel()
        self.door = Door(*(np.copy(part) for part in self.door))
        self.rows = {row.code: row for row in self.legend.rows}
        self.means = [max(self.patches.mean.get(race.name, 0.0), 1.0) for race in self.races]
        self.permits = [uniform_cells(self.seed, "permit", 0, 0, n, race.row.model_class) for race in self.races]
        self.since = np.full(n, -1)
        self.bids = np.ones((len(self.races), n))
        self.clock, self.doubt = 0.0, False
        self.left = np.stack([self._draw(race) for race in self.races])
        self.refused = np.zeros(self.left.shape, dtype=bool)
        self.overdue = np.zeros(self.left.shape)

    def _draw(self, race: Gained) -> np.ndarray:
        if self.params.scatter == 0.0:
            return np.ones(self.land.size)
        return -np.log(uniform_cells(self.seed, f"clock/{race.name}", self.year, 0, self.land.size))

    def potentials(self) -> np.ndarray:
        """Potential of every cell for every race as the map stands now, shape (K, n); 0 where there is no clock."""
        p = self.params
        age = np.where(self.since < 0, np.inf, self.year - self.since)
        window = np.ones((2 * p.radius + 1,) * 2, dtype=int)
        window[p.radius, p.radius] = 0
        out = np.zeros((len(self.races), self.land.size))
        for k, race in enumerate(self.races):
            like = (self.land == race.row.code).reshape(self.shape).astype(int)
            share = convolve(like, window, mode="constant").ravel() / window.sum()
            near = ((p.floor + share) / (p.floor + 1.0)) ** p.neighbourhood
            weight = self.suit * near * self._ease(race) * (1.0 - np.exp(-age / p.readiness))
            sharp = 1.0 / (p.scatter or 1.0)
            weight = (weight * self.bids[k] ** p.economics) ** sharp / self.means[k]
            out[k] = np.where(self._allowed(k), weight, 0.0)
        return out

    def _ease(self, race: Gained) -> np.ndarray:
        ease = np.zeros(256)
        for code, row in self.rows.items():
            if race.shrinking is not None:
                ease[code] = code == race.shrinking.code
            elif code != race.row.code:
                ease[code] = ease_of(row.model_class, race.row.model_class)
        return ease[self.land]

    def _allowed(self, k: int) -> np.ndarray:
        race, chance = self.races[k], self.door.chance
        demolition = int(race.shrinking is not None and race.shrinking.built)
        odds = chance[demolition, self.door.control, self.door.code_class[self.land], race.row.model_class]
        return self.permits[k] < odds

    def begin_year(self) -> None:
        """Wind fresh clocks where something changed last year."""
        self.year += 1
        fresh = self.since == self.year - 1
        for k, race in enumerate(self.races):
            again = fresh | self.refused[k]
            self.left[k, again] = self._draw(race)[again]
            self.overdue[k, again] = 0.0
        self.refused[:] = False

    def allocate(self, need: list[int], hints: list[tuple[int, int]]) -> list[tuple[int, int, int]]:
        """Cells, races and patches in the order of conversion; `hints` is the order to prefer among equals."""
        need, shut = list(need), [set() for _ in self.races]
        aside = np.zeros(self.left.shape, dtype=bool)
        done: list[tuple[int, int, int]] = []
        patch = 0
        while True:
            weights = self.potentials()
            lanes = self._lanes()
            runs = np.stack([(w > 0.0) & ~np.isin(lanes, list(shut[k])) for k, w in enumerate(weights)])
            runs[np.array(need) < 1] = False
            found = self._first(weights, runs & ~aside, runs, hints[len(done) : len(done) + 1])
            if found is None:
                return done
            (k, cell), equals = found
            answers = {pair: self._answer(*pair) for pair in equals}
            rule = self.refusal(cell, k)
            if rule:
                if self._all_refused(rule, cell):
                    self._shut_all(shut, lanes)
                else:
                    self.refused[k, cell] = self.params.scatter > 0.0
                aside[k, cell] = True
                continue
            patch += 1
            size = min(self._size(k, cell), need[k])
            self.convert(cell, k)
            done.append((cell, k, patch))
            for near in self.growth(k, cell, size, weights[k], hints[len(done) :]):
                done.append((near, k, patch))
            need[k] -= sum(number == patch for _, _, number in done)
            # one that might have been asked before, and refused for another reason
            self.doubt |= any(answer[0] and self._answer(*pair) != answer for pair, answer in answers.items())

    def _shut_all(self, shut: list[set[int]], lanes: np.ndarray) -> None:
        """Close every lane that an empty counter closes: all at the same moment."""
        for cell in np.flatnonzero(np.isin(self.land, list(self.rows))):
            for k, closed in enumerate(shut):
                rule = self.refusal(cell, k)
                if rule and self._all_refused(rule, cell):
                    closed.add(lanes[cell])

    def _lanes(self) -> np.ndarray:
        """District, code and side of the boundary of every cell as one number."""
        return (self.door.region.astype(int) * 256 + self.land) * 2 + self.door.inside[self.door.control]

    def _answer(self, k: int, cell: int) -> tuple[Rule, bool, int]:
        rule = self.refusal(cell, k)
        return rule, self._all_refused(rule, cell), int(self.land[cell])

    def _first(self, weights, may_ring, runs, hint) -> tuple[tuple[int, int], list[tuple[int, int]]] | None:
        """The clock that rings next, after the time until then has passed, and others that might be it."""
        with np.errstate(divide="ignore", invalid="ignore"):
            rings = np.where(self.left > 0.0, self.left / weights, -self.overdue)
        rings = np.where(may_ring, rings, np.inf)
        first = rings.min(initial=np.inf)
        if not np.isfinite(first):
            return None
        soon = np.argwhere((rings <= first + ROUNDING * (self.clock + max(first, 0.0))).T).tolist()
        equals = [(k, cell) for cell, k in soon]
        k, cell = next(pair for pair in equals if rings[pair] == first)
        hinted = (hint[0][1], hint[0][0]) if hint else None
        if hinted in equals and not (self.refusal(cell, k) and equals.index((k, cell)) < equals.index(hinted)):
            k, cell = hinted
        equals.remove((k, cell))
        if self.params.scatter > 0.0:
            self._pass(max(rings[k, cell], 0.0), weights, runs)
            self.left[k, cell] = 0.0
        return (k, cell), equals

    def _pass(self, time: float, weights: np.ndarray, runs: np.ndarray) -> None:
        self.clock += time
        rung = self.left <= 0.0
        self.overdue[runs & rung] += time
        self.left = np.where(runs & ~rung, np.maximum(self.left - weights * time, 0.0), self.left)

    def refusal(self, cell: int, k: int) -> Rule:
        """The rule that stops a conversion; lines are not asked, for no clock runs beyond them."""
        d, code, to = self.door, int(self.land[cell]), self.races[k].row
        old = self.rows[code]
        if d.loss[code] < 1:
            return Rule.NO_LAND
        if to.built and not old.built:
            new, farm, arable = d.quota[d.region[cell]]
            farmland = old.model_class in (Land.ARABLE, Land.OTHER_AG)
            if new < 1 or (farmland and farm < 1) or (old.arable and arable < 1):
                return Rule.QUOTA
            if d.inside[d.control[cell]] and d.pace[0] < 1:
                return Rule.PACE
        if d.debits[old.model_class, to.model_class] and np.any(d.bank < self._worth(cell)):
            return Rule.BALANCE
        return Rule.PASSED

    def _worth(self, cell: int) -> np.ndarray:
        d = self.door
        grade, paddy = (layer[cell if layer.size > 1 else 0] for layer in (d.quality, d.paddy))
        return np.array([1, int(paddy > 0), d.yield_kg[grade]])

    def _all_refused(self, rule: Rule, cell: int) -> bool:
        """Whether an empty counter, and not a cell too dear for it, is what stops a cell."""
        return rule is not Rule.BALANCE or self.door.bank[0] < 1

    def convert(self, cell: int, k: int) -> None:
        """Write and pay for one conversion."""
        d, to, old = self.door, self.races[k].row, self.rows[int(self.land[cell])]
        if to.built and not old.built:
            farmland = old.model_class in (Land.ARABLE, Land.OTHER_AG)
            d.quota[d.region[cell]] -= [1, farmland, old.arable]
            d.pace[0] -= d.inside[d.control[cell]]
        if d.debits[old.model_class, to.model_class]:
            d.bank[:] -= self._worth(cell)
        d.loss[old.code] -= 1
        self.land[cell] = to.code
        self.since[cell] = self.year

    def _size(self, k: int, cell: int) -> int:
        if self.means[k] == 1.0:
            return 1
        stream, spread = f"patch/{self.races[k].name}", self.patches.spread
        u, v = (uniform_cells(self.seed, stream, self.year, cell, 1, number)[0] for number in (0, 1))
        z = np.sqrt(-2.0 * np.log(u)) * np.cos(2.0 * np.pi * v)
        return max(round(self.means[k] * np.exp(spread * z - spread**2 / 2)), 1)

    def growth(self, k: int, cell: int, size: int, weight: np.ndarray, hints: list[tuple[int, int]]) -> Iterator[int]:
        """Grow a patch from a converted cell by the weights at that moment; each further cell as it is converted."""
        patch, refused = [cell], set()
        while len(patch) < size:
            edge = {near for own in patch for near in self.around(own) if weight[near] > 0.0}
            edge = sorted(near for near in edge - refused if self.since[near] != self.year)
            if not edge:
                return
            like = [sum(self.land[near] == self.races[k].row.code for near in self.around(own)) for own in edge]
            pull = weight[edge] * np.exp(self.patches.compact * np.array(like))
            best = edge[int(np.argmax(pull))]
            hint = hints[len(patch) - 1][0] if len(hints) >= len(patch) else None
            if hint in edge and pull.max() * (1.0 - ROUNDING) < pull[edge.index(hint)] < pull.max() * (1.0 - 1e-12):
                best = hint
            if self.refusal(best, k):
                refused.add(best)
                continue
            self.convert(best, k)
            patch.append(best)
            yield best

    def around(self, cell: int) -> list[int]:
        """The up to eight cells beside one."""
        row, col = divmod(cell, self.shape[1])
        return [
            y * self.shape[1] + x
            for y in range(max(row - 1, 0), min(row + 2, self.shape[0]))
            for x in range(max(col - 1, 0), min(col + 2, self.shape[1]))
            if (y, x) != (row, col)
        ]
