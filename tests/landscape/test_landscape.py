"""Landscape: layers that fit the grid, the valid cells, and the quantities of the known layers."""

from __future__ import annotations

import numpy as np
import pytest

from landsim.landscape.grid import Grid
from landsim.landscape.landscape import LAYERS, Landscape
from landsim.landscape.legend import Land, Legend, model_legend, model_row

GRID = Grid(2, 3, (100.0, 0.0, 0.0, 0.0, -100.0, 0.0))
COVER = np.array([[0, 1, 8], [6, 3, 0]], dtype=np.uint8)


def test_valid_cells_are_those_with_data() -> None:
    place = Landscape(GRID, model_legend(), COVER)
    assert place.valid.tolist() == [[False, True, True], [True, True, False]]


def test_model_class_reads_a_users_own_codes() -> None:
    legend = Legend((model_row(Land.FOREST, 3), model_row(Land.URB_RES, 8)), nodata=255)
    place = Landscape(GRID, legend, np.array([[3, 3, 8], [8, 3, 255]], dtype=np.uint8))
    assert place.model_class.tolist() == [[3, 3, 8], [8, 3, Land.NODATA]]
    assert place.model_class.dtype == np.uint8


def test_an_absent_layer_is_none_and_not_zero() -> None:
    slope = np.zeros(GRID.shape, np.float32)
    place = Landscape(GRID, model_legend(), COVER, {"slope": slope})
    assert place.get("slope") is slope
    assert place.get("erl") is None


@pytest.mark.parametrize(("cover", "layers"), [((2, 2), {}), ((2, 3), {"slope": (3, 2)})])
def test_a_layer_off_the_grid_is_refused(cover: tuple[int, int], layers: dict[str, tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match=r"layer (landcover|slope): shape .*, expected \(2, 3\)"):
        Landscape(
            GRID, model_legend(), np.zeros(cover, np.uint8), {name: np.zeros(shape) for name, shape in layers.items()}
        )


def test_layers_are_narrow_and_named_as_they_are_filed() -> None:
    assert all(name == quantity.name for name, quantity in LAYERS.items())
    assert max(np.dtype(quantity.dtype).itemsize for quantity in LAYERS.values()) <= 4


@pytest.mark.parametrize(("line", "top"), [("erl", 2), ("pbf", 1), ("udb", 3)])
def test_control_lines_are_coded_as_the_three_lines_ask(line: str, top: int) -> None:
    assert (LAYERS[line].low, LAYERS[line].high) == (0, top)
    assert LAYERS[line].dtype == "uint8"
