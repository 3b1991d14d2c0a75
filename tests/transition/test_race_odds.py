"""The odds of the race are those of drawing one cell after the other by the weights of the moment."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pytest
from one_by_one import FALSE_ALARM, OneByOne, likeness
from worlds import ARABLE, CELL_BY_CELL, FOREST, GRASS, LEGEND, URBAN, WATER, engine_of, open_door

from landsim.core import parallel
from landsim.core.quantity import UNLIMITED
from landsim.transition import engine as engine_module
from landsim.transition.potential import EngineParams, Gained, PatchParams

ROWS = {row.code: row for row in LEGEND.rows}
A, U, F, W, G = ARABLE, URBAN, FOREST, WATER, GRASS
LAND = np.array([[A, A, U, A], [A, F, A, W], [G, A, A, A]], np.uint8)
STEPS = np.array([[0, 1400, 2800, 450], [4700, 1050, 200, 0], [1000, 2000, 300, 3300]])
SUIT = np.exp(-STEPS / 2048.0)
HALVES = np.array([[0, 0, 0, 1], [0, 0, 1, 1], [0, 1, 1, 1]])
REACTING = EngineParams(radius=1, floor=0.2, readiness=2.0)
STILL = EngineParams(radius=1, neighbourhood=0.0)
CLUMPED = PatchParams(mean={"urban": 2.5}, spread=0.6, compact=1.0)
GROWTH, GREENING, DECLINE = Gained(ROWS[U]), Gained(ROWS[G]), Gained(ROWS[A], ROWS[U])


@pytest.fixture(autouse=True)
def _quick_engines(monkeypatch) -> None:
    """Thousands of small engines share one table and start no threads."""
    monkeypatch.setattr(engine_module, "suitability_factor", cache(engine_module.suitability_factor))
    monkeypatch.setattr(parallel, "threads", lambda: 1)


@dataclass
class Case:
    """A small world and what is asked of it year by year."""

    needs: list[list[int]]
    races: list[Gained] = field(default_factory=lambda: [GROWTH])
    params: EngineParams = REACTING
    patches: PatchParams = CELL_BY_CELL
    quota: list[list[int]] | None = None
    land: np.ndarray = field(default_factory=lambda: LAND)

    @property
    def years(self) -> list[tuple[list[int], np.ndarray | None]]:
        return [(need, None if self.quota is None else np.array(self.quota)) for need in self.needs]

    def door(self):
        quota = np.full((2, 3), UNLIMITED)
        return open_door(self.land, region=HALVES.ravel().astype(np.int16), quota=quota)

    def one_by_one(self, runs: int) -> Counter:
        start = OneByOne(self.land, SUIT, self.races, LEGEND, self.door(), self.params, self.patches)
        return start.sample(self.years, runs, seed=1)

    def by_clocks(self, runs: int) -> Counter:
        found: Counter = Counter()
        for seed in range(runs):
            engine = engine_of(
                self.land,
                self.door(),
                gained=self.races,
                params=self.params,
                patches=self.patches,
                seed=seed,
                suit=SUIT,
            )
            for need, quota in self.years:
                engine.begin_year()
                if quota is not None:
                    engine.door.quota[:] = quota
                engine.allocate(need)
            found[engine.land.tobytes()] += 1
        return found


CASES = {
    "still neighbourhoods": Case([[3]], params=STILL),
    "changing neighbourhoods": Case([[3]]),
    "sharper ranking": Case([[3]], params=EngineParams(radius=2, scatter=0.6)),
    "a race over three years": Case([[1], [1], [1]]),
    "two classes": Case([[2, 1]], [GROWTH, GREENING]),
    "changed cells ripen": Case([[0, 2], [1, 0], [1, 0]], [GROWTH, GREENING]),
    "decline against growth": Case([[1, 2], [1, 1]], [GROWTH, DECLINE], land=np.where(LAND == A, U, LAND)),
    "quotas by district": Case([[4]], quota=[[1, 1, 1], [9, 2, 1]]),
    "quotas, two classes": Case([[9, 1]], [GROWTH, GREENING], quota=[[2, 1, 1], [1, 1, 1]]),
    "patches": Case([[4]], patches=CLUMPED),
    "patches in still neighbourhoods": Case([[4]], params=STILL, patches=CLUMPED),
    "patches, two classes, years": Case([[2, 1], [2, 0]], [GROWTH, GREENING], patches=CLUMPED),
    "patches and quotas": Case([[5]], patches=CLUMPED, quota=[[2, 2, 2], [2, 1, 1]]),
}


@cache
def by_clocks(name: str) -> Counter:
    return CASES[name].by_clocks(1200)


@cache
def one_by_one(name: str) -> Counter:
    return CASES[name].one_by_one(5000)


@pytest.mark.parametrize("name", CASES)
def test_maps_come_out_as_often_as_drawn_one_by_one(name: str) -> None:
    assert likeness(by_clocks(name), one_by_one(name)) > FALSE_ALARM


def test_samples_of_this_size_tell_neighbourhoods_patches_and_quotas_apart() -> None:
    for ours, theirs in (
        ("patches and quotas", "patches"), ("quotas by district", "patches"),
        ("patches", "patches in still neighbourhoods"), ("changing neighbourhoods", "still neighbourhoods"),
    ):  # fmt: skip
        assert likeness(by_clocks(ours), one_by_one(theirs)) < FALSE_ALARM


FIELDS = np.where(LAND == U, U, A).astype(np.uint8)


@pytest.mark.parametrize(
    ("land", "quotas", "patches"),
    [
        (LAND, [[3, 3, 3]], CELL_BY_CELL),
        (LAND, [[1, 9, 9], [1, 9, 9], [1, 9, 9]], CELL_BY_CELL),
        (LAND, [[4, 2, 2]], CLUMPED),
        (FIELDS, [[1, 9, 9], [2, 9, 9], [1, 1, 1]], CELL_BY_CELL),
        (FIELDS, [[2, 9, 9], [2, 2, 2]], CLUMPED),
    ],
)
def test_thousands_of_districts_race_apart_each_within_its_own_quota(land, quotas, patches) -> None:
    """One map of many like districts with borders between: one race is as many independent samples."""
    down, across = 60, 50
    tile = np.full((4, 5), LEGEND.nodata, np.uint8)
    tile[:3, :4] = land
    suit = np.ones((4, 5))
    suit[:3, :4] = SUIT
    world = np.tile(tile, (down, across))
    number = np.repeat(np.repeat(np.arange(down * across).reshape(down, across), 4, axis=0), 5, axis=1)
    quota = np.zeros((down * across, 3), np.int64)
    door = open_door(world, region=number.ravel().astype(np.int16), quota=quota)
    engine = engine_of(world, door, params=REACTING, patches=patches, suit=np.tile(suit, (down, across)))
    for row in quotas:
        engine.begin_year()
        quota[:] = row
        engine.allocate([world.size])
    tiles = engine.land.reshape(down, 4, across, 5)[:, :3, :, :4].transpose(0, 2, 1, 3).reshape(-1, 12)
    ours = Counter(row.tobytes() for row in tiles)
    reference = OneByOne(land, SUIT, [GROWTH], LEGEND, open_door(land), REACTING, patches)
    years = [([UNLIMITED], np.array([row])) for row in quotas]
    assert likeness(ours, reference.sample(years, 5000, seed=2)) > FALSE_ALARM
