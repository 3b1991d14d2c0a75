"""Answers of a sweep in a few sentences made from its tables: what was run, where land changes, how sure it is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

from landsim.report.sweep import effects
from landsim.report.sweep.failures import causes
from landsim.report.sweep.numbers import between, joined, listed, percent
from landsim.report.sweep.view import SweepView
from landsim.report.words import Words

BASES_AT_MOST = 4
_TOLD = ("built_ha", "arable_ha")


def counts(view: SweepView) -> str:
    """Say what was varied and how many runs that makes."""
    words, plan = view.words, view.plan
    sizes = {axis: len(labels) for axis, labels in view.sizes.items()}
    sizes |= {"points": len(plan.points.rows), "seed": len(view.sweep.seeds)}
    total = len(plan.rows)
    runs = words("sweep.counts.one_run") if total == 1 else words("sweep.counts.runs", n=words.number(total))
    told = [words(f"sweep.counts.{name}", n=words.number(size)) for name, size in sizes.items() if size > 1]
    text = f"{' × '.join(told)} = {runs}" if told else runs
    if len(plan.runs) < total:
        text += words("page.semicolon") + words("sweep.counts.distinct", n=words.number(len(plan.runs)))
    return text


def warnings_of(view: SweepView) -> list[str]:
    """Say what is missing from the numbers: runs that failed or were not made, and indicators without any."""
    words, found = view.words, view.result.gathered
    assert found is not None, "a report is written of what was gathered"
    failed = causes(view)
    total = len(view.plan.runs)
    lines = []
    if number := sum(failed.values()):
        told = ", ".join(f"{words(f'sweep.causes.{cause}')}: {n}" for cause, n in failed.items())
        lines.append(words("sweep.answers.failed", n=number, of=total, causes=told))
    if left := found.missing - number:
        lines.append(words("sweep.answers.open", n=left, of=total))
    if absent := [view.indicator(row["indicator"]) for row in view.rows("absent")]:
        lines.append(words("sweep.answers.absent", names=listed(list(dict.fromkeys(absent)), words)))
    if unsplit := [view.indicator(row["indicator"]) for row in view.rows("unsplit")]:
        lines.append(words("sweep.answers.unsplit", names=listed(unsplit, words)))
    if view.ends:
        years = [words("sweep.answers.end", year=year, names=_few(names, words)) for year, names in view.ends.items()]
        lines.append(words("sweep.answers.ends", years=joined(years, words)))
    return lines


def _few(names: list[str], words: Words) -> str:
    return listed(names[:BASES_AT_MOST], words) + (" …" if len(names) > BASES_AT_MOST else "")


def answers(view: SweepView) -> list[str]:
    """Give the sentences in the order in which a reader asks."""
    found = view.result.gathered
    assert found is not None, "a report is written of what was gathered"
    if not found.done:
        return [view.words("sweep.answers.nothing")]
    of = {"n": view.words.number(len(view.plan.runs)), "done": view.words.number(found.done)}
    parts: tuple[Callable[[SweepView], Iterable[str]], ...] = (
        _course, effects.differences, _land, _seeds, effects.influence, effects.spread, effects.regret, effects.kept,
    )  # fmt: skip
    first = view.words("sweep.answers.part" if found.missing else "sweep.answers.whole", **of)
    return [first, *(line for part in parts for line in part(view))]


def _course(view: SweepView) -> Iterator[str]:
    """Where the first base goes from and to, by the two indicators that every plan begins with."""
    words, base = view.words, view.plan.bases[0]
    start, end = view.years
    for name in _TOLD if end > start else ():
        course = view.course(base, name)
        if len(course):
            first, last = (float(course["mean"].iloc[i]) for i in (0, -1))
            unit = view.units[name]
            change = f"{words.change(100 * (last - first) / first, '%')} %" if first else words.change(last, unit)
            ends = {"start": words.amount(first, unit), "end": words.amount(last, unit), "unit": words.unit(unit)}
            facts = {"name": view.name(base.labels), "indicator": view.indicator(name), "change": change}
            yield words("sweep.answers.course", **ends, **facts)


def _land(view: SweepView) -> Iterator[str]:
    """How much land the runs agree on."""
    words, share = view.words, view.words.number(100 * view.sweep.questions.robust)
    areas = {base: area for base, area in view.land.items() if area.runs > 1}
    if len(areas) > BASES_AT_MOST:
        parts = {"agreed": "agreed", "change": "changes", "contested": "contested"}
        ends = {key: [getattr(area, name) for area in areas.values()] for key, name in parts.items()}
        told = {key: between(min(values), max(values), "ha", words) for key, values in ends.items()}
        yield words("sweep.answers.land_many", n=len(areas), share=share, **told)
        return
    for base, area in areas.items():
        yield words(
            "sweep.answers.land", name=view.name(view.plan.bases[base].labels), runs=words.number(area.runs),
            share=share, agreed=words.amount(area.agreed, "ha"), change=words.amount(area.changes, "ha"),
            contested=words.amount(area.contested, "ha"), percent=percent(area.contested / area.total, words),
        )  # fmt: skip


def _seeds(view: SweepView) -> Iterator[str]:
    """Whether the seeds are enough for each indicator in every base."""
    words, rows = view.words, view.rows("convergence")
    seeds = len(view.sweep.seeds)
    if not rows:
        if seeds == 1 and not view.sweep.function:
            yield words("sweep.answers.one_run" if len(view.plan.rows) == 1 else "sweep.answers.one_seed")
            if len(view.sizes["override"]) > 1:
                yield words("sweep.answers.untold_seed")
        return
    needed: dict[str, float] = {}
    for row in rows:
        short = row["needed"] if row["enough"] < 0 else 0.0
        needed[row["indicator"]] = max(needed.get(row["indicator"], 0.0), short)
    lacking = {name: number for name, number in needed.items() if number > 0}
    facts = {"seeds": seeds, "precision": words.number(100 * view.sweep.questions.precision)}
    if not lacking:
        yield words("sweep.answers.enough", **facts)
        return
    names = [
        words("sweep.answers.needs", indicator=view.indicator(name), n=words.number(number))
        if math.isfinite(number)
        else words("sweep.answers.needs_never", indicator=view.indicator(name))
        for name, number in lacking.items()
    ]
    sizes = {"n": len(needed) - len(lacking), "of": len(needed)}
    yield words("sweep.answers.enough_some", **facts, **sizes, names=joined(names, words))
