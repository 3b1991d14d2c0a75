"""The real server of the browser tests."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Server:
    """The command `landsim dashboard` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        words = [sys.executable, "-m", "landsim.cli", "dashboard", "--port", str(self.port)]
        self.log = (folder.parent / "server.log").open("w+")
        environment = {**os.environ, "SOLARA_KERNEL_CULL_TIMEOUT": "4s"}
        self.process = subprocess.Popen(words, cwd=folder, stdout=self.log, stderr=self.log, env=environment)
        self.until(lambda: self._get("readyz") == {"status": "ok"})

    def runs(self) -> int:
        """Threads of runs that the server says it has."""
        return int(self._get("landsim/status")["runs"])

    def pages(self) -> tuple[int, int]:
        """Pages that the server says are open, and widgets that stand for them."""
        status = self._get("landsim/status")
        return int(status["pages"]), int(status["widgets"])

    def until(self, holds: Callable[[], bool]) -> None:
        ends = time.monotonic() + 120.0
        while not holds():
            assert self.process.poll() is None, "the server ended"
            assert time.monotonic() < ends
            time.sleep(0.1)

    def _get(self, path: str) -> Any:
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:
                return json.load(answer)
        except OSError:
            return {}

    def close(self) -> str:
        self.process.terminate()
        self.process.wait(120)
        self.log.seek(0)
        return self.log.read()
