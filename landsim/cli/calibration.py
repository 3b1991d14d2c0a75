"""Calibration: the command calibrate."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landsim.cli.runs import Allow, Quiet

if TYPE_CHECKING:
    from rich.console import Console

    from landsim.calibrate.run import Fit, Watcher


def calibrate(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="A study file, or a folder with study.yaml.")],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the results; the study's by default.")
    ] = None,
    quiet: Quiet = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    allow: Allow = None,
) -> None:
    """Fit rules to historical land cover, choose them by forecasting, test them once, and write a rule set."""
    from landsim.report.study.calibrate import calibrate_study

    fit = calibrate_study(study, out, allow or (), None if quiet else _watcher())
    folder = out or fit.history.source.folder
    if json:
        from landsim.calibrate.output import fit_record
        from landsim.cli.show import print_json

        print_json({key: value for key, value in fit_record(fit).items() if key in ("study", "chosen", "test")})
    elif not quiet:
        _tell(fit, folder)


def _watcher() -> Watcher:
    from rich.console import Console

    from landsim.calibrate.run import Watcher

    class Lines(Watcher):
        """Writes a line a step and detail, with the time so far."""

        def __init__(self, console: Console) -> None:
            self.console, self.began = console, time.perf_counter()

        def step(self, name: str, done: int, total: int) -> None:
            self.say(f"step {done + 1} of {total}: {name}")

        def say(self, text: str) -> None:
            self.console.print(f"{time.perf_counter() - self.began:6.1f} s  {text}", markup=False)

    return Lines(Console(stderr=True, highlight=False, soft_wrap=True))


def _tell(fit: Fit, folder: Path) -> None:
    """Print what was chosen, the verdict, and where it lies."""
    from landsim.cli.show import print_table
    from landsim.report.study.text import verdict_line

    rows = [(name, found.chosen, found.reason) for name, found in fit.selections.items()]
    print_table(("class", "chosen", "by what"), rows, fit.history.study.title or fit.history.study.name)
    typer.echo(verdict_line(fit))
    if fit.simulated is not None:
        typer.echo(
            f"Run through the simulator: {fit.simulated.fom_without_noise:.4f} without scatter, "
            f"{fit.simulated.fom:.4f} with it."
        )
    typer.echo(f"Rules: {folder / 'rules'}. Report: {folder / 'REPORT.md'}")
