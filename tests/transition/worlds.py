"""Small worlds for the tests of the engine: a legend, a door without limits, and a LandEngine over a given map."""

from __future__ import annotations

import numpy as np

from landsim.core.quantity import UNLIMITED
from landsim.landscape.grid import Grid
from landsim.landscape.legend import Land, Legend, model_row
from landsim.transition.clocks import weigh
from landsim.transition.conversion import Door
from landsim.transition.engine import LandEngine
from landsim.transition.potential import EngineParams, Gained, PatchParams

ARABLE, URBAN, FOREST, WATER, GRASS, ORCHARD = 1, 2, 3, 4, 5, 6
LEGEND = Legend(
    (
        model_row(Land.ARABLE, ARABLE),
        model_row(Land.URB_RES, URBAN),
        model_row(Land.FOREST, FOREST),
        model_row(Land.WATER, WATER),
        model_row(Land.GRASS, GRASS),
        model_row(Land.OTHER_AG, ORCHARD),
    )
)
CELL_BY_CELL = PatchParams(mean={})
INDEX = np.zeros(256, np.uint8)
INDEX[LEGEND.codes] = np.arange(len(LEGEND.rows))


def grid_of(land: np.ndarray) -> Grid:
    """100 m cells."""
    return Grid(*land.shape, (100.0, 0.0, 0.0, 0.0, -100.0, 0.0))


def open_door(land: np.ndarray, **changed: object) -> Door:
    """A door that lets everything through but what `changed` says."""
    n = land.size
    limits = {
        "land": land.reshape(-1).copy(),
        "code_class": LEGEND.model_class.copy(),
        "control": np.zeros(n, np.uint8),
        "chance": np.ones((2, 1, 16, 16), np.float32),
        "inside": np.zeros(1, np.uint8),
        "region": np.zeros(n, np.int16),
        "quota": np.full((1, 3), UNLIMITED),
        "pace": np.full(1, UNLIMITED),
        "loss": np.full(256, UNLIMITED),
        "bank": np.full(3, UNLIMITED),
        "debits": np.zeros((16, 16), bool),
        "quality": np.zeros(1, np.uint8),
        "paddy": np.zeros(1, np.uint8),
        "yield_kg": np.zeros(11, np.int64),
        "permit_key": np.array([1, 2], np.uint32),
    }
    return Door(**{**limits, **changed})


def engine_of(
    land, door=None, *, gained=(URBAN,), params=None, patches=CELL_BY_CELL, seed=1, suit=None, block=1, rows=None
):
    """An engine in which built land attracts built land, on an even or given suitability."""
    by_code = {row.code: row for row in LEGEND.rows}
    races = [race if isinstance(race, Gained) else Gained(by_code[race]) for race in gained]
    plane = np.ones(land.shape, np.float32) if suit is None else suit.astype(np.float32)
    return LandEngine(
        grid_of(land), LEGEND, door or open_door(land), races, lambda race, part: plane[part].copy(),
        lambda row: np.array([row.code], np.uint8), params or EngineParams(radius=1), patches, seed, block, rows,
    )  # fmt: skip


def potential(engine, k, cell):
    """Potential of one cell for a race as things stand, by the kernels' own formula."""
    c = engine.clocks
    return weigh(
        c.suit_factor, c.response[k], c.ease[k], c.bid[k], c.ready, c.suit[k, cell], c.score[k, cell],
        c.code_index[engine.door.land[cell]], engine.grid.block_of(cell, int(c.shape[2])), c.since[cell], engine.year,
    )  # fmt: skip


def brute_scores(land: np.ndarray, pull: np.ndarray) -> np.ndarray:
    """What every neighbour, by its code and its offset from the centre, is worth to the centre."""
    height, width = land.shape
    radius = pull.shape[1] // 2
    out = np.zeros(land.shape, dtype=int)
    for r, c in np.ndindex(height, width):
        for dy in range(-radius, radius + 1):
            for dx in range(-radius, radius + 1):
                y, x = r + dy, c + dx
                if 0 <= y < height and 0 <= x < width and land[y, x] != LEGEND.nodata:
                    out[r, c] += pull[INDEX[land[y, x]], radius + dy, radius + dx]
    return out
