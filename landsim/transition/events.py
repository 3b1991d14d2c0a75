"""Events: the only way in which land or control lines change, kept as columns and replayable."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

LAYERS = ("lu", "erl", "pbf", "udb")
KINDS = (
    "legal", "illegal", "renewal", "linkage", "consolidation", "restoration", "abandon", "demolish",
    "line_project", "line_adjust",
)  # fmt: skip
AGENT_KINDS = ("household", "firm", "farmer", "government")
TIERS = ("county", "city", "province", "state")
QUOTAS = ("none", "new", "agricultural", "arable")

COLUMNS: dict[str, str] = {
    "year": "int16",
    "phase": "uint8",
    "layer": "uint8",
    "cell": "int64",
    "from": "uint8",
    "to": "uint8",
    "district": "int32",
    "kind": "uint8",
    "agent_kind": "uint8",
    "agent_id": "int64",
    "project": "int64",
    "tier": "uint8",
    "price": "float32",
    "compensation": "float32",
    "quota": "uint8",
    "ledger_ref": "int64",
}
"""Columns of the log and their dtypes; names of phases, layers, kinds, agent kinds and tiers are stored as codes."""


@dataclass
class EventLog:
    """Columns of events in the order in which they happened; the row number is the sequence number.

    Attributes
    ----------
    phases : tuple of str
        Names behind the phase codes.
    """

    phases: tuple[str, ...]
    _parts: list[dict[str, npt.NDArray[Any]]] = field(default_factory=list)
    _count: int = 0

    def __len__(self) -> int:
        return self._count

    def append(self, **columns: npt.ArrayLike) -> int:
        """Add a batch; scalars are repeated; the sequence number of its first event.

        Raises
        ------
        ValueError
            If a column is missing or unknown, or lengths differ.
        """
        if set(columns) != set(COLUMNS):
            raise ValueError(f"columns differ from the log's: {sorted(set(columns) ^ set(COLUMNS))}")
        length = np.asarray(columns["cell"]).size
        part = {}
        for name, dtype in COLUMNS.items():
            # a copy: the log alone owns its rows
            values = np.array(columns[name], dtype=dtype)
            part[name] = np.full(length, values) if values.ndim == 0 else values
            if part[name].shape != (length,):
                raise ValueError(f"column {name}: {part[name].shape[0]} values for {length} events")
        first = self._count
        self._parts.append(part)
        self._count += length
        return first

    def columns(self) -> dict[str, npt.NDArray[Any]]:
        """Return all events as one array a column, with their sequence numbers as ``seq``."""
        if len(self._parts) > 1:
            # a column is let go of as soon as it is joined, so that the log is never kept twice
            parts, self._parts = self._parts, []
            self._parts = [{name: np.concatenate([part.pop(name) for part in parts]) for name in COLUMNS}]
        whole = self._parts[0] if self._parts else {n: np.empty(0, dtype=d) for n, d in COLUMNS.items()}
        return {**whole, "seq": np.arange(self._count, dtype=np.int64)}

    def since(self, first: int) -> dict[str, npt.NDArray[Any]]:
        """Return the events from a sequence number on."""
        return {name: values[first:] for name, values in self.columns().items()}

    def restore(self, columns: dict[str, npt.NDArray[Any]]) -> None:
        """Take over the events of a checkpoint."""
        self._parts = [{name: columns[name] for name in COLUMNS}]
        self._count = int(columns["cell"].size)


def replay(
    first: npt.NDArray[np.uint8], events: dict[str, npt.NDArray[Any]], layer: str = "lu", until: int | None = None
) -> npt.NDArray[np.uint8]:
    """Apply events in order to the first map of a layer.

    Parameters
    ----------
    first : numpy.ndarray of uint8, shape (height, width) or (n,)
        The layer at the start.
    events : dict of str to numpy.ndarray
        Columns ``year, layer, cell, from, to`` in the order of their sequence.
    layer : {"lu", "erl", "pbf", "udb"}
        Which layer to follow.
    until : int or None
        Last year to apply; None applies all.

    Returns
    -------
    numpy.ndarray of uint8, same shape
        A copy of `first` as it stands after those events.

    Raises
    ------
    ValueError
        If an event starts from another value than the map holds.
    """
    out = np.array(first, dtype=np.uint8, copy=True)
    flat = out.reshape(-1)
    chosen = events["layer"] == LAYERS.index(layer)
    if until is not None:
        chosen &= events["year"] <= until
    cells, before, after = (events[name][chosen] for name in ("cell", "from", "to"))
    order = np.argsort(cells, kind="stable")
    cells, before, after = cells[order], before[order], after[order]
    new = np.ones(cells.size, dtype=bool)
    new[1:] = cells[1:] != cells[:-1]
    expected = np.where(new, flat[cells], np.concatenate([after[:1], after[:-1]]))
    if not np.array_equal(expected, before):
        wrong = int(cells[np.flatnonzero(expected != before)[0]])
        raise ValueError(f"layer {layer}: the events do not fit the map at cell {wrong}")
    last = np.append(new[1:], True) if cells.size else new
    flat[cells[last]] = after[last]
    return out
