"""Controller: one thread that builds, plays, steers, asks and saves the run of one page; it knows nothing of pages."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from landsim.core.errors import InputError, Problem
from landsim.dashboard.faults import logged, sentences
from landsim.dashboard.runs.keeping import Saved, keep_if_fresh
from landsim.dashboard.runs.opening import again, live_run
from landsim.dashboard.runs.orders import Orders
from landsim.dashboard.shelf import Choice, Shelf
from landsim.dashboard.runs.snapshot import Board, Snapshot, State
from landsim.dashboard.runs.waiting import Waiting

if TYPE_CHECKING:
    from landsim.dashboard.runs.finished import FinishedRun
    from landsim.dashboard.runs.live import LiveRun

THREADS = "landsim-run-"
"""How the names of the threads of runs begin."""
FASTEST = 1_000.0
"""Years a second that stand for no limit."""

_numbers = itertools.count(1)


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
        self._board = Board()
        self._changed, self._tell = self._board.changed, self._board.tell
        self._orders = Orders(self._changed, self._next_year, lambda: self._board.now.speed)
        self._opened = 0  # how often something was asked to be opened: only the last time counts
        self._live: LiveRun | None = None
        self._finished: FinishedRun | None = None
        self._waiting: Waiting | None = None
        self._saved: Saved | None = None
        self._thread = threading.Thread(target=self._work, name=f"{THREADS}{next(_numbers)}", daemon=True)
        self._thread.start()

    # --- what a page may ask; every call but the last two returns at once ---

    def snapshot(self) -> Snapshot:
        """Return the present snapshot."""
        return self._board.read()

    def wait(self, version: int, timeout: float) -> Snapshot:
        """Return the first snapshot that is not `version`, or the present one after `timeout` seconds."""
        return self._board.wait(version, timeout)

    def open(self, choice: Choice) -> None:
        """Open a scenario or a finished run in place of what is open."""
        self._begin("opening", lambda wanted: self._open(choice, wanted), name=choice.name)

    def play_again(self) -> None:
        """Go back to the start of the finished run that is open, and let it be played and steered."""
        if self._finished is not None:
            self._begin("reading", self._play_again)

    def reset(self) -> None:
        """Go back to the start year, with the scenario's own parameters."""
        if self.snapshot().track is not None and self._live is not None:
            self._begin("resetting", self._reset)

    def play(self) -> None:
        """Go on year by year until the horizon or `pause`."""
        with self._changed:
            if self._board.now.state == "ready":
                self._orders.play()
                self._tell(state="playing", problems=())

    def pause(self) -> None:
        """Stop after the year in work."""
        with self._changed:
            self._orders.pause()
            if self._board.now.state == "playing":
                self._tell(state="ready" if self._board.now.doing == "" else "busy")

    def step(self) -> None:
        """Simulate one year."""
        with self._changed:
            if self._board.now.state == "ready":
                self._tell(state="busy", doing="year", problems=())
                self._orders.add(self._year)

    def set_speed(self, years_a_second: float) -> None:
        """Play no faster than this."""
        with self._changed:
            self._tell(speed=min(max(float(years_a_second), 0.05), FASTEST))
            self._orders.hurry()

    def pull(self, path: str, value: Any) -> None:
        """Move a lever; it acts from the next year that is begun.

        A value that is out of bounds is told under ``problems``, and the lever stays where it is.
        """
        self._steer(lambda waiting: waiting.pulled(path, value))

    def drop(self, path: str) -> None:
        """Take back a lever that waits."""
        self._steer(lambda waiting: waiting.without(path))

    def ask(self, cell: int, year: int | None = None) -> None:
        """Ask what is known of a cell at the end of a year; the answer is in the snapshot soon."""
        self._orders.add(lambda: self._ask(cell, year))

    def hush(self) -> None:
        """Take back what went wrong last, once it was read."""
        self._tell(problems=())

    def learn(self) -> None:
        """Read the layers and names that a finished run does not hold."""
        self._orders.add(self._learn)

    def save(self, name: str) -> None:
        """Write the live run as a run folder under ``runs/``."""
        self._orders.add(lambda: self._save(name))

    def close(self) -> None:
        """End the thread after the year in work; it saves the run first where that is asked for."""
        self._orders.close()

    def call(self, work: Callable[[LiveRun | FinishedRun], Any], timeout: float = 120.0) -> Any:
        """Let the thread do something with the run between two years, and wait for what comes of it.

        Raises
        ------
        InputError
            If nothing is open, or the work is refused.
        """
        return self._orders.result(lambda: work(self._at_hand()), self._thread.is_alive, timeout)

    def join(self, timeout: float | None = None) -> bool:
        """Wait until the thread has ended; whether it has."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    # --- the thread ---

    def _work(self) -> None:
        while (order := self._orders.next()) is not None:
            try:
                order()
            except InputError as fault:
                self._fail(sentences(fault))
            except Exception as fault:
                self._broken(fault)
        self._leave()

    def _begin(self, doing: str, order: Callable[[Callable[[], bool]], None], **told: Any) -> None:
        """Order something that takes the place of what is open, unless yet another thing is asked for before."""
        self.pause()
        with self._changed:
            self._opened += 1
            number = self._opened
            self._tell(state="loading", doing=doing, problems=(), **told)

        def wanted() -> bool:
            return number == self._opened and not self._orders.closing

        self._orders.add(lambda: order(wanted) if wanted() else None)

    def _open(self, choice: Choice, wanted: Callable[[], bool]) -> None:
        self._let_go()
        self._tell(track=None, params=None, waiting=(), moves=(), answer=None, saved="", year=0)
        if choice.kind == "run":
            from landsim.dashboard.runs.finished import FinishedRun

            run = self._finished = FinishedRun(choice.path, self.shelf.folder)
            if wanted():
                self._tell(state="finished", doing="", track=run.track, year=run.track.year)
        else:
            self._start(live_run(choice, self._doing, wanted))

    def _play_again(self, wanted: Callable[[], bool]) -> None:
        if self._finished is not None:
            self._start(again(self._finished, self._doing, wanted))

    def _reset(self, _: Callable[[], bool]) -> None:
        from landsim.dashboard.runs.live import LiveRun

        if self._live is not None:
            ready = self._live.ready
            self._let_go()
            self._start(LiveRun(ready))

    def _start(self, run: LiveRun | None) -> None:
        if run is None:
            return
        self._live, self._finished, self._saved = run, None, None
        self._waiting = Waiting(run.params_next())
        self._tell(
            state="ended" if run.ended else "ready", doing="", track=run.track, year=run.year,
            params=self._waiting.base, waiting=(), moves=(), answer=None, saved="",
        )  # fmt: skip

    def _next_year(self) -> None:
        self._doing("year")
        self._year()

    def _year(self) -> None:
        """Simulate a year, and say what came of it."""
        run, waiting = self._live, self._waiting
        if run is None or waiting is None or run.ended:
            return
        run.step(waiting.moves)
        over = run.year >= run.track.about.horizon
        with self._changed:
            self._orders.playing &= not over
            state: State = "ended" if over else "playing" if self._orders.playing else "ready"
            moved = self._waiting or waiting  # levers may have been moved while the year was in work
            left, problems = moved.after_year(run.params_next(), waiting.moves)
            self._waiting = left
            self._tell(
                state=state, doing="", year=run.year, moves=run.moves, waiting=left.moves, params=left.params(),
                problems=problems,
            )  # fmt: skip

    def _steer(self, move: Callable[[Waiting], Waiting]) -> None:
        with self._changed:
            if self._waiting is None or self._board.now.params is None:
                return
            try:
                moved = move(self._waiting)
                params = moved.params()
            except InputError as fault:
                self._tell(problems=sentences(fault))
                return
            self._waiting = moved
            self._tell(waiting=moved.moves, params=params, problems=())

    def _at_hand(self) -> LiveRun | FinishedRun:
        run = self._live or self._finished
        if run is None:
            raise InputError(Problem("dashboard", "nothing is open"))
        return run

    def _ask(self, cell: int, year: int | None) -> None:
        run = self._at_hand()
        if self._finished is not None:
            self._doing("asking")
        answer = run.why(cell, year)
        self._tell(answer=answer, doing="" if self._finished is not None else self._board.now.doing)

    def _learn(self) -> None:
        run = self._finished
        if run is not None:
            self._doing("reading")
            run.learn()
            self._tell(doing="", problems=())

    def _save(self, name: str) -> None:
        run, before = self._live, self._board.now.doing
        if run is None:
            raise InputError(Problem("save", "only a live run can be saved; this one stands in its folder already"))
        self._tell(doing="saving", problems=())
        out = run.save(self.shelf.place_for(name))
        self._saved = (run, run.year)
        self._tell(doing=before, saved=out.relative_to(self.shelf.folder).as_posix())

    def _leave(self) -> None:
        """Keep the run where that is asked for, and let go of it."""
        if self._live is not None and self.keep and self._board.now.state != "error":
            keep_if_fresh(self._live, self._saved, self.shelf)
        self._let_go()
        self._tell(state="closed", doing="", track=None, params=None, answer=None)

    def _let_go(self) -> None:
        """Give back the memory of the run that is open."""
        import gc

        live, self._live, self._finished, self._waiting, self._saved = self._live, None, None, None, None
        if live is not None:
            live.close()
            gc.collect()

    def _fail(self, problems: tuple[str, ...]) -> None:
        """Tell a refused order; what is open stays as it was."""
        with self._changed:
            self._orders.pause()
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
            self._orders.pause()
            self._tell(state="error", doing="", problems=(logged(fault),))

    def _doing(self, what: str) -> None:
        self._tell(doing=what)
