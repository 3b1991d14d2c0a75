"""Study: calibrate one from its file and write everything that it gives - rules, evidence, report and pictures."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from landsim.calibrate.features import unit
from landsim.calibrate.history import History, load_history
from landsim.calibrate.output import Workspace, stale_files, write_fit
from landsim.calibrate.run import Fit, Watcher, calibrate_history
from landsim.indicators.card_text import card_markdown
from landsim.report.card.figure import write_card_figure
from landsim.report.study.text import study_text, verdict_line
from landsim.report.study.why import write_why_figure

REPORT, WHY, CARD_FIGURE, CARD_TEXT = "REPORT.md", "why.png", "card.png", "card.md"


def calibrate_study(
    study: str | Path, out: str | Path | None = None, allow: Iterable[str | Path] = (), watcher: Watcher | None = None
) -> Fit:
    """Calibrate a study: observe, select by forecasting, fit, test once, and write a rule set that scenarios name.

    Parameters
    ----------
    study : str or pathlib.Path
        A study file, or a folder with ``study.yaml``.
    out : str, pathlib.Path or None
        Where ``rules/``, ``fit.json``, ``REPORT.md`` and the rest go; the folder of the study by default.  What an
        earlier calibration wrote there is replaced when all is done.
    allow : iterable of str or pathlib.Path
        Folders outside the study that may be read too.
    watcher : Watcher or None
        Hears how it goes.

    Returns
    -------
    Fit

    Raises
    ------
    InputError
        With every fault of the study and its files; if a package of the calibrate extra is missing, the disk is full
        or the folder is not writable.
    """
    history = load_history(study, allow)
    for caution in history.cautions:
        (watcher or Watcher()).say(f"caution: {caution}")
    with Workspace(Path(out) if out is not None else history.source.folder) as workspace:
        fit = calibrate_history(history, workspace.write_down, watcher, workspace.cache)
        write_fit(workspace, fit)
        _write_report(workspace, fit)
        workspace.finish((*stale_files(workspace.folder), CARD_FIGURE, CARD_TEXT))
    return fit


def _write_report(workspace: Workspace, fit: Fit) -> None:
    """Write the report, the page of the card and the pictures aside."""
    history = fit.history
    names = {row.code: row.name for row in history.legend.rows}
    workspace.write(REPORT, study_text(fit))
    write_why_figure(workspace.aside / WHY, fit.explanations, _units(history, fit))
    if fit.test is None:
        return
    comparison = fit.test.comparison
    title = f"{history.study.name}, {fit.test.span.start}-{fit.test.span.end}: where change was foretold"
    built = [row.code for row in history.legend.rows if row.built]
    notes = [verdict_line(fit)]
    write_card_figure(workspace.aside / CARD_FIGURE, comparison, history.grid, title, names, built, notes)
    workspace.write(CARD_TEXT, card_markdown(comparison.card, names))


def _units(history: History, fit: Fit) -> dict[str, str]:
    """Unit of every feature that is read, by its name."""
    drivers = {name: driver.unit for name, driver in history.drivers.items()}
    return {
        feature.name: unit(feature, drivers) for potential in fit.potentials.values() for feature in potential.features
    }
