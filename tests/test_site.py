"""The documentation site: it builds strictly without a network, knows what the code knows, and reads in a browser."""

from __future__ import annotations

import functools
import html
import http.server
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
import yaml
from typer.main import get_command

from landsim.cli import app
from landsim.core.params import describe
from landsim.indicators.record import INDICATORS
from landsim.indicators.table import FILED_BY
from landsim.landscape.landscape import LAYERS
from landsim.model.phases import PHASE_NAMES
from landsim.scenario.schema import Scenario
from tests.browsing import chromium
from tests.required import IN_CI

ROOT = Path(__file__).parents[1]
NO_NETWORK = "import socket\ndef refuse(*_):\n    raise OSError('no network here')\nsocket.socket.connect = refuse\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The site, built as `make docs` builds it by a process that cannot connect to anything."""
    pytest.importorskip("mkdocs", reason="the extra docs is not installed") if not IN_CI else None
    made, shut = tmp_path_factory.mktemp("site") / "site", tmp_path_factory.mktemp("shut")
    (shut / "sitecustomize.py").write_text(NO_NETWORK)
    env = {**os.environ, "PYTHONPATH": str(shut), "NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(made)]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return made


def _pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


def _text(page: Path) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", page.read_text("utf-8")))


def test_every_page_and_notebook_is_there(site: Path) -> None:
    for folder, suffix, under in ((ROOT / "docs", ".md", ""), (ROOT / "notebooks", ".ipynb", "notebooks/")):
        for path in folder.glob(f"*{suffix}"):
            assert (site / f"{under}{path.stem}.html").is_file()
    assert (site / "zh.html").is_file()
    assert "市级国土空间总体规划" in (site / "zh.html").read_text("utf-8")


def test_no_page_asks_for_anything_outside(site: Path) -> None:
    asked = re.compile(
        r"<(?:script|img|iframe|source)[^>]+src=\"?https?:|<link[^>]+rel=\"?stylesheet[^>]+https?:|@import"
    )
    assert [page.name for page in _pages(site) if asked.search(page.read_text("utf-8"))] == []
    assert [css.name for css in site.rglob("*.css") if re.search(r"url\(['\"]?https?:", css.read_text("utf-8"))] == []


def test_links_and_anchors_lead_somewhere(site: Path) -> None:
    known = {page: set(re.findall(r"\bid=\"?([^\s\">]+)", page.read_text("utf-8"))) for page in _pages(site)}
    dead = []
    for page in known:
        for target in re.findall(r"<a[^>]+href=\"([^\"]+)\"", page.read_text("utf-8")):
            path, anchor = urldefrag(unquote(html.unescape(target)))
            if "://" in path or path.startswith(("mailto:", "data:")) or page.name == "404.html":
                continue
            there = (page.parent / path).resolve() if path else page
            there = there / "index.html" if there.is_dir() else there
            if not there.is_file() or (anchor and there in known and anchor not in known[there]):
                dead.append(f"{page.name}: {target}")
    assert dead == []


def test_the_reference_has_every_name_of_the_code(site: Path) -> None:
    assert FILED_BY
    wanted = {
        "commands": [f"landsim {name}" for name in get_command(app).commands],
        "scenario": [row["path"] for row in describe(Scenario) if "." in row["path"]],
        "indicators": INDICATORS.names(),
        "phases": PHASE_NAMES,
        "quantities": LAYERS,
        "legends": ["不透水面", "worldcover", "URB_RES"],
    }
    for name, words in wanted.items():
        text = _text(site / "reference" / f"{name}.html")
        assert [word for word in words if word not in text] == [], name


def test_a_lever_is_shown_with_its_default_unit_bounds_and_source(site: Path) -> None:
    page = (site / "reference" / "scenario.html").read_text("utf-8")
    row = next(row for row in page.split("<tr>") if "<code>quota.base_share</code>" in row)
    assert all(part in row for part in ("<code>0.02</code>", "1/a", "lever", "≥ 0", "boundary cap", "[A]"))


def test_the_python_reference_describes_every_name_it_lists(site: Path) -> None:
    page = (site / "reference" / "python.html").read_text("utf-8")
    source = (ROOT / "docs" / "hooks" / "reference.py").read_text("utf-8")
    names = re.findall(r'"(landsim\.[\w.]+\.\w+)"', source)
    assert len(names) > 25
    for name in names:
        assert f'id="{name}"' in page
    assert page.count("Parameters:") > 15


def test_the_python_reference_shows_the_defaults_of_signatures(site: Path) -> None:
    text = " ".join(_text(site / "reference" / "python.html").split())
    assert "form (('cog', 'gpkg', 'netcdf', 'csv', 'xlsx'))" in text
    assert "lang (('zh', 'en'), default: 'en'" in text


def test_pages_are_in_the_navigation() -> None:
    nav = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))["nav"]
    named = set(re.findall(r"[\w./-]+\.md", str(nav)))
    assert {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")} <= named


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """The site, served on this machine."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(site))) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{served.server_port}"
        served.shutdown()


def test_in_a_browser_pages_are_quiet_fit_the_window_and_are_found_in_both_languages(address: str) -> None:
    outside, said = [], []
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.on("request", lambda r: None if r.url.startswith((address, "data:", "blob:")) else outside.append(r.url))
        page.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
        for name in ("index", "your-own-city", "coverage", "reference/scenario", "zh"):
            page.goto(f"{address}/{name}.html")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        for word, found in (("quota.base_share", "reference/scenario"), ("占补平衡", "zh")):
            page.goto(f"{address}/index.html")
            page.fill("input[name=query]", word)
            page.wait_for_selector(f".md-search-result__link[href*='{found}']", timeout=30_000, state="attached")
    assert (outside, said) == ([], [])
