"""Numbers and lists in the report of a sweep: means with half-widths, intervals, chances, shares, seeds, names."""

from __future__ import annotations

import math
from collections.abc import Sequence

from landsim.report.words import Words

CLEAR = 0.05
_LEAST = 0.001
_DECIMALS = 8


def plus_minus(value: float, half: float, unit: str, words: Words) -> str:
    """Write a mean with the half-width of its interval, both to two digits of the half-width."""
    scale = _scale(unit, words)
    digits = _digits(scale * half)
    if digits is None:
        return words.number(scale * value)
    return f"{_fixed(scale * value, digits)} ± {_fixed(scale * half, digits)}"


def between(low: float, high: float, unit: str, words: Words) -> str:
    """Write an interval to two digits of half its width: one number without a width, a dash where there is none."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return words("page.not_known")
    scale = _scale(unit, words)
    digits = _digits(scale * (high - low) / 2)
    if digits is None:
        return words.number(scale * low)
    return words("sweep.to", low=_fixed(scale * low, digits), high=_fixed(scale * high, digits))


def difference(value: float, low: float, high: float, unit: str, words: Words) -> tuple[str, str]:
    """Write a difference and its interval with their signs, to two digits of half the width of the interval.

    A number that is not known, and an interval that is not, have a dash.
    """
    if not math.isfinite(value):
        return words("page.not_known"), words("page.not_known")
    if not (math.isfinite(low) and math.isfinite(high)):
        return words.change(value, unit), words("page.not_known")
    scale = _scale(unit, words)
    digits = _digits(scale * (high - low) / 2)
    if digits is None:
        return words.change(value, unit), words("sweep.tables.alike")
    texts = [_signed(_fixed(scale * number, digits)) for number in (value, low, high)]
    return texts[0], words("sweep.to", low=texts[1], high=texts[2])


def is_clear(low: float, high: float, chance: float) -> bool:
    """Tell whether a difference lies beyond its interval and beyond chance, corrected for their number."""
    return (low > 0.0 or high < 0.0) and chance < CLEAR


def chance(p: float, words: Words) -> str:
    """Write a corrected chance."""
    return words("sweep.tables.below") if p < _LEAST else words.number(round(p, 3))


def percent(share: float, words: Words) -> str:
    """Write a share in percent, without the sign; to whole numbers but near the ends."""
    value = 100.0 * share
    return words.number(round(value) if 5.0 <= value <= 95.0 else round(value, 1)) if math.isfinite(value) else "–"


def spans(numbers: Sequence[int]) -> str:
    """Write whole numbers, those that follow each other by their ends.

    Examples
    --------
    >>> spans([1, 2, 3, 7, 9, 10])
    '1–3, 7, 9–10'
    """
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in runs)


def listed(names: Sequence[str], words: Words) -> str:
    """Write names one after the other."""
    return ("、" if words.lang == "zh" else ", ").join(names)


def joined(items: Sequence[str], words: Words) -> str:
    """Write items that may hold commas one after the other."""
    return words("page.semicolon").join(items)


def _scale(unit: str, words: Words) -> float:
    return float(words.table["units"].get(unit, [1])[0])


def _digits(reach: float) -> int | None:
    """Decimals that show two digits of a reach; None where it has none or is too small for that."""
    if not math.isfinite(reach) or reach < 10.0**-_DECIMALS:
        return None
    return max(0, 1 - math.floor(math.log10(reach)))


def _fixed(value: float, digits: int) -> str:
    text = f"{value:,.{digits}f}".replace("-", "−")
    return text if _is_some(text) else text.removeprefix("−")


def _signed(text: str) -> str:
    return f"+{text}" if _is_some(text) and not text.startswith("−") else text


def _is_some(text: str) -> bool:
    """Tell whether a number is written as another than 0."""
    return any(letter in "123456789" for letter in text)
