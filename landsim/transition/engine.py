"""LandEngine: one owner of the land, its clocks and its counters; years and projects run through it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.core.draws import stream_key
from landsim.core.parallel import each
from landsim.landscape.grid import Grid
from landsim.landscape.legend import Legend
from landsim.transition.census import N_RULES, count_blocked, explain
from landsim.transition.clocks import FAINT, MEMORY, Clocks, stamp
from landsim.transition.conversion import Door, Rule
from landsim.transition.folding import Attractors, Suitability, built_in, fitted_fold, patches_of, rank_clocks, windows
from landsim.transition.hazard import Hazard
from landsim.transition.lanes import REFUSED, Lanes
from landsim.transition.neighbourhood import power_response, quantise, relative_response, scores
from landsim.transition.parcels import convert_all, convert_in_blocks
from landsim.transition.patches import blank_record
from landsim.transition.potential import EngineParams, Gained, PatchParams, readiness, sharpness, suitability_factor
from landsim.transition.race import run_year
from landsim.transition.ripple import blank_window
from landsim.transition.winding import pack, rebid, rewind, ripen, wind, wind_rows

CELLS_A_BLOCK, ROWS_STORED = 500_000, 256
"""About so many cells are prepared at a time, in whole multiples of the rows in which rasters tend to be stored."""


@dataclass(frozen=True)
class Changes:
    """Conversions in the order in which they happened.

    Attributes
    ----------
    cell : numpy.ndarray of int64, shape (m,)
    from_, to : numpy.ndarray of uint8, shape (m,)
        Land-cover codes.
    project : numpy.ndarray of int64, shape (m,)
        Number of the patch or project within its batch.
    """

    cell: npt.NDArray[np.int64]
    from_: npt.NDArray[np.uint8]
    to: npt.NDArray[np.uint8]
    project: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return int(self.cell.size)


@dataclass(frozen=True)
class Unmet:
    """Demand of one race that was not met, and what stopped it.

    Attributes
    ----------
    race : int
        Position in `LandEngine.gained`.
    region : int
        Row of the district; -1 where none can be named.
    cells : int
    rule : Rule
    """

    race: int
    region: int
    cells: int
    rule: Rule


class LandEngine:
    """The land of a run and everything that decides how it changes.

    Parameters
    ----------
    grid, legend : Grid, Legend
        The map and the meaning of its codes.
    door : Door
        Land, lines and counters; owned by the engine from now on.
    gained : list of Gained
        The races: classes that may grow or decline from year to year.
    suitability : callable
        Gives some rows of the static suitability of a class, float32, shape (rows, width), in [0, 1].  It is asked
        for one block of rows at a time, from several threads at once.
    attract : callable
        Gives the codes whose presence draws a class.
    params, patches : EngineParams, PatchParams
    seed : int
        Root seed; draws are named ``"clock/<race>"``, ``"patch/<race>"`` and ``"parcel"``.
    block : int
        Side of the blocks on which economic weights live, cells.
    rows : int or None
        Rows prepared at a time; None takes 256 rows or more.  The result does not depend on it.
    hazards : mapping of str to Hazard
        What the fitted races (`Gained.fitted`) take in place of `suitability`, by name of the race.  A fitted chance
        knows the surroundings at the start, so that such a race answers only to what has changed around since.
    """

    def __init__(
        self,
        grid: Grid,
        legend: Legend,
        door: Door,
        gained: list[Gained],
        suitability: Suitability,
        attract: Attractors,
        params: EngineParams,
        patches: PatchParams,
        seed: int,
        block: int = 1,
        rows: int | None = None,
        hazards: Mapping[str, Hazard] | None = None,
    ) -> None:
        self.grid, self.legend, self.door = grid, legend, door
        self.gained, self.params, self.seed, self.year = gained, params, seed, 0
        self._keys = self._named("clock")
        fitted = {race.name: (hazards or {})[race.name] for race in gained if race.fitted}
        self.patches = patches_of(patches, gained, grid.cell_area_ha, self._named("patch"), params.scatter)
        self.clocks = self._clocks(attract, fitted, block)
        self.lanes = self._lanes()
        self._window = blank_window()
        self._waits = np.zeros(len(gained), dtype=np.float32)
        self._changed: list[npt.NDArray[np.int64]] = []
        self._counts = np.bincount(door.land, minlength=256)
        self._gains = np.zeros(256, dtype=np.int64)
        self._ripening = np.empty(0, dtype=np.int64)
        self._refused = False
        self._prepare(suitability, fitted, rows or _rows_a_block(grid.width))

    def _prepare(self, suitability: Suitability, fitted: Mapping[str, Hazard], rows: int) -> None:
        """Score, fold the suitability in and set the first clocks of every race, row block by row block."""
        height, width = self.grid.shape
        land = self.door.land.reshape(height, width)
        c = self.clocks
        length, most = c.response.shape[1], max((hazard.most for hazard in fitted.values()), default=1.0)
        folds = [
            fitted_fold(fitted[race.name], most, full, length, self.params)
            if race.fitted
            else built_in(suitability, race)
            for race, full in zip(self.gained, self._full, strict=True)
        ]

        def block(job: tuple[int, int]) -> None:
            first, k = job
            part = slice(first, min(first + rows, height))
            cells = slice(part.start * width, part.stop * width)
            score = c.score[k, cells].reshape(-1, width)
            scores(land, c.code_index, self.legend.nodata, c.pull[k], part, score)
            pack(np.ascontiguousarray(folds[k](part, score)).reshape(-1), c.suit[k, cells])
            wind_rows(c, self.door, self.lanes, k, self._keys, cells.start, cells.stop)

        each(block, [(first, k) for first in range(0, height, rows) for k in range(len(self.gained))])
        for k, race in enumerate(self.gained):
            if race.fitted and self.params.scatter == 0.0:
                rank_clocks(c, k, fitted[race.name], most, rows)

    def _named(self, stream: str) -> npt.NDArray[np.uint32]:
        """Keys of one stream a race, shape (K, 2); a race keeps its draws whatever other races there are."""
        keys = [stream_key(self.seed, f"{stream}/{race.name}") for race in self.gained]
        return np.array(keys, dtype=np.uint32).reshape(-1, 2)

    def _clocks(self, attract: Attractors, fitted: Mapping[str, Hazard], block: int) -> Clocks:
        n, classes, codes = self.door.land.size, len(self.gained), len(self.legend.rows)
        p, power = self.params, 1.0 / sharpness(self.params.scatter)
        index = np.zeros(256, dtype=np.uint8)
        index[self.legend.codes] = np.arange(codes)
        kernels = [quantise(kernel) for kernel in windows(self.gained, fitted, attract, p.radius, index, codes)]
        side = kernels[0][0].shape[1] if kernels else 2 * p.radius + 1
        pull = np.array([pull for pull, _ in kernels], dtype=np.int16).reshape(classes, codes, side, side)
        self._full = [full for _, full in kernels]
        length = int(max(self._full, default=1.0)) + 1
        response = [
            (relative_response if race.fitted else power_response)(full, length, p.floor, p.neighbourhood * power)
            for race, full in zip(self.gained, self._full, strict=True)
        ]
        blocks = self.grid.blocks(block)
        return Clocks(
            t=np.empty((classes, n), dtype=np.float32),
            score=np.empty((classes, n), dtype=np.int16),
            suit=np.empty((classes, n), dtype=np.uint16),
            since=np.zeros(n, dtype=np.uint8),
            suit_factor=suitability_factor(p.scatter),
            response=np.array(response, dtype=np.float32).reshape(classes, length),
            ease=self._ease(self.patches.mean, power),
            ready=readiness(p.readiness, p.scatter),
            bid=np.ones((classes, blocks.size), dtype=np.float32),
            top_bid=np.ones(classes, dtype=np.float32),
            pull=pull,
            moves=np.any(pull[:, :, None] != pull[:, None], axis=(3, 4)).astype(np.uint8),
            code_index=index,
            code=self.legend.codes.astype(np.uint8),
            target=np.array([race.row.code for race in self.gained], dtype=np.uint8),
            project=np.array([race.by_project for race in self.gained], dtype=np.uint8),
            shape=np.array([*self.grid.shape, block, blocks.width], dtype=np.int32),
            block_row=(np.arange(self.grid.height) // block * blocks.width).astype(np.int32),
            block_col=(np.arange(self.grid.width) // block).astype(np.int32),
            greedy=np.array([p.scatter == 0.0], dtype=np.uint8),
        )

    def _ease(self, mean: npt.NDArray[np.float64], power: float) -> npt.NDArray[np.float32]:
        """Weight of coming from a code; divided by the patch size, because each seed brings a whole patch."""
        weights = [[race.ease(old) ** power for old in self.legend.rows] for race in self.gained]
        ease = np.array(weights).reshape(len(self.gained), len(self.legend.rows))
        return np.where(ease > 0.0, np.maximum(ease / mean[:, None], FAINT), 0.0).astype(np.float32)

    def _lanes(self) -> Lanes:
        count = self.door.quota.shape[0] * len(self.gained) * len(self.legend.rows) * 2
        return Lanes(
            tau=np.zeros(count, dtype=np.float32),
            stop=np.full(count, np.inf, dtype=np.float32),
            rule=np.zeros(count, dtype=np.uint8),
            now=np.zeros(1, dtype=np.float32),
        )

    @property
    def land(self) -> npt.NDArray[np.uint8]:
        """Land-cover codes now, uint8, shape (height, width); change it through the door only."""
        view = self.door.land.reshape(self.grid.shape).view()
        view.flags.writeable = False
        return view

    def counts(self) -> npt.NDArray[np.int64]:
        """Cells a code, int64, shape (256,)."""
        return self._counts.copy()

    def gains(self) -> npt.NDArray[np.int64]:
        """Cells that each code has gained since the start, what it lost not deducted, int64, shape (256,)."""
        return self._gains.copy()

    def begin_year(self) -> None:
        """Start the next year: wake cells that changed last year, ripen older ones, open every lane."""
        self.year += 1
        self.lanes.rule[:] = 0
        since, last = self.clocks.since, stamp(self.year - 1)
        fresh = np.unique(np.concatenate([*self._changed, np.empty(0, dtype=np.int64)]))
        self._changed = []
        rewind(self.clocks, self.door, self.lanes, self._keys, self.year, fresh)
        older = self._ripening[since[self._ripening] != last]
        going = ripen(self.clocks, self.door, self.lanes, self.year, older)
        self._ripening = np.concatenate([older[going], fresh])
        if self._refused:
            self._wind_refused()
        if self.year >= MEMORY:
            since[since == stamp(self.year)] = 0
            self._ripening = self._ripening[since[self._ripening] > 0]

    def _wind_refused(self) -> None:
        """Set clocks afresh that were refused alone last year: waiting before all others they would be favoured."""
        for k in range(len(self.gained)):
            cells = np.flatnonzero(self.clocks.t[k] == REFUSED)
            wind(self.clocks, self.door, self.lanes, k, self._keys, self.year, cells)
        self._refused = False

    def allocate(self, need: npt.ArrayLike) -> tuple[Changes, list[Unmet]]:
        """Convert the cells that ring first until every need is met or no rule lets anything more happen.

        Parameters
        ----------
        need : array_like of int, shape (K,)
            Cells wanted this year, one a race of `gained`.

        Returns
        -------
        Changes, list of Unmet
            Converted plus unmet equals wanted, race by race.
        """
        wanted = np.maximum(np.asarray(need, dtype=np.int64), 0)
        # each cell converts once a year at most: what is wanted beyond the map is unmet from the outset
        left = np.minimum(wanted, self.door.land.size)
        beyond = wanted - left
        record = blank_record(min(int(left.sum()), self.door.land.size))
        run_year(self.clocks, self.door, self.lanes, self.patches, left, self.year, record, self._window, self._waits)
        m = int(record.tally[0])
        self._refused |= bool(record.tally[2])
        to = self.clocks.target[record.class_[:m]]
        changes = Changes(record.cell[:m], record.from_[:m], to, record.project[:m])
        return self._noted(changes), self._unmet(left + beyond)

    def _noted(self, changes: Changes) -> Changes:
        """Keep in mind which cells changed this year, and how many cells each code has now."""
        self._changed.append(changes.cell)
        gained = np.bincount(changes.to, minlength=256)
        self._gains += gained
        self._counts += gained - np.bincount(changes.from_, minlength=256)
        return changes

    def _unmet(self, left: npt.NDArray[np.int64]) -> list[Unmet]:
        rows = []
        for k in np.flatnonzero(left > 0):
            blocked = np.zeros((self.door.quota.shape[0], N_RULES), dtype=np.int64)
            count_blocked(self.clocks, self.door, self.lanes, k, self.year, blocked)
            for region, rule, cells in explain(int(left[k]), blocked):
                rows.append(Unmet(int(k), region, cells, rule))
        return rows

    def convert_cells(
        self, cells: npt.ArrayLike, codes: npt.ArrayLike, *, project: bool, waive: int = 0
    ) -> tuple[Changes, npt.NDArray[np.uint8]]:
        """Take listed cells through the door in the given order.

        Parameters
        ----------
        cells : array_like of int, shape (m,)
            Flat indices.
        codes : int or array_like of int, shape (m,)
            Code to write.
        project : bool
            Use the permissions of projects (reclamation, restoration, demolition).
        waive : int
            `Waive` flags of this kind of conversion.

        Returns
        -------
        Changes
            What was converted; ``project`` numbers the rows of the request.
        numpy.ndarray of uint8, shape (m,)
            The `Rule` of each row, 0 where it was converted.

        Raises
        ------
        ValueError
            If a cell lies outside the map.
        """
        where = np.ascontiguousarray(cells, dtype=np.int64)
        to = np.ascontiguousarray(np.broadcast_to(np.asarray(codes, dtype=np.uint8), where.shape))
        _check_within(where, self.door.land.size, "cell")
        before, rules = np.zeros((2, where.size), dtype=np.uint8)
        convert_all(
            self.clocks, self.door, self.lanes, where, to, int(project), int(waive), self.year, before, rules,
            self._window,
        )  # fmt: skip
        done = np.flatnonzero(rules == 0)
        return self._noted(Changes(where[done], before[done], to[done], done.astype(np.int64))), rules

    def convert_in_blocks(
        self, blocks: npt.ArrayLike, counts: npt.ArrayLike, from_class: npt.ArrayLike, codes: npt.ArrayLike
    ) -> tuple[Changes, npt.NDArray[np.int64]]:
        """Convert up to so many cells of a model class in each listed block.

        Parameters
        ----------
        blocks, counts, from_class, codes : array_like of int, shape (m,)
            Block, cells wanted, model class to take and code to write, one row a request.

        Returns
        -------
        Changes
            What was converted; ``project`` is the row of the request.
        numpy.ndarray of int64, shape (m,)
            Cells of each request that could not be converted.

        Raises
        ------
        ValueError
            If a block lies outside the map.
        """
        where = np.ascontiguousarray(blocks, dtype=np.int64)
        left = np.maximum(np.asarray(counts, dtype=np.int64), 0)
        _check_within(where, self.clocks.bid.shape[1], "block")
        record = blank_record(int(np.minimum(left, self.clocks.shape[2] ** 2).sum()))
        key = np.array(stream_key(self.seed, "parcel"), dtype=np.uint32)
        convert_in_blocks(
            self.clocks, self.door, self.lanes, where, left, np.asarray(from_class, dtype=np.uint8),
            np.asarray(codes, dtype=np.uint8), key, self.year, record, self._window,
        )  # fmt: skip
        m = int(record.tally[0])
        changes = Changes(record.cell[:m], record.from_[:m], record.class_[:m], record.project[:m])
        return self._noted(changes), left

    def rebid(self, code: int, bids: npt.NDArray[np.float32]) -> None:
        """Take new economic weights (> 0) of blocks for a class; only cells of changed blocks are re-rated."""
        for k, race in enumerate(self.gained):
            if race.row.code == code and race.shrinking is None:
                power = self.params.economics / sharpness(self.params.scatter)
                weights = np.clip(np.asarray(bids, dtype=np.float64) ** power, FAINT, 1.0 / FAINT)
                rebid(self.clocks, self.door, self.lanes, k, weights.astype(np.float32))
                self.clocks.top_bid[k] = weights.max(initial=FAINT)

    def redraw(
        self,
        control: npt.NDArray[np.uint8],
        chance: npt.NDArray[np.float32],
        inside: npt.NDArray[np.uint8],
        cells: npt.NDArray[np.int64],
    ) -> None:
        """Take new control codes and permissions; cells whose line changed get fresh clocks."""
        self.door = self.door._replace(control=control, chance=chance.astype(np.float32), inside=inside)
        rewind(self.clocks, self.door, self.lanes, self._keys, self.year, cells)
        changed = cells[self.clocks.since[cells] > 0]
        self._ripening = np.union1d(self._ripening, changed[self.clocks.since[changed] != stamp(self.year)])

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Everything that a checkpoint must keep."""
        c, d = self.clocks, self.door
        return {
            "t": c.t, "score": c.score, "since": c.since, "bid": c.bid, "tau": self.lanes.tau, "land": d.land,
            "pace": d.pace, "loss": d.loss, "bank": d.bank, "quota": d.quota, "gains": self._gains,
            "year": np.array([self.year]),
        }  # fmt: skip

    def restore(self, state: dict[str, npt.NDArray[Any]]) -> None:
        """Take over the state of a checkpoint; suitability is computed anew, as at the start."""
        mine = self.state()
        for name, values in mine.items():
            if name != "year":
                values[...] = state[name]
        self._counts = np.bincount(self.door.land, minlength=256)
        self.year = int(state["year"][0])
        self._refused = True  # it may be, and looking is cheap
        self.clocks.top_bid[:] = self.clocks.bid.max(axis=1, initial=np.float32(FAINT))
        changed = np.flatnonzero(self.clocks.since).astype(np.int64)
        fresh = self.clocks.since[changed] == stamp(self.year)
        self._changed, self._ripening = [changed[fresh]], changed[~fresh]


def _rows_a_block(width: int) -> int:
    """Rows prepared at a time."""
    return -(-CELLS_A_BLOCK // (max(width, 1) * ROWS_STORED)) * ROWS_STORED


def _check_within(places: npt.NDArray[np.int64], size: int, what: str) -> None:
    """Refuse indices outside the map, which a kernel would not notice."""
    wrong = places[(places < 0) | (places >= size)]
    if wrong.size:
        raise ValueError(f"{what} {int(wrong[0])}, expected 0 .. {size - 1}")
