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
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = PORT,
    host: Annotated[str, typer.Option(help="Address to listen on; other machines reach it if it is not local.")] = (
        "127.0.0.1"
    ),
) -> None:
    """Play, steer, look at and compare runs in the browser."""
    from landsim.dashboard.server import serve

    serve(Path.cwd(), what, host, port, lambda text: typer.echo(text, err=True))
