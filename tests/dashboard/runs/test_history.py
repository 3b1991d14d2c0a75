"""History: any year and any window from changes alone, against replay of the events and plain slicing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landsim.dashboard.runs.history import LANDCOVER, History, Window
from landsim.transition.events import LAYERS, replay

SHAPE = (7, 9)
YEARS = (2021, 2022, 2023)


def _log(rows: list[tuple[int, int, int]]) -> dict[str, np.ndarray[Any, Any]]:
    """Columns of a log whose changes start from what stood there."""
    land = np.zeros(SHAPE[0] * SHAPE[1], dtype=np.uint8)
    out: dict[str, list[int]] = {"year": [], "layer": [], "cell": [], "from": [], "to": []}
    for year, cell, to in sorted(rows, key=lambda row: row[0]):
        for name, value in zip(out, (year, 0, cell, int(land[cell]), to), strict=True):
            out[name].append(value)
        land[cell] = to
    kinds = {"year": np.int16, "layer": np.uint8, "cell": np.int64, "from": np.uint8, "to": np.uint8}
    return {name: np.array(values, dtype=kinds[name]) for name, values in out.items()}


def _history(log: dict[str, np.ndarray[Any, Any]]) -> History:
    history = History(2020, {LANDCOVER: np.zeros(SHAPE, dtype=np.uint8)})
    for year in YEARS:
        rows = log["year"] == year
        history.add(year, {name: log[name][rows] for name in ("layer", "cell", "to")})
    return history


ROWS = st.lists(st.tuples(st.sampled_from(YEARS), st.integers(0, 62), st.integers(1, 9)), max_size=60)
SIDES = st.tuples(st.integers(0, 6), st.integers(0, 8), st.integers(1, 7), st.integers(1, 9), st.integers(1, 4))


@given(ROWS, SIDES)
def test_every_year_and_window_is_that_of_the_replayed_log(
    rows: list[tuple[int, int, int]], sides: tuple[int, int, int, int, int]
) -> None:
    log = _log(rows)
    history = _history(log)
    top, left, high, wide, step = sides
    window = Window(top, left, min(top + high, SHAPE[0]), min(left + wide, SHAPE[1]), step)
    for year in (2020, *YEARS, 2030):
        whole = replay(np.zeros(SHAPE, dtype=np.uint8), log, until=year)
        assert np.array_equal(history.at(year), whole)
        seen = history.at(year, LANDCOVER, window)
        assert seen.shape == window.shape
        assert np.array_equal(seen, whole[window.top : window.bottom : step, window.left : window.right : step])


def test_lines_have_their_own_changes_and_their_last_year() -> None:
    first = np.zeros(SHAPE, dtype=np.uint8)
    history = History(2020, {LANDCOVER: first, "udb": first})
    code = LAYERS.index("udb")
    history.add(2025, {"layer": np.array([code, code]), "cell": np.array([3, 4]), "to": np.array([1, 2], np.uint8)})
    history.add(2026, {"layer": np.array([0]), "cell": np.array([3]), "to": np.array([9], np.uint8)})
    assert history.at(2025, "udb").reshape(-1)[[3, 4]].tolist() == [1, 2]
    assert not history.at(2024, "udb").any()
    assert not history.at(2025).any()
    assert (history.changed_in(2024, "udb"), history.changed_in(2030, "udb")) == (2020, 2025)
    assert history.changed_in(2030, LANDCOVER) == 2026
    assert not first.any()


def test_a_layer_that_the_place_has_not_is_let_pass() -> None:
    history = History(2020, {LANDCOVER: np.zeros(SHAPE, dtype=np.uint8)})
    history.add(2021, {"layer": np.array([LAYERS.index("pbf")]), "cell": np.array([0]), "to": np.array([1], np.uint8)})
    with pytest.raises(KeyError):
        history.at(2021, "pbf")


def test_a_year_costs_its_changes_and_no_map() -> None:
    history = _history(_log([(2021, 5, 3), (2022, 6, 4)]))
    assert history.nbytes == 2 * (8 + 1)
