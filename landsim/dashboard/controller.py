"""Controller: one thread that builds, plays, steers, asks and saves the run of one page; it knows nothing of pages."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from landsim.core.errors import InputError, Problem
from landsim.dashboard.faults import logged, sentences
from landsim.dashboard.levers import lever, read, value_of, with_levers
from landsim.dashboard.shelf import Choice, Shelf
from landsim.dashboard.snapshot import Snapshot, State
from landsim.model.inputs import DatedLever

if TYPE_CHECKING:
    from landsim.dashboard.finished import FinishedRun
    from landsim.dashboard.live import LiveRun
    from landsim.model.params import ModelParams

THREADS = "landsim-run-"
"""How the names of the threads of runs begin."""
FASTEST = 1_000.0
"""Years a second that stand for no limit."""

_numbers = itertools.count(1)
_log = logging.getLogger(__name__)


class Controller:
    """The run of one page.

    Orders are taken from any thread and worked off by one, between years; what came of them is in `snapshot`.

    Parameters
    ----------
    shelf : Shelf
        What may be opened, and where runs are saved.
    keep : bool
        Save a live run that has gained years when the controller is closed.
    """

    def __init__(self, shelf: Shelf, keep: bool = True) -> None:
        self.shelf, self.keep = shelf, keep
        self._changed = threading.Condition()
        self._now = Snapshot()
        self._orders: deque[Callable[[], None]] = deque()
        self._playing = self._closing = False
        self._due = 0.0
        self._live: LiveRun | None = None
        self._finished: FinishedRun | None = None
        self._saved_year: tuple[int, int] | None = None
        self._runs = 0
        self._base: ModelParams | None = None  # what the next year finds if no lever waits
        self._thread = threading.Thread(target=self._work, name=f"{THREADS}{next(_numbers)}", daemon=True)
        self._thread.start()

    # --- what a page may ask; every call returns at once ---

    def snapshot(self) -> Snapshot:
        """Return the present snapshot."""
        with self._changed:
            return self._now

    def wait(self, version: int, timeout: float) -> Snapshot:
        """Return the first snapshot that is not `version`, or the present one after `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._now.version != version, timeout)
            return self._now

    def open(self, choice: Choice) -> None:
        """Open a scenario or a finished run in place of what is open."""
        self.pause()
        self._tell(state="loading", doing="opening", problems=(), name=choice.name)
        self._order(lambda: self._open(choice))

    def play(self) -> None:
        """Go on year by year until the horizon or `pause`."""
        with self._changed:
            if self._now.state == "ready":
                self._playing, self._due = True, 0.0
                self._tell(state="playing", problems=())

    def pause(self) -> None:
        """Stop after the year in work."""
        with self._changed:
            self._playing = False
            if self._now.state == "playing":
                self._tell(state="ready" if self._now.doing == "" else "busy")

    def step(self) -> None:
        """Simulate one year."""
        with self._changed:
            if self._now.state == "ready":
                self._tell(state="busy", doing="year", problems=())
                self._order(self._year)

    def reset(self) -> None:
        """Go back to the start year, with the scenario's own parameters."""
        self.pause()
        if self.snapshot().track is not None and self._live is not None:
            self._tell(state="loading", doing="resetting", problems=())
            self._order(self._reset)

    def set_speed(self, years_a_second: float) -> None:
        """Play no faster than this."""
        with self._changed:
            self._due = 0.0
            self._tell(speed=min(max(float(years_a_second), 0.05), FASTEST))

    def pull(self, path: str, value: Any) -> None:
        """Move a lever; it acts from the next year that is begun.

        A value that is out of bounds is told under ``problems``, and the lever stays where it is.
        """
        with self._changed:
            now = self._now
            if now.params is None:
                return
            try:
                one = lever(path)
                plain = read(one, value)
                waiting = tuple(pair for pair in now.waiting if pair[0] != path)
                if self._base is None or plain != value_of(self._base, path):
                    waiting = (*waiting, (path, plain))
                params = self._next_params(waiting)
            except InputError as fault:
                self._tell(problems=sentences(fault))
                return
            self._tell(waiting=waiting, params=params, problems=())

    def drop(self, path: str) -> None:
        """Take back a lever that waits."""
        with self._changed:
            waiting = tuple(pair for pair in self._now.waiting if pair[0] != path)
            try:
                self._tell(waiting=waiting, params=self._next_params(waiting), problems=())
            except InputError as fault:
                self._tell(problems=sentences(fault))

    def ask(self, cell: int) -> None:
        """Ask what is known of a cell; the answer is in the snapshot soon."""
        self._order(lambda: self._ask(cell))

    def forget(self) -> None:
        """Take back the last answer."""
        self._tell(answer=None)

    def save(self, name: str) -> None:
        """Write the live run as a run folder under ``runs/``."""
        self._order(lambda: self._save(name))

    def call(self, work: Callable[[LiveRun | FinishedRun], Any], timeout: float = 120.0) -> Any:
        """Let the thread do something with the run between two years, and wait for what comes of it.

        Raises
        ------
        InputError
            If nothing is open, or the work is refused.
        """
        done: dict[str, Any] = {}
        ready = threading.Event()

        def order() -> None:
            try:
                run = self._live or self._finished
                if run is None:
                    raise InputError(Problem("dashboard", "nothing is open"))
                done["value"] = work(run)
            except Exception as fault:
                done["fault"] = fault
            finally:
                ready.set()

        self._order(order)
        ends = time.monotonic() + timeout
        while not ready.wait(0.2):
            if time.monotonic() > ends or not self._thread.is_alive():
                raise InputError(Problem("dashboard", "the run did not answer in time", mend="Pause, and ask again"))
        if "fault" in done:
            raise done["fault"]
        return done["value"]

    def close(self) -> None:
        """End the thread after the year in work; it saves the run first where that is asked for."""
        with self._changed:
            self._playing, self._closing = False, True
            self._changed.notify_all()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until the thread has ended; whether it has."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    # --- the thread ---

    def _work(self) -> None:
        while (order := self._next_order()) is not None:
            try:
                order()
            except InputError as fault:
                self._fail(sentences(fault))
            except Exception as fault:
                self._broken(fault)
        self._leave()

    def _next_order(self) -> Callable[[], None] | None:
        """Wait for something to do; None when the controller is closed."""
        with self._changed:
            while True:
                if self._closing:
                    return None
                if self._orders:
                    return self._orders.popleft()
                left = self._due - time.monotonic() if self._playing else None
                if left is not None and left <= 0:
                    self._due = time.monotonic() + 1.0 / self._now.speed
                    self._tell(doing="year")
                    return self._year
                self._changed.wait(left)

    def _open(self, choice: Choice) -> None:
        self._let_go()
        self._tell(track=None, params=None, waiting=(), moves=(), answer=None, saved="", year=0)
        if choice.kind == "run":
            from landsim.dashboard.finished import FinishedRun

            run = self._finished = FinishedRun(choice.path)
            self._tell(state="finished", doing="", track=run.track, year=run.track.year)
            return
        from landsim.dashboard.live import LiveRun
        from landsim.scenario.build import load_or_tell_all, prepare
        from landsim.scenario.run import Progress, telling_compilation

        progress = Progress()
        progress.say = lambda text: self._tell(doing=text)  # type: ignore[method-assign]
        self._tell(doing="reading")
        with telling_compilation(progress):
            ready = prepare(load_or_tell_all(str(choice.path), {}, []))
            self._tell(doing="building")
            self._start(LiveRun(ready))

    def _start(self, run: LiveRun) -> None:
        self._live, self._saved_year = run, None
        self._runs += 1
        self._base = run.params_next()
        self._tell(
            state="ended" if run.ended else "ready", doing="", track=run.track, year=run.year,
            params=self._base, waiting=(), moves=(), answer=None, saved="",
        )  # fmt: skip

    def _reset(self) -> None:
        from landsim.dashboard.live import LiveRun

        if self._live is not None:
            ready = self._live.ready
            self._let_go()
            self._start(LiveRun(ready))

    def _year(self) -> None:
        """Simulate a year, and say what came of it."""
        run = self._live
        if run is None or run.ended:
            return
        waiting = self._take_waiting()
        run.step(waiting)
        over = run.year >= run.track.about.horizon
        with self._changed:
            self._playing = self._playing and not over
            state: State = "ended" if over else "playing" if self._playing else "ready"
            fresh = tuple(pair for pair in self._now.waiting if pair not in waiting)
            self._base = run.params_next()
            problems: tuple[str, ...] = ()
            try:
                params = with_levers(self._base, _dated(fresh))
            except InputError as fault:  # the scenario itself has moved a lever that does not go with one that waits
                params, fresh, problems = self._base, (), sentences(fault)
            self._tell(
                state=state, doing="", year=run.year, moves=run.moves, waiting=fresh, params=params, problems=problems
            )

    def _take_waiting(self) -> tuple[tuple[str, Any], ...]:
        with self._changed:
            return self._now.waiting

    def _ask(self, cell: int) -> None:
        run = self._live or self._finished
        if run is not None:
            self._tell(answer=run.why(cell))

    def _save(self, name: str) -> None:
        run = self._live
        if run is None:
            raise InputError(Problem("save", "only a live run can be saved; this one stands in its folder already"))
        before = self.snapshot()
        self._tell(doing="saving", problems=())
        out = run.save(self.shelf.place_for(name))
        self._saved_year = (self._runs, run.year)
        self._tell(doing=before.doing, saved=out.relative_to(self.shelf.folder).as_posix())

    def _leave(self) -> None:
        """Keep the run where that is asked for, and let go of it."""
        run = self._live
        try:
            if run is not None and self._worth_keeping(run):
                self._keep(run)
        except Exception:
            _log.exception("a live run could not be kept")
        self._let_go()
        self._tell(state="closed", doing="", track=None, params=None, answer=None)

    def _keep(self, run: LiveRun) -> None:
        """Save the run under a name that is free, also where other pages close at the same moment."""
        while True:
            name = self.shelf.free_name(f"{run.track.about.name}-live")
            try:
                run.save(self.shelf.place_for(name))
                return
            except InputError:
                if self.shelf.free_name(name) == name:  # the name was not taken in between: something else is wrong
                    raise

    def _worth_keeping(self, run: LiveRun) -> bool:
        fresh = run.year > run.track.about.start and self._saved_year != (self._runs, run.year)
        return self.keep and fresh and self._now.state != "error"

    def _let_go(self) -> None:
        """Give back the memory of the run that is open."""
        import gc

        live, self._live, self._finished, self._base = self._live, None, None, None
        if live is not None:
            live.close()
            gc.collect()

    def _fail(self, problems: tuple[str, ...]) -> None:
        """Tell a refused order; what is open stays as it was."""
        with self._changed:
            self._playing = False
            run = self._live
            state: State = "error"
            if run is not None:
                state = "ended" if run.ended else "ready"
            elif self._finished is not None:
                state = "finished"
            self._tell(state=state, doing="", problems=problems)

    def _broken(self, fault: Exception) -> None:
        """Tell a fault of landsim itself; a year that broke in the middle cannot be gone on from, only begun anew."""
        with self._changed:
            self._playing = False
            self._tell(state="error", doing="", problems=(logged(fault),))

    def _order(self, work: Callable[[], None]) -> None:
        with self._changed:
            self._orders.append(work)
            self._changed.notify_all()

    def _next_params(self, waiting: tuple[tuple[str, Any], ...]) -> ModelParams:
        if self._base is None:
            raise InputError(Problem("lever", "only a live run has levers"))
        return with_levers(self._base, _dated(waiting))

    def _tell(self, **changes: Any) -> None:
        with self._changed:
            self._now = replace(self._now, version=self._now.version + 1, **changes)
            self._changed.notify_all()


def _dated(waiting: tuple[tuple[str, Any], ...]) -> tuple[DatedLever, ...]:
    return tuple(DatedLever(0, path, value) for path, value in waiting)
