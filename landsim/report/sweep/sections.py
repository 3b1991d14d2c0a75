"""Sections of the report of a sweep, in the order in which a reader asks; one that has nothing to say is left out."""

from __future__ import annotations

from collections.abc import Callable

from landsim import __version__
from landsim.report.page import tables as page_tables
from landsim.report.page.run import ReportedRun, stamps
from landsim.report.page.tables import Table
from landsim.report.sweep import bars, charts
from landsim.report.sweep.answers import answers, counts, warnings_of
from landsim.report.sweep.asked import asked_table, bounds, strategy_table
from landsim.report.sweep.choice_tables import land_table, regret_table, satisficing_table
from landsim.report.sweep.difference_chart import difference_charts
from landsim.report.sweep.drawing import Drawing
from landsim.report.sweep.failures import failure_table
from landsim.report.sweep.maps import map_notes, sweep_pictures
from landsim.report.sweep.parts import Page, Part, Section, parts_of_charts, parts_of_tables
from landsim.report.sweep.source_tables import index_table, variance_table
from landsim.report.sweep.tables import convergence_tables, difference_tables, outcome_tables
from landsim.report.sweep.view import SweepView

BASES_AT_MOST = 3
"""Bases whose sensitivity is shown; the tables have all."""


def page_of(view: SweepView) -> Page:
    """Make the whole report of a sweep."""
    words, start, end = view.words, *view.years
    period = [f"{words('question.period')} {start}–{end}"] if end > start else []
    facts = " · ".join([counts(view), *period, words("page.made", version=__version__)])
    told = stamps([run.manifest for run in view.samples.values()], words) + warnings_of(view)
    found = [Section(name, words(f"sweep.sections.{name}"), parts(view)) for name, parts in SECTIONS.items()]
    sections = [section for section in found if section.parts]
    return Page(words("sweep.kind"), view.sweep.title or view.sweep.name, facts, told, sections)


def _answers(view: SweepView) -> list[Part]:
    return [Part("list", answers(view))]


def _asked(view: SweepView) -> list[Part]:
    return parts_of_tables([asked_table(view), strategy_table(view)])


def _outcomes(view: SweepView) -> list[Part]:
    if not view.units:
        return []
    drawn = parts_of_charts([charts.years_chart(view)])
    notes = [_read(view, "outcomes")] + ([_read(view, "design")] if view.plan.points.paths else [])
    return [*drawn, *(_first(view) if drawn else []), *notes, *parts_of_tables(outcome_tables(view))]


def _differences(view: SweepView) -> list[Part]:
    drawn = parts_of_charts(difference_charts(view))
    return [*drawn, _read(view, "differences"), *parts_of_tables(difference_tables(view))] if drawn else []


def _maps(view: SweepView) -> list[Part]:
    pictures = list(sweep_pictures(view))
    if not pictures:
        return []
    words = view.words
    robust = words.number(100 * view.sweep.questions.robust)
    notes = [_read(view, "maps", robust=robust, unit=words.unit("ha")), *(Part("small", n) for n in map_notes(view))]
    return [*notes, Part("maps", pictures), *parts_of_tables([land_table(view)])]


def _convergence(view: SweepView) -> list[Part]:
    drawn = parts_of_charts([charts.convergence_chart(view)])
    tables = parts_of_tables(convergence_tables(view))
    return [*drawn, *_first(view), _read(view, "convergence"), *tables] if drawn else []


def _sensitivity(view: SweepView) -> list[Part]:
    bases = view.plan.bases[:BASES_AT_MOST]
    parts = [
        part for base in bases
        for part in (*parts_of_charts([bars.sensitivity_chart(view, base)]),
                     *parts_of_tables([index_table(view, base)]))
    ]  # fmt: skip
    method = view.plan.points.method
    return [parts[0], _read(view, method if method in ("sobol", "morris") else "balance"), *parts[1:]] if parts else []


def _variance(view: SweepView) -> list[Part]:
    return _figure_and_table(view, "variance", bars.variance_chart, variance_table)


def _regret(view: SweepView) -> list[Part]:
    return _figure_and_table(view, "regret", bars.regret_chart, regret_table)


def _satisficing(view: SweepView) -> list[Part]:
    told = (f"{view.indicator(name)} {bound}" for name, bound in bounds(view).items())
    kept = view.words("page.semicolon").join(told)
    return _figure_and_table(view, "satisficing", bars.satisficing_chart, satisficing_table, bounds=kept)


def _figure_and_table(
    view: SweepView, name: str, chart: Callable[[SweepView], Drawing | None],
    table: Callable[[SweepView], Table | None], **values: str,
) -> list[Part]:  # fmt: skip
    drawn = parts_of_charts([chart(view)])
    return [*drawn, _read(view, name, **values), *parts_of_tables([table(view)])] if drawn else []


def _failures(view: SweepView) -> list[Part]:
    tables = parts_of_tables([failure_table(view)])
    return [*tables, _read(view, "failures")] if tables else []


def _method(view: SweepView) -> list[Part]:
    words = view.words
    texts = [] if view.sweep.function else [words("method.text")]
    texts += [words("sweep.method.text"), words("sweep.method.files")]
    tables = [_configurations(view), *_data(view)]
    return [*(Part("text", text) for text in texts), *parts_of_tables(tables)]


def _configurations(view: SweepView) -> Table:
    """Rules, runs and fingerprint of each base."""
    words, rows = view.words, []
    done = view.counted
    for base in view.plan.bases:
        rules = view.samples[base.number].manifest["rules"] if base.number in view.samples else words("page.not_known")
        runs = words.number(done[base.number])
        rows.append([view.name(base.labels), str(rules), runs, f"{base.fingerprint[:16]}…"])
    head = [words("sweep.tables.base"), words("question.rules")]
    head += [words("sweep.tables.counted"), words("sweep.tables.fingerprint")]
    return Table(words("sweep.captions.configurations"), head, rows, 99)


def _data(view: SweepView) -> list[Table | None]:
    """Files behind each scenario, with their sources and hashes."""
    runs = {view.plan.bases[number].labels["scenario"]: run for number, run in reversed(view.samples.items())}
    tables = {name: page_tables.data_table(ReportedRun(run, name), view.words) for name, run in runs.items()}
    many = len(view.sweep.scenarios) > 1
    return [
        table and table._replace(caption=f"{table.caption}{view.words('page.colon')}{name}" if many else table.caption)
        for name, table in reversed(tables.items())
    ]


def _first(view: SweepView) -> list[Part]:
    """Say that a chart has not all bases, where that is so."""
    most, bases = charts.LINES_AT_MOST, len(view.plan.bases)
    return [Part("small", view.words("sweep.charts.first", n=most, of=bases))] if bases > most else []


def _read(view: SweepView, name: str, **values: str) -> Part:
    """Explain in one line how to read a figure."""
    return Part("small", view.words(f"sweep.read.{name}", **values))


SECTIONS: dict[str, Callable[[SweepView], list[Part]]] = {
    "answers": _answers,
    "asked": _asked,
    "outcomes": _outcomes,
    "differences": _differences,
    "maps": _maps,
    "convergence": _convergence,
    "sensitivity": _sensitivity,
    "variance": _variance,
    "regret": _regret,
    "satisficing": _satisficing,
    "failures": _failures,
    "method": _method,
}
"""What makes the parts of each section, by its name."""
