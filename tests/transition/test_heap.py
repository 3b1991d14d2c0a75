"""The heap in plain arrays against heapq."""

from __future__ import annotations

import heapq

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from landsim.transition.heap import drop_first, push, room

KEYS = st.sampled_from([-1.5, 0.0, 0.25, 0.5, 3.0, 1e30])
ENTRIES = st.tuples(KEYS, st.integers(0, 9))
STEPS = st.lists(st.one_of(ENTRIES, st.none()), max_size=80)


@given(steps=STEPS, capacity=st.integers(1, 5))
def test_entries_leave_as_from_heapq_whatever_the_first_capacity(steps, capacity: int) -> None:
    """An entry is pushed; None takes the first away."""
    keys, ids, count = np.empty(capacity, np.float32), np.empty(capacity, np.int64), 0
    oracle: list[tuple[float, int]] = []
    for step in [*steps, *[None] * len(steps)]:
        if step is not None:
            keys, ids = room(keys, ids, count)
            count = push(keys, ids, count, np.float32(step[0]), step[1])
            heapq.heappush(oracle, (float(np.float32(step[0])), step[1]))
        elif oracle:
            first = float(keys[0]), int(ids[0])
            count = drop_first(keys, ids, count)
            assert first == heapq.heappop(oracle)
        assert count == len(oracle)


@given(entries=st.lists(ENTRIES, max_size=40, unique=True), seed=st.integers(0, 99))
def test_the_order_of_pushes_is_irrelevant(entries, seed: int) -> None:
    orders = []
    shuffled = [entries[i] for i in np.random.default_rng(seed).permutation(len(entries))]
    for sequence in (entries, shuffled):
        keys, ids, count = np.empty(64, np.float32), np.empty(64, np.int64), 0
        for key, ident in sequence:
            count = push(keys, ids, count, np.float32(key), ident)
        left = []
        while count:
            left.append((float(keys[0]), int(ids[0])))
            count = drop_first(keys, ids, count)
        orders.append(left)
    assert orders[0] == orders[1] == sorted(orders[0])


def test_room_doubles_full_arrays_and_keeps_what_is_in_them() -> None:
    keys, ids = np.array([1.0, 2.0], np.float32), np.array([7, 8])
    more_keys, more_ids = room(keys, ids, 2)
    assert (more_keys.size, more_ids.size) == (4, 4)
    assert more_keys[:2].tolist() == [1.0, 2.0]
    assert more_ids[:2].tolist() == [7, 8]
    assert room(keys, ids, 1)[0] is keys
