"""The page on calibration holds: its commands run on its study, and its table has every key of a study."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import yaml
from typer.testing import CliRunner

from landsim.calibrate.study import Study
from landsim.cli import app

PAGE = (Path(__file__).parents[1] / "docs" / "calibration.md").read_text("utf-8")
QUICK = {"models": ["ensemble"], "gains": ["urban"]}
FEW = (
    "--set",
    "agents.households=1000",
    "--set",
    "agents.firms=100",
    "--set",
    "agents.farms=100",
    "--set",
    "horizon=2022",
)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)


def commands() -> list[list[str]]:
    return [shlex.split(line)[1:] for block in blocks("bash") for line in block.splitlines()]


def test_the_table_names_every_key_of_a_study() -> None:
    table = PAGE.partition("## study.yaml, key by key")[2].partition("\n## ")[0]
    named = {
        key for row in re.findall(r"^\| (`.*?) \|", table, flags=re.MULTILINE) for key in re.findall(r"`(\w+)`", row)
    }
    assert named == set(Study.model_fields)


def test_the_commands_of_the_page_run_on_its_study(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (text,) = blocks("yaml")
    study = yaml.safe_load(text)
    for words in commands():
        line = [*words, *(FEW if words[0] in ("run", "check") else ())]
        done = CliRunner().invoke(app, line, env={"COLUMNS": "160", "TERM": "dumb"})
        assert done.exit_code == 0, f"landsim {' '.join(line)}\n{done.output}"
        if words[0] == "new":
            (tmp_path / "mycity" / "study.yaml").write_text(yaml.safe_dump({**study, **QUICK}), encoding="utf-8")
    fit = json.loads((tmp_path / "mycity" / "fit.json").read_text("utf-8"))
    assert fit["test"]["fom"] > fit["test"]["baselines"]["density"]["fom"]
    assert json.loads((tmp_path / "runs" / "fitted" / "run.json").read_text("utf-8"))["rules"].startswith(
        "calibrated: mycity"
    )
    written = {path.name for path in (tmp_path / "elsewhere").iterdir()}
    files = PAGE.partition("## What is written")[2].partition("\n## ")[0]
    told = set(re.findall(r"`([\w.]+(?:\.json|\.md|\.png|\.tif))`|`rules/`", files)) - {""}
    assert told <= written


def test_every_rule_file_is_told() -> None:
    from landsim.io.ruleset import BEHAVIOUR, DEMAND, FACTS, NEIGHBOURHOOD, PATCHES

    assert all(f"`{name}`" in PAGE for name in (BEHAVIOUR, DEMAND, FACTS, NEIGHBOURHOOD, PATCHES, "potential.yaml"))
