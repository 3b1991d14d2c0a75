"""Letters: the fonts that pictures are drawn in, and stand-ins for words that none of them has the letters for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

import matplotlib
from matplotlib.font_manager import FontProperties, findfont, get_font

from landsim.report.page.charts import text_families


@contextmanager
def picture_style() -> Iterator[None]:
    """Give matplotlib a Chinese font as well where this machine has one, and take names as they are written."""
    with matplotlib.rc_context({"font.family": text_families(), "text.parse_math": False}):
        yield


class Letters:
    """Texts as the fonts of this machine can write them; one for each picture, so that a word keeps its stand-in.

    Examples
    --------
    >>> Letters()("density of urban")
    'density of urban'
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    @cached_property
    def _known(self) -> frozenset[str]:
        fonts = [get_font(findfont(FontProperties(family=[family]))) for family in text_families()]
        return frozenset(chr(code) for font in fonts for code in font.get_charmap()) | {"\n"}

    @cached_property
    def _strange(self) -> re.Pattern[str]:
        return re.compile("[^" + "".join(map(re.escape, sorted(self._known))) + "]+")

    def has(self, text: str) -> bool:
        """Tell whether every letter of a text can be written."""
        return self._known.issuperset(text)

    def __call__(self, text: str) -> str:
        """Give a text in which every word without letters here is a number sign and its number."""
        return text if self.has(text) else self._strange.sub(self._number, text)

    @property
    def numbered(self) -> bool:
        """Whether a word has been replaced."""
        return bool(self._numbers)

    def _number(self, word: re.Match[str]) -> str:
        return f"#{self._numbers.setdefault(word.group(), len(self._numbers) + 1)}"
