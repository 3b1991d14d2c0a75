"""Guard: one place where errors become messages and exit codes: 1 the user's data, 2 wrong usage, 3 a fault inside."""

from __future__ import annotations

import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from landsim.core.errors import InternalError, LandsimError

INTERNAL, INTERRUPTED = 3, 130


class Guarded(TyperGroup):
    """A group whose commands end with a message and an exit code, never with a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command and translate what it raises."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            typer.echo("interrupted", err=True)
            raise typer.Exit(INTERRUPTED) from None
        except InternalError as fault:
            raise typer.Exit(_report(fault)) from None
        except LandsimError as fault:
            typer.echo(str(fault), err=True)
            raise typer.Exit(fault.exit_code) from None
        except BrokenPipeError:
            sys.stderr.close()  # the reader of our output has gone; Python would complain about it at exit
            raise typer.Exit(0) from None
        except Exception as fault:
            if _is_signal(fault):
                raise
            raise typer.Exit(_report(fault)) from None


def make_app() -> typer.Typer:
    """Make the application, with `--version`."""
    app = typer.Typer(
        cls=Guarded,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Agent-based simulation of urban and rural land use for municipal territorial planning.",
    )
    app.callback()(_root)
    return app


def _print_version(wanted: bool) -> None:
    if wanted:
        from landsim import __version__

        typer.echo(__version__)
        raise typer.Exit


def _root(
    version: bool = typer.Option(
        False, "--version", help="Print the version and stop.", is_eager=True, callback=_print_version
    ),
) -> None:
    pass


def _is_signal(fault: Exception) -> bool:
    """Tell exceptions by which the command line itself speaks: usage errors, exits, aborts."""
    return hasattr(fault, "exit_code") or isinstance(fault, typer.Abort)


def _report(fault: Exception) -> int:
    """Write the traceback to a log, name the log on stderr, and give the exit code."""
    name = f"landsim-{time.strftime('%Y%m%d-%H%M%S')}-"
    text = "".join(traceback.format_exception(fault))
    with tempfile.NamedTemporaryFile("w", prefix=name, suffix=".log", delete=False, encoding="utf-8") as log:
        log.write(text)
    typer.echo(f"internal fault: {type(fault).__name__}: {fault}\nDetails: {Path(log.name)}", err=True)
    return INTERNAL
