"""Composing a scenario: base, then named overrides, then dotted values; each wrong key is told with the nearest one."""

from __future__ import annotations

import pytest

from landsim.core.errors import InputError
from landsim.scenario.build import load_scenario
from landsim.scenario.compose import expand, merge


def faults(what, overrides=None, names=None) -> list[str]:
    with pytest.raises(InputError) as caught:
        load_scenario(what, overrides, names)
    return [str(problem) for problem in caught.value.problems]


def test_a_folder_a_file_and_a_shipped_name_are_found(project) -> None:
    assert load_scenario(project).path == load_scenario(project / "scenario.yaml").path
    assert load_scenario("demo").scenario.name == "demo"


def test_an_unknown_name_gives_the_nearest_shipped_one() -> None:
    (fault,) = faults("dmo")
    assert "Did you mean 'demo'?" in fault


def test_settings_come_after_named_overrides_and_both_are_recorded(project) -> None:
    source = load_scenario(project, {"quota.multiplier": 0.7}, ["tight", "far"])
    assert source.scenario.quota.multiplier == 0.7
    assert source.scenario.horizon == 2024
    assert source.applied == ("tight", "far", "quota.multiplier=0.7")


def test_an_override_keeps_what_it_does_not_name(project) -> None:
    source = load_scenario(project, {"agents": {"firms": 7}}, ["empty"])
    assert (source.scenario.agents.firms, source.scenario.agents.households) == (7, 400)


def test_an_unknown_override_gives_the_nearest_one(project) -> None:
    (fault,) = faults(project, names=["tigth"])
    assert "Did you mean 'tight'?" in fault


def test_every_wrong_key_and_value_is_told_at_once(project) -> None:
    told = faults(project, {"quota.multiplyer": 1, "enforcement": 1.5, "agents.households": -1})
    assert len(told) == 3
    assert any("quota.multiplyer: unknown key" in fault and "'multiplier'" in fault for fault in told)
    assert any("scenario.yaml: enforcement" in fault for fault in told)
    assert any("agents.households" in fault for fault in told)


def test_a_horizon_before_the_start_is_refused(project) -> None:
    (fault,) = faults(project, {"horizon": 2019})
    assert "horizon 2019 is before start 2020" in fault


@pytest.mark.parametrize("text", ["- a list\n", "name: [unclosed\n", "\tname: x\n", "!!python/object:os.system x\n"])
def test_a_file_that_is_no_plain_mapping_is_one_clear_error(project, text) -> None:
    (project / "scenario.yaml").write_text(text)
    (fault,) = faults(project)
    assert "scenario.yaml" in fault


def test_a_number_may_carry_its_origin_but_no_other_unit(project) -> None:
    given = {"value": 150.0, "unit": "ha/a", "source": "city plan", "confidence": "H"}
    source = load_scenario(project, {"quota": {"mode": "given", "given_ha": given}})
    assert source.scenario.quota.given_ha == 150.0
    (fault,) = faults(project, {"quota.given_ha": {**given, "unit": "mu/a"}})
    assert "unit 'mu/a' given, but this number is in 'ha/a'" in fault


def test_the_bare_word_off_is_not_taken_for_a_boolean(project) -> None:
    (project / "scenario.yaml").write_text(
        (project / "scenario.yaml").read_text() + "quota: {mode: off}\nlines: {erl: off}\n"
    )
    scenario = load_scenario(project).scenario
    assert scenario.quota.mode == "off"
    assert scenario.lines.erl is False


def test_expand_and_merge_write_over_leaf_by_leaf() -> None:
    tree = {"a": {"b": 1, "c": 2}}
    merge(tree, expand({"a.b": 3, "d.e.f": 4}))
    assert tree == {"a": {"b": 3, "c": 2}, "d": {"e": {"f": 4}}}
