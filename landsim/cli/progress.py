"""Progress: a bar with years, rate and estimate on a terminal, one line a year elsewhere; all of it on stderr."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

from landsim.scenario.run import Progress


class Lines(Progress):
    """Writes one line a year."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.years = 0
        self.took: list[float] = []
        self.last = time.perf_counter()

    def say(self, text: str) -> None:
        """Write a line."""
        self.console.print(text, markup=False)

    def begin(self, year: int, start: int, horizon: int) -> None:
        """Start the clock by which the rate is measured."""
        self.years, self.took, self.last = horizon - year, [], time.perf_counter()

    def end_year(self, year: int) -> None:
        """Write the year with the rate so far and the time that is left."""
        now = time.perf_counter()
        self.took.append(now - self.last)
        self.last = now
        # the median, for the first year may have had kernels to compile
        each, done = statistics.median(self.took), len(self.took)
        left = each * (self.years - done)
        self.say(f"{year}  {done} of {self.years}  {each:.2f} s a year, about {left:.0f} s left")


class Bar(Progress):
    """Draws a bar."""

    def __init__(self, bar: RichProgress) -> None:
        self.bar = bar
        self.task: Any = None
        self.began = time.perf_counter()

    def say(self, text: str) -> None:
        """Write a line above the bar."""
        self.bar.console.print(text, markup=False)

    def begin(self, year: int, start: int, horizon: int) -> None:
        """Show the bar."""
        self.began = time.perf_counter()
        self.task = self.bar.add_task(str(year), total=horizon - year, rate="")

    def end_year(self, year: int) -> None:
        """Move the bar on."""
        self.bar.update(self.task, advance=1, description=str(year))
        done = self.bar.tasks[self.task].completed
        self.bar.update(self.task, rate=f"{(time.perf_counter() - self.began) / done:.2f} s a year")


@contextmanager
def watching(quiet: bool) -> Iterator[Progress]:
    """Give who hears the run: a bar on a terminal, lines elsewhere, nobody if `quiet`."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if quiet:
        yield Progress()
    elif console.is_terminal:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:.0f} of {task.total:.0f} years, {task.fields[rate]}"),
            TimeRemainingColumn(),
        )
        with RichProgress(*columns, console=console) as bar:
            yield Bar(bar)
    else:
        yield Lines(console)
