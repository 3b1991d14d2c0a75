"""Output: a calibrated study as files - rules/, fit.json, the validation card, and the predicted map of the test."""

from __future__ import annotations

import json
import os
import platform
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from landsim import __version__
from landsim.calibrate.behaviour.text import POSTERIOR, SEARCH, posterior_csv, search_csv
from landsim.calibrate.history import History
from landsim.calibrate.run import Fit
from landsim.calibrate.verdict import OUTSIDE, Verdict
from landsim.core.errors import InputError, Problem
from landsim.indicators.card_text import card_json
from landsim.io.atomic import new_file, writing
from landsim.io.geotiff import write_geotiff
from landsim.io.potential import file_stem
from landsim.io.ruleset import write_ruleset

RULES, FIT, CARD, CHOICE = "rules", "fit.json", "card.json", "choice.json"
PREDICTED = "test_predicted"

_LIBRARIES = ("numpy", "scipy", "numba", "scikit-learn", "lightgbm", "optuna", "rasterio")


class Workspace:
    """Writes a study aside and puts it in place when it is whole; what stood there before stays until then.

    Used as a context: what a calibration that fails has written is removed when the block ends, but for what a search
    of behaviour has done.  After a kill the next one clears up, or moves what had been whole and was being moved.

    Parameters
    ----------
    folder : pathlib.Path
        Where the results go: that of the study, or another.

    Raises
    ------
    InputError
        If the folder is not writable, or holds files of these names that no calibration has written.
    """

    def __init__(self, folder: Path) -> None:
        _refuse_others(folder)
        self.folder = folder
        self.aside, self._whole = folder / ".calibrating", folder / ".calibrated"
        self._is_new = not folder.exists()
        with writing(folder):
            self.aside.mkdir(parents=True, exist_ok=True)
            self._move()
            self._clear()

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        if self.aside.is_dir():
            self._clear()
            with suppress(OSError):  # a search that is not done stays
                self.aside.rmdir()
                if self._is_new:
                    self.folder.rmdir()

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

    def finish(self, stale: Iterable[str] = ()) -> None:
        """Put everything in place, and remove files of an earlier calibration that this one has not written."""
        with writing(self.folder):
            shutil.rmtree(self.cache, ignore_errors=True)
            self.aside.rename(self._whole)  # from here on it counts
            for name in stale:
                (self.folder / name).unlink(missing_ok=True)
            self._move()

    def _move(self) -> None:
        """Move what is whole to its place; after a kill, what is left of it."""
        if not self._whole.is_dir():
            return
        for path in sorted(self._whole.iterdir()):
            _replace(path, self.folder / path.name)
        self._whole.rmdir()

    def _clear(self) -> None:
        """Remove what an earlier calibration has left aside, but for a search that can go on."""
        for path in self.aside.iterdir():
            if path.is_dir() and path != self.cache:
                shutil.rmtree(path)
            elif path != self.cache:
                path.unlink()


def _refuse_others(folder: Path) -> None:
    """Refuse to replace what is not from a calibration: without its record, a folder of its names is somebody's own."""
    if (folder / FIT).is_file() or (folder / ".calibrated").is_dir():
        return
    taken = [name for name in (RULES, "REPORT.md", CARD, CHOICE) if (folder / name).exists()]
    if taken:
        mend = "Choose another folder with --out, or move them away"
        raise InputError(Problem(str(folder), f"holds {', '.join(taken)}, which no calibration has written", mend=mend))


def _replace(source: Path, target: Path) -> None:
    """Move a file or folder to where another may stand."""
    old = target.with_name(f".{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.is_dir():
        os.rename(target, old)
    os.replace(source, target)
    shutil.rmtree(old, ignore_errors=True)


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
        "demand": demand_check(fit),
    }


def demand_check(fit: Fit) -> dict[str, dict[str, int | float | None]]:
    """Net growth that the demand path foretold for the test period beside what was observed, in cells, by class."""
    assert fit.test is not None, "a test was opened"
    span, path = fit.test.span, fit.demand
    if not path.years[0] <= span.start < span.end <= path.years[-1]:
        return {}
    rows = [path.years.index(year) for year in (span.start, span.end)]
    found: dict[str, dict[str, int | float | None]] = {}
    for name, column in zip(path.names, path.cells.T, strict=True):
        code = next(row.code for row in fit.history.legend.rows if row.name == name)
        foretold = int(column[rows[1]] - column[rows[0]])
        observed = span.area(code, span.end) - span.area(code, span.start)
        error = (foretold - observed) / abs(observed) if observed else None
        found[name] = {"foretold": foretold, "observed": observed, "relative_error": error}
    return found


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
        name = f"{PREDICTED}_{file_stem(one.gained.name, one.gained.code)}.tif" if several else f"{PREDICTED}.tif"
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
