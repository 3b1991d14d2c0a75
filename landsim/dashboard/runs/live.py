"""Live: a scenario under way - stepped year by year, steered by levers, asked about cells, and saved as a run."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landsim.core.quantity import LIMITED_BELOW
from landsim.dashboard.levers import in_order, shown, with_levers
from landsim.dashboard.runs.history import LANDCOVER, History
from landsim.dashboard.runs.rulebook import Rulebook
from landsim.dashboard.runs.track import About, Track
from landsim.dashboard.runs.why import Lack, Why, happened, overlays_of, prospects, where
from landsim.indicators.record import CITY
from landsim.model.inputs import DatedLever
from landsim.model.params import ModelParams

if TYPE_CHECKING:
    from landsim.model.model import LandModel
    from landsim.scenario.build import Ready
    from landsim.scenario.schema import Scenario

LINES = ("erl", "pbf", "udb")


class LiveRun:
    """A scenario that is simulated as long as somebody looks on; one thread alone may call it.

    Parameters
    ----------
    ready : Ready
        The scenario with its data, read and found sound.  It is not changed, so that a reset needs no second reading.

    Attributes
    ----------
    model : LandModel
    moves : tuple of DatedLever
        Levers that were moved, with the first year in which they held.
    track : Track
        What the page sees.
    """

    def __init__(self, ready: Ready) -> None:
        from landsim.model.model import LandModel

        self.ready = ready
        self.model: LandModel = LandModel(ready.inputs)
        self.moves: tuple[DatedLever, ...] = ()
        self.seconds = 0.0
        self.track = _track(ready, self.model)
        self._note(0, 0)

    @property
    def year(self) -> int:
        """Last year that was simulated."""
        return self.model.year

    @property
    def ended(self) -> bool:
        """Whether the horizon is reached."""
        return not self.model.running

    def params_next(self) -> ModelParams:
        """Parameters as the next year will find them: the present ones, and what the scenario itself changes then."""
        due = (shock for shock in self.model.shocks if shock.year == self.year + 1)
        return with_levers(self.model.params, due)

    def step(self, moves: tuple[tuple[str, Any], ...] = ()) -> None:
        """Simulate a year, in which some levers take other values from its first phase on.

        Raises
        ------
        InputError
            If a lever is out of bounds; the year is then not begun.
        """
        model = self.model
        began = time.perf_counter()
        fresh = tuple(DatedLever(model.year + 1, path, value) for path, value in moves)
        with_levers(self.params_next(), fresh)
        model.shocks.extend(fresh)
        self.moves += fresh
        unmet, indicators = len(model.books.unmet), len(model.books.indicators)
        model.step()
        self.track.history.add(model.year, model.books.events.since(model.first_event))
        self._note(indicators, unmet)
        self.seconds += time.perf_counter() - began

    def scenario(self) -> Scenario:
        """The scenario of what was played: up to the present year, with the levers that were moved as dated shocks."""
        base = self.ready.source.scenario
        own = (DatedLever(shock.year, shock.path, shock.value) for shock in base.shocks)
        shocks = [vars(shock) for shock in in_order((*own, *self.moves))]
        changed = {"horizon": self.year, "shocks": shocks}
        return type(base).model_validate({**base.model_dump(), **changed})

    def save(self, out: Path) -> Path:
        """Write the years so far as a run folder like any other; the run can go on after it.

        Raises
        ------
        InputError
            If the folder is occupied or not writable, or the disk is full.
        """
        from landsim.io.store import RunWriter
        from landsim.scenario.manifest import origin, outcome
        from landsim.scenario.result import record_of

        source = self.ready.source
        told = (f"{move.path}={shown(move.value)} from {move.year}" for move in self.moves)
        played = replace(source, scenario=self.scenario(), applied=(*source.applied, *told))
        made = origin(replace(self.ready, source=played), out)
        writer = RunWriter(out)
        try:
            return writer.finish(record_of(self.model, {**made, **outcome(self.model, self.seconds)}))
        except BaseException:
            writer.discard()
            raise

    def why(self, cell: int, year: int | None = None) -> Why:
        """Tell what is known of a cell at the end of a year, the present one by default.

        The model itself is asked about the present; of an earlier year its rules are put together again.

        Raises
        ------
        InputError
            If there is no such cell.
        """
        model = self.model
        year = self.year if year is None else min(max(year, model.start), self.year)
        facts = where(model.grid, cell)
        district = int(model.ground.districts[model.ground.region[cell]])
        code = int(self.track.history.at(year).flat[cell]) if year < self.year else int(model.engine.door.land[cell])
        answer = Why(
            **facts, year=year, code=code, district=district, overlays=(), lacks=lacks(self.track, year, district),
            events=happened(model.books.events.columns(), cell), basis="live",
        )  # fmt: skip
        if code == model.legend.nodata:
            return answer
        if year < self.year:
            overlays, found = Rulebook(self.ready.inputs, self.track, model.shocks).at(cell, year, district)
            return replace(answer, overlays=overlays, prospects=found, basis="rebuilt", notes=("why_no_rank",))
        return replace(answer, overlays=overlays_of(model, cell), prospects=prospects(model, cell))

    def close(self) -> None:
        """Let go of the model, which Mesa would keep for ever."""
        import mesa

        ids: Any = getattr(mesa.Agent, "_ids", None)
        if hasattr(ids, "pop"):
            ids.pop(self.model, None)
        del self.model

    def _note(self, indicators: int, unmet: int) -> None:
        """Hand what the books have gained to the page."""
        books = self.model.books
        gauges = _gauges(self.model)
        self.track.add(self.year, [*books.indicators[indicators:], *gauges], books.unmet[unmet:])


def lacks(track: Track, year: int, district: int) -> tuple[Lack, ...]:
    """Demand of a district that was not met in a year."""
    return tuple(
        Lack(name, rule, cells, ha) for _, name, place, cells, ha, _, rule in track.unmet(year) if place == district
    )


def _track(ready: Ready, model: LandModel) -> Track:
    scenario, place = ready.source.scenario, ready.inputs.landscape
    from landsim.scenario.manifest import rules_text

    about = About(
        name=scenario.name, title=scenario.title, description=scenario.description, rules=rules_text(ready.inputs),
        constructed=tuple(ready.place.constructed), start=scenario.start, horizon=scenario.horizon, seed=scenario.seed,
        live=True, applied=ready.source.applied, notes=tuple(str(caution) for caution in ready.cautions),
        in_chinese=(scenario.title_zh, scenario.description_zh),
    )  # fmt: skip
    lines = {name: layer for name in LINES if (layer := place.get(name)) is not None}
    return Track(
        about=about,
        grid=place.grid,
        legend=place.legend,
        history=History(scenario.start, {LANDCOVER: place.landcover, **lines}),
        statics={name: layer for name, layer in place.layers.items() if name not in lines},
        districts=dict(ready.place.names.get("district", {})),
    )


def _gauges(model: LandModel) -> list[tuple[int, int, str, float, str]]:
    """What the gauges show and no indicator holds: pace of the boundary, and the arable balance, ha."""
    ha, year = model.grid.cell_area_ha, model.year
    left = int(model.engine.door.pace[0])
    rows = [("pace_used_ha", model.pace_used * ha)]
    if left < LIMITED_BELOW:
        rows.append(("pace_left_ha", left * ha))
    if model.params.balance.mode != "off":
        rows.append(("bank_ha", int(model.books.ledger.bank[0]) * ha))
    return [(year, CITY, name, float(value), "ha") for name, value in rows]
