"""Ground: the land of a run with its lines, districts, counters and engine, put together from the inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.core.draws import stream_key
from landsim.core.quantity import UNLIMITED
from landsim.landscape.landscape import Landscape
from landsim.landscape.legend import Land, LegendRow
from landsim.model.inputs import Inputs
from landsim.model.params import ModelParams
from landsim.model.reclaimed import grades, paddies
from landsim.model.targets import races
from landsim.policy.balance import debit_table, opening_bank, yield_table
from landsim.policy.control import Control, compile_control
from landsim.policy.permission import PermissionTable
from landsim.transition.conversion import Door
from landsim.transition.engine import LandEngine
from landsim.transition.hazard import Hazard
from landsim.transition.potential import Gained, attractors, default_suitability

_REDRAWN = ("erl", "pbf", "udb")
_NO_PLANE = np.zeros(1, dtype=np.uint8)


@dataclass
class Ground:
    """The land of a run.

    Attributes
    ----------
    landscape : Landscape
        The place; its land cover is the engine's own array and so always the present one.
    control : Control
        What may become of every cell.
    engine : LandEngine
        Owner of the land.
    districts : numpy.ndarray of int64, shape (n_regions,)
        District ids by region row, ascending.
    at_start : numpy.ndarray of int64, shape (256,)
        Cells a code at the start.
    built_at_start : numpy.ndarray of int64, shape (n_regions,)
        Built-up cells a district at the start.
    growth_cells : int
        Cells inside the boundary that were not built at the start.
    permissions : PermissionTable
        The zone x use matrix.
    """

    landscape: Landscape
    control: Control
    engine: LandEngine
    districts: npt.NDArray[np.int64]
    at_start: npt.NDArray[np.int64]
    built_at_start: npt.NDArray[np.int64]
    growth_cells: int

    permissions: PermissionTable

    def recompile(self, params: ModelParams, cells: npt.NDArray[np.int64]) -> None:
        """Compile the control codes again after a line was redrawn; the cells concerned get fresh clocks."""
        self.control = compile_control(self.landscape, params.lines, self.permissions, params.permits)
        chance = np.stack([self.control.chance, self.control.chance_project])
        self.engine.redraw(self.control.code.reshape(-1), chance, self.control.inside, cells)

    @property
    def region(self) -> npt.NDArray[np.int16]:
        """Row of the district of every cell, int16, shape (n,)."""
        return self.engine.door.region


def lay_ground(inputs: Inputs, params: ModelParams, block: int) -> Ground:
    """Put the land of a run together.

    Parameters
    ----------
    inputs : Inputs
        The place, its history and the rules fitted to it.
    params : ModelParams
        With levers applied.
    block : int
        Side of the blocks of economic weights, cells.
    """
    place, racing = inputs.landscape, races(inputs, params)
    hazards = _hazards(inputs, racing)  # first: the engine's own arrays need not be there yet
    control = compile_control(place, params.lines, inputs.permissions, params.permits)
    districts, region = district_rows(place)
    door = make_door(place, control, params, inputs.seed, region, districts.size)
    layers = {name: layer.copy() if name in _REDRAWN else _without_gaps(layer) for name, layer in place.layers.items()}
    landscape = Landscape(place.grid, place.legend, door.land.reshape(place.grid.shape), layers, place.masks)
    engine = LandEngine(
        place.grid,
        place.legend,
        door,
        racing,
        lambda race, rows: default_suitability(landscape, race, params.engine, rows),
        lambda row: attractors(landscape, row),
        params.engine,
        params.patches,
        inputs.seed,
        block,
        hazards=hazards,
    )
    built = place.legend.built[door.land]
    growth = np.count_nonzero(control.inside[door.control].astype(bool) & ~built & place.valid.reshape(-1))
    return Ground(
        landscape,
        control,
        engine,
        districts,
        engine.counts(),
        np.bincount(region[built], minlength=districts.size).astype(np.int64),
        int(growth),
        inputs.permissions,
    )


def _hazards(inputs: Inputs, racing: list[Gained]) -> dict[str, Hazard]:
    """Weights of the fitted races, by name; they are let go of when the engine has its clocks."""
    rules = inputs.rules
    return {} if rules is None else {r.name: rules.hazard(inputs.landscape, r.name) for r in racing if r.fitted}


def fill_gaps(place: Landscape) -> None:
    """Do to the layers of a place what a run does to its own, so that a large map is not kept twice."""
    for layer in place.layers.values():
        if _has_gaps(layer):
            np.nan_to_num(layer, copy=False, nan=0.0)


def _without_gaps(layer: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Take gaps for 0, flat and at sea level, so that one unknown cell does not spoil the mean of a block."""
    return np.nan_to_num(layer, nan=0.0) if _has_gaps(layer) else layer


def _has_gaps(layer: npt.NDArray[Any]) -> bool:
    """Tell whether a layer has cells that are not a number."""
    return layer.dtype.kind == "f" and bool(np.isnan(layer).any())


def district_rows(place: Landscape) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int16]]:
    """District ids in ascending order, and the row of each cell's district."""
    layer = place.get("district")
    if layer is None:
        return np.zeros(1, dtype=np.int64), np.zeros(place.grid.size, dtype=np.int16)
    flat = layer.reshape(-1)
    ids = np.flatnonzero(np.bincount(flat[place.valid.reshape(-1)], minlength=1)).astype(np.int64)
    rows = np.zeros(int(flat.max(initial=0)) + 1, dtype=np.int16)
    rows[ids] = np.arange(ids.size)
    return ids, rows[flat]


def make_door(
    place: Landscape, control: Control, params: ModelParams, seed: int, region: npt.NDArray[np.int16], regions: int
) -> Door:
    """Bring land, permissions and counters into the form that kernels carry."""
    balanced = params.balance.mode != "off"
    return Door(
        land=place.landcover.reshape(-1).copy(),
        code_class=place.legend.model_class.copy(),
        control=control.code.reshape(-1),
        chance=np.stack([control.chance, control.chance_project]).astype(np.float32),
        inside=control.inside,
        region=region,
        quota=np.full((regions, 3), UNLIMITED, dtype=np.int64),
        pace=np.full(1, UNLIMITED, dtype=np.int64),
        loss=np.full(256, UNLIMITED, dtype=np.int64),
        bank=opening_bank(params.balance, place.grid.cell_area_ha),
        debits=debit_table(params.balance.mode),
        quality=_flat(grades(place, params.balance) if balanced else place.get("quality")),
        paddy=_flat(paddies(place) if balanced else place.get("paddy")),
        yield_kg=yield_table(params.balance, place.grid.cell_area_ha),
        permit_key=np.array(stream_key(seed, "permit"), dtype=np.uint32),
    )


def _flat(layer: npt.NDArray[Any] | None) -> npt.NDArray[np.uint8]:
    return _NO_PLANE if layer is None else np.ascontiguousarray(layer, dtype=np.uint8).reshape(-1)


def land_rows(place: Landscape, *wanted: Land) -> list[LegendRow]:
    """Rows of the legend whose model class is one of those wanted, in the order of the codes."""
    return [row for row in place.legend.rows if row.model_class in wanted]
