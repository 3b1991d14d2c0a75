"""Outlines: the path goes round the area, edge by edge, as a plain walk over the pixels finds them."""

from __future__ import annotations

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from landsim.report.page import outline as page_outline
from landsim.report.page.outline import outline


def edges_of(path: str) -> set[tuple[str, int, int]]:
    """Unit edges of a path drawn at one unit a pixel."""
    found = set()
    for x, y, way, length in re.findall(r"M(\d+) (\d+)([hv])(\d+)", path):
        for step in range(int(length)):
            found.add((way, int(x) + step, int(y)) if way == "h" else (way, int(x), int(y) + step))
    return found


@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=7)))
def test_every_edge_between_inside_and_outside_is_drawn_and_no_other(inside):
    rows, columns = inside.shape
    wanted = set()
    for row in range(rows):
        for column in range(columns):
            around = {("h", column, row): (row - 1, column), ("h", column, row + 1): (row + 1, column),
                      ("v", column, row): (row, column - 1), ("v", column + 1, row): (row, column + 1)}  # fmt: skip
            for edge, (r, c) in around.items():
                beyond = inside[r, c] if 0 <= r < rows and 0 <= c < columns else False
                if inside[row, column] and not beyond:
                    wanted.add(edge)
    assert edges_of(outline(inside, columns, rows)) == wanted


@given(st.integers(1, 40), st.integers(1, 40))
def test_straight_edges_are_one_line(rows, columns):
    assert outline(np.ones((rows, columns), bool), columns, rows).count("M") == 4


def test_nothing_and_too_much_have_no_outline(monkeypatch):
    assert outline(np.zeros((3, 3), bool), 10, 10) == ""
    monkeypatch.setattr(page_outline, "LONGEST", 3)
    assert outline(np.ones((1, 1), bool), 10, 10) == ""
