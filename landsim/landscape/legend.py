"""Legend: the sixteen model classes, and a user's own codes with what each of them means."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt

from landsim.core.errors import InputError, Problem
from landsim.core.registry import nearest


class Land(IntEnum):
    """Model classes of the national land and sea classification (用地用海分类)."""

    NODATA = 0
    ARABLE = 1
    OTHER_AG = 2
    FOREST = 3
    GRASS = 4
    WETLAND = 5
    WATER = 6
    RURAL = 7
    URB_RES = 8
    URB_SVC = 9
    URB_IND = 10
    TRANS = 11
    GREEN = 12
    SPECIAL_RES = 13
    UNUSED = 14
    SEA = 15


BUILT = (Land.RURAL, Land.URB_RES, Land.URB_SVC, Land.URB_IND, Land.TRANS, Land.GREEN, Land.SPECIAL_RES)
URBAN = (Land.URB_RES, Land.URB_SVC, Land.URB_IND)
WATERY = (Land.WETLAND, Land.WATER, Land.SEA)

# name, Chinese name, colour (after the usual planning colours: yellow dwellings, red services, brown industry)
_FACTS: dict[Land, tuple[str, str, str]] = {
    Land.NODATA: ("nodata", "无数据", "#ffffff"),
    Land.ARABLE: ("arable", "耕地", "#f5e6a3"),
    Land.OTHER_AG: ("other_ag", "园地与农业设施用地", "#d9c36a"),
    Land.FOREST: ("forest", "林地", "#2e7d32"),
    Land.GRASS: ("grass", "草地", "#9ccc65"),
    Land.WETLAND: ("wetland", "湿地", "#66b2a5"),
    Land.WATER: ("water", "陆地水域", "#5b9bd5"),
    Land.RURAL: ("rural", "村庄建设用地", "#c98c5a"),
    Land.URB_RES: ("urban", "城镇居住用地", "#f2b701"),
    Land.URB_SVC: ("service", "公共与商业服务用地", "#e0325c"),
    Land.URB_IND: ("industry", "工矿仓储用地", "#8d6e63"),
    Land.TRANS: ("transport", "交通与公用设施用地", "#616161"),
    Land.GREEN: ("green", "绿地与开敞空间", "#43c59e"),
    Land.SPECIAL_RES: ("special", "特殊与留白用地", "#9575cd"),
    Land.UNUSED: ("unused", "其他土地", "#d7ccc8"),
    Land.SEA: ("sea", "海域", "#1f4e8c"),
}


@dataclass(frozen=True)
class LegendRow:
    """One land-cover code and what it means.

    Attributes
    ----------
    code : int
        Value in the map, 0..254.
    name, name_zh, colour : str
        Lower-case English name, Chinese name, ``#rrggbb``.
    model_class : Land
        What rules and agents take it for.
    built, arable, water : bool
        Flags of the class.
    """

    code: int
    name: str
    name_zh: str
    colour: str
    model_class: Land
    built: bool
    arable: bool
    water: bool


def model_row(land: Land, code: int | None = None, name: str | None = None) -> LegendRow:
    """Make the standard row of a model class, under another code or name if given."""
    english, chinese, colour = _FACTS[land]
    return LegendRow(
        int(land) if code is None else code,
        name or english,
        chinese,
        colour,
        land,
        land in BUILT,
        land is Land.ARABLE,
        land in WATERY,
    )


@dataclass(frozen=True)
class Legend:
    """The codes of a map.

    Attributes
    ----------
    rows : tuple of LegendRow
        One row a code, ascending.
    nodata : int
        Code of cells that are outside the study, 0..255.
    """

    rows: tuple[LegendRow, ...]
    nodata: int = 0

    @cached_property
    def codes(self) -> npt.NDArray[np.uint8]:
        """Codes in use, ascending, uint8, shape (n,)."""
        return np.array([row.code for row in self.rows], dtype=np.uint8)

    @cached_property
    def model_class(self) -> npt.NDArray[np.uint8]:
        """Look-up table code -> model class, uint8, shape (256,); NODATA where a code is unknown."""
        table = np.zeros(256, dtype=np.uint8)
        for row in self.rows:
            table[row.code] = int(row.model_class)
        return table

    @cached_property
    def known(self) -> npt.NDArray[np.bool_]:
        """Look-up table code -> is it in the legend or nodata, bool, shape (256,)."""
        table = np.zeros(256, dtype=np.bool_)
        table[self.codes] = True
        table[self.nodata] = True
        return table

    @cached_property
    def built(self) -> npt.NDArray[np.bool_]:
        """Look-up table code -> is built-up, bool, shape (256,)."""
        return self._flag("built")

    @cached_property
    def arable(self) -> npt.NDArray[np.bool_]:
        """Look-up table code -> is cropland, bool, shape (256,)."""
        return self._flag("arable")

    @cached_property
    def water(self) -> npt.NDArray[np.bool_]:
        """Look-up table code -> is water, bool, shape (256,)."""
        return self._flag("water")

    @property
    def names(self) -> list[str]:
        """Class names in the order of the codes."""
        return [row.name for row in self.rows]

    def row(self, name: str) -> LegendRow:
        """Find a class by its English name.

        Raises
        ------
        InputError
            If there is no such class; the nearest name is given.
        """
        for row in self.rows:
            if row.name == name:
                return row
        near = nearest(name, self.names)
        raise InputError(
            Problem(
                "legend",
                f"no class named {name!r}",
                wanted="one of " + ", ".join(self.names),
                mend=f"Did you mean {near!r}?" if near else None,
            )
        )

    def code_of(self, land: Land) -> int | None:
        """Give the first code whose model class is `land`, or None."""
        for row in self.rows:
            if row.model_class is land:
                return row.code
        return None

    def unknown(self, counts: npt.NDArray[np.int64]) -> dict[int, int]:
        """Codes that stand in a map but not in the legend, with their cell counts.

        Parameters
        ----------
        counts : numpy.ndarray of int64, shape (256,)
            Cells a code (`numpy.bincount` of the map).
        """
        return {int(c): int(counts[c]) for c in np.flatnonzero((counts > 0) & ~self.known)}

    def _flag(self, flag: str) -> npt.NDArray[np.bool_]:
        table = np.zeros(256, dtype=np.bool_)
        for row in self.rows:
            table[row.code] = getattr(row, flag)
        return table


def model_legend() -> Legend:
    """Return the legend of the model classes themselves, codes 1..15."""
    return Legend(tuple(model_row(land) for land in Land if land is not Land.NODATA), nodata=0)
