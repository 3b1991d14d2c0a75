"""Outlines: the edges of the three control lines as vectors, in the coordinates of the page."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from landsim.dashboard.views import Frame

MOST_POINTS = 20_000
"""Corners that a browser draws without delay."""

Ring = list[list[float]]


def outlines(layer: npt.NDArray[np.uint8], frame: Frame, most: int = MOST_POINTS) -> tuple[list[Ring], int]:
    """Trace the edges of the non-zero cells of a layer.

    Parameters
    ----------
    layer : numpy.ndarray of uint8, shape (height, width)
    frame : Frame
    most : int
        Corners allowed; where there are more, the layer is traced on every second cell, every third, and so on.

    Returns
    -------
    rings : list of list of [north, east]
        Closed lines, m.
    step : int
        One of ``step`` x ``step`` cells was traced.
    """
    step = max(1, round((layer.size / 4_000_000) ** 0.5))
    while True:
        rings = _rings(layer[::step, ::step] != 0, frame, step)
        if sum(map(len, rings)) <= most or step > 64:
            return rings, step
        step += 1 + step // 4


def _rings(mask: npt.NDArray[np.bool_], frame: Frame, step: int) -> list[Ring]:
    from rasterio.features import shapes

    side, top = frame.cell * step, frame.height * frame.cell
    found = shapes(np.ascontiguousarray(mask, dtype=np.uint8), mask=np.ascontiguousarray(mask))
    return [[[top - y * side, x * side] for x, y in ring] for geometry, _ in found for ring in geometry["coordinates"]]
