"""Outlines of a report's maps: the edge of an area as a path of SVG, so that what lies under it stays in sight."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

LONGEST = 60_000
"""Edges of pixels; a longer outline is a texture and no line, and would make the page heavy."""


def outline(inside: npt.NDArray[np.bool_], wide: float, tall: float) -> str:
    """Give the edges between inside and outside as the data of a path; empty where there is none, or too many.

    Parameters
    ----------
    inside : numpy.ndarray of bool, shape (height, width)
        Pixels of the area.
    wide, tall : float
        Size of the map in the units of the drawing.

    Examples
    --------
    >>> outline(np.array([[True, False]]), 20, 10)
    'M0 0h10M0 10h10M0 0v10M10 0v10'
    """
    rows, columns = inside.shape
    padded = np.pad(inside, 1)
    level, upright = padded[1:, 1:-1] != padded[:-1, 1:-1], padded[1:-1, 1:] != padded[1:-1, :-1]
    if np.count_nonzero(level) + np.count_nonzero(upright) > LONGEST:
        return ""
    across, down = wide / columns, tall / rows
    lines = [f"M{_n(start * across)} {_n(row * down)}h{_n(count * across)}" for row, start, count in _runs(level)]
    lines += [
        f"M{_n(column * across)} {_n(start * down)}v{_n(count * down)}" for column, start, count in _runs(upright.T)
    ]
    return "".join(lines)


def _runs(edges: npt.NDArray[np.bool_]) -> list[tuple[int, int, int]]:
    """Row, first place and length of every unbroken run of edges."""
    steps = np.diff(np.pad(edges, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    first, last = np.nonzero(steps == 1), np.nonzero(steps == -1)
    return list(zip(first[0].tolist(), first[1].tolist(), (last[1] - first[1]).tolist(), strict=True))


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
