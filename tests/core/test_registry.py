"""Registry: names in order, the nearest name in errors, plug-ins by entry point."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from landsim.core import registry
from landsim.core.errors import InputError
from landsim.core.registry import Registry, nearest


@pytest.fixture
def colours() -> Registry[str]:
    known: Registry[str] = Registry("colours")
    known.register("red")("#f00")
    known.register("blue")("#00f")
    return known


def test_names_stand_in_the_order_of_registration(colours: Registry[str]) -> None:
    assert list(colours) == colours.names() == ["red", "blue"]
    assert len(colours) == 2
    assert colours.items() == [("red", "#f00"), ("blue", "#00f")]


def test_register_hands_back_what_it_files(colours: Registry[str]) -> None:
    assert colours.register("green")("#0f0") == "#0f0"


def test_a_taken_name_is_refused_but_the_same_thing_again_is_fine(colours: Registry[str]) -> None:
    colours.register("red")(colours["red"])
    with pytest.raises(ValueError, match="colours: the name 'red' is taken"):
        colours.register("red")("#e00")


def test_an_unknown_name_is_a_user_fault_that_gives_the_nearest(colours: Registry[str]) -> None:
    with pytest.raises(InputError, match=r"no such name 'bleu'.*one of red, blue.*Did you mean 'blue'\?"):
        colours["bleu"]


def test_nothing_is_guessed_for_a_name_that_is_like_none() -> None:
    assert nearest("households", ["red", "blue"]) is None


def test_plug_ins_join_through_their_entry_point(colours: Registry[str], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def entry_points(group: str) -> list[EntryPoint]:
        asked.append(group)
        return [EntryPoint("pi", "math:pi", group), EntryPoint("red", "math:tau", group)]

    monkeypatch.setattr(registry, "entry_points", entry_points)
    assert colours.names() == ["red", "blue", "pi"]
    assert colours["red"] == "#f00"
    assert asked == ["landsim.colours"]
