"""Farmland: what the farm operators work, counted on blocks of cells, and how blocks are dealt out at the start."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from landsim.landscape.blocks import count_in_blocks
from landsim.landscape.landscape import MEAN_GRADE
from landsim.landscape.legend import Land
from landsim.policy.handdown import hand_down_caps

NO_OPERATOR = -1
_THEMSELVES = np.arange(256, dtype=np.uint8)


@dataclass
class Farmland:
    """The farmland of a place on its blocks; every array has shape (n_blocks,).

    Attributes
    ----------
    town : numpy.ndarray of int16
        Town (or district) that the block lies in.
    quality, slope, minutes, frag : numpy.ndarray of float32
        Means over the farm cells at the start: grade 1..10, degrees, minutes to town, and the share of the sides of
        farm cells that meet other land, 0..1.
    operator : numpy.ndarray of int64
        Unique id of the farm operator, -1 for none.
    arable, other_ag, protected : numpy.ndarray of int32
        Cells of arable, of other agriculture, and of arable inside permanent basic farmland.
    fallow : numpy.ndarray of int32
        Arable cells that are abandoned.
    clock : numpy.ndarray of uint8
        Years that the block has had fallow cells, up to 255.
    leased : numpy.ndarray of bool
        Arable land of the block is leased to a scaled operator.
    """

    town: npt.NDArray[np.int16]
    quality: npt.NDArray[np.float32]
    slope: npt.NDArray[np.float32]
    minutes: npt.NDArray[np.float32]
    frag: npt.NDArray[np.float32]
    operator: npt.NDArray[np.int64]
    arable: npt.NDArray[np.int32]
    other_ag: npt.NDArray[np.int32]
    protected: npt.NDArray[np.int32]
    fallow: npt.NDArray[np.int32]
    clock: npt.NDArray[np.uint8]
    leased: npt.NDArray[np.bool_]

    @property
    def worked(self) -> npt.NDArray[np.int64]:
        """Blocks that have farmland and an operator, ascending."""
        return np.flatnonzero((self.arable + self.other_ag > 0) & (self.operator != NO_OPERATOR))

    def recount(
        self,
        land: npt.NDArray[np.uint8],
        factor: int,
        pbf: npt.NDArray[np.uint8] | None = None,
        model_class: npt.NDArray[np.uint8] = _THEMSELVES,
    ) -> None:
        """Count arable, other agriculture and protected cells again after the land has changed.

        Parameters
        ----------
        land : numpy.ndarray of uint8, shape (height, width)
            Model class a cell, or its code.
        factor : int
            Cells along the side of a block.
        pbf : numpy.ndarray of uint8, shape (height, width), optional
            1 inside permanent basic farmland.
        model_class : numpy.ndarray of uint8, shape (256,)
            Look-up table code -> model class; by default `land` holds model classes.
        """
        farmed = (model_class == Land.ARABLE) + 2 * (model_class == Land.OTHER_AG)
        self.arable, self.other_ag, self.protected = count_in_blocks(land, farmed.astype(np.uint8), factor, pbf)
        self.fallow = np.minimum(self.fallow, self.arable)

    def give_up(self, blocks: npt.NDArray[np.integer[Any]], cells: npt.NDArray[np.integer[Any]]) -> None:
        """Take off the fallow cells that have gone over to another class."""
        np.subtract.at(self.fallow, blocks, cells.astype(np.int32))
        np.maximum(self.fallow, 0, out=self.fallow)

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Every array by name, for a checkpoint."""
        return {column.name: getattr(self, column.name).copy() for column in fields(self)}


def survey(
    land: npt.NDArray[np.uint8],
    factor: int,
    *,
    quality: npt.NDArray[np.uint8] | None = None,
    slope: npt.NDArray[np.float32] | None = None,
    minutes: npt.NDArray[np.floating[Any]] | None = None,
    pbf: npt.NDArray[np.uint8] | None = None,
    town: npt.NDArray[np.int16] | None = None,
    unknown_quality: float = MEAN_GRADE,
) -> Farmland:
    """Survey the farmland of a place on blocks of `factor` x `factor` cells.

    Parameters
    ----------
    land : numpy.ndarray of uint8, shape (height, width)
        Model class a cell.
    factor : int
        Cells along the side of a block; the last blocks may stick out.
    quality, slope, pbf : numpy.ndarray, shape (height, width), optional
        Grade 1..10 (0 unknown), degrees, 1 inside permanent basic farmland.
    minutes : numpy.ndarray of float, shape (n_blocks,), optional
        Minutes to the nearest town.
    town : numpy.ndarray of int16, shape (n_blocks,), optional
        Town or district of each block.
    unknown_quality : float
        Grade where no cell of a block is graded.

    Returns
    -------
    Farmland
        Without operators, all arable land tilled.
    """
    farmed = (land == Land.ARABLE) | (land == Land.OTHER_AG)
    cells = sum_blocks(farmed, farmed, factor)
    blocks = cells.size
    empty = np.zeros(blocks, dtype=np.int32)
    fields_: dict[str, Any] = {
        "town": np.zeros(blocks, dtype=np.int16) if town is None else town.astype(np.int16),
        "quality": np.full(blocks, unknown_quality, dtype=np.float32),
        "slope": np.zeros(blocks, dtype=np.float32),
        "minutes": np.zeros(blocks, dtype=np.float32) if minutes is None else minutes.astype(np.float32),
        "frag": (1.0 - _share(_like_sides(farmed, factor), 2.0 * cells, 1.0)).astype(np.float32),
    }
    if quality is not None:
        graded = farmed & (quality > 0)
        grades = _share(sum_blocks(graded, quality, factor), sum_blocks(graded, graded, factor), unknown_quality)
        fields_["quality"] = grades.astype(np.float32)
    if slope is not None:
        fields_["slope"] = _share(sum_blocks(farmed, slope, factor), cells, 0.0).astype(np.float32)
    farmland = Farmland(
        **fields_, operator=np.full(blocks, NO_OPERATOR, dtype=np.int64), arable=empty, other_ag=empty,
        protected=empty, fallow=empty.copy(), clock=np.zeros(blocks, np.uint8), leased=np.zeros(blocks, np.bool_),
    )  # fmt: skip
    farmland.recount(land, factor, pbf)
    return farmland


def _share(part: npt.NDArray[np.float64], whole: npt.NDArray[np.float64], empty: float) -> npt.NDArray[np.float64]:
    out = np.full(part.size, empty)
    np.divide(part, whole, out=out, where=whole > 0)
    return out


def _block_shape(shape: tuple[int, ...], factor: int) -> tuple[int, int]:
    return -(-shape[0] // factor), -(-shape[1] // factor)


def sum_blocks(where: npt.NDArray[np.bool_], layer: npt.NDArray[Any], factor: int) -> npt.NDArray[np.float64]:
    """Sum of a layer over the chosen cells of each block, float64, shape (n_blocks,)."""
    out = np.zeros(_block_shape(where.shape, factor))
    _sum_blocks(where, layer, factor, out)
    return out.ravel()


def _like_sides(farmed: npt.NDArray[np.bool_], factor: int) -> npt.NDArray[np.float64]:
    """Right and lower sides of farm cells that meet farmland; a side on the edge of the map counts as such."""
    right = np.ones_like(farmed)
    right[:, :-1] = farmed[:, 1:]
    below = np.ones_like(farmed)
    below[:-1] = farmed[1:]
    return sum_blocks(farmed, right, factor) + sum_blocks(farmed, below, factor)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _sum_blocks(where: Any, layer: Any, factor: Any, out: Any) -> None:
    for r in range(where.shape[0]):
        for c in range(where.shape[1]):
            if where[r, c]:
                out[r // factor, c // factor] += layer[r, c]


def deal_blocks(
    cells: npt.NDArray[np.integer[Any]], zone: npt.NDArray[np.integer[Any]], columns: int, count: int
) -> npt.NDArray[np.int64]:
    """Deal the blocks with farmland to `count` operators, zone by zone in proportion to farmland.

    Zones get operators by largest remainder, never more than they have blocks.  Inside a zone the blocks are walked
    along a Z-order curve and cut into runs of about equal farmland, so that a holding is compact.

    Parameters
    ----------
    cells : numpy.ndarray of int, shape (n_blocks,)
        Farm cells a block.
    zone : numpy.ndarray of int, shape (n_blocks,)
        Town or district of each block.
    columns : int
        Blocks along a row.
    count : int
        Operators wanted; with fewer farm blocks, each block has its own.

    Returns
    -------
    numpy.ndarray of int64, shape (n_blocks,)
        Operator 0 .. min(count, n_farm_blocks) - 1 of each block, -1 where there is no farmland; each has a block.
    """
    dealt = np.full(cells.size, -1, dtype=np.int64)
    farmed = np.flatnonzero(cells > 0)
    if farmed.size == 0 or count <= 0:
        return dealt
    walk = farmed[np.lexsort((z_order(farmed, columns), zone[farmed]))]
    _, first, blocks = np.unique(zone[walk], return_index=True, return_counts=True)
    land = np.add.reduceat(cells[walk].astype(np.int64), first)
    seats = _capped_shares(min(count, farmed.size), land, blocks)
    offset = 0
    for start, size, seat in zip(first.tolist(), blocks.tolist(), seats.tolist(), strict=True):
        run = walk[start : start + size]
        if seat:
            dealt[run] = offset + _cut(cells[run].astype(np.float64), seat)
        offset += seat
    return dealt


def _capped_shares(count: int, weights: npt.NDArray[np.int64], room: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Largest remainder with a cap a zone; what a full zone cannot take goes to the others."""
    seats = np.zeros(weights.size, dtype=np.int64)
    while (left := count - int(seats.sum())) > 0:
        claims = np.where(seats < room, weights, 0).astype(np.float64)
        seats = np.minimum(seats + hand_down_caps(left, claims), room)
    return seats


def _cut(cells: npt.NDArray[np.float64], parts: int) -> npt.NDArray[np.int64]:
    """Cut a run of blocks into `parts` runs of about equal cells, none empty; part of each block."""
    ends = np.cumsum(cells)
    starts = np.searchsorted(ends, ends[-1] / parts * np.arange(parts), side="right")
    order = np.arange(parts)
    starts = np.maximum.accumulate(starts - order) + order
    starts = np.minimum(starts, cells.size - parts + order)
    return np.searchsorted(starts, np.arange(cells.size), side="right") - 1


def z_order(blocks: npt.NDArray[np.integer[Any]], columns: int) -> npt.NDArray[np.int64]:
    """Position of flat block indices along the Z-order curve (Morton 1966): bits of row and column interleaved."""
    rows, cols = np.divmod(np.asarray(blocks, dtype=np.int64), columns)
    code = np.zeros(rows.shape, dtype=np.int64)
    for bit in range(20):
        code |= ((cols >> bit) & 1) << (2 * bit) | ((rows >> bit) & 1) << (2 * bit + 1)
    return code
