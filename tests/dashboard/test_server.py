"""The server: ports, foreign hosts and origins, warnings, and what is told before the first page."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from landsim.cli import app
from landsim.core.errors import InputError
from landsim.dashboard import server
from landsim.dashboard.server import OwnPagesOnly, check_port


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def _dashboard(folder: Path, *words: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(folder)
    return CliRunner().invoke(app, ["dashboard", *words])


def test_a_port_in_use_is_a_sentence_and_exit_1(folder: Path, taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    done = _dashboard(folder, "--port", str(taken), monkeypatch=monkeypatch)
    assert done.exit_code == 1
    assert f"port {taken} of 127.0.0.1: cannot be used: Address already in use" in done.output
    assert "--port" in done.output


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("nothing", "no scenario and no run folder of that name"),
        ("..", "outside the folder of the dashboard"),
        ("half.partial", "a run that did not end"),
        ("empty", "not a run folder"),
        ("bad", "unknown key"),
    ],
)
def test_what_cannot_be_opened_is_told_before_a_page_is(
    folder: Path, what: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "half.partial").mkdir()
    (folder / "empty").mkdir()
    (folder / "bad").mkdir()
    (folder / "bad" / "scenario.yaml").write_text("name: bad\nstart: 2020\nhorizon: 2021\nqota: 1\n")
    done = _dashboard(folder, what, monkeypatch=monkeypatch)
    assert done.exit_code == 1
    assert words in done.output
    assert "Traceback" not in done.output


def test_a_named_override_is_opened_from_the_command_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "small" / "overrides.yaml").write_text("tight: {quota.multiplier: 0.1}\n")
    started: list[str | None] = []
    monkeypatch.setattr(server, "serve", lambda where, start, *_: started.append(start))
    assert _dashboard(folder, "small", "--with", "tight", monkeypatch=monkeypatch).exit_code == 0
    assert _dashboard(folder, monkeypatch=monkeypatch).exit_code == 0
    assert started == ["small --with tight", None]
    assert _dashboard(folder, "--with", "tight", monkeypatch=monkeypatch).exit_code == 2
    monkeypatch.undo()
    done = _dashboard(folder, "small", "--with", "loose", monkeypatch=monkeypatch)
    assert done.exit_code == 1
    assert "no override named 'loose'" in done.output


def test_missing_libraries_are_a_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ipyleaflet", None)
    done = _dashboard(folder, monkeypatch=monkeypatch)
    assert done.exit_code == 1
    assert "landsim[dashboard,offline]" in done.output


def test_listening_elsewhere_is_warned_of(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import uvicorn

    monkeypatch.setattr(uvicorn, "run", lambda *_, **facts: told.append(str(facts["host"])))
    monkeypatch.setattr(server, "make_app", lambda *_: None)
    monkeypatch.setattr(server, "check_port", lambda *_: None)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    told: list[str] = []
    server.serve(folder, None, "0.0.0.0", 8765, told.append)
    assert told[0].startswith("warning: the dashboard listens on 0.0.0.0")
    assert told[-1] == "0.0.0.0"
    told.clear()
    server.serve(folder, None, "127.0.0.1", 8765, told.append)
    assert not any("warning" in line for line in told)


def test_a_port_that_may_not_be_taken_is_refused() -> None:
    with pytest.raises(InputError, match="cannot be used"):
        check_port("192.0.2.1", 8765)


def _answer(host: str, kind: str = "http", origin: str | None = None, listens: str = "127.0.0.1") -> list[Any]:
    """What comes back of a request, "passed" if it went on."""
    sent: list[Any] = []

    async def pages(*_: Any) -> None:
        sent.append("passed")

    async def send(message: Any) -> None:
        sent.append(message.get("status", message.get("code")))

    async def receive() -> Any:
        return {}

    headers = [(b"host", host.encode())] + ([(b"origin", origin.encode())] if origin else [])
    asyncio.run(OwnPagesOnly(pages, listens)({"type": kind, "headers": headers}, receive, send))
    return sent


@pytest.mark.parametrize("host", ["localhost:8765", "127.0.0.1:8765", "[::1]:8765", "localhost"])
def test_own_pages_are_answered(host: str) -> None:
    assert _answer(host) == ["passed"]
    assert _answer(host, "websocket", f"http://{host}") == ["passed"]


def test_foreign_names_and_origins_are_refused() -> None:
    assert _answer("evil.example")[0] == 403
    assert _answer("localhost.evil.example:8765")[0] == 403
    assert _answer("localhost:8765", "websocket", "http://evil.example") == [1008]
    assert _answer("localhost:8765", "websocket", "http://localhost:9999") == [1008]
    assert _answer("city.example:8765", listens="0.0.0.0") == ["passed"]
    assert _answer("city.example:8765", "websocket", "http://evil.example", "0.0.0.0") == [1008]


def test_the_real_command_serves_and_ends(folder: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "landsim.cli", "dashboard", "small", "--port", str(port)]
    process = subprocess.Popen(words, cwd=folder, stderr=subprocess.PIPE, text=True, env={**os.environ})
    assert process.stderr is not None
    address = re.compile(rf"http://localhost:{port}\b")
    assert any(address.search(line) for line in process.stderr)  # libraries may warn of their surroundings first
    process.send_signal(signal.SIGTERM)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in rest


def test_the_controller_and_what_it_stands_on_know_no_page() -> None:
    code = "import landsim.dashboard.runs.controller, landsim.dashboard.runs.live, landsim.dashboard.runs.finished, sys"
    report = "; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code + report], capture_output=True, text=True, check=True)
    assert not {"solara", "ipywidgets", "ipyleaflet", "starlette", "uvicorn"} & set(done.stdout.split())
