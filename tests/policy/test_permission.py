"""The zone x use matrix as data, and its conditions."""

import copy

import numpy as np
import pytest

from landsim.core.errors import InputError
from landsim.landscape.legend import BUILT, Land
from landsim.policy.permission import (
    OVERLAYS,
    PermissionTable,
    PermitParams,
    Site,
    Use,
    allowed_transitions,
    needs_state_approval,
    uses_of_classes,
)

EVERY = np.arange(len(Land), dtype=np.uint8)
# U G T V A O E of the published matrix
MATRIX = {
    "erl_core": "0000002",
    "erl_general": "0010002",
    "pbf": "0010200",
    "udb_concentrated": "2221222",
    "udb_elastic": "1221222",
    "udb_special": "0210222",
    "outside_arable": "0011211",
    "outside_other_ag": "0021222",
    "outside_nature": "0010112",
    "outside_rural": "1022222",
    "outside_unused": "1021222",
    "sea": "0010012",
    "hazard": "0110222",
    "water_source": "0000102",
    "heritage": "0101222",
}


@pytest.mark.parametrize("overlay", MATRIX)
def test_shipped_table_is_the_published_matrix(table, overlay):
    assert "".join(str(table.code(overlay, use)) for use in list(Use)[:7]) == MATRIX[overlay]


def test_natural_change_is_kept_out_of_the_lines_alone(table):
    allowed = {overlay for overlay in OVERLAYS if table.code(overlay, Use.N) == 2}
    assert allowed == set(OVERLAYS) - {"erl_core", "erl_general", "pbf", "sea"}


def test_every_row_tells_its_source_and_every_condition_is_named(table):
    assert all("[" in table.sources[overlay] and table.texts[overlay] for overlay in OVERLAYS)
    conditional = {(overlay, use) for overlay in OVERLAYS for use in Use if table.code(overlay, use) == 1}
    assert conditional == set(table.conditions)


def _chance(table, overlay, use, present, steep=False, **params):
    site = Site(steep, EVERY)
    return table.chance(overlay, site, PermitParams(**params))[present, use]


@pytest.mark.parametrize(
    ("overlay", "use", "present", "switch", "granted"),
    [
        ("erl_general", Use.T, Land.FOREST, "line_project", 0.1),
        ("pbf", Use.T, Land.ARABLE, "line_project", 0.1),
        ("sea", Use.T, Land.SEA, "line_project", 0.5),
        ("udb_elastic", Use.U, Land.ARABLE, "elastic_swap", 0.5),
        ("udb_special", Use.T, Land.GRASS, "small_facilities", 0.5),
        ("outside_arable", Use.T, Land.ARABLE, "approved_project", 0.5),
        ("outside_arable", Use.V, Land.ARABLE, "village_plan", 0.5),
        ("outside_arable", Use.O, Land.ARABLE, "in_out_balance", 0.5),
        ("outside_arable", Use.E, Land.ARABLE, "listed_retirement", 0.5),
        ("outside_nature", Use.A, Land.GRASS, "nature_reclaim", 0.5),
        ("outside_rural", Use.U, Land.RURAL, "collective_land", 0.5),
        ("outside_unused", Use.U, Land.UNUSED, "stand_alone_project", 0.5),
        ("hazard", Use.G, Land.GRASS, "engineering_protection", 0.5),
        ("heritage", Use.V, Land.RURAL, "heritage_consent", 0.5),
    ],
)
def test_a_conditional_permit_needs_its_condition(table, overlay, use, present, switch, granted):
    assert _chance(table, overlay, use, present, **{switch: False}) == 0
    assert _chance(table, overlay, use, present, **{switch: True}) == np.float32(granted)


def test_conditions_that_look_at_the_cell(table):
    assert _chance(table, "udb_concentrated", Use.V, Land.RURAL) == 0.5
    assert _chance(table, "udb_concentrated", Use.V, Land.ARABLE) == 0
    assert _chance(table, "water_source", Use.A, Land.ARABLE) == 0.5
    assert _chance(table, "water_source", Use.A, Land.FOREST) == 0
    assert _chance(table, "outside_arable", Use.E, Land.ARABLE, steep=True) == 0.5
    assert _chance(table, "outside_nature", Use.A, Land.GRASS, steep=True) == 0


def test_all_faults_of_a_table_are_told_at_once(rows):
    bad = copy.deepcopy(rows)
    bad[0]["codes"]["U"] = 3
    bad[1]["conditions"]["T"] = "line_projct"
    bad[2]["codes"]["X"] = 1
    bad[3]["overlay"] = "udb_concentratd"
    bad[4]["colour"] = "red"
    del bad[5]["conditions"]
    bad[6]["conditions"]["A"] = "village_plan"
    bad.append(copy.deepcopy(bad[7]))
    with pytest.raises(InputError) as raised:
        PermissionTable.from_rows(bad, "permission.yaml")
    text = str(raised.value)
    for words in (
        "permission.yaml: erl_core.U: is no permission code; found 3",
        "Did you mean 'line_project'?",
        "unknown use 'X'",
        "Did you mean 'udb_concentrated'?",
        "udb_concentrated: the row is missing",
        "unknown key 'colour'",
        "udb_special.T: a condition goes with code 1",
        "outside_arable.A: a condition goes with code 1",
        "outside_other_ag: the row stands twice",
    ):
        assert words in text
    assert len(raised.value.problems) == 9


def test_built_land_returns_to_nature_only_by_project():
    ordinary, project = allowed_transitions(project=False), allowed_transitions(project=True)
    open_land = [land for land in Land if land not in (*BUILT, Land.NODATA, Land.SEA)]
    assert not ordinary[np.ix_(BUILT, open_land)].any()
    assert ordinary[np.ix_(open_land, BUILT)].all()
    assert project[np.ix_(BUILT, open_land)].all()


def test_sea_and_nodata_stay_what_they_are():
    for project in (False, True):
        transitions = allowed_transitions(project)
        assert not transitions[Land.NODATA].any()
        assert not transitions[:, [Land.NODATA, Land.SEA]].any()
    assert not allowed_transitions(project=False)[Land.SEA].any()
    assert np.flatnonzero(allowed_transitions(project=True)[Land.SEA]).tolist() == [Land.WETLAND, Land.TRANS]


def test_nature_is_restored_by_projects_and_grows_by_itself_without():
    assert uses_of_classes(project=True)[Land.FOREST] == Use.E
    assert uses_of_classes(project=False)[Land.FOREST] == Use.N
    assert uses_of_classes(project=False)[[Land.URB_IND, Land.RURAL]].tolist() == [Use.U, Use.V]


def test_state_council_approves_basic_farmland_and_large_projects():
    state = needs_state_approval([0.1, 0, 0, 0, 0], [0, 35.0, 35.1, 0, 0], [0, 0, 0, 70.0, 70.1], PermitParams())
    assert state.tolist() == [True, False, True, False, True]
