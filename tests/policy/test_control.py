"""Control codes: overlays packed into bytes, and the lowest permission of each combination."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landsim.core.errors import InputError
from landsim.landscape.grid import Grid
from landsim.landscape.landscape import Landscape
from landsim.landscape.legend import BUILT, Land, model_legend
from landsim.policy.control import Zone, compile_control
from landsim.policy.lines import LineSwitches
from landsim.policy.permission import PermitParams

ALL_OFF = LineSwitches(erl=False, pbf=False, udb=False)
RESTORED = (Land.FOREST, Land.GRASS, Land.WETLAND, Land.WATER)
TO_OF_USE = {
    "U": Land.URB_RES,
    "G": Land.GREEN,
    "T": Land.TRANS,
    "V": Land.RURAL,
    "A": Land.ARABLE,
    "O": Land.OTHER_AG,
    "E": Land.FOREST,
    "N": Land.GRASS,
}


def _compile(place, table, switches=None, **params):
    return compile_control(place, switches or LineSwitches(), table, PermitParams(**params))


def _one(control, present, to, project=False):
    """Chance of a conversion on the only cell of a place."""
    chance = control.chance_project if project else control.chance
    return float(chance[control.code[0, 0], present, to])


@pytest.mark.parametrize(
    ("layers", "present", "allowed", "denied"),
    [
        ({"erl": 2}, Land.ARABLE, "E", "UGTVAON"),
        ({"erl": 1}, Land.GRASS, "E", "UGTVAON"),
        ({"pbf": 1}, Land.ARABLE, "A", "UGTVOEN"),
        ({"udb": 1}, Land.ARABLE, "UGTAOEN", "V"),
        ({"udb": 1}, Land.RURAL, "UGTVEN", ""),
        ({"udb": 2}, Land.ARABLE, "GTAOEN", "UV"),
        ({"udb": 3}, Land.ARABLE, "GTAOEN", "UV"),
        ({"udb": 0}, Land.ARABLE, "TVAON", "UGE"),
        ({"udb": 0}, Land.OTHER_AG, "TVAOEN", "UG"),
        ({"udb": 0}, Land.FOREST, "TAOEN", "UGV"),
        ({"udb": 0}, Land.RURAL, "TVE", "UG"),
        ({"udb": 0}, Land.URB_IND, "UGTVE", ""),
        ({"udb": 0}, Land.UNUSED, "TVAOEN", "UG"),
        ({"udb": 0}, Land.SEA, "", "UGTVAO"),
        ({"udb": 1, "hazard": 1}, Land.ARABLE, "GTAOEN", "UV"),
        ({"udb": 1, "water_source": 1}, Land.ARABLE, "AEN", "UGTVO"),
        ({"udb": 1, "heritage": 1}, Land.RURAL, "GVEN", "UT"),
        ({"udb": 1, "slope": 25.5}, Land.GRASS, "GTEN", "UAO"),
        ({"udb": 1, "slope": 25.0}, Land.GRASS, "UGTAOEN", "V"),
        ({"udb": 0, "slope": 30.0}, Land.ARABLE, "TVEN", "UGAO"),
    ],
)
def test_each_row_allows_and_denies(make_place, table, layers, present, allowed, denied):
    control = _compile(make_place(present, **layers), table)
    project_uses = "AOEN" if present in BUILT else "E"
    given = {use: _one(control, present, to, use in project_uses) for use, to in TO_OF_USE.items()}
    if present in BUILT:
        del given["N"]
    assert [use for use in allowed if given.get(use, 1) <= 0] == []
    assert [use for use in denied if given[use] > 0] == []


def test_the_lowest_overlay_decides(make_place, table):
    place = make_place(Land.ARABLE, udb=1, pbf=1, hazard=1)
    control = _compile(place, table)
    assert control.names == ["basic farmland + concentrated zone + extreme hazard"]
    assert _one(control, Land.ARABLE, Land.URB_RES) == 0
    assert _one(control, Land.ARABLE, Land.ARABLE) == 1


def test_line_projects_open_the_lines_for_transport_alone(make_place, table):
    for layers in ({"erl": 1}, {"pbf": 1}):
        place = make_place(Land.ARABLE, **layers)
        shut, opened = (_compile(place, table, line_project=on) for on in (False, True))
        assert _one(shut, Land.ARABLE, Land.TRANS) == 0
        assert _one(opened, Land.ARABLE, Land.TRANS) == np.float32(0.1)
        assert _one(opened, Land.ARABLE, Land.URB_RES) == 0
    core = _compile(make_place(Land.FOREST, erl=2), table, line_project=True)
    assert _one(core, Land.FOREST, Land.TRANS) == 0


def test_conditional_chance_is_the_lowest_over_overlays(make_place, table):
    control = _compile(make_place(Land.ARABLE, pbf=1, udb=0), table, line_project=True)
    assert _one(control, Land.ARABLE, Land.TRANS) == np.float32(0.1)


def test_a_change_within_a_class_obeys_the_red_line(make_place, table):
    control = _compile(make_place(Land.FOREST, erl=1), table)
    assert _one(control, Land.FOREST, Land.FOREST) == 0
    assert _one(control, Land.FOREST, Land.FOREST, project=True) == 1


def test_codes_are_shared_by_equal_overlays(make_place, table, every_class):
    erl = np.arange(16)[None, :] % 3
    control = _compile(make_place(every_class, erl=erl, pbf=0, udb=0), table)
    assert control.code.dtype == np.uint8
    assert np.array_equal(control.code, erl)
    assert control.names == ["outside boundary", "red line + outside boundary", "red line core + outside boundary"]
    assert control.zone.tolist() == [Zone.OTHER, Zone.ERL, Zone.ERL]


def test_zone_and_inside_of_codes(make_place, table):
    control = _compile(make_place([[1, 1, 1, 1, 1]], erl=0, pbf=[[0, 0, 0, 0, 1]], udb=[[0, 1, 2, 3, 0]]), table)
    cells = control.code[0]
    assert control.inside[cells].tolist() == [0, 1, 1, 0, 0]
    assert control.zone[cells].tolist() == [0, 0, 0, 0, Zone.PBF]


def test_with_all_lines_off_only_masks_and_transitions_are_left(make_place, table, every_class):
    water = every_class == Land.WATER
    layers = {"erl": 1, "pbf": 1, "udb": 0, "hazard": 1, "heritage": 1, "slope": 40.0}
    place = make_place(every_class, masks={"open_water": (water, ("urban",))}, **layers)
    control = _compile(place, table, ALL_OFF)
    assert control.names == ["free", "mask:open_water"]
    free, masked = control.chance
    assert free[Land.ARABLE, Land.URB_RES] == free[Land.WATER, Land.FOREST] == 1
    assert free[Land.URB_RES, Land.FOREST] == 0
    assert set(np.unique(free)) == {0, 1}
    assert (masked[:, Land.URB_RES] == 0).all()
    assert masked[Land.WATER, Land.URB_SVC] == 1


def test_a_mask_without_names_forbids_everything(make_place, table):
    control = _compile(make_place(Land.ARABLE, masks={"closed": (np.ones((1, 1), bool), ())}), table, ALL_OFF)
    assert not control.chance.any()
    assert not control.chance_project.any()


def test_a_mask_with_a_misspelt_class_gives_the_nearest(make_place, table):
    place = make_place(Land.ARABLE, masks={"closed": (np.ones((1, 1), bool), ("urbn",))})
    with pytest.raises(InputError, match="Did you mean 'urban'"):
        _compile(place, table)


def test_one_line_off_leaves_the_others(make_place, table):
    place = make_place([[1, 1]], erl=[[1, 0]], pbf=[[0, 1]], udb=0)
    control = _compile(place, table, LineSwitches(erl=True, pbf=False, udb=False))
    line, free = control.code[0]
    assert control.chance[line, Land.ARABLE, Land.URB_RES] == 0
    assert control.chance[free, Land.ARABLE, Land.URB_RES] == 1


def test_too_many_combinations_are_refused(make_place, table):
    cells = np.arange(1024)
    masks = {f"mask{bit}": ((cells >> bit & 1).astype(bool)[None, :], ()) for bit in range(10)}
    with pytest.raises(InputError, match="at most 256"):
        _compile(make_place(np.ones((1, 1024)), masks=masks), table, ALL_OFF)


def test_eight_masks_still_fit(make_place, table):
    cells = np.arange(256)
    masks = {f"mask{bit}": ((cells >> bit & 1).astype(bool)[None, :], ("urban",)) for bit in range(8)}
    control = _compile(make_place(np.ones((1, 256)), masks=masks), table, ALL_OFF)
    assert np.unique(control.code).size == 256


def test_a_layer_out_of_range_is_a_programming_error(make_place, table):
    with pytest.raises(ValueError, match="layer erl"):
        _compile(make_place(Land.ARABLE, erl=3), table)


layer_values = st.tuples(
    st.integers(0, 2),
    st.integers(0, 1),
    st.integers(0, 3),
    st.integers(0, 1),
    st.integers(0, 1),
    st.integers(0, 1),
    st.sampled_from([0.0, 30.0]),
)
switches = st.fixed_dictionaries({name: st.booleans() for name in ("elastic_swap", "collective_land", "village_plan")})


@settings(max_examples=40, deadline=None)
@given(cells=st.lists(layer_values, min_size=1, max_size=30), options=switches)
def test_no_overlay_opens_the_red_line_or_basic_farmland(table, cells, options):
    names = ("erl", "pbf", "udb", "hazard", "water_source", "heritage", "slope")
    layers = {
        name: np.array([[cell[i] for cell in cells]], dtype=np.float32 if name == "slope" else np.uint8)
        for i, name in enumerate(names)
    }
    land = np.full((1, len(cells)), Land.ARABLE, dtype=np.uint8)
    place = Landscape(Grid(1, len(cells), (30.0, 0.0, 0.0, 0.0, -30.0, 0.0)), model_legend(), land, layers)
    control = _compile(place, table, **options)
    ordinary, project = control.chance[control.code[0]], control.chance_project[control.code[0]]
    erl, pbf = layers["erl"][0] > 0, layers["pbf"][0] > 0
    assert not ordinary[erl].any()
    not_restored = [land for land in Land if land not in RESTORED]
    assert not project[erl][:, :, not_restored].any()
    not_arable = [land for land in Land if land is not Land.ARABLE]
    assert not ordinary[pbf][:, :, not_arable].any()
    assert not project[pbf][:, :, not_arable].any()
    assert ((control.chance >= 0) & (control.chance <= 1)).all()


@settings(max_examples=20, deadline=None)
@given(cells=st.lists(layer_values, min_size=1, max_size=20))
def test_codes_name_the_overlays_of_their_cells(table, cells):
    layers = {
        "erl": np.array([[cell[0] for cell in cells]], dtype=np.uint8),
        "udb": np.array([[cell[2] for cell in cells]], dtype=np.uint8),
    }
    land = np.full((1, len(cells)), Land.GRASS, dtype=np.uint8)
    place = Landscape(Grid(1, len(cells), (30.0, 0.0, 0.0, 0.0, -30.0, 0.0)), model_legend(), land, layers)
    control = _compile(place, table)
    words = [control.names[code] for code in control.code[0]]
    assert [("red line" in name, "outside" in name) for name in words] == [(c[0] > 0, c[2] == 0) for c in cells]
    assert len(set(control.names)) == len(control.names) == len({(c[0], c[2]) for c in cells})
