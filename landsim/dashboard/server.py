"""Server: the pages of one folder, on this machine unless somebody asks for more."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
import warnings
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from landsim.core.errors import InputError, Problem
from landsim.dashboard.runs.controller import THREADS
from landsim.dashboard.shelf import Choice, Shelf

LOCAL = ("127.0.0.1", "localhost", "::1")
GONE_FOR = "2m"
"""How long a run waits for a browser that went away without a word, as a lost network does."""

_ENVIRONMENT = {
    "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "False",
    "SOLARA_MODE": "production",
    "SOLARA_THEME_SHOW_BANNER": "False",
    "SOLARA_THEME_TITLE": "landsim",
    "SOLARA_THEME_LOADER": "plain",
    "SOLARA_APP": "landsim.dashboard.page.app",
}

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


def serve(folder: Path, start: str | None, host: str, port: int, told: Callable[[str], None]) -> None:
    """Serve the pages of a folder until the process is interrupted.

    Parameters
    ----------
    folder : pathlib.Path
        Nothing outside is opened or written, but the scenarios that ship.
    start : str or None
        Scenario or run that a new page opens at once, as `Shelf.find` takes it.
    host, port : str, int
        Where to listen.
    told : callable
        Hears what a person should read.

    Raises
    ------
    InputError
        If `start` leads nowhere, the port is taken, or the libraries of the dashboard are not installed.
    """
    shelf = Shelf(folder)
    if start is not None:
        check(shelf.find(start))
    need_libraries()
    check_port(host, port)
    if host not in LOCAL:
        told(
            f"warning: the dashboard listens on {host}: whoever reaches this machine can run scenarios on it, read the "
            f"runs in {shelf.folder} and write to runs/ there; there is no password"
        )
    signal.signal(signal.SIGTERM, _stop)  # uvicorn hands the signal on when it has closed every page
    try:
        import uvicorn

        pages = make_app(shelf, start, host)
        told(f"landsim dashboard: http://{'localhost' if host in LOCAL else host}:{port}   (stop with Ctrl-C)")
        uvicorn.run(pages, host=host, port=port, log_level="warning", access_log=False)
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        await_runs()


def check(choice: Choice) -> None:
    """Refuse something that a page could not open.

    Raises
    ------
    InputError
        With every fault of the scenario, or of the run folder.
    """
    from landsim.io.whole import open_whole_run
    from landsim.scenario.build import load_scenario

    if choice.kind == "run":
        open_whole_run(choice.path)
    else:
        load_scenario(choice.path, names=choice.names)


def check_port(host: str, port: int) -> None:
    """Refuse a port that is taken, or may not be taken.

    Raises
    ------
    InputError
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as fault:
            reason = os.strerror(fault.errno) if fault.errno and fault.errno > 0 else str(fault)
            mend = "Choose another one with --port"
            raise InputError(Problem(f"port {port} of {host}", f"cannot be used: {reason}", mend=mend)) from None


def need_libraries() -> None:
    """Refuse to begin without the libraries of the page.

    Raises
    ------
    InputError
    """
    os.environ.update({name: os.environ.get(name, value) for name, value in _ENVIRONMENT.items()})
    os.environ.setdefault("SOLARA_KERNEL_CULL_TIMEOUT", GONE_FOR)
    try:
        import ipyleaflet  # noqa: F401
        import ipyvuetify  # noqa: F401
        import solara  # noqa: F401
    except ImportError as fault:
        mend = "Install them: pip install 'landsim[dashboard,offline]'"
        raise InputError(Problem("dashboard", "libraries are missing", found=str(fault), mend=mend)) from None


def make_app(shelf: Shelf, start: str | None, host: str) -> Any:
    """Make the ASGI application of the pages."""
    from landsim.dashboard.settings import Settings, use

    use(Settings(shelf, start))
    # Solara would tell of every visit by number that its cookie would not do inside a page of another site
    warnings.filterwarnings("ignore", message="Cookies with samesite=none")
    from solara.server.starlette import app

    app.router.routes.insert(0, _status_route())
    return OwnPagesOnly(app, host)


def _status_route() -> Any:
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def status(_: Any) -> Any:
        return JSONResponse({"runs": live_runs(), **pages()})

    return Route("/landsim/status", status)


def live_runs() -> int:
    """How many runs have a thread in this process."""
    return sum(thread.name.startswith(THREADS) for thread in threading.enumerate())


def pages() -> dict[str, int]:
    """How many pages are open, and how many widgets stand for them; both grow only with what is on the screens."""
    from solara.server.kernel_context import contexts

    known = list(contexts.values())
    return {"pages": len(known), "widgets": sum(len(context.widgets) for context in known)}


def _stop(*_: Any) -> None:
    raise SystemExit


def await_runs(seconds: float = 120.0) -> None:
    """Let runs that are being kept be written to their end before the process ends."""
    ends = time.monotonic() + seconds
    for thread in threading.enumerate():
        if thread.name.startswith(THREADS):
            thread.join(max(ends - time.monotonic(), 0.0))


class OwnPagesOnly:
    """Refuses what other web sites send to this server through somebody's browser.

    A page elsewhere can make a browser call a server on its own machine.  Such a call carries the name of a foreign
    host or origin: both must be those of this server.

    Parameters
    ----------
    app : ASGI application
    host : str
        Where the server listens; names are checked where it is this machine alone.
    """

    def __init__(self, app: Any, host: str) -> None:
        self.app, self.local = app, host in LOCAL

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Pass on what comes from pages of this server."""
        if scope["type"] in ("http", "websocket") and not self._own(scope):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
                return
            await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain")]})
            await send({"type": "http.response.body", "body": b"refused: foreign host or origin"})
            return
        await self.app(scope, receive, send)

    def _own(self, scope: dict[str, Any]) -> bool:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        host, origin = headers.get("host", ""), headers.get("origin")
        if self.local and _bare(host) not in LOCAL:
            return False
        return origin is None or origin.partition("://")[2] == host


def _bare(host: str) -> str:
    """Host without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if ":" in host else host
