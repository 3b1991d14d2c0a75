"""Every command that reads runs, and the dashboard, tell damage of a manifest in one sentence or do without it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from landsim.core.errors import InputError
from landsim.dashboard.runs.finished import FinishedRun
from landsim.io.store import open_run
from tests.io.damage import HUGE, damaged

COMMANDS = {
    "report": ["report", "RUN", "--out", "PAGE"],
    "compare": ["compare", "GOOD", "RUN"],
    "export": ["export", "RUN", "--format", "csv", "--out", "OUT"],
    "validate": ["validate", "RUN", "--observed", "SEEN", "--out", "OUT"],
    "replay": ["replay", "RUN", "--quiet"],
}


@pytest.fixture(scope="module")
def copy(made, tmp_path_factory) -> Path:
    """A run whose manifest the tests of this file damage in turn."""
    return shutil.copytree(made, tmp_path_factory.mktemp("damaged") / "run")


@pytest.fixture(scope="module")
def manifest(made) -> dict:
    return open_run(made).manifest


def call(cli, command, copy, made, tmp_path):
    """Call a command on the copy."""
    places = {"RUN": copy, "GOOD": made, "OUT": tmp_path / "out", "PAGE": tmp_path / "page.html"}
    return cli(*(places.get(word, word) for word in COMMANDS[command]))


def changed(manifest, **changes):
    """A manifest with other entries; without those that are None."""
    return {name: value for name, value in {**manifest, **changes}.items() if value is not None}


SPOILT = {
    "scenario is empty": lambda made: changed(made, scenario={}),
    "scenario lacks its lines": lambda made: changed(
        made, scenario={name: value for name, value in made["scenario"].items() if name != "lines"}
    ),
    "scenario of another run": lambda made: changed(made, scenario={**made["scenario"], "enforcement": 0.123}),
    "shocks are no list": lambda made: changed(made, scenario={**made["scenario"], "shocks": {"x": 1}}),
    "seed is huge": lambda made: changed(made, seed=10**40),
    "no versions": lambda made: changed(made, versions=None),
    "home is nowhere": lambda made: changed(made, home={}),
    "time is a word": lambda made: changed(made, wall_s="long"),
    "data are numbers": lambda made: changed(made, data=[1, 2]),
    "lines of another kind": lambda made: changed(made, constructed_lines=["road"]),
    "a list": lambda made: [made],
}


@pytest.mark.parametrize("case", SPOILT)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_damaged_manifest_is_one_sentence(cli, copy, made, manifest, tmp_path, command, case) -> None:
    (copy / "run.json").write_text(json.dumps(SPOILT[case](manifest)), encoding="utf-8")
    done = call(cli, command, copy, made, tmp_path)
    assert done.exit_code == 1, done.stderr
    assert "run.json" in done.stderr
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("case", SPOILT)
def test_the_dashboard_does_not_open_it(copy, manifest, case) -> None:
    (copy / "run.json").write_text(json.dumps(SPOILT[case](manifest)), encoding="utf-8")
    with pytest.raises(InputError, match=r"run\.json") as fault:
        FinishedRun(copy, copy.parent)
    assert len(fault.value.problems) == 1


def test_a_manifest_of_200_mb_is_not_read(cli, copy, made, tmp_path) -> None:
    with (copy / "run.json").open("wb") as stream:
        stream.truncate(200_000_000)
    for command in COMMANDS:
        done = call(cli, command, copy, made, tmp_path)
        assert (done.exit_code, "200 MB" in done.stderr) == (1, True)


def harmless(manifest):
    """Manifests with everything at once that may be changed without being refused: emptied, and out of all size."""
    from landsim.io.facts import unsound

    passed = [made for _, made in damaged(manifest) if unsound(made) is None and made["format"] == 1]
    for wanted in (lambda value: HUGE in json.dumps(value), lambda value: HUGE not in json.dumps(value)):
        whole = dict(manifest)
        for made in passed:
            for key in manifest:
                if key not in ("files", "home") and made.get(key) != manifest[key] and wanted(made.get(key)):
                    whole[key] = made.get(key)
        yield {name: value for name, value in whole.items() if value is not None}


def test_what_is_let_pass_leads_to_no_fault_inside(cli, copy, made, manifest, tmp_path) -> None:
    for number, spoilt in enumerate(harmless(manifest)):
        assert spoilt != manifest
        (copy / "run.json").write_text(json.dumps(spoilt), encoding="utf-8")
        for command in ("report", "compare", "export"):
            done = call(cli, command, copy, made, tmp_path / str(number))
            assert done.exit_code == 0, (command, done.stderr[-500:])
        assert FinishedRun(copy, copy.parent).track.about.name == spoilt["name"]


@pytest.mark.parametrize(
    "home", [{"shipped": "nowhere"}, {"shipped": HUGE}, {"folder": "/nowhere"}, {"folder": "x" * 4000}]
)
def test_a_home_that_is_not_there_is_told_by_replay(cli, copy, made, manifest, tmp_path, home) -> None:
    (copy / "run.json").write_text(json.dumps({**manifest, "home": home}), encoding="utf-8")
    done = call(cli, "replay", copy, made, tmp_path)
    assert done.exit_code == 1
    assert "the folder of the scenario is not there" in done.stderr
