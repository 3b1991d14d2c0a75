"""A binary heap of (key, id) in two plain arrays, ordered by key and then id, for use inside kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def before(key_a: Any, id_a: Any, key_b: Any, id_b: Any) -> Any:
    """Tell whether entry a leaves the heap before entry b; ids break ties, so the order of pushes is irrelevant."""
    return key_a < key_b or (key_a == key_b and id_a < id_b)


@njit(forceinline=True, cache=True)  # type: ignore[untyped-decorator]
def room(keys: Any, ids: Any, count: Any) -> Any:
    """Return the arrays, twice as long if `count` entries fill them."""
    if count < keys.size:
        return keys, ids
    more_keys = np.empty(2 * keys.size, keys.dtype)
    more_ids = np.empty(2 * keys.size, ids.dtype)
    more_keys[: keys.size] = keys
    more_ids[: keys.size] = ids
    return more_keys, more_ids


@njit(forceinline=True, cache=True)  # type: ignore[untyped-decorator]
def push(keys: Any, ids: Any, count: Any, key: Any, ident: Any) -> Any:
    """Add an entry to a heap that has room; the new count."""
    i = count
    while i > 0:
        parent = (i - 1) >> 1
        if not before(key, ident, keys[parent], ids[parent]):
            break
        keys[i] = keys[parent]
        ids[i] = ids[parent]
        i = parent
    keys[i] = key
    ids[i] = ident
    return count + 1


@njit(forceinline=True, cache=True)  # type: ignore[untyped-decorator]
def drop_first(keys: Any, ids: Any, count: Any) -> Any:
    """Remove the first entry, which the caller has read at index 0; the new count."""
    count -= 1
    key = keys[count]
    ident = ids[count]
    i = 0
    while True:
        child = 2 * i + 1
        if child >= count:
            break
        if child + 1 < count and before(keys[child + 1], ids[child + 1], keys[child], ids[child]):
            child += 1
        if not before(keys[child], ids[child], key, ident):
            break
        keys[i] = keys[child]
        ids[i] = ids[child]
        i = child
    keys[i] = key
    ids[i] = ident
    return count
