"""Dashboard: the command dashboard."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

PORT = 8765


def dashboard(
    what: Annotated[
        str | None, typer.Argument(metavar="[SCENARIO|RUN]", help="What to open at once, in this folder or shipped.")
    ] = None,
    with_: Annotated[
        list[str] | None, typer.Option("--with", metavar="NAME", help="Named entry of overrides.yaml of the scenario.")
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = PORT,
    host: Annotated[str, typer.Option(help="Address to listen on; other machines reach it if it is not local.")] = (
        "127.0.0.1"
    ),
) -> None:
    """Play, steer, look at and compare runs in the browser."""
    from landsim.dashboard.server import serve
    from landsim.dashboard.shelf import WITH

    if with_ and what is None:
        raise typer.BadParameter("names no scenario", param_hint="--with")
    start = what and WITH.join([what, *(with_ or [])])
    serve(Path.cwd(), start, host, port, lambda text: typer.echo(text, err=True))
