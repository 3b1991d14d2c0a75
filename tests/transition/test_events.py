"""The event log and its replay."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landsim.transition.events import COLUMNS, LAYERS, EventLog, replay

BLANK = dict.fromkeys(COLUMNS, 0)


def rows(**columns):
    """Columns of a batch: zero but for what is given."""
    return {**BLANK, **columns}


def events_of(first: np.ndarray, steps) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """True events of a random history, and the map after it, one plain write at a time."""
    flat = first.copy()
    columns = {name: [] for name in ("year", "layer", "cell", "from", "to")}
    for year, cell, to in steps:
        for name, value in zip(columns, (year, 0, cell, flat[cell], to), strict=True):
            columns[name].append(value)
        flat[cell] = to
    return {name: np.array(values, dtype=COLUMNS[name]) for name, values in columns.items()}, flat


STEPS = st.lists(st.tuples(st.integers(2001, 2004), st.integers(0, 11), st.integers(0, 5)), max_size=60).map(
    lambda steps: sorted(steps, key=lambda step: step[0])
)


@given(steps=STEPS, until=st.integers(2000, 2005))
def test_replay_equals_one_write_after_the_other(steps, until: int) -> None:
    first = np.arange(12, dtype=np.uint8) % 4
    events, last = events_of(first, steps)
    assert np.array_equal(replay(first, events), last)
    _, then = events_of(first, [step for step in steps if step[0] <= until])
    assert np.array_equal(replay(first.reshape(3, 4), events, until=until), then.reshape(3, 4))
    assert np.array_equal(first, np.arange(12) % 4)


@given(steps=STEPS.filter(len), data=st.data())
def test_replay_refuses_events_that_do_not_fit_the_map(steps, data) -> None:
    first = np.arange(12, dtype=np.uint8) % 4
    events, _ = events_of(first, steps)
    wrong = data.draw(st.integers(0, len(steps) - 1))
    events["from"][wrong] += 1
    with pytest.raises(ValueError, match=f"layer lu: the events do not fit the map at cell {events['cell'][wrong]}$"):
        replay(first, events)


def test_replay_follows_one_layer() -> None:
    first = np.zeros(3, np.uint8)
    events = {
        "year": np.array([2001, 2001]), "layer": np.array([LAYERS.index("lu"), LAYERS.index("pbf")]),
        "cell": np.array([0, 1]), "from": np.array([0, 0]), "to": np.array([7, 1]),
    }  # fmt: skip
    assert replay(first, events, "lu").tolist() == [7, 0, 0]
    assert replay(first, events, "pbf").tolist() == [0, 1, 0]
    assert replay(first, events, "udb").tolist() == [0, 0, 0]


def test_log_keeps_batches_in_order_repeats_scalars_and_numbers_them() -> None:
    log = EventLog(("demand", "conversion"))
    assert log.append(**rows(cell=[4, 5], to=[1, 2], year=2001)) == 0
    assert log.append(**rows(cell=[6], to=3, year=2002)) == 2
    assert log.append(**rows(cell=np.empty(0, np.int64))) == 3
    columns = log.columns()
    assert len(log) == 3
    assert columns["seq"].tolist() == [0, 1, 2]
    assert columns["cell"].tolist() == [4, 5, 6]
    assert columns["year"].tolist() == [2001, 2001, 2002]
    assert {name: str(values.dtype) for name, values in columns.items()} == {**COLUMNS, "seq": "int64"}
    assert log.since(2)["to"].tolist() == [3]


def test_an_empty_log_has_every_column() -> None:
    columns = EventLog(()).columns()
    assert set(columns) == {*COLUMNS, "seq"}
    assert all(values.size == 0 for values in columns.values())
    assert replay(np.ones(2, np.uint8), columns).tolist() == [1, 1]


def test_log_owns_its_rows() -> None:
    cells = np.array([1, 2])
    log = EventLog(())
    log.append(**rows(cell=cells))
    cells[:] = 9
    assert log.columns()["cell"].tolist() == [1, 2]


def test_log_refuses_missing_unknown_and_uneven_columns() -> None:
    log = EventLog(())
    with pytest.raises(ValueError, match=r"columns differ from the log's: \['extra'\]"):
        log.append(**rows(cell=[1], extra=1))
    with pytest.raises(ValueError, match="cell"):
        log.append(**{name: 0 for name in COLUMNS if name != "cell"})
    with pytest.raises(ValueError, match="column to: 3 values for 2 events"):
        log.append(**rows(cell=[1, 2], to=[1, 2, 3]))
    assert len(log) == 0


def test_log_goes_on_from_a_checkpoint() -> None:
    log, other = EventLog(()), EventLog(())
    log.append(**rows(cell=[1, 2], year=2001))
    other.restore(log.columns())
    for each in (log, other):
        assert each.append(**rows(cell=[3], year=2002)) == 2
    assert all(np.array_equal(log.columns()[name], other.columns()[name]) for name in (*COLUMNS, "seq"))
