"""The documents hold: commands parse, the quick ones run, and what is named in them exists."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from landsim.cli import app
from landsim.landscape.legend import Land
from landsim.model.phases import PHASE_NAMES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
COVERAGE = (ROOT / "docs" / "coverage.md").read_text("utf-8")
PAGES = sorted(path for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FEW = ("--set", "agents.households=1000", "--set", "agents.firms=100", "--set", "agents.farms=100")
BRIEF = ("--set", "horizon=2022", "--quiet")
PREPARES = ("export", "source")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```(?:{language})\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)


def _commands() -> list[list[str]]:
    """Every command of the README in order, split as a shell does, without a prompt."""
    lines = [line.removeprefix("$ ") for block in _blocks("bash|console") for line in block.splitlines()]
    words = [shlex.split(line, comments=True) for line in lines]
    return [command for command in words if command]


COMMANDS = _commands()
OURS = [command[1:] for command in COMMANDS if command[0] == "landsim"]
ON_REAL_DATA = [words for words in OURS if any("wuhan" in word for word in words)]
QUICK = [words for words in OURS if words not in ON_REAL_DATA]


def _name(words: list[str]) -> str:
    return " ".join(words)


def _parse(words: list[str]) -> Any:
    """Read a command line without running it; wrong options and arguments raise."""
    group = get_command(app)
    command = group.commands[words[0]]
    return command.make_context(words[0], list(words[1:]))


def _shortened(words: list[str]) -> list[str]:
    """The same command on fewer agents and years."""
    if words[0] != "run":
        return words
    return [*words, *FEW, *(("--quiet",) if words in ON_REAL_DATA else BRIEF)]


def _call(words: list[str]) -> None:
    done = CliRunner().invoke(app, words, env={"COLUMNS": "160", "TERM": "dumb"})
    assert done.exit_code == 0, f"landsim {_name(words)}\n{done.output}"


def test_the_readme_shows_every_command() -> None:
    group = get_command(app)
    assert {words[0] for words in OURS} == set(group.commands)
    assert {command[0] for command in COMMANDS} <= {"landsim", "make", *PREPARES}


@pytest.mark.parametrize("words", OURS, ids=_name)
def test_a_command_of_the_readme_parses(words: list[str]) -> None:
    assert _parse(words).params


def test_an_option_that_does_not_exist_is_seen() -> None:
    with pytest.raises(Exception, match="No such option: --ouput"):
        _parse(["run", "demo", "--ouput", "runs"])


def test_targets_of_make_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    wanted = {command[1] for command in COMMANDS if command[0] == "make"}
    assert {"demo", "test"} <= wanted <= set(re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE))


def test_the_quick_commands_of_the_readme_run(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for words in QUICK:
        # a short run has no map of the years that the page exports
        _call(["2020,2022" if word == "2020,2035" else word for word in _shortened(words)])
    made = {path.name for path in (tmp_path / "runs").iterdir()}
    assert made == {"trend", "strict", "half", "leaky", "long", "mycity"}
    assert any((tmp_path / "maps").glob("*.tif"))
    assert (tmp_path / "tables" / "run.xlsx").is_file()


def test_the_python_of_the_readme_runs(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (block,) = _blocks("python")
    known: dict[str, object] = {}
    exec(compile(block, "README.md", "exec"), known)
    assert (tmp_path / "runs" / "quick" / "run.json").is_file()
    assert list(known["result"].indicators.columns) == ["year", "district", "indicator", "value", "unit"]


def test_the_coarse_real_city_of_the_readme_runs(landsim_data, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANDSIM_DATA", str(landsim_data))
    coarse = [words for words in ON_REAL_DATA if "300m" in _name(words)]
    assert {words[0] for words in coarse} == {"check", "run", "validate"}
    for words in coarse:
        _call(_shortened([os.path.expandvars(word) for word in words]))
    assert (tmp_path / "runs" / "wuhan_300m" / "validation" / "card.md").is_file()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text("utf-8"))
    assert [t for t in targets if "://" not in t and not (page.parent / t).exists()] == []


def test_pictures_are_small_and_of_the_kind_they_say() -> None:
    shown = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert "docs/images/demo.png" in shown
    for name in shown:
        picture = (ROOT / name).read_bytes()
        assert picture.startswith(b"\x89PNG")
        assert len(picture) < 400_000


def test_facets_name_modules_that_exist() -> None:
    facets = [line.split("|") for line in README.splitlines() if re.match(r"\| (organ|layout|coord|implem)", line)]
    assert len(facets) == 4
    for facet in facets:
        modules = re.findall(r"`([^`]+)`", facet[3])
        assert modules
        assert all(any((ROOT / "landsim").glob(name.rstrip("/"))) for name in modules)


def test_every_element_is_covered_once_and_names_a_test_that_exists() -> None:
    rows = [line.split(" | ") for line in COVERAGE.splitlines() if re.match(r"\| S\d\d ", line)]
    assert [row[0] for row in rows] == [f"| S{i:02d}" for i in range(1, 59)]
    states = [row[2] for row in rows]
    counts = [states.count(state) for state in ("realised", "first form", "not yet")]
    assert sum(counts) == 58
    assert "{} are realised, {} have a first form, {} are not there yet".format(*counts) in COVERAGE
    for row, state in zip(rows, states, strict=True):
        named = re.findall(r"\[`(test_\w+)`\]\(\.\./(tests/[\w/.]+)\)", row[-1])
        assert bool(named) == (state != "not yet"), row[0]
        assert all(f"def {test}(" in (ROOT / file).read_text("utf-8") for test, file in named)


def test_the_model_page_has_the_phases_of_the_code() -> None:
    page = (ROOT / "docs" / "model.md").read_text("utf-8")
    assert tuple(re.findall(r"^\| \d+ \| ([a-z ]+) \|", page, flags=re.MULTILINE)) == PHASE_NAMES


def test_the_page_of_the_model_tells_its_deviations_and_the_number_of_classes() -> None:
    page = (ROOT / "docs" / "model.md").read_text("utf-8")
    assert "## 4 Deviations from the domain formulas" in page
    assert "Sixteen model classes" in page
    assert len(Land) == 16
