"""Command line: every landsim command in one place; heavy libraries load inside the commands."""

from __future__ import annotations

from landsim.cli.calibration import calibrate
from landsim.cli.dashboard import dashboard
from landsim.cli.guard import make_app
from landsim.cli.projects import list_known, new
from landsim.cli.results import compare, export, report, validate
from landsim.cli.runs import check, replay, run
from landsim.cli.sweeps import sweep

__all__ = ["app", "main"]

app = make_app()
for command in (new, check, run, replay, validate, calibrate, compare, report, export, dashboard, sweep):
    app.command()(command)
app.command("list")(list_known)


def main() -> None:
    """Run the command line."""
    app()
