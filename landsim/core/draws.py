"""Counter-based random draws: every uniform is named by (seed, stream, year, id, k) and by nothing else.

Generator: Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").  The key is the
8-byte BLAKE2b digest of ``"{seed}/{stream}"``; the counter words are (id low, id high, year, k).  A draw therefore
does not depend on threads, on order, or on what another mechanism draws.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint32(0x9E3779B9)
_W1 = np.uint32(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_TO_UNIT = 2.0**-32


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def philox(c0: Any, c1: Any, c2: Any, c3: Any, k0: Any, k1: Any) -> Any:
    """Ten rounds of Philox4x32 on four uint32 counter words and two uint32 key words; four uint32 words."""
    for _ in range(10):
        p0 = np.uint64(c0) * _M0
        p1 = np.uint64(c2) * _M1
        n0 = np.uint32(p1 >> _SHIFT) ^ c1 ^ k0
        n2 = np.uint32(p0 >> _SHIFT) ^ c3 ^ k1
        c1 = np.uint32(p1 & _LOW)
        c3 = np.uint32(p0 & _LOW)
        c0 = n0
        c2 = n2
        k0 = np.uint32(k0 + _W0)
        k1 = np.uint32(k1 + _W1)
    return c0, c1, c2, c3


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def unit(bits: Any) -> Any:
    """Map 32 random bits to the open interval (0, 1): (bits + 1/2) / 2**32, float64."""
    return (np.float64(bits) + 0.5) * _TO_UNIT


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def draw_id(k0: Any, k1: Any, year: Any, ident: Any, k: Any) -> Any:
    """One uniform of one id (lane 0 of its own Philox call)."""
    wide = np.uint64(ident)
    word, _, _, _ = philox(np.uint32(wide & _LOW), np.uint32(wide >> _SHIFT), np.uint32(year), np.uint32(k), k0, k1)
    return unit(word)


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def draw_cell(k0: Any, k1: Any, year: Any, cell: Any, k: Any) -> Any:
    """One uniform of one cell: lane ``cell % 4`` of the call that serves cells ``4j .. 4j+3``."""
    group = np.uint64(cell) >> np.uint64(2)
    a, b, c, d = philox(np.uint32(group & _LOW), np.uint32(group >> _SHIFT), np.uint32(year), np.uint32(k), k0, k1)
    lane = np.uint64(cell) & np.uint64(3)
    bits = a
    if lane == np.uint64(1):
        bits = b
    elif lane == np.uint64(2):
        bits = c
    elif lane == np.uint64(3):
        bits = d
    return unit(bits)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _fill_ids(k0: Any, k1: Any, year: Any, ids: Any, k: Any, out: Any) -> None:
    for i in range(ids.size):
        out[i] = draw_id(k0, k1, year, ids[i], k)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _fill_cells(k0: Any, k1: Any, year: Any, first: Any, k: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = draw_cell(k0, k1, year, first + i, k)


@lru_cache(maxsize=512)
def stream_key(seed: int, stream: str) -> tuple[np.uint32, np.uint32]:
    """Two uint32 key words of a named stream.

    Parameters
    ----------
    seed : int
        Root seed of the run.
    stream : str
        Name of the draw, e.g. ``"move"``.
    """
    digest = blake2b(f"{seed}/{stream}".encode(), digest_size=8).digest()
    words = np.frombuffer(digest, dtype="<u4")
    return np.uint32(words[0]), np.uint32(words[1])


def uniform(seed: int, stream: str, year: int, ids: npt.ArrayLike, k: int = 0) -> Any:
    """Named uniforms in the open interval (0, 1).

    Parameters
    ----------
    seed, stream, year, k : int, str, int, int
        The name of the draw; `k` counts several draws of one id in one year.
    ids : int or array_like of int, shape (...)
        Who draws.

    Returns
    -------
    float or numpy.ndarray of float64, shape (...)
        The same number for the same name, whatever else is drawn.

    Examples
    --------
    >>> uniform(1, "move", 2020, 17) == float(uniform(1, "move", 2020, [3, 17])[1])
    True
    """
    k0, k1 = stream_key(seed, stream)
    array = np.asarray(ids, dtype=np.int64)
    out = np.empty(array.size, dtype=np.float64)
    _fill_ids(k0, k1, np.uint32(year), np.ascontiguousarray(array).reshape(-1), np.uint32(k), out)
    return float(out[0]) if array.ndim == 0 else out.reshape(array.shape)


def uniform_cells(seed: int, stream: str, year: int, first: int, count: int, k: int = 0) -> npt.NDArray[np.float64]:
    """Named uniforms of `count` neighbouring cells from flat index `first`, one Philox call for four of them."""
    k0, k1 = stream_key(seed, stream)
    out = np.empty(count, dtype=np.float64)
    _fill_cells(k0, k1, np.uint32(year), np.int64(first), np.uint32(k), out)
    return out


def gumbel(seed: int, stream: str, year: int, ids: npt.ArrayLike, k: int = 0) -> Any:
    """Standard Gumbel draws, -ln(-ln u), under the same names as `uniform`."""
    return -np.log(-np.log(uniform(seed, stream, year, ids, k)))


def normal(seed: int, stream: str, year: int, ids: npt.ArrayLike, k: int = 0) -> Any:
    """Standard normal draws by Box and Muller (1958); uses draws ``2k`` and ``2k + 1`` of the stream."""
    first = uniform(seed, stream, year, ids, 2 * k)
    second = uniform(seed, stream, year, ids, 2 * k + 1)
    return np.sqrt(-2.0 * np.log(first)) * np.cos(2.0 * np.pi * second)
