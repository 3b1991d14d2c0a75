"""Result: maps, events, unmet demand and indicators of a run, as labelled arrays and tables."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landsim.io.columns import INDICATORS, UNMET, events_table, indicators_table, unmet_table
from landsim.io.cube import START_LAYERS, axes, map_blocks
from landsim.io.store import RunRecord
from landsim.model.books import INDICATOR_COLUMNS, UNMET_COLUMNS
from landsim.transition.events import AGENT_KINDS, KINDS, LAYERS, QUOTAS, TIERS

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from landsim.landscape.legend import Legend
    from landsim.model.model import LandModel


class Result:
    """A run that has ended.

    Parameters
    ----------
    record : RunRecord
        What the run left.
    path : pathlib.Path or None
        Run folder; None if nothing was written.

    Attributes
    ----------
    manifest : dict
        Scenario, data, versions, timings, hash of the state each year.
    path : pathlib.Path or None
        Run folder.
    """

    def __init__(self, record: RunRecord, path: Path | None = None) -> None:
        self._record = record
        self.path = path
        self.manifest: dict[str, Any] = dict(record.manifest)

    def __repr__(self) -> str:
        return f"Result({self.manifest['name']!r}, {self._record.years[0]}..{self._record.years[-1]})"

    @property
    def legend(self) -> Legend:
        """Meaning and colours of the land-cover codes."""
        return self._record.legend

    @cached_property
    def landcover(self) -> xr.DataArray:
        """Land-cover codes, uint8, dimensions (year, y, x)."""
        import xarray as xr

        record, events = self._record, self._record.events
        land = np.asarray(events["layer"]) == LAYERS.index("lu")
        columns = {name: np.asarray(events[name])[land] for name in ("year", "cell", "to")}
        blocks = [block for _, block in map_blocks(record.first, record.years, columns)]
        x, y = axes(record.grid)
        return xr.DataArray(
            np.concatenate(blocks, axis=1),
            dims=("year", "y", "x"),
            coords={"year": list(record.years), "y": y, "x": x},
            name="landcover",
        )

    @cached_property
    def events(self) -> pd.DataFrame:
        """Every change of land and lines, in order."""
        return _frame(events_table(self._record.events, self._record.categories))

    @cached_property
    def unmet(self) -> pd.DataFrame:
        """Demand that could not be met: cells, ha, mu, and the rule that binds."""
        return _frame(unmet_table(self._record.unmet))

    @cached_property
    def indicators(self) -> pd.DataFrame:
        """Indicators: year, district, indicator, value, unit."""
        return _frame(indicators_table(self._record.indicators))


def record_of(model: LandModel, manifest: dict[str, Any]) -> RunRecord:
    """Gather what a run leaves from a model that has come to its end."""
    place = model.inputs.landscape
    books = model.books
    return RunRecord(
        grid=place.grid,
        legend=place.legend,
        first=place.landcover,
        layers={name: layer for name in START_LAYERS if (layer := place.get(name)) is not None},
        years=range(model.start, model.year + 1),
        events=books.events.columns(),
        unmet=_columns(books.unmet, UNMET_COLUMNS, UNMET.names),
        indicators=_columns(books.indicators, INDICATOR_COLUMNS, INDICATORS.names),
        categories={
            "phase": books.events.phases,
            "layer": LAYERS,
            "kind": KINDS,
            "agent_kind": AGENT_KINDS,
            "tier": TIERS,
            "quota": QUOTAS,
        },
        manifest=manifest,
    )


def _columns(rows: list[Any], names: tuple[str, ...], wanted: list[str]) -> dict[str, list[Any]]:
    """Turn rows into columns, also where there are none."""
    columns = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(names, ())
    return {name: list(columns[name]) for name in wanted}


def _frame(table: Any) -> pd.DataFrame:
    """Table as pandas reads it back from Parquet."""
    frame: pd.DataFrame = table.to_pandas()
    return frame
