"""Words: every text of the report in one language, and how it writes numbers, units and names."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from landsim.core.errors import UsageError
from landsim.core.registry import nearest
from landsim.landscape.legend import Legend, LegendRow, model_row

LANGUAGES = ("zh", "en")
SUBJECTS = ("sweep", "compare")
"""Subjects with files of texts of their own."""
_DECIMALS, _IN_A_ROW = 6, 4


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

    def setting(self, value: str) -> str:
        """Name of one of the choices of a parameter; as it stands where the words have none."""
        return str(self.table["settings"].get(value, value))

    def land(self, row: LegendRow, legend: Legend) -> str:
        """Name of a class of the legend; the user's own one where it has one, or where two would be called the same."""
        standard = model_row(row.model_class)
        alone = [other.name_zh for other in legend.rows].count(row.name_zh) <= 1
        if (row.name, row.name_zh) == (standard.name, standard.name_zh) and alone:
            return str(self.table["classes"][row.name])
        return row.name_zh if self.lang == "zh" and row.name_zh and alone else row.name.replace("_", " ")

    def unit(self, unit: str) -> str:
        """Write a unit; as it stands in the table where the words have none."""
        return str(self.table["units"].get(unit, [1, unit])[1])

    def measured(self, name: str, unit: str) -> str:
        """Write a name with its unit in brackets, those of the language; the name alone where there is no unit."""
        text = self.unit(unit)
        return self("tables.measured", name=name, unit=text) if text else name

    def plain_unit(self, unit: str) -> str:
        """Write the unit of a parameter, whose values are not scaled; as it stands where its words are of a scale."""
        scale, text = self.table["parameter_units"].get(unit) or self.table["units"].get(unit, [1, unit])
        return str(text) if scale == 1 else unit

    def amount(self, value: float, unit: str) -> str:
        """Write a value in the scale of the unit that the language uses, without the unit."""
        return self.number(value * float(self.table["units"].get(unit, [1, unit])[0]))

    def change(self, value: float, unit: str) -> str:
        """Write a difference with its sign."""
        text = self.amount(abs(value), unit)
        if not math.isfinite(value) or text == "0":
            return text
        return ("+" if value > 0 else "−") + text

    def percent(self, share: float) -> str:
        """Write a change in percent with its sign and one decimal, without the unit.

        Examples
        --------
        >>> Words("en").percent(7.96), Words("en").percent(-0.02)
        ('+8.0', '0.0')
        """
        text = self._fixed(share, 1)
        return ("+" if share >= 0.05 else "") + text

    def alike(self, values: Sequence[float], unit: str, signed: Sequence[float] = ()) -> list[str]:
        """Write the values of one row, and differences between them with their signs, with equally many decimals.

        Examples
        --------
        >>> Words("en").alike([24.31, 30.0, math.nan], "ha", [5.69])
        ['24.3', '30.0', '–', '+5.7']
        >>> Words("en").alike([0.0, 0.71], "%")
        ['0', '0.710']
        """
        scale = float(self.table["units"].get(unit, [1, unit])[0])
        plain, changes = [[scale * value for value in part] for part in (values, signed)]
        known = [value for value in (*plain, *changes) if math.isfinite(value)]
        digits = _decimals(max(map(abs, known), default=0.0)) if any(value != round(value) for value in known) else 0
        written = [self._fixed(value, digits) for value in (*plain, *changes)]
        rises = [
            value > 0 and text.strip("0.") != "" for value, text in zip(changes, written[len(plain) :], strict=True)
        ]
        signs = [""] * len(plain) + ["+" if rise else "" for rise in rises]
        return [sign + text for sign, text in zip(signs, written, strict=True)]

    def _fixed(self, value: float, digits: int) -> str:
        """Write a number with so many decimals; a dash where there is none, and no sign before a zero."""
        if not math.isfinite(value):
            return self("page.not_known")
        if value == 0:
            return "0"
        text = f"{value:,.{digits}f}"
        return text.replace("-", "−") if text.strip("-0.") else text.lstrip("-")

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


def _decimals(largest: float) -> int:
    """Decimals of a row by its largest value: three digits that tell, and none behind a thousand."""
    if largest >= 1000 or largest == 0:
        return 0
    return min(_IN_A_ROW, max(1, 2 - math.floor(math.log10(largest))))


def _signed(text: str) -> str:
    """Write the minus sign as one, and no zero with a sign."""
    return "0" if text in ("-0", "") else text.replace("-", "−")


@lru_cache
def _table(lang: str) -> Mapping[str, Any]:
    """Texts of a language: those of every report, to which the file of each of `SUBJECTS` adds its own."""
    table = _read(f"{lang}.yaml")
    for subject in SUBJECTS:
        for section, texts in _read(f"{subject}.{lang}.yaml").items():
            table[section] = {**texts, **table.get(section, {})}
    return table


def _read(name: str) -> dict[str, Any]:
    text = (files("landsim.report") / "texts" / name).read_text(encoding="utf-8")
    table: dict[str, Any] = yaml.safe_load(text)
    return table
