"""Views: which part of a map is drawn, at how many cells a pixel, as a PNG that a browser can lay over the map."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from math import floor, log2

from landsim.dashboard.layers import Picture
from landsim.dashboard.runs.history import Window
from landsim.landscape.grid import Grid

MOST_PIXELS = 1_200_000
"""Pixels of one view: what a browser takes in a fraction of a second."""
LARGEST_SIDE = 30_000
"""Rows or columns above which a map is not shown at all."""

Bounds = tuple[tuple[float, float], tuple[float, float]]
"""South-west and north-east corner, m from the south-west corner of the map."""
Place = tuple[tuple[float, float], float]
"""Centre (north, east) in metres, and zoom; zoom z draws a metre as 2^z pixels."""


@dataclass(frozen=True)
class Frame:
    """A map in the coordinates of the page: metres east and north of its south-west corner, so that a scale is true.

    Attributes
    ----------
    height, width : int
        Rows and columns.
    cell : float
        Side of a cell, m.
    """

    height: int
    width: int
    cell: float

    @classmethod
    def of(cls, grid: Grid) -> Frame:
        """Frame of a grid."""
        return cls(grid.height, grid.width, grid.cell_size)

    @property
    def bounds(self) -> Bounds:
        """Corners of the map."""
        return (0.0, 0.0), (self.height * self.cell, self.width * self.cell)

    def bounds_of(self, window: Window) -> Bounds:
        """Corners of a window; its last pixels may stick out."""
        rows, cols = (side * window.step for side in window.shape)
        south = (self.height - window.top - rows) * self.cell
        return (south, window.left * self.cell), (
            (self.height - window.top) * self.cell,
            (window.left + cols) * self.cell,
        )

    def cell_at(self, north: float, east: float) -> int | None:
        """Flat index of the cell at a place; None outside the map."""
        row, col = int((self.height * self.cell - north) // self.cell), int(east // self.cell)
        inside = 0 <= row < self.height and 0 <= col < self.width
        return row * self.width + col if inside else None

    def centre_of(self, cell: int) -> tuple[float, float]:
        """Place of the centre of a cell: north, east."""
        row, col = divmod(cell, self.width)
        return (self.height - row - 0.5) * self.cell, (col + 0.5) * self.cell


def whole(frame: Frame, most: int = MOST_PIXELS) -> Window:
    """Give the view of the whole map, of as few pixels as allowed."""
    step = 1
    while -(-frame.height // step) * -(-frame.width // step) > most:
        step += 1
    return Window(0, 0, frame.height, frame.width, step)


def detail(frame: Frame, seen: Bounds, most: int = MOST_PIXELS) -> Window | None:
    """Give the view of the part that is seen, with a margin; None where it shows no more than the whole does.

    Parameters
    ----------
    seen : tuple
        South-west and north-east corner of what is on the screen.
    """
    coarse = whole(frame, most)
    if coarse.step == 1:
        return None
    (south, west), (north, east) = seen
    margin_y, margin_x = (north - south) / 6, (east - west) / 6
    top = int((frame.height * frame.cell - north - margin_y) // frame.cell)
    bottom = int((frame.height * frame.cell - south + margin_y) // frame.cell) + 1
    left, right = int((west - margin_x) // frame.cell), int((east + margin_x) // frame.cell) + 1
    top, left = max(top, 0), max(left, 0)
    bottom, right = min(bottom, frame.height), min(right, frame.width)
    if bottom <= top or right <= left:
        return None
    step = 1
    while -(-(bottom - top) // step) * -(-(right - left) // step) > most:
        step += 1
    return Window(top, left, bottom, right, step) if step < coarse.step else None


def png(picture: Picture) -> bytes:
    """Write a view as a paletted PNG whose value 0 is transparent."""
    from PIL import Image

    height, width = picture.values.shape
    image = Image.frombytes("P", (width, height), picture.values.tobytes())
    image.putpalette(bytes(int(colour[c : c + 2], 16) for colour in picture.palette for c in (1, 3, 5)))
    out = io.BytesIO()
    image.save(out, format="PNG", compress_level=1, transparency=bytes([0]))
    return out.getvalue()


def data_url(picture: Picture) -> str:
    """Write a view as a URL that holds it."""
    return "data:image/png;base64," + base64.b64encode(png(picture)).decode("ascii")


def fit(frame: Frame, width_px: float, height_px: float) -> Place:
    """Centre and zoom at which the whole map fills a part of the page."""
    scale = min(width_px / (frame.width * frame.cell), height_px / (frame.height * frame.cell))
    centre = (frame.height * frame.cell / 2, frame.width * frame.cell / 2)
    return centre, floor(log2(max(scale, 1e-9)) * 20) / 20


def alike(one: Place, other: Place) -> bool:
    """Tell whether two places differ by no more than a browser rounds."""
    (north, east), zoom = one
    (up, right), other_zoom = other
    pixel = 2.0**-zoom
    return abs(zoom - other_zoom) < 0.03 and abs(north - up) < 2 * pixel and abs(east - right) < 2 * pixel
