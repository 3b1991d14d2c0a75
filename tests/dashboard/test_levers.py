"""Levers: every lever of the model has a form, a label and bounds, and is read as it is shown."""

from __future__ import annotations

import pytest
import yaml

from landsim.core.errors import InputError
from landsim.core.params import describe
from landsim.dashboard.levers import MAIN, in_order, lever, levers, read, shown, value_of, with_levers
from landsim.model.inputs import DatedLever
from landsim.model.params import ModelParams

PATHS = [row["path"] for row in describe(ModelParams) if row["lever"]]


def test_every_lever_of_the_model_is_on_the_page() -> None:
    assert [one.path for one in levers()] == PATHS
    assert set(MAIN) <= set(PATHS)


@pytest.mark.parametrize("path", PATHS)
def test_what_is_shown_of_a_lever_can_be_set_again(path: str) -> None:
    one, params = lever(path), ModelParams()
    value = value_of(params, path)
    again = read(one, value if one.form in ("switch", "choice") else shown(value))
    assert with_levers(params, [DatedLever(2021, path, again)]) == params


@pytest.mark.parametrize("path", MAIN)
def test_a_slider_ends_where_the_model_does_or_before(path: str) -> None:
    one = lever(path)
    if one.slides is None:
        return
    low, high = one.slides
    assert low <= float(value_of(ModelParams(), path)) <= high
    for end in (low, high):
        with_levers(ModelParams(), [DatedLever(2021, path, end)])


def test_options_are_those_of_the_model() -> None:
    assert lever("pace.mode").options == ("off", "stages")
    assert lever("lines.udb").form == "switch"
    assert (lever("enforcement").low, lever("enforcement").high) == (0.0, 1.0)


def test_levers_act_in_the_order_of_their_years_and_of_their_moves() -> None:
    moves = [DatedLever(2025, "enforcement", 0.5), DatedLever(2022, "enforcement", 0.9), DatedLever(2025, "a", 1)]
    assert [(move.year, move.path) for move in in_order(moves)] == [
        (2022, "enforcement"), (2025, "enforcement"), (2025, "a"),
    ]  # fmt: skip


def test_a_lever_may_need_another_one_before_it() -> None:
    mode, ha = DatedLever(2021, "quota.mode", "given"), DatedLever(2021, "quota.given_ha", 5.0)
    with pytest.raises(InputError, match="given_ha is needed"):
        with_levers(ModelParams(), [mode, ha])
    assert with_levers(ModelParams(), [ha, mode]).quota.given_ha == 5.0


def test_a_text_is_read_safely() -> None:
    with pytest.raises(InputError, match="is no YAML value"):
        read(lever("pace.stages"), "!!python/object/apply:os.getcwd []")
    assert read(lever("agents.freeze"), "[firms]") == ["firms"]
    assert yaml.safe_load(shown(("firms",))) == ["firms"]
