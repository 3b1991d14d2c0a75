"""Soundness: whether the periods and the maps of a study can answer its question at all."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from landsim.calibrate.span import Codes, Span
from landsim.calibrate.study import EVERY_CLASS, Period, Study
from landsim.core.errors import Problems
from landsim.landscape.legend import Legend, LegendRow

_MUCH_MASKED = 0.05  # share of a gain inside its masks above which a caution is given


def check_periods(study: Study, where: str, problems: Problems) -> None:
    """Check that periods ascend, do not overlap, and have their maps."""
    for key, period in _periods(study).items():
        if period[0] >= period[1]:
            problems.add(f"{where}: {key}", "does not ascend", found=list(period), wanted="[first year, later year]")
    if len(fit_years(study)) < 2:
        problems.add(
            f"{where}: fit",
            "fewer than two dates",
            found=f"maps of {_listed(study.landcover)} with fit {list(study.fit)}",
            wanted="two or more maps between the years of fit",
        )
    if study.test is not None and study.test[0] < study.fit[1]:
        problems.add(
            f"{where}: test",
            "overlaps the fitting period",
            found=f"test {list(study.test)}, fit {list(study.fit)}",
            wanted=f"a test that starts in {study.fit[1]} or later",
        )
    for key, period in _periods(study).items():
        for year in () if key == "fit" else period:
            if year not in study.landcover:
                wanted = f"one of {_listed(study.landcover)}"
                problems.add(f"{where}: {key}", f"no map of {year}", wanted=wanted)


def fit_years(study: Study) -> list[int]:
    """Dates that may be used for fitting, ascending."""
    first, last = study.fit
    return [year for year in sorted(study.landcover) if first <= year <= last]


def later_years(study: Study) -> list[int]:
    """Dates of the test and of the in-sample periods that are not dates of the fit, ascending."""
    named = {year for period in (study.test, *study.in_sample) if period is not None for year in period}
    return sorted(named & set(study.landcover) - set(fit_years(study)))


def check_classes(
    legend: Legend, maps: Mapping[int, Codes], gains: list[LegendRow], where: str, problems: Problems
) -> None:
    """Tell where a class is missing at a date although it is there at another, or a gained one at all of them."""
    present = {year: np.bincount(codes.reshape(-1), minlength=256) > 0 for year, codes in maps.items()}
    for row in legend.rows:
        absent = [year for year, seen in present.items() if not seen[row.code]]
        if maps and len(absent) == len(maps) and row in gains:
            problems.add(f"{where}: gains", f"class {row.name!r} is missing at every date", found=_listed(maps))
        elif absent and len(absent) < len(maps):
            what = f"class {row.name!r} is missing at {_listed(absent)}"
            problems.warn(f"{where}: landcover", what, wanted="every class at every date", mend="Check the legend")
    for year, codes in maps.items():
        if not np.any(codes != np.uint8(legend.nodata)):
            problems.add(f"{where}: landcover.{year}", "holds no data at all")


def check_change(span: Span, gains: list[LegendRow], named: bool, where: str, problems: Problems) -> list[LegendRow]:
    """Tell where nothing changes, or only what is masked, and give the gains that can be fitted.

    Parameters
    ----------
    span : Span
        Maps of the fit.
    gains : list of LegendRow
        Classes whose growth is to be fitted.
    named : bool
        Whether the study names them; a class that does not grow is then a fault, else it is left out.
    where : str
        Name of the study file.
    problems : Problems
        Gets the faults and cautions.
    """
    if not span.valid.any():
        problems.add(f"{where}: landcover", "no cell has data at every date", found=_listed(span.maps))
        return []
    if not any(np.any((span.maps[a] != span.maps[b]) & span.valid) for a, b in span.intervals()):
        outside = any(np.any(span.maps[a] != span.maps[b]) for a, b in span.intervals())
        what = "change only outside the cells that have data at every date" if outside else "no change at all"
        problems.add(f"{where}: landcover", what, found=f"equal maps of {_listed(span.maps)}")
        return []
    return [row for row in gains if _grows(span, row, named, where, problems)]


def _grows(span: Span, row: LegendRow, named: bool, where: str, problems: Problems) -> bool:
    """Tell whether a class grows on cells where it may."""
    total = masked = 0
    for a, b in span.intervals():
        gained = span.gained(row.code, a, b)
        forbidden = span.forbidden(row.code, a)
        total += int(np.count_nonzero(gained))
        masked += 0 if forbidden is None else int(np.count_nonzero(gained & forbidden))
    tell = problems.add if named else problems.warn
    if total == masked:
        what = "change only outside the mask: every gain is masked" if total else "does not grow between the dates"
        tell(f"{where}: gains", f"class {row.name!r}: {what}", found=f"{total} cells gained, {masked} of them masked")
    elif masked > _MUCH_MASKED * total:
        what = f"class {row.name!r}: much of the gain is masked"
        problems.warn(f"{where}: masks", what, found=f"{masked} of {total} cells gained", mend="Check the masks")
    return total > masked


def check_later(span: Span, later: Mapping[int, Codes], test: Period | None, where: str, problems: Problems) -> None:
    """Tell where the maps of the test are equal: there is then nothing to predict."""
    maps = {**span.maps, **later}
    if test is not None and all(year in maps for year in test) and np.array_equal(maps[test[0]], maps[test[1]]):
        problems.warn(f"{where}: test", "no change at all", found=f"equal maps of {test[0]} and {test[1]}")


def wants_every_class(study: Study) -> bool:
    """Tell whether the growth of every class is to be fitted."""
    return study.gains == (EVERY_CLASS,)


def _periods(study: Study) -> dict[str, Period]:
    extra = {f"in_sample.{i}": period for i, period in enumerate(study.in_sample)}
    return {"fit": study.fit, **({"test": study.test} if study.test else {}), **extra}


def _listed(years: Mapping[int, object] | list[int]) -> str:
    return ", ".join(map(str, sorted(years)))
