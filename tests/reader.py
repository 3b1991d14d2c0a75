"""A reader: does what a page of the documentation says, block by block, in one folder, with fewer agents and years."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command
from typer.testing import CliRunner

from landsim.cli import app
from landsim.dashboard import server
from landsim.dashboard.shelf import Shelf
from tests.blocks import Block
from tests.downloads import write_downloads

ROOT = Path(__file__).parents[1]
FEW = {"agents.households": 1000, "agents.firms": 100, "agents.farms": 100}
BRIEF = {"horizon": 2022}
TOOLS = ("cp", "ls", "rio", "rm")
"""Other programs that pages may call."""
ELSEWHERE = {
    r"^(make|source) ": "chores of the checkout; their targets are looked up",
    r"^sbatch |--executor slurm": "needs SLURM; shown by the tests in tests/cluster",
    r"^landsim (run|validate|compare) \S*wuhan(?!.*300m)": "takes minutes and real data; run by make studies",
}
"""Commands that no reader runs, and why."""
SMALLER = {"seeds: 20": "seeds: 1", "size: 64": "size: 2"}


def why_elsewhere(words: list[str]) -> str | None:
    """Reason why a command is not run with the others."""
    line = " ".join(words)
    return next((reason for pattern, reason in ELSEWHERE.items() if re.search(pattern, line)), None)


def parse(words: list[str]) -> Any:
    """Read a command line without running it; wrong options and arguments raise."""
    command = get_command(app).commands[words[0]]  # type: ignore[attr-defined]
    return command.make_context(words[0], list(words[1:]))


def _valued(settings: dict[str, Any]) -> list[str]:
    return [word for path, value in settings.items() for word in ("--set", f"{path}={value}")]


class Reader:
    """Somebody who follows pages; runs of shipped scenarios are made once and copied.

    Parameters
    ----------
    shelf : pathlib.Path
        Where finished runs and studies are kept for the next page.
    """

    def __init__(self, shelf: Path) -> None:
        self.shelf, self.known, self.folder = shelf, {}, shelf

    def open(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Begin a page in a folder that holds what its reader has: downloads, and a checkout with a small study."""
        self.folder, self.known = folder, {}
        monkeypatch.chdir(folder)
        monkeypatch.setattr(server, "serve", _serve)
        monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
        write_downloads(folder / "downloads")
        _small_study(folder / "calibration" / "demo")
        _small_sweep(folder / "scenarios" / "demo")

    def follow(self, block: Block) -> None:
        """Do what a block says."""
        if block.not_run:
            return
        if block.file is not None:
            self.write(block.file, block.text)
        elif block.language == "python":
            exec(compile(block.text, f"line {block.line}", "exec"), self.known)
        for words in block.commands:
            self.call(words)

    def write(self, name: str, text: str) -> None:
        """Write the file that a block shows, with fewer runs where it is a plan."""
        for many, few in SMALLER.items():
            text = text.replace(many, few)
        if name.endswith("study.yaml") and "models:" not in text:
            text += "models: [density, logit]\n"
        path = self.folder / name
        if not path.parent.is_dir():  # the page goes on from a project that its reader has
            _small_project(path.parent)
        path.write_text(text, encoding="utf-8")

    def call(self, words: list[str]) -> None:
        """Run one command."""
        if words[0] == "export":
            os.environ.setdefault(*words[1].split("=", 1))
        elif words[0] == "landsim" and why_elsewhere(words) is None:
            self.landsim([os.path.expandvars(word) for word in words[1:]])
        elif why_elsewhere(words) is None:
            assert words[0] in TOOLS, f"what is {words[0]}?"
            done = subprocess.run(" ".join(words), shell=True, cwd=self.folder, capture_output=True, text=True)
            assert done.returncode == 0, f"{' '.join(words)}\n{done.stderr}"

    def landsim(self, words: list[str]) -> None:
        """Run a command of landsim in a shorter form, or take what came of it before."""
        self._have_runs(words)
        short = _shortened(words)
        kept, out = self._kept(short)
        if kept and out and kept.exists() and "--resume" not in words:
            shutil.copytree(kept, out, dirs_exist_ok=True)
            return
        done = CliRunner().invoke(app, short, env={"COLUMNS": "160", "TERM": "dumb"})
        assert done.exit_code == 0, f"landsim {' '.join(short)}\n{done.output}\n{done.exception}"
        if kept and out and not kept.exists():
            shutil.copytree(out, kept)

    def _kept(self, words: list[str]) -> tuple[Path | None, Path | None]:
        """Where a command writes and where that is kept, for runs and studies that no page changes."""
        if words[:2] not in (["run", "demo"], ["calibrate", "calibration/demo"]) or "--out" not in words:
            return None, None
        at = words.index("--out")
        name = re.sub(r"[^\w.=-]+", "_", " ".join(word for word in words[:at] + words[at + 2 :] if word != "--resume"))
        return self.shelf / name, self.folder / words[at + 1]

    def _have_runs(self, words: list[str]) -> None:
        """Make the runs that an earlier page has made."""
        out = words.index("--out") + 1 if "--out" in words else -1
        for i, word in enumerate(words[1:], start=1):
            if word in ("runs/trend", "runs/strict") and i != out and not (self.folder / word).exists():
                named = ["--with", "farmland_strict"] if word == "runs/strict" else []
                self.landsim(["run", "demo", *named, "--out", word])


def _shortened(words: list[str]) -> list[str]:
    """The same command on fewer agents and years; a short run has no map of the last year that pages export."""
    if words[0] != "run":
        return [re.sub(r"\b2035\b", str(BRIEF["horizon"]), word) if word[0].isdigit() else word for word in words]
    fitting = FEW if "300m" in words else {**FEW, **BRIEF}
    return [*words, *_valued(fitting), "--quiet"] if "--json" not in words else [*words, *_valued(fitting)]


def _serve(folder: Path, start: str | None, *_: Any) -> None:
    """Look at what the dashboard would open, and serve nothing; the real server has tests of its own."""
    if start is not None:
        Shelf(folder).find(start)


def _small_study(folder: Path) -> None:
    """The study that ships, with one class and the two quickest models."""
    shutil.copytree(ROOT / "calibration" / "demo" / "data", folder / "data")
    study = yaml.safe_load((ROOT / "calibration" / "demo" / "study.yaml").read_text("utf-8"))
    study |= {"gains": ["urban"], "models": ["density", "logit"], "behaviour": "off", "masks": {}}
    (folder / "study.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")


def _small_sweep(folder: Path) -> None:
    """The sweep that ships, with one seed and few agents."""
    shutil.copytree(ROOT / "scenarios" / "demo", folder)
    sweep = yaml.safe_load((folder / "sweep.yaml").read_text("utf-8")) | {"seeds": 1, "set": FEW | BRIEF}
    (folder / "sweep.yaml").write_text(yaml.safe_dump(sweep), encoding="utf-8")


def _small_project(folder: Path) -> None:
    """A project of the reader's own, with a strategy called compact."""
    folder.mkdir(parents=True)
    (folder / "scenario.yaml").write_text(
        "name: mycity\nstart: 2020\nhorizon: 2021\nagents: {households: 200, firms: 40, farms: 40}\nseed: 1\n"
    )
    (folder / "overrides.yaml").write_text("compact: {quota.multiplier: 0.6}\n")
    (folder / "data.yaml").write_text("synthetic: {shape: [40, 40], cell_size: 200.0, seed: 7, start: 2020}\n")
