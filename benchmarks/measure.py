"""Measure: seconds, memory and plane copies of one case, as one flat JSON line."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

COPIED_CELLS = 200_000_000
"""So many cells are copied to time one copy: small planes often, since a short time is a noisy one."""
SPELL_CELLS = 400_000_000
"""A spell of copies lasts about as long as a case of a million cells, so that neighbours disturb both alike."""
SHIFTS = (0, 256, 512, 768)
"""Cells between the starts of two planes: how they fall into the cache decides over a third of the time of a copy."""


def copy_seconds(cells: int) -> float:
    """Seconds of one `numpy.copyto` of a float32 plane, the unit of speed that is free of the machine: best of many."""
    repeats = max(3, COPIED_CELLS // len(SHIFTS) // cells)
    return min(_seconds(action) for action in _copies(cells) for _ in range(repeats))


def copy_cpu_seconds(cells: int) -> float:
    """Processor seconds of one copy in the mean of a long spell of copies: best of some spells."""
    repeats = max(3, SPELL_CELLS // cells)
    return min(_spell(action, repeats) for action in _copies(cells)) / repeats


def _copies(cells: int) -> Iterator[Callable[[], None]]:
    """Actions that copy one plane to another, in several placements."""
    for shift in SHIFTS:
        source, copy = np.ones(cells, dtype=np.float32), np.zeros(cells + shift, dtype=np.float32)[shift:]
        np.copyto(copy, source)
        yield partial(np.copyto, copy, source)


def _seconds(action: Callable[[], None]) -> float:
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def _spell(action: Callable[[], None], repeats: int) -> float:
    begun = time.thread_time()
    for _ in range(repeats):
        action()
    return time.thread_time() - begun


def memory_now() -> int:
    """Resident memory of this process, bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def memory_peak() -> int:
    """Largest resident memory that this process has had since `reset_peak`, bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def reset_peak() -> None:
    """Forget the peak so far, where the system lets us; what follows is then measured alone."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        print("the peak of memory includes what came before", file=sys.stderr)


@contextmanager
def measured(**facts: Any) -> Iterator[dict[str, Any]]:
    """Time what happens inside; the record takes `wall_s`, `cpu_s` and `peak_rss_bytes` at the end."""
    record = dict(facts)
    wall, cpu = time.perf_counter(), time.process_time()
    yield record
    record["wall_s"] = time.perf_counter() - wall
    record["cpu_s"] = time.process_time() - cpu
    record["peak_rss_bytes"] = memory_peak()


def emit(record: dict[str, Any]) -> None:
    """Print a record as one flat JSON line."""
    rounded = {key: float(f"{value:.4g}") if isinstance(value, float) else value for key, value in record.items()}
    print(json.dumps(rounded), flush=True)
