"""The report of a sweep: one self-contained page in Chinese or English, the same as Markdown, and its figures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from landsim.io.atomic import new_file
from landsim.report.page.charts import FONTS
from landsim.report.page.write import environment
from landsim.report.sweep.drawing import Drawing
from landsim.report.sweep.maps import with_legend
from landsim.report.sweep.markdown import markdown
from landsim.report.sweep.parts import Page
from landsim.report.sweep.sections import page_of
from landsim.report.sweep.view import SweepView
from landsim.report.words import Words
from landsim.sweep.conduct import Result
from landsim.sweep.folders import SweepFolder
from landsim.sweep.gather import replaced_folder
from landsim.sweep.plan import Plan

HTML, MARKDOWN = "report.html", "report.md"


def write_sweep_report(plan: Plan, folder: SweepFolder, result: Result, lang: Literal["zh", "en"] = "en") -> Path:
    """Write ``report.html``, ``report.md`` and the figures of the latter as SVG, in place of an earlier report.

    The same plan and runs give the same bytes.

    Parameters
    ----------
    plan : Plan
    folder : SweepFolder
    result : Result
        What came of the sweep, gathered; it may be that no run has ended.
    lang : {"zh", "en"}

    Returns
    -------
    pathlib.Path
        The page, which needs no network and no other file.

    Raises
    ------
    InputError
        If the disk is full, the folder is not writable, or a run cannot be read.
    UsageError
        If there is no report in the language.
    """
    words = Words(lang)
    page = page_of(SweepView(plan, folder, result, words))
    texts = {HTML: html(page, words), MARKDOWN: markdown(page, words)}
    texts |= {f"{drawing.name}.svg": drawing.svg for drawing in _drawings(page, words)}
    with replaced_folder(folder.report) as aside:
        for name, text in texts.items():
            with new_file(aside / name) as file:
                file.write_text(text, encoding="utf-8")
    return folder.report / HTML


def html(page: Page, words: Words) -> str:
    """Set the page; every text is escaped."""
    return environment().get_template("sweep.html.j2").render(page=page, t=words, fonts=FONTS)


def _drawings(page: Page, words: Words) -> Iterator[Drawing]:
    """Yield charts and maps as they stand alone."""
    for section in page.sections:
        for part in section.parts:
            if part.kind == "chart":
                yield part.value
            elif part.kind == "maps":
                yield from (with_legend(name, picture, words) for name, picture in part.value)
