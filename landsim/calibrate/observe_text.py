"""Observation in words: the part of REPORT.md that tells what the maps of the fit show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from landsim.calibrate.observe import KINDS, Observation


def observation_text(seen: Observation) -> str:
    """Write what was observed as Markdown, headings of the second and third level.

    Parameters
    ----------
    seen : Observation
        From `observe`.

    Returns
    -------
    str
        Ends with a line break; the same observation gives the same text.
    """
    parts = [_opening(seen), _changes(seen), _matrix(seen), _growth(seen), _surroundings(seen), _districts(seen)]
    return "\n".join(part for part in parts if part)


def table_text(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a Markdown table.

    Examples
    --------
    >>> print(table_text(["a", "b"], [[1, 2]]), end="")
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    lines = [heads, *rows]
    text = ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines]
    return "\n".join([text[0], "|" + "---|" * len(heads), *text[1:]]) + "\n"


def _opening(seen: Observation) -> str:
    dates = ", ".join(map(str, seen.years))
    return (
        f"## What the maps show\n\nDates {dates}; {seen.cells:,} cells of {seen.cell_ha:g} ha with data at every date. "
        f"{100 * seen.persistence:.2f} % of them have the same class at the first and the last. Of all changes between "
        f"consecutive dates, {100 * seen.undone_building:.1f} % turn built-up land into other land, "
        "which is as a rule an error of the maps.\n"
    )


def _changes(seen: Observation) -> str:
    first, last = seen.years[0], seen.years[-1]
    rows = (
        [name, f"{c.start:,}", f"{c.end:,}", f"{c.gained:,}", f"{c.lost:,}", f"{c.net:+,}", f"{c.swap:,}"]
        for name, c in seen.changes.items()
    )
    heads = ["class", str(first), str(last), "gained", "lost", "net", "swap"]
    return f"### Gains and losses {first}-{last}, cells\n\n{table_text(heads, rows)}"


def _matrix(seen: Observation) -> str:
    yearly = seen.yearly
    rows = ([name, *(f"{p:.5f}" for p in row)] for name, row in zip(seen.names, yearly.matrix, strict=True))
    how = "matrix root" if yearly.method == "root" else "regularised generator"
    text = f"By the {how} of {yearly.years} years; its power misses the observed matrix by {yearly.error:.2g}.\n"
    return f"### Yearly transition matrix (row: from)\n\n{text}\n{table_text(['from', *seen.names], rows)}"


def _growth(seen: Observation) -> str:
    rows = []
    for name, growth in seen.growth.items():
        cells = max(growth.kinds.cells, 1)
        shares = [f"{100 * getattr(growth.kinds, kind) / cells:.1f}" for kind in KINDS]
        mean = f"{growth.sizes.mean() * seen.cell_ha:.2f}" if growth.sizes.size else "-"
        rows.append([name, f"{growth.sizes.size:,}", mean, *shares, f"{100 * growth.flicker.share:.1f}"])
    heads = ["class", "new patches", "mean, ha", *(f"{kind}, %" for kind in KINDS), "undone later, %"]
    return f"### How the gains fall\n\n{table_text(heads, rows)}"


def _surroundings(seen: Observation) -> str:
    found, named = seen.enrichment, dict(zip(seen.codes, seen.names, strict=True))
    rows = [
        [name, named[code], *("-" if np.isnan(f) else f"{f:.2f}" for f in rings)]
        for name, factors in zip(seen.growth, found.factor, strict=True)
        for code, rings in zip(found.codes, factors, strict=True)
        if code in named
    ]
    heads = ["gained", "around", *(f"to {radius} cells" for radius in found.radii)]
    return f"### Enrichment around the gains (1 is chance)\n\n{table_text(heads, rows)}"


def _districts(seen: Observation) -> str:
    rows = [
        [name, district, f"{gained:,}", f"{lost:,}"]
        for name, growth in seen.growth.items()
        for district, (gained, lost) in growth.districts.items()
    ]
    return f"### By district, cells\n\n{table_text(['class', 'district', 'gained', 'lost'], rows)}" if rows else ""
