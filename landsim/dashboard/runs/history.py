"""History: layers of a run in every year so far, kept as start maps and yearly changes and never as copies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.transition.events import LAYERS

LANDCOVER = "landcover"
_LAYER_OF = {"lu": LANDCOVER}


@dataclass(frozen=True)
class Window:
    """Part of a map, and of how many cells one is looked at.

    Attributes
    ----------
    top, left, bottom, right : int
        Rows and columns, the last ones outside.
    step : int
        One of ``step`` x ``step`` cells is taken.
    """

    top: int
    left: int
    bottom: int
    right: int
    step: int = 1

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the view."""
        return -(-(self.bottom - self.top) // self.step), -(-(self.right - self.left) // self.step)

    def of(self, layer: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Take the view out of a whole layer, without a copy."""
        return layer[self.top : self.bottom : self.step, self.left : self.right : self.step]


@dataclass(frozen=True)
class _Change:
    year: int
    cells: npt.NDArray[np.int64]
    to: npt.NDArray[np.uint8]


class History:
    """Land cover and control lines by year.

    Changes are only ever appended, so that a reader that knows the last year of its own needs no lock.

    Parameters
    ----------
    start : int
        Year of the first maps.
    first : mapping of str to numpy.ndarray of uint8, shape (height, width)
        ``landcover``, and of ``erl, pbf, udb`` those that there are; not copied and never written to.
    """

    def __init__(self, start: int, first: Mapping[str, npt.NDArray[np.uint8]]) -> None:
        self.start, self.first = start, dict(first)
        self._changes: dict[str, list[_Change]] = {name: [] for name in first}

    def add(self, year: int, events: Mapping[str, npt.NDArray[Any]]) -> None:
        """Take over the events of a year.

        Parameters
        ----------
        events : mapping of str to numpy.ndarray, shape (m,)
            ``layer`` (code of `landsim.transition.events.LAYERS`), ``cell`` and ``to``, in order.
        """
        for code in np.unique(events["layer"]).tolist():
            name = _LAYER_OF.get(LAYERS[code], LAYERS[code])
            rows = events["layer"] == code
            if name in self._changes:
                self._changes[name].append(_Change(year, events["cell"][rows], events["to"][rows]))

    def at(self, year: int, layer: str = LANDCOVER, window: Window | None = None) -> npt.NDArray[np.uint8]:
        """Give a layer as it stood at the end of a year, uint8, in the shape of the map or of the window."""
        first = self.first[layer]
        seen = window or Window(0, 0, *first.shape)
        out = np.array(seen.of(first), dtype=np.uint8)
        for change in self._until(year, layer):
            cells, to = change.cells, change.to
            if seen.shape != first.shape:
                place, inside = _places(cells, first.shape[1], seen)
                cells, to = place, to[inside]
            out.reshape(-1)[cells] = to  # of several changes of a cell in a year the last one stays
        return out

    def changed_in(self, year: int, layer: str) -> int:
        """Year of the last change of a layer up to a year; the start where there was none."""
        return max((change.year for change in self._until(year, layer)), default=self.start)

    def years(self, layer: str) -> list[int]:
        """Years in which a layer changed, ascending."""
        return sorted({change.year for change in list(self._changes[layer])})

    @property
    def nbytes(self) -> int:
        """Memory that the changes take."""
        parts = (change for changes in self._changes.values() for change in changes)
        return sum(change.cells.nbytes + change.to.nbytes for change in parts)

    def _until(self, year: int, layer: str) -> Iterable[_Change]:
        return (change for change in list(self._changes[layer]) if change.year <= year)


def _places(
    cells: npt.NDArray[np.int64], width: int, seen: Window
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Flat indices within a window of those cells that it shows, and which these are."""
    rows, cols = np.divmod(cells, width)
    rows, cols = rows - seen.top, cols - seen.left
    inside = (rows >= 0) & (rows < seen.bottom - seen.top) & (cols >= 0) & (cols < seen.right - seen.left)
    inside &= (rows % seen.step == 0) & (cols % seen.step == 0)
    return (rows[inside] // seen.step) * seen.shape[1] + cols[inside] // seen.step, inside
