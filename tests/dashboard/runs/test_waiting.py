"""Levers that wait: they are told apart from where they stood, and give way to what the scenario itself moves."""

from __future__ import annotations

import pytest

from landsim.core.errors import InputError
from landsim.dashboard.runs.waiting import Waiting
from landsim.model.params import ModelParams

BASE = ModelParams()


def test_a_lever_waits_until_it_is_moved_back_or_taken_back() -> None:
    moved = Waiting(BASE).pulled("enforcement", 0.5).pulled("lines.udb", False)
    assert moved.moves == (("enforcement", 0.5), ("lines.udb", False))
    assert (moved.params().enforcement, moved.params().lines.udb) == (0.5, False)
    assert moved.pulled("enforcement", 1.0).moves == moved.without("enforcement").moves == (("lines.udb", False),)


def test_what_acts_waits_no_longer_and_what_was_moved_meanwhile_does() -> None:
    taken = Waiting(BASE).pulled("enforcement", 0.5)
    left, problems = taken.pulled("lines.udb", False).after_year(taken.params(), taken.moves)
    assert (left.moves, problems) == ((("lines.udb", False),), ())
    assert left.params().enforcement == 0.5


def test_what_does_not_go_with_a_move_of_the_scenario_is_taken_back_and_told() -> None:
    given = BASE.changed("quota.given_ha", 5.0)
    waiting = Waiting(given).pulled("quota.mode", "given")
    left, problems = waiting.after_year(BASE, ())  # the scenario has unset what the lever needs
    assert left == Waiting(BASE)
    assert "given_ha is needed" in problems[0]


def test_a_value_out_of_bounds_is_told_when_it_is_asked_what_holds() -> None:
    with pytest.raises(InputError, match="less than or equal to 1"):
        Waiting(BASE).pulled("enforcement", 7).params()
