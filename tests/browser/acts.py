"""Acts of a user on the page: open, step, fill, click, read."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image

MAP = ".map-a .leaflet-image-layer"


def open_source(page: Any, name: str = "small") -> None:
    page.select_option(".sel-source select", name)
    page.wait_for_selector(MAP)
    page.wait_for_selector(".ls-state-ready, .ls-state-finished")


def wait_for_year(page: Any, year: int) -> None:
    page.wait_for_selector(f'.ls-year[data-year="{year}"]')


def step(page: Any) -> int:
    year = int(page.get_attribute(".ls-year", "data-year")) + 1
    page.click(".btn-step:not([disabled])")
    wait_for_year(page, year)
    page.wait_for_selector(".ls-state-ready, .ls-state-ended")
    return year


def says(page: Any, where: str, *words: str) -> None:
    """Wait until a part of the page says something; a page is drawn part by part."""
    for told in words:
        page.wait_for_function("([sel, w]) => document.querySelector(sel)?.innerText.includes(w)", arg=[where, told])


def pixels(page: Any, where: str = ".map-a") -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(io.BytesIO(page.locator(where).screenshot())).convert("RGB")).astype(int)


def picture_of(page: Any, where: str = MAP) -> str:
    return str(page.get_attribute(where, "src"))


def changed_picture(page: Any, before: str) -> str:
    page.wait_for_function("([sel, old]) => document.querySelector(sel).src !== old", arg=[MAP, before])
    return picture_of(page)


def fill(page: Any, hook: str, value: str) -> None:
    field = page.locator(f".{hook} input")
    field.fill(value)
    field.press("Tab")


def click_cell(page: Any, cell: int, cells: int = 60) -> None:
    """Click a cell of the map, which is seen whole."""
    box = page.locator(MAP).bounding_box()
    row, col = divmod(cell, cells)
    page.mouse.click(box["x"] + (col + 0.5) * box["width"] / cells, box["y"] + (row + 0.5) * box["height"] / cells)
    page.wait_for_selector(".ls-why")
