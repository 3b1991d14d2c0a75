"""Command line: landsim new, check, run, replay, validate, export, list; heavy libraries load inside the commands."""

from __future__ import annotations

from landsim.cli.guard import make_app
from landsim.cli.projects import list_known, new
from landsim.cli.results import export, validate
from landsim.cli.runs import check, replay, run

__all__ = ["app", "main"]

app = make_app()
for command in (new, check, run, replay, validate, export):
    app.command()(command)
app.command("list")(list_known)


def main() -> None:
    """Run the command line."""
    app()
