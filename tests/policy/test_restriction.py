"""Restrictions: the rows that are named are those that decide, on every combination of overlays and every change."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landsim.landscape.legend import Land
from landsim.policy.control import compile_control
from landsim.policy.lines import LineSwitches
from landsim.policy.permission import PermitParams
from landsim.policy.restriction import TRANSITION, restrictions

LAYERS = st.fixed_dictionaries(
    {},
    optional={
        "erl": st.integers(0, 2), "pbf": st.integers(0, 1), "udb": st.integers(0, 3), "hazard": st.integers(0, 1),
        "water_source": st.integers(0, 1), "heritage": st.integers(0, 1), "slope": st.sampled_from([0.0, 30.0]),
    },
)  # fmt: skip
SWITCHES = st.builds(LineSwitches, erl=st.booleans(), pbf=st.booleans(), udb=st.booleans())


def _named(place, table, change, project=False, switches=None, params=None, control=None):
    control = control or compile_control(place, switches or LineSwitches(), table, params or PermitParams())
    masks = {name: names for name, (_, names) in place.masks.items()}
    one = control.combinations[control.code[0, 0]]
    return restrictions(one, change, table, params or PermitParams(), masks, place.legend, project)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(layers=LAYERS, switches=SWITCHES, swap=st.booleans(), masked=st.sampled_from([None, (), ("urban",)]))
def test_the_strictest_restriction_is_the_permission(make_place, table, layers, switches, swap, masked):
    place, params = make_place(Land.ARABLE, **layers), PermitParams(elastic_swap=swap)
    if masked is not None:
        place.masks["kept"] = (np.ones(place.grid.shape, dtype=bool), masked)
    control = compile_control(place, switches, table, params)
    for project, chance in ((False, control.chance), (True, control.chance_project)):
        for before in Land:
            for after in Land:
                found = _named(place, table, (before, after), project, switches, params, control)
                lowest = min((one.chance for one in found), default=1.0)
                assert lowest == float(chance[control.code[0, 0], before, after])


def test_each_row_is_named_with_its_condition(make_place, table):
    place = make_place(Land.ARABLE, pbf=1, udb=0)
    found = {one.overlay: one for one in _named(place, table, (Land.ARABLE, Land.RURAL))}
    assert set(found) == {"pbf", "outside_arable"}
    assert (found["pbf"].chance, found["pbf"].condition) == (0.0, "")
    assert (found["outside_arable"].chance, found["outside_arable"].condition) == (0.5, "village_plan")


def test_what_no_overlay_could_permit_is_told_apart(make_place, table):
    place = make_place(Land.URB_RES, udb=1)
    assert [one.overlay for one in _named(place, table, (Land.URB_RES, Land.ARABLE))] == [TRANSITION]
    assert _named(place, table, (Land.URB_RES, Land.ARABLE), project=True) == ()


@pytest.mark.parametrize(("names", "after", "held"), [((), Land.GREEN, True), (("urban",), Land.GREEN, False)])
def test_a_mask_holds_the_classes_that_it_names(make_place, table, names, after, held):
    place = make_place(Land.ARABLE, udb=1)
    place.masks["kept"] = (np.ones(place.grid.shape, dtype=bool), names)
    assert ("mask:kept" in [one.overlay for one in _named(place, table, (Land.ARABLE, after))]) == held
