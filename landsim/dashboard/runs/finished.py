"""Finished: a run folder as a page sees it; it is looked at and not gone on with."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landsim.core.errors import InputError, Problem
from landsim.dashboard.faults import sentences
from landsim.dashboard.runs.history import LANDCOVER, History
from landsim.dashboard.runs.live import LINES, lacks
from landsim.dashboard.runs.log import changes_of_maps, changes_of_the_log, logged_events, mapped_events
from landsim.dashboard.runs.rulebook import Rulebook
from landsim.dashboard.runs.track import About, Track
from landsim.dashboard.runs.why import Why, where
from landsim.io.store import EVENTS, INDICATORS, RESULTS, UNMET, Keeping, RunFolder
from landsim.io.whole import open_whole_run
from landsim.scenario.shipped import find_shipped, find_shipped_rules, shipped_names, shipped_rules

if TYPE_CHECKING:
    from landsim.scenario.build import Ready

OVERLAY_WORDS = {
    ("erl", 1): "red line", ("erl", 2): "red line core", ("pbf", 1): "basic farmland", ("udb", 0): "outside boundary",
    ("udb", 1): "concentrated zone", ("udb", 2): "elastic zone", ("udb", 3): "special zone",
}  # fmt: skip


class FinishedRun:
    """A finished run.

    Parameters
    ----------
    path : pathlib.Path
    folder : pathlib.Path
        The folder of the server: what the run was made from is read again only inside of it, or from what ships.

    Raises
    ------
    InputError
        If it is no run folder, was not finished, is damaged, has another layout, or did not keep its maps.
    """

    def __init__(self, path: Path, folder: Path) -> None:
        self.folder: RunFolder = open_whole_run(path)
        self.start_folder = folder.resolve()
        try:
            self.track = _track(self.folder)
        except (OSError, KeyError, ValueError, IndexError) as fault:
            mend = "Make the run again, or copy the whole folder once more"
            reason = " ".join(str(fault).split())[:160]
            raise InputError(Problem(str(path), "run folder cannot be read", found=reason, mend=mend)) from fault

    def why(self, cell: int, year: int | None = None) -> Why:
        """Tell what is known of a cell at the end of a year, the last one by default.

        The rules are put together again from what the run was made from.  Where that is not at hand, the answer says
        so, and rests on the log alone.

        Raises
        ------
        InputError
            If there is no such cell.
        """
        track = self.track
        year = track.year if year is None else min(max(year, track.about.start), track.year)
        facts = where(track.grid, cell)
        layer = track.statics.get("district")
        district = 0 if layer is None else int(layer.flat[cell])
        code = int(track.history.at(year)[facts["row"], facts["col"]])
        logged = EVENTS not in track.about.missing
        answer = Why(
            **facts, year=year, code=code, district=district, overlays=self._lines(facts["row"], facts["col"], year),
            events=logged_events(self.folder.path, cell) if logged else mapped_events(track.history, cell),
            lacks=lacks(track, year, district), notes=() if logged else ("why_no_log",),
        )  # fmt: skip
        return answer if code == track.legend.nodata else self._with_rules(answer)

    def _with_rules(self, answer: Why) -> Why:
        """Add what the rules say, or why that is not known."""
        book = self._rules
        if isinstance(book, InputError):
            return replace(answer, notes=(*answer.notes, "why_no_rules", *sentences(book)))
        overlays, found = book.at(answer.cell, answer.year, answer.district)
        notes = (*answer.notes, "why_no_rank")
        return replace(answer, overlays=overlays, prospects=found, basis="rebuilt", notes=notes)

    def learn(self) -> None:
        """Take over the layers and names that a run folder does not hold.

        Raises
        ------
        InputError
            If what the run was made from is not at hand.
        """
        if isinstance(self._rules, InputError):
            raise self._rules

    @cached_property
    def _rules(self) -> Rulebook | InputError:
        """The rules of the run, or why they are not at hand."""
        try:
            ready = self.ready()
        except InputError as fault:
            return fault
        layers = ready.place.landscape.layers
        self.track.statics.update({name: layer for name, layer in layers.items() if name not in LINES})
        self.track.districts.update(ready.place.names.get("district", {}))
        return Rulebook(ready.inputs, self.track, ready.inputs.shocks)

    def ready(self) -> Ready:
        """Read what the run was made from again.

        Raises
        ------
        InputError
            If it is not there, has changed, lies outside the folder of the server, or landsim is another version.
        """
        from landsim.scenario.manifest import folders_of, ready_again

        for folder in folders_of(self.folder):
            self._refuse_outside(folder)
        return ready_again(self.folder)

    def _refuse_outside(self, folder: Path) -> None:
        shipped = [find_shipped(name) for name in shipped_names()]
        known = [path.parent for path in shipped if path] + [find_shipped_rules(name) for name in shipped_rules()]
        if not folder.is_relative_to(self.start_folder) and folder not in known:
            mend = "Start landsim dashboard in a folder that holds the scenario too"
            wanted = f"a folder inside {self.start_folder}"
            what = "was made from files outside the folder of the dashboard"
            raise InputError(Problem(str(self.folder.path), what, found=str(folder), wanted=wanted, mend=mend))

    def _lines(self, row: int, col: int, year: int) -> tuple[str, ...]:
        history = self.track.history
        values = [(name, int(history.at(year, name)[row, col])) for name in LINES if name in history.first]
        return tuple(OVERLAY_WORDS[pair] for pair in values if pair in OVERLAY_WORDS)


def _track(run: RunFolder) -> Track:
    made, years, kept = run.manifest, run.years, Keeping.of(run.manifest).results
    about = About(
        name=made["name"], title=made["title"], description=made["description"], rules=made["rules"],
        constructed=tuple(made["constructed_lines"]), start=years[0], horizon=years[-1], seed=made["seed"], live=False,
        applied=tuple(made["applied"]), missing=tuple(name for name in RESULTS if name not in kept),
        in_chinese=(str(made["scenario"].get("title_zh") or ""), str(made["scenario"].get("description_zh") or "")),
    )  # fmt: skip
    lines = {name: layer for name in LINES if (layer := run.layer_at_start(name)).any()}
    district = run.layer_at_start("district")
    history = History(years[0], {LANDCOVER: run.landcover_at(years[0]), **lines})
    for year, events in changes_of_the_log(run.path) if EVENTS in kept else changes_of_maps(run):
        history.add(year, events)
    track = Track(about, run.grid, run.legend, history, {"district": district} if district.any() else {})
    columns = ("year", "district", "indicator", "value", "unit")
    indicators = _rows(run.indicators, columns) if INDICATORS in kept else []
    unmet = _rows(run.unmet, tuple(run.unmet.columns)) if UNMET in kept else []
    track.add(years[-1], indicators, unmet)
    return track


def _rows(table: Any, columns: tuple[str, ...]) -> list[Any]:
    """Rows of a data frame as plain tuples."""
    plain = [table[name].astype(object).tolist() for name in columns]
    return list(zip(*plain, strict=True))
