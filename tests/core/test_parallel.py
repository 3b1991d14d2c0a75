"""Parallel: outcomes in the order of the items, faults handed on, and one thread like many."""

from __future__ import annotations

import threading
import time

import numba
import pytest

from landsim.core import parallel
from landsim.core.parallel import each, threads


@pytest.fixture(params=[1, 2, 5])
def count(request, monkeypatch) -> int:
    monkeypatch.setattr(parallel, "threads", lambda: request.param)
    return request.param


def test_outcomes_come_in_the_order_of_the_items(count: int) -> None:
    def late_first(item: int) -> int:
        time.sleep(0.002 * (item == 0))
        return item * item

    assert each(late_first, range(40)) == [item * item for item in range(40)]
    assert each(late_first, iter([3, 1])) == [9, 1]
    assert each(late_first, []) == []


def test_a_fault_is_handed_on_and_the_first_of_several(count: int) -> None:
    def fail(item: int) -> int:
        if item >= 3:
            raise ValueError(f"item {item}")
        return item

    with pytest.raises(ValueError, match="item 3"):
        each(fail, range(20))


def test_every_item_is_called_once(count: int) -> None:
    seen: list[int] = []
    each(seen.append, range(200))
    assert sorted(seen) == list(range(200))


def test_one_thread_is_the_caller_and_more_work_at_a_time(monkeypatch) -> None:
    monkeypatch.setattr(parallel, "threads", lambda: 1)
    assert each(lambda _: threading.current_thread(), range(3)) == [threading.current_thread()] * 3
    monkeypatch.setattr(parallel, "threads", lambda: 2)
    # each of the two waits for the other: alone, neither would ever return
    meeting = threading.Barrier(2, timeout=30.0)
    assert sorted(each(lambda _: meeting.wait(), range(2))) == [0, 1]


def test_numba_rules_how_many_threads_there_are() -> None:
    before = numba.get_num_threads()
    try:
        for wanted in {1, before}:
            numba.set_num_threads(wanted)
            assert threads() == wanted
    finally:
        numba.set_num_threads(before)
