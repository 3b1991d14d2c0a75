"""The reference names the keys as they are written in files, and says of every key what it means."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from landsim.io import catalog
from landsim.io.closed import known_keys

HOOKS = Path(__file__).parents[1] / "docs" / "hooks"
RECORDS = (
    catalog.StartEntry, catalog.Entry, catalog.LayerEntry, catalog.MaskEntry, catalog.DriverEntry,
    catalog.SyntheticEntry,
)  # fmt: skip


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch):
    """The hook that writes tables of keys."""
    monkeypatch.setattr(sys, "path", [str(HOOKS), *sys.path])
    from tables import keys

    return keys


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_keys_of_the_data_catalogue_are_those_that_it_takes_and_have_a_meaning(keys, record) -> None:
    rows = [line.strip("|").split(" | ") for line in keys(record).splitlines()[2:]]
    assert [row[0].strip(" `") for row in rows] == known_keys(record, ())
    assert [row[0] for row in rows if not row[3].split("<br>")[0].strip()] == []
