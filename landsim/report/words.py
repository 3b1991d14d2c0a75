"""Words: every text of the report in one language, and how it writes numbers, units and names."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from landsim.core.errors import UsageError
from landsim.core.registry import nearest
from landsim.landscape.legend import Legend, LegendRow

LANGUAGES = ("zh", "en")
_DECIMALS = 6


class Words:
    """The texts of a language, by dotted key.

    Parameters
    ----------
    lang : {"zh", "en"}

    Raises
    ------
    UsageError
        If there is no table of that language.

    Examples
    --------
    >>> Words("zh")("sections.maps"), Words("en").number(1234567.8)
    ('图件', '1,234,568')
    """

    def __init__(self, lang: str) -> None:
        if lang not in LANGUAGES:
            near = nearest(lang, list(LANGUAGES))
            hint = f" Did you mean {near}?" if near else ""
            raise UsageError(f"no report in the language {lang!r}; wanted one of {', '.join(LANGUAGES)}.{hint}")
        self.lang = lang
        self.table = _table(lang)

    def __call__(self, key: str, **values: Any) -> str:
        """Give the text of a key, its gaps filled with values."""
        found: Any = self.table
        for name in key.split("."):
            found = found[name]
        return str(found).format(**values) if values else str(found)

    def indicator(self, name: str) -> str:
        """Name of an indicator; its name in the table where the words have none."""
        return str(self.table["indicators"].get(name, name))

    def lever(self, path: str, doc: str) -> str:
        """Meaning of a parameter, as its own text where the words have none."""
        return str(self.table["levers"].get(path, doc))

    def land(self, row: LegendRow, legend: Legend) -> str:
        """Name of a class of the legend; the user's own one where several classes have the same Chinese name."""
        alone = [other.name_zh for other in legend.rows].count(row.name_zh) <= 1
        return row.name_zh if self.lang == "zh" and row.name_zh and alone else row.name.replace("_", " ")

    def unit(self, unit: str) -> str:
        """Write a unit; as it stands in the table where the words have none."""
        return str(self.table["units"].get(unit, [1, unit])[1])

    def amount(self, value: float, unit: str) -> str:
        """Write a value in the scale of the unit that the language uses, without the unit."""
        return self.number(value * float(self.table["units"].get(unit, [1, unit])[0]))

    def change(self, value: float, unit: str) -> str:
        """Write a difference with its sign."""
        text = self.amount(abs(value), unit)
        if not math.isfinite(value) or text == "0":
            return text
        return ("+" if value > 0 else "−") + text

    def number(self, value: float | None) -> str:
        """Write a number with the digits that it needs; a dash where there is none."""
        if value is None or not math.isfinite(value):
            return self("page.not_known")
        if value == round(value) or abs(value) >= 1000:
            return _signed(f"{value:,.0f}")
        if abs(value) >= 100:
            return _signed(f"{value:.1f}")
        digits = max(1, 2 - math.floor(math.log10(abs(value))))
        return _signed(f"{value:.{min(digits, _DECIMALS)}f}".rstrip("0").rstrip("."))


def _signed(text: str) -> str:
    """Write the minus sign as one, and no zero with a sign."""
    return "0" if text in ("-0", "") else text.replace("-", "−")


@lru_cache
def _table(lang: str) -> Mapping[str, Any]:
    text = (files("landsim.report") / "texts" / f"{lang}.yaml").read_text(encoding="utf-8")
    table: Mapping[str, Any] = yaml.safe_load(text)
    return table
