"""Columns: the declared schemas of a run's tables, and the making of them from arrays; equal input, equal bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

_TEXT = pa.dictionary(pa.int32(), pa.string())

EVENTS = pa.schema(
    [
        ("year", pa.int16()),
        ("seq", pa.int64()),
        ("phase", _TEXT),
        ("layer", _TEXT),
        ("cell", pa.int64()),
        ("from", pa.uint8()),
        ("to", pa.uint8()),
        ("district", pa.int32()),
        ("kind", _TEXT),
        ("agent", _TEXT),
        ("project", pa.int64()),
        ("tier", _TEXT),
        ("price", pa.float32()),
        ("compensation", pa.float32()),
        ("quota", _TEXT),
        ("ledger_ref", pa.int64()),
    ]
)
"""Events, in the order in which they happened; -1 in ``project`` and ``ledger_ref``, and a missing text, mean none."""

UNMET = pa.schema(
    [
        ("year", pa.int16()),
        ("class", _TEXT),
        ("district", pa.int32()),
        ("cells", pa.int64()),
        ("ha", pa.float64()),
        ("mu", pa.float64()),
        ("rule", _TEXT),
    ]
)
"""Demand that could not be met: cells, hectares, 亩, and the rule that binds."""

INDICATORS = pa.schema(
    [("year", pa.int16()), ("district", pa.int32()), ("indicator", _TEXT), ("value", pa.float64()), ("unit", _TEXT)]
)
"""Indicators, one value a row."""

RULES = ("quota", "balance", "pace", "zone", "no_land")
"""Rules that can bind demand."""

_DEFAULTS: dict[str, Any] = {
    "project": -1,
    "ledger_ref": -1,
    "price": np.nan,
    "compensation": np.nan,
    "tier": -1,
    "quota": -1,
}
_ROWS_A_GROUP = 1_000_000
_LEVEL = 1  # of zstd: the tables are small, and a run waits for them

Columns = Mapping[str, Any]
Categories = Mapping[str, Sequence[str]]


def events_table(columns: Columns, categories: Categories) -> pa.Table:
    """Make the table of events.

    Parameters
    ----------
    columns : mapping of str to array_like, each of shape (n,)
        As in `EVENTS`, in the order in which they happened.  A text column is an array of text, or of whole numbers
        that index ``categories[name]`` (-1 is missing).  ``agent`` may be given as ``agent_kind`` (text column) and
        ``agent_id``: it then reads ``household:123``.  ``seq`` may be left out: it counts from 0.  So may
        ``project, tier, price, compensation, quota, ledger_ref``: they then say none.
    categories : mapping of str to sequence of str
        The texts behind the codes.

    Returns
    -------
    pyarrow.Table
        With the schema `EVENTS`.
    """
    given = dict(columns)
    size = len(given["cell"])
    given.setdefault("seq", np.arange(size, dtype=np.int64))
    for name, value in _DEFAULTS.items():
        given.setdefault(name, np.full(size, value))
    if "agent_kind" in given:
        given["agent"] = _agents(given.pop("agent_kind"), given.pop("agent_id"), categories["agent_kind"])
    return table_of(EVENTS, given, categories)


def unmet_table(columns: Columns, categories: Categories | None = None) -> pa.Table:
    """Make the table of unmet demand; columns as in `UNMET`."""
    return table_of(UNMET, columns, {"rule": RULES, **(categories or {})})


def indicators_table(columns: Columns) -> pa.Table:
    """Make the table of indicators; columns as in `INDICATORS`."""
    return table_of(INDICATORS, columns, {})


def table_of(schema: pa.Schema, columns: Columns, categories: Categories) -> pa.Table:
    """Cast columns to a schema.

    Raises
    ------
    ValueError
        If the names differ from the schema's, or the lengths from each other.
    """
    if set(columns) != set(schema.names):
        raise ValueError(f"columns differ from the schema's: {sorted(set(columns) ^ set(schema.names))}")
    arrays = [_array(columns[entry.name], entry.type, categories.get(entry.name)) for entry in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def rows_as_columns(schema: pa.Schema, rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Turn rows into columns, also where there are none."""
    return {name: [row[name] for row in rows] for name in schema.names}


def write_parquet(path: Path, table: pa.Table) -> None:
    """Write a table, zstd; the same table always gives the same bytes."""
    small = [entry.name for entry in table.schema if _repeats(entry.type)]
    counts = {entry.name: "DELTA_BINARY_PACKED" for entry in table.schema if entry.type == pa.int64()}
    pq.write_table(
        table, path, compression="zstd", compression_level=_LEVEL, row_group_size=_ROWS_A_GROUP,
        use_dictionary=small, column_encoding=counts,
    )  # fmt: skip


def _repeats(kind: pa.DataType) -> bool:
    """Tell whether a column has few distinct values: texts, years, codes, districts."""
    return bool(pa.types.is_dictionary(kind) or (pa.types.is_integer(kind) and kind.bit_width <= 32))


def _array(values: Any, kind: pa.DataType, categories: Sequence[str] | None) -> pa.Array:
    if not pa.types.is_dictionary(kind):
        return pa.array(np.asarray(values, dtype=kind.to_pandas_dtype()))
    if isinstance(values, pa.DictionaryArray):
        return values
    codes = np.asarray(values)
    if codes.dtype.kind in "iu":
        return _coded(codes.astype(np.int32), categories or ())
    names = sorted({str(text) for text in codes.tolist()})
    position = {name: i for i, name in enumerate(names)}
    return _coded(np.array([position[str(text)] for text in codes.tolist()], dtype=np.int32), names)


def _coded(codes: npt.NDArray[np.int32], names: Sequence[str]) -> pa.DictionaryArray:
    if codes.size and codes.max() >= len(names):
        raise ValueError(f"code {codes.max()}, but only {len(names)} names: {', '.join(names)}")
    indices = pa.array(codes, mask=codes < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array(list(names), type=pa.string()))


def _agents(kinds: Any, ids: Any, names: Sequence[str]) -> pa.DictionaryArray:
    """Names such as ``household:123``, each once; an agent without a number is its kind."""
    kind = np.asarray(kinds, dtype=np.int64)
    ident = np.asarray(ids, dtype=np.int64)
    if kind.size and (kind.min() < 0 or kind.max() >= len(names)):
        raise ValueError("an event without an agent")
    packed = (kind << 48) | (ident + 1)
    distinct, codes = np.unique(packed, return_inverse=True)
    prefix = pa.array(list(names), type=pa.string()).take(pa.array(distinct >> 48))
    number = (distinct & ((1 << 48) - 1)) - 1
    numbered = pc.binary_join_element_wise(prefix, pc.cast(pa.array(number), pa.string()), ":")
    texts = pc.if_else(pa.array(number >= 0), numbered, prefix)
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), texts)
