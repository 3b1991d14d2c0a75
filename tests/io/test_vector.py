"""Vectors: shares of cells, districts, roads, and what is said of geometries that are not in order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, Polygon, box
from shapely.affinity import translate

from landsim.core.errors import Problems
from landsim.io.vector import Drawing, coverage, read_zones
from landsim.landscape.grid import Grid
from landsim.landscape.landscape import LAYERS

W, N, C = 500_000.0, 3_400_000.0, 100.0
GRID = Grid(10, 12, (C, 0.0, W, 0.0, -C, N), "EPSG:32649")


def _cells(left: float, top: float, right: float, bottom: float) -> Polygon:
    """Box given in columns and rows."""
    return box(W + left * C, N - bottom * C, W + right * C, N - top * C)


def _read(
    tmp_path: Path, geometries: list[Any], layer: str = "erl", crs: str | None = "EPSG:32649", **how: Any
) -> tuple[Any, Problems]:
    values = how.pop("values", None)
    columns = {} if values is None else {"value": values}
    path = tmp_path / "zones.gpkg"
    geopandas.GeoDataFrame(columns, geometry=geometries, crs=crs).to_file(path, driver="GPKG")
    problems = Problems()
    drawing = Drawing(**({"attribute": "value"} if values is not None else {}), **how)
    return read_zones(path, GRID, LAYERS[layer], f"data.yaml: layers.{layer}", problems, drawing), problems


def _text(problems: Problems) -> str:
    return "\n".join(map(str, problems.faults))


def test_coverage_is_the_share_of_a_cell() -> None:
    share = coverage(np.array([_cells(1, 1, 2.5, 1.75)], dtype=object), GRID)
    assert share.dtype == np.float32
    assert share[1, 1] == 0.75
    assert share[1, 2] == 0.375
    assert share.sum() == 1.125


def test_coverage_counts_overlaps_once() -> None:
    share = coverage(np.array([_cells(0, 0, 2, 2), _cells(1, 1, 3, 3)], dtype=object), GRID)
    assert share.max() == 1
    assert share.sum() == 7


def test_coverage_does_not_depend_on_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    shapes = np.array([Point(W + 600, N - 500).buffer(340), _cells(0, 7, 12, 9.3)], dtype=object)
    whole = coverage(shapes, GRID)
    monkeypatch.setattr("landsim.io.vector._CELLS_A_BLOCK", 12 * 3)
    assert np.array_equal(coverage(shapes, GRID), whole)


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 300), st.floats(0, 300), st.floats(150, 400))
def test_coverage_is_near_the_true_area(x: float, y: float, radius: float) -> None:
    shape = translate(Point(W + 450, N - 450).buffer(radius), x, -y) & box(*GRID.bounds)
    share = coverage(np.array([shape], dtype=object), GRID, factor=8)
    assert share.sum() * C * C == pytest.approx(shape.area, rel=0.03)


def test_zone_takes_cells_that_it_covers_by_more_than_half(tmp_path: Path) -> None:
    shapes = [_cells(0, 0, 3.75, 2), _cells(3.75, 0, 6.5, 2)]
    (layer, _), problems = _read(tmp_path, shapes[:1])
    assert problems.faults == []
    assert layer.dtype == np.uint8
    assert layer[0].tolist() == [1, 1, 1, 1] + [0] * 8
    other = _read(tmp_path, shapes[1:])[0][0]
    assert other[0].tolist() == [0, 0, 0, 0, 1, 1] + [0] * 6
    assert not (layer & other).any()


def test_min_fraction_zero_takes_every_touched_cell(tmp_path: Path) -> None:
    layer = _read(tmp_path, [_cells(0, 0, 3.25, 1)], min_fraction=0.0)[0][0]
    assert layer.sum() == 4


def test_value_that_covers_most_wins_and_ties_go_to_the_higher(tmp_path: Path) -> None:
    shapes = [_cells(0, 0, 2.25, 1), _cells(2.25, 0, 4.5, 1), _cells(4.5, 0, 6, 1)]
    layer = _read(tmp_path, shapes, values=[1, 2, 1])[0][0]
    assert layer[0, :6].tolist() == [1, 1, 2, 2, 2, 1]


def test_districts_are_drawn_by_the_centre(tmp_path: Path) -> None:
    (layer, names), problems = _read(
        tmp_path, [_cells(0, 0, 5.4, 10), _cells(5.4, 0, 12, 10)], "district", values=[7, 9]
    )
    assert problems.faults == []
    assert names == {}
    assert layer.dtype == np.int16
    assert layer[3].tolist() == [7] * 5 + [9] * 7


def test_named_districts_are_numbered_in_sorted_order(tmp_path: Path) -> None:
    shapes = [_cells(0, 0, 6, 10), _cells(6, 0, 12, 10)]
    layer, names = _read(tmp_path, shapes, "district", values=["Wuchang", "Hankou"])[0]
    assert names == {1: "Hankou", 2: "Wuchang"}
    assert layer[0].tolist() == [2] * 6 + [1] * 6


def test_district_codes_too_large_for_the_layer_are_numbered(tmp_path: Path) -> None:
    names = _read(tmp_path, [_cells(0, 0, 6, 10), _cells(6, 0, 12, 10)], "district", values=[420102, 420103])[0][1]
    assert names == {1: "420102", 2: "420103"}


def test_roads_are_lines_and_the_higher_class_wins(tmp_path: Path) -> None:
    along = LineString([(W, N - 450), (W + 1200, N - 450)])
    down = LineString([(W + 350, N), (W + 350, N - 1000)])
    layer = _read(tmp_path, [down, along], "road", values=["motorway", "residential"])[0][0]
    assert layer[4].tolist() == [1, 1, 1, 3] + [1] * 8
    assert (layer[:, 3] == 3).all()


def test_lines_are_no_zones(tmp_path: Path) -> None:
    line = LineString([(W, N - 450), (W + 900, N - 450)])
    result, problems = _read(tmp_path, [_cells(0, 0, 2, 2), line])
    assert result is None
    assert "layers.erl: geometry that is no area; found id 2" in _text(problems)


def test_invalid_geometry_is_repaired_with_a_caution(tmp_path: Path) -> None:
    bow = Polygon([(W, N), (W + 400, N - 400), (W + 400, N), (W, N - 400)])
    (layer, _), problems = _read(tmp_path, [bow, _cells(8, 0, 10, 2)])
    assert problems.faults == []
    caution = str(problems.cautions[0])
    assert "layers.erl: invalid geometry repaired; found id 1 (Self-intersection" in caution
    assert layer.any(axis=1)[:4].all()


def test_hopeless_geometry_is_refused_with_its_id(tmp_path: Path) -> None:
    flat = Polygon([(W, N), (W + 400, N), (W + 200, N), (W, N)])
    result, problems = _read(tmp_path, [_cells(0, 0, 2, 2), flat])
    assert result is None
    assert "layers.erl: geometry that is no area; found id 2. Mend or remove these features" in _text(problems)


def test_features_without_geometry_are_left_out_with_a_caution(tmp_path: Path) -> None:
    result, problems = _read(tmp_path, [_cells(0, 0, 2, 2), None])
    assert result is not None
    assert "features without geometry left out; found id 2" in str(problems.cautions[0])


def test_empty_overlap_with_the_grid(tmp_path: Path) -> None:
    result, problems = _read(tmp_path, [_cells(50, 50, 60, 60)])
    assert result is None
    assert "layers.erl: does not overlap the start map. Check its CRS" in _text(problems)


def test_zone_too_small_for_any_cell(tmp_path: Path) -> None:
    assert "covers no cell of the start map" in _text(_read(tmp_path, [_cells(0, 0, 0.2, 0.2)])[1])


@pytest.mark.filterwarnings("ignore:.crs. was not provided")
def test_missing_crs(tmp_path: Path) -> None:
    assert "layers.erl: missing CRS" in _text(_read(tmp_path, [_cells(0, 0, 2, 2)], crs=None)[1])


def test_another_crs_is_reprojected_with_a_caution(tmp_path: Path) -> None:
    shape = geopandas.GeoSeries([_cells(0, 0, 4, 4)], crs="EPSG:32649").to_crs("EPSG:4326")
    (layer, _), problems = _read(tmp_path, list(shape), crs="EPSG:4326")
    assert layer.sum() == 16
    assert "layers.erl: reprojected; found EPSG:4326; wanted EPSG:32649" in str(problems.cautions[0])


def test_misspelt_column_gives_the_nearest(tmp_path: Path) -> None:
    result, problems = _read(tmp_path, [_cells(0, 0, 2, 2)], values=[1])
    assert result is not None
    assert read_zones(tmp_path / "zones.gpkg", GRID, LAYERS["erl"], "x", problems, Drawing("vlaue")) is None
    assert "x.attribute: no such column; found vlaue. Did you mean 'value'" in _text(problems)


def test_values_out_of_bounds_are_listed(tmp_path: Path) -> None:
    shapes = [_cells(0, 0, 2, 2), _cells(2, 0, 4, 2)]
    assert "values that are no erl; found 7" in _text(_read(tmp_path, shapes, values=[1, 7])[1])
    assert "values that are no erl; found core" in _text(_read(tmp_path, shapes, values=["1", "core"])[1])


def test_several_layers_need_a_choice(tmp_path: Path) -> None:
    path = tmp_path / "zones.gpkg"
    frame = geopandas.GeoDataFrame(geometry=[_cells(0, 0, 2, 2)], crs="EPSG:32649")
    frame.to_file(path, layer="a", driver="GPKG")
    frame.to_file(path, layer="b", driver="GPKG")
    problems = Problems()
    assert read_zones(path, GRID, LAYERS["erl"], "x", problems) is None
    assert "x: 2 layers; found a, b. Name one: layer: a" in _text(problems)
    assert read_zones(path, GRID, LAYERS["erl"], "x", problems, Drawing(layer="b")) is not None


@pytest.mark.parametrize("content", [b"hello", b""])
def test_not_a_vector(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "zones.gpkg"
    path.write_bytes(content)
    problems = Problems()
    assert read_zones(path, GRID, LAYERS["erl"], "x", problems) is None
    assert "x: not a vector file; found zones.gpkg" in _text(problems)


def test_truncated_vector(tmp_path: Path) -> None:
    _read(tmp_path, [_cells(i, 0, i + 1, 1) for i in range(10)] * 200)
    path = tmp_path / "zones.gpkg"
    path.write_bytes(path.read_bytes()[:60_000])
    problems = Problems()
    assert read_zones(path, GRID, LAYERS["erl"], "x", problems) is None
    assert "x: truncated or damaged file" in _text(problems)
