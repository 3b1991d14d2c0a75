"""The three control lines: layout rules and constructed stand-ins."""

import numpy as np
import pytest

from landsim.landscape.legend import Land
from landsim.policy.lines import (
    LinesParams,
    best_cells,
    check_lines,
    construct_lines,
    patches_of_at_least,
    slope_degrees,
)

SMALL = LinesParams(erl_patch_ha=20, water_ha=20, erl_gap_ha=2, pbf_patch_ha=2)


@pytest.fixture
def valley(make_place):
    """Return a 60 x 60 place of 1 ha cells: a town in cropland, a lake, steep forest, a pond."""
    land = np.full((60, 60), Land.ARABLE)
    slope = np.full((60, 60), 3.0)
    land[:12], slope[:12] = Land.FOREST, 20.0
    slope[:3] = 30.0
    land[5, 30] = Land.RURAL
    land[20:30, 45:58] = Land.WATER
    land[50, 50] = Land.WATER
    land[30:42, 10:24] = Land.URB_RES
    land[55:, :] = Land.NODATA
    return make_place(land, slope=slope, quality=np.where(np.arange(60) < 30, 2, 8)[None, :])


def test_constructed_lines_hold_every_layout_rule(valley):
    lines = construct_lines(valley, SMALL)
    valley.layers.update(lines._asdict())
    problems = check_lines(valley, SMALL)
    assert problems.faults == []
    assert problems.cautions == []
    assert all(layer.dtype == np.uint8 and layer.any() for layer in lines)


def test_red_line_takes_steep_forest_lake_and_shore_but_no_built_land(valley):
    erl = construct_lines(valley, SMALL).erl
    assert erl[0, 0] == erl[25, 50] == 1
    assert erl[19, 50] == 1  # shore
    assert erl[5, 30] == 0  # hamlet
    assert erl[50, 50] == 0  # pond
    assert not erl[valley.landcover == Land.NODATA].any()


def test_small_patches_of_red_line_are_dropped(valley):
    assert not construct_lines(valley, SMALL.model_copy(update={"erl_patch_ha": 5000.0})).erl.any()


def test_basic_farmland_takes_its_share_of_good_cropland(valley):
    lines = construct_lines(valley, SMALL)
    field = (valley.landcover == Land.ARABLE) & (lines.erl == 0)
    assert lines.pbf.sum() == np.floor(0.8 * field.sum())
    assert not lines.pbf[~field].any()
    assert lines.pbf[:, :30].sum() / field[:, :30].sum() > lines.pbf[:, 30:].sum() / field[:, 30:].sum()


def test_boundary_is_built_land_and_its_surroundings_up_to_the_cap(valley):
    params = SMALL.model_copy(update={"pbf_share": 0.0})
    udb = construct_lines(valley, params).udb
    urban = valley.landcover == Land.URB_RES
    assert (udb[urban] == 1).all()
    assert np.count_nonzero(udb) == np.floor(1.3 * urban.sum())
    assert np.count_nonzero(udb == 2) <= 0.15 * np.count_nonzero(udb == 1)
    rows, cols = np.nonzero(udb)
    assert rows.min() > 20
    assert cols.max() < 35


def test_layers_that_exist_are_kept(valley):
    valley.layers["erl"] = (valley.landcover == Land.ARABLE).astype(np.uint8)
    lines = construct_lines(valley, SMALL)
    assert np.array_equal(lines.erl, valley.layers["erl"])
    assert not lines.pbf.any()


def test_a_place_with_land_cover_alone_gets_lines(make_place):
    land = np.full((30, 30), Land.ARABLE)
    land[10:15, 10:15] = Land.URB_RES
    lines = construct_lines(make_place(land), SMALL)
    assert not lines.erl.any()
    assert lines.pbf.any()
    assert lines.udb.any()


def test_a_single_cell_and_a_place_without_data_get_empty_lines(make_place):
    for land in (Land.ARABLE, Land.NODATA):
        assert not any(layer.any() for layer in construct_lines(make_place(land), LinesParams()))


def test_slope_is_derived_from_elevation(make_place):
    plane = make_place(np.ones((5, 5)), elevation=np.arange(5)[None, :] * 100.0)
    assert slope_degrees(plane) == pytest.approx(45.0)


def test_overlapping_lines_are_faults_with_cells_and_hectares(make_place):
    place = make_place(np.ones((2, 2)), erl=[[1, 1], [0, 0]], pbf=[[1, 0], [0, 0]], udb=[[0, 1], [1, 0]])
    faults = check_lines(place, LinesParams()).faults
    assert [fault.what[-4:] for fault in faults] == ["(R1)", "(R2)"]
    assert faults[0].found == "1 cells (1.0 ha)"


def test_special_zone_may_lie_in_the_red_line(make_place):
    place = make_place(np.full((2, 2), Land.URB_RES), erl=1, udb=3)
    assert check_lines(place, LinesParams()).faults == []


def test_basic_farmland_inside_the_boundary_must_be_an_enclosed_hole(make_place):
    land = np.full((5, 5), Land.URB_RES)
    hole = np.zeros((5, 5))
    hole[2, 2] = 1
    assert check_lines(make_place(land, udb=1, pbf=hole), LinesParams()).cautions == []
    hole[2, 3:] = 1
    (caution,) = check_lines(make_place(land, udb=1, pbf=hole), LinesParams()).cautions
    assert "(R3)" in caution.what
    assert caution.found == "3 cells (3.0 ha)"


def test_totals_and_steep_land_are_cautions(make_place):
    land = np.full((10, 10), Land.ARABLE)
    land[:1] = Land.URB_RES
    udb = np.zeros((10, 10))
    udb[:1], udb[1:3] = 1, 2
    pbf = np.zeros((10, 10))
    pbf[5] = 1
    place = make_place(land, udb=udb, pbf=pbf, erl=0, slope=np.where(np.arange(10) > 8, 26.0, 0.0)[None, :])
    params = LinesParams(pbf_mandate_ha=11, erl_mandate_ha=1)
    cautions = check_lines(place, params).cautions
    assert [caution.what[-3:-1] for caution in cautions] == ["R4", "R5", "R6", "R7", "R9", "R9"]
    assert cautions[0].wanted == "at most 1.5 ha"
    assert cautions[2].found == "10 cells (10.0 ha)"


def test_patches_by_size_and_neighbourhood():
    mask = np.array([[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 0, 0]], dtype=bool)
    assert patches_of_at_least(mask, 2).sum() == 4
    assert patches_of_at_least(mask, 2, diagonal=False).sum() == 2
    assert patches_of_at_least(mask, 3).sum() == 0


def test_best_cells_take_the_highest_scores_and_break_ties_by_index():
    score = np.array([[1.0, 3.0, 2.0], [2.0, 2.0, 9.0]], dtype=np.float32)
    candidates = np.array([[True, True, True], [True, True, False]])
    assert np.flatnonzero(best_cells(score, candidates, 3)).tolist() == [1, 2, 3]
    assert best_cells(score, candidates, 0).sum() == 0
    assert best_cells(score, candidates, 99).sum() == 5
