"""Output: a calibrated study as files - rules/, fit.json, the validation card, and the predicted map of the test."""

from __future__ import annotations

import json
import os
import platform
import shutil
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from landsim import __version__
from landsim.calibrate.behaviour.text import POSTERIOR, SEARCH, posterior_csv, search_csv
from landsim.calibrate.history import History
from landsim.calibrate.run import Fit
from landsim.calibrate.verdict import OUTSIDE, Verdict
from landsim.indicators.card_text import card_json
from landsim.io.atomic import new_file, writing
from landsim.io.geotiff import write_geotiff
from landsim.io.ruleset import write_ruleset

RULES, FIT, CARD, CHOICE = "rules", "fit.json", "card.json", "choice.json"
PREDICTED = "test_predicted"

_LIBRARIES = ("numpy", "scipy", "numba", "scikit-learn", "lightgbm", "optuna", "rasterio")


class Workspace:
    """Writes a study aside and puts it in place when it is whole; what stood there before stays until then.

    Parameters
    ----------
    folder : pathlib.Path
        Where the results go: that of the study, or another.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.aside = folder / ".calibrating"
        with writing(folder):
            self.aside.mkdir(parents=True, exist_ok=True)

    @property
    def cache(self) -> Path:
        """What a search has done so far; it outlives a break."""
        return self.aside / "search"

    def write_down(self, fit: Fit) -> str:
        """Keep the rule set and the choice before the test is opened, and give the choice in words."""
        write_ruleset(self.aside / RULES, fit.ruleset)
        self.write(CHOICE, _json({"chosen": dict(fit.ruleset.chosen)}))
        return "; ".join(f"{name}: {words}" for name, words in sorted(fit.ruleset.chosen.items()))

    def write(self, name: str, text: str) -> None:
        """Write a text aside."""
        with new_file(self.aside / name) as path:
            path.write_text(text, encoding="utf-8", newline="\n")

    def finish(self, stale: tuple[str, ...] = ()) -> None:
        """Put everything in place, and remove files of an earlier calibration that this one has not written."""
        with writing(self.folder):
            shutil.rmtree(self.cache, ignore_errors=True)
            for name in stale:
                (self.folder / name).unlink(missing_ok=True)
            for path in sorted(self.aside.iterdir()):
                _replace(path, self.folder / path.name)
            self.aside.rmdir()


def _replace(source: Path, target: Path) -> None:
    """Move a file or folder to where another may stand."""
    if not target.is_dir():
        os.replace(source, target)
        return
    old = target.with_name(f".{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    os.rename(target, old)
    os.rename(source, target)
    shutil.rmtree(old)


def write_fit(workspace: Workspace, fit: Fit) -> None:
    """Write fit.json, the card and the predicted map aside, beside the rules that are there already."""
    workspace.write(FIT, _json(fit_record(fit)))
    if fit.behaviour is not None:
        workspace.write(SEARCH, search_csv(fit.behaviour))
        posterior = posterior_csv(fit.behaviour)
        if posterior is not None:
            workspace.write(POSTERIOR, posterior)
    if fit.test is not None:
        workspace.write(CARD, _json(fit.test.comparison.card))
        _write_predicted(workspace, fit.history, fit.test)


def stale_files(folder: Path) -> tuple[str, ...]:
    """Files that an earlier calibration may have left: maps of classes, tables of a search."""
    names = [path.name for path in folder.glob(f"{PREDICTED}*.tif*")]
    return (*names, SEARCH, POSTERIOR, CARD)


def fit_record(fit: Fit) -> dict[str, Any]:
    """Everything that ``fit.json`` holds; nothing in it depends on time or on the machine."""
    history, study = fit.history, fit.history.study
    return {
        "study": study.name,
        "title": study.title,
        "fit": list(study.fit),
        "chosen": {name: found.chosen for name, found in fit.selections.items()},
        "chosen_by": {name: found.reason for name, found in fit.selections.items()},
        "test": None if fit.test is None else _test(fit),
        "in_sample": [{**verdict.as_dict(), "label": "partly in-sample"} for verdict in fit.in_sample],
        "selection": {name: found.as_dict() for name, found in fit.selections.items()},
        "observed": fit.observation.as_dict(),
        "demand": fit.demand.as_dict(),
        "patches": {name: vars(found) for name, found in fit.patches.items()},
        "potential": {name: _potential(fit, name) for name in fit.potentials},
        "behaviour": None if fit.behaviour is None else fit.behaviour.as_dict(),
        "explanation": {name: found.as_dict() for name, found in fit.explanations.items()},
        "cautions": [str(caution) for caution in history.cautions],
        "inputs": {record.key: record.sha256 for record in history.records},
        "drivers": {name: _driver(history, name) for name in history.drivers},
        "seed": study.seed,
        "versions": _versions(),
    }


def _test(fit: Fit) -> dict[str, Any]:
    assert fit.test is not None, "a test was opened"
    return {
        **fit.test.as_dict(),
        "simulated": None if fit.simulated is None else fit.simulated.as_dict(),
        "quantity": "observed gain of each class",
    }


def _potential(fit: Fit, name: str) -> list[dict[str, Any]]:
    """Facts of every model of a potential: coefficients with standard errors, splits, settings."""
    return [
        {"model": part.model, "recipe": part.recipe, "weight": part.weight, **part.facts}
        for part in fit.potentials[name].parts
    ]


def _driver(history: History, name: str) -> dict[str, Any]:
    driver = history.drivers[name]
    return {
        "kind": driver.kind, "unit": driver.unit, "date": driver.date, "low": driver.low, "high": driver.high,
        "gaps": driver.gaps,
    }  # fmt: skip


def _write_predicted(workspace: Workspace, history: History, verdict: Verdict) -> None:
    """Write where each class was foretold; one class as test_predicted.tif, several with their names."""
    several = len(verdict.foretold) > 1
    for one in verdict.foretold:
        name = f"{PREDICTED}_{one.gained.name}.tif" if several else f"{PREDICTED}.tif"
        plane = one.plane(verdict.span.valid)
        write_geotiff(workspace.aside / name, plane, history.grid, nodata=OUTSIDE)
    if several:
        first = verdict.foretold[0].plane(verdict.span.valid)
        for one in verdict.foretold[1:]:
            np.maximum(first, one.plane(verdict.span.valid), out=first)
        write_geotiff(workspace.aside / f"{PREDICTED}.tif", first, history.grid, nodata=OUTSIDE)


def _versions() -> dict[str, str]:
    found = {"landsim": __version__, "python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _json(record: Mapping[str, Any]) -> str:
    return json.dumps(card_json(record), indent=1, ensure_ascii=False) + "\n"
