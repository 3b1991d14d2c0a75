"""One server and one browser for all tests of the page; a page that complains or calls elsewhere fails its test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from real_server import Server

from landsim.scenario.build import load_scenario
from landsim.scenario.run import run
from tests import browsing
from tests.browsing import axe_source, chromium_path

SCENARIO = """\
name: small
title: A small city
start: 2020
horizon: 2032
demand: {mode: agents, growth: 3.0}
agents: {households: 600, firms: 80, farms: 60}
pace: {mode: "off"}
seed: 1
"""
DATA = "synthetic: {shape: [60, 60], cell_size: 200.0, seed: 7, start: 2020}\n"
SLOW = 60_000
"""Milliseconds that a page may take, on a machine that does other things too."""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, chromium_file: str) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("dashboard") / "start"
    (folder / "small").mkdir(parents=True)
    (folder / "small" / "scenario.yaml").write_text(SCENARIO)
    (folder / "small" / "data.yaml").write_text(DATA)
    (folder / "small" / "overrides.yaml").write_text("loose: {about: Twice the quota, quota.multiplier: 2.0}\n")
    run(load_scenario(folder / "small", {"horizon": 2024, "quota.multiplier": 0.1}), folder / "runs" / "tight")
    shutil.copytree(folder / "runs" / "tight", folder / "runs" / "spoilt")
    (folder / "runs" / "spoilt" / "events.parquet").unlink()
    made = Server(folder)
    yield made
    told = made.close()
    assert "Traceback" not in told, told


@pytest.fixture(scope="session")
def chromium_file() -> str:
    """Path of the browser; skips where a test of the page cannot run."""
    return chromium_path()


@pytest.fixture(scope="module")
def chromium(chromium_file: str) -> Iterator[Any]:
    """A browser for the tests of one module: playwright holds an event loop, which other tests must find free."""
    with browsing.chromium() as browser:
        yield browser


@pytest.fixture
def visit(server: Server, chromium: Any) -> Iterator[Callable[[], Any]]:
    """Open the page as another user; at the end nothing may have been called elsewhere, and no error told."""
    contexts, elsewhere, errors = [], [], []

    def asked(request: Any) -> None:
        if not request.url.startswith((server.url, f"ws://127.0.0.1:{server.port}/", "data:", "blob:")):
            elsewhere.append(request.url)

    def new() -> Any:
        context = chromium.new_context(viewport={"width": 1366, "height": 768}, accept_downloads=True)
        context.set_default_timeout(SLOW)
        contexts.append(context)
        page = context.new_page()
        page.on("request", asked)
        page.on("websocket", lambda socket: asked(socket))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(server.url)
        page.wait_for_selector(".ls-head")
        return page

    yield new
    for context in contexts:
        for page in context.pages:
            page.close(run_before_unload=False)
        context.close()
    assert not elsewhere
    assert not errors


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The source of axe-core."""
    return axe_source(tmp_path_factory.mktemp("axe"))
