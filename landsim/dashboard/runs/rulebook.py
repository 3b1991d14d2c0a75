"""Rulebook: the rules of a run, put together again from its inputs, asked about one cell in one of its years."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from landsim.core.draws import stream_key
from landsim.dashboard.runs.history import LANDCOVER, Window
from landsim.dashboard.levers import in_order, with_levers
from landsim.dashboard.runs.track import Track
from landsim.dashboard.runs.why import Prospect
from landsim.landscape.grid import Grid
from landsim.landscape.landscape import Landscape
from landsim.landscape.legend import Land
from landsim.model.inputs import DatedLever, Inputs
from landsim.model.params import ModelParams
from landsim.model.targets import races
from landsim.policy.balance import debit_table
from landsim.policy.control import Control, compile_control
from landsim.policy.restriction import restrictions
from landsim.transition.conversion import builds, permitted
from landsim.transition.potential import Gained


class Rulebook:
    """The rules of a run; of counters and of the race only what its tables tell.

    Parameters
    ----------
    inputs : Inputs
        What the run was built from; not changed.
    track : Track
        Maps by year, indicators and unmet demand of the run.
    shocks : iterable of DatedLever
        Levers that moved in the run.
    """

    def __init__(self, inputs: Inputs, track: Track, shocks: Iterable[DatedLever]) -> None:
        self.inputs, self.track, self.shocks = inputs, track, in_order(shocks)
        self.growing = [race for race in races(inputs) if race.shrinking is None]
        self._permit_key = np.array(stream_key(inputs.seed, "permit"), dtype=np.uint32)

    def at(self, cell: int, year: int, district: int) -> tuple[tuple[str, ...], tuple[Prospect, ...]]:
        """Name the overlays of a cell at the end of a year, and say what stands in the way of each class that grows."""
        params = with_levers(self.inputs.params, (shock for shock in self.shocks if shock.year <= year))
        place = self._place(cell, year)
        if not place.valid.any():
            return (), ()
        control = compile_control(place, params.lines, self.inputs.permissions, params.permits)
        now = int(place.landcover[0, 0])
        found = (
            self._prospect(race, place, control, params, cell, year, district)
            for race in self.growing
            if race.row.code != now
        )
        return tuple(control.names[0].split(" + ")), tuple(found)

    def _place(self, cell: int, year: int) -> Landscape:
        """Cut the one cell out of the place, with its land cover and lines as they stood at the end of the year."""
        place, history = self.inputs.landscape, self.track.history
        row, col = divmod(cell, place.grid.width)
        window = Window(row, col, row + 1, col + 1)
        layers = {
            name: history.at(year, name, window) if name in history.first else window.of(layer)
            for name, layer in place.layers.items()
        }
        masks = {name: (window.of(mask), names) for name, (mask, names) in place.masks.items()}
        grid = Grid(1, 1, place.grid.transform, place.grid.crs)
        return Landscape(grid, place.legend, history.at(year, LANDCOVER, window), layers, masks)

    def _prospect(
        self, race: Gained, place: Landscape, control: Control, params: ModelParams, cell: int, year: int, district: int
    ) -> Prospect:
        before, after = Land(int(place.model_class[0, 0])), race.row.model_class
        chance = float(control.chance[0, before, after])
        granted = bool(permitted(np.float32(chance), self._permit_key, np.int64(cell), np.uint8(after)))
        masks = {name: names for name, (_, names) in place.masks.items()}
        counter = self._counter(race, (before, after), params, bool(control.inside[0]), year, district)
        return Prospect(
            code=race.row.code,
            chance=chance,
            granted=granted,
            restrictions=restrictions(
                control.combinations[0], (before, after), self.inputs.permissions, params.permits, masks, place.legend
            ),
            rule=counter if granted else "zone",
            bar=self._bar(race, place, cell),
        )

    def _counter(
        self, race: Gained, change: tuple[Land, Land], params: ModelParams, inside: bool, year: int, district: int
    ) -> str:
        """Tell which counter stopped the class in the district that year, of those that concern this change.

        What is left of a quota is known by year and district; the others are known by the demand that they left unmet.
        """
        before, after = change
        named = {
            rule for _, name, where, _, _, _, rule in self.track.unmet(year) if (name, where) == (race.name, district)
        }
        if builds(int(before), int(after)):
            if "quota" in named or self._quota_is_used_up(year, district):
                return "quota"
            if inside and "pace" in named:
                return "pace"
        return "balance" if "balance" in named and debit_table(params.balance.mode)[before, after] else "passed"

    def _quota_is_used_up(self, year: int, district: int) -> bool:
        quota, used = (self.track.value(name, year, district) for name in ("quota_ha", "quota_used_ha"))
        return quota is not None and used is not None and quota - used < 0.5 * self.track.grid.cell_area_ha

    def _bar(self, race: Gained, place: Landscape, cell: int) -> str:
        """Say why a class cannot race for the cell, where that lies in the land and not in a rule."""
        now = int(place.landcover[0, 0])
        if race.ease(next(row for row in place.legend.rows if row.code == now)) <= 0.0:
            return "origin"
        return "ground" if self._unfit(race, place, cell) else ""

    def _unfit(self, race: Gained, place: Landscape, cell: int) -> bool:
        if race.fitted and self.inputs.rules is not None:
            first: npt.NDArray[np.uint8] = self.inputs.landscape.landcover.reshape(-1)[cell : cell + 1].reshape(1, 1)
            at_start = Landscape(place.grid, place.legend, first, {}, place.masks)
            return self.inputs.rules.candidates(at_start, race.row.name).size == 0
        slope = place.get("slope")
        return race.row.built and slope is not None and bool(slope[0, 0] > self.inputs.params.engine.slope_limit)
