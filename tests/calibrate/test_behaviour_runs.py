"""Runs and their memory: none is made twice, and one that is remembered is judged as if it ran."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from landsim.calibrate.behaviour.memory import Memory, key_of
from landsim.calibrate.behaviour.names import common_seeds, named_seed
from landsim.calibrate.behaviour.runs import Runs, Watch
from landsim.core.errors import InputError
from tests.calibrate.behaviour_toy import YEARS, Toy


def size(codes: np.ndarray) -> dict[str, float]:
    return {"cells": float(np.count_nonzero(codes == 2)), "unknown": math.nan}


def watch(stop: bool) -> Watch:
    return Watch(2003, lambda codes: size(codes)["cells"], lambda worth: stop)


def test_a_run_is_made_once(tmp_path: Path) -> None:
    toy = Toy()
    first = Runs(toy, Memory(tmp_path / "runs.db"), "a").measured({"x": 1.0}, 5, "size", size)
    again = Runs(toy, Memory(tmp_path / "runs.db"), "a").measured({"x": 1.0}, 5, "size", size)
    assert len(toy.calls) == 1
    assert first["cells"] == again["cells"]
    assert math.isnan(again["unknown"])


@pytest.mark.parametrize("change", ["values", "seed", "kind", "fingerprint", "fixed"])
def test_a_run_that_differs_in_anything_is_another(change: str) -> None:
    toy, memory = Toy(), Memory()
    Runs(toy, memory, "a").measured({"x": 1.0}, 5, "size", size)
    runs = Runs(toy, memory, "b" if change == "fingerprint" else "a", {"y": 1.0} if change == "fixed" else {})
    values, seed = {"x": 2.0 if change == "values" else 1.0}, 6 if change == "seed" else 5
    runs.measured(values, seed, "form" if change == "kind" else "size", size)
    assert len(toy.calls) == 2


def test_fixed_values_are_passed_on_and_may_be_overruled() -> None:
    toy = Toy()
    runs = Runs(toy, Memory(), "a").with_fixed({"x": 1.0, "y": 2.0})
    runs.measured({"y": 3.0}, 5, "size", size)
    assert toy.calls == [({"x": 1.0, "y": 3.0}, 5)]


def test_a_run_that_is_given_up_takes_no_further_year() -> None:
    toy = Toy()
    outcome = Runs(toy, Memory(), "a").watched({}, 5, "size", size, watch(stop=True))
    assert outcome.stopped
    assert outcome.measures is None
    assert toy.years == 3
    assert outcome.partial is not None


def test_a_remembered_run_is_judged_again_without_running() -> None:
    toy = Toy()
    runs = Runs(toy, Memory(), "a")
    whole = runs.watched({}, 5, "size", size, watch(stop=False))
    assert toy.years == YEARS
    assert runs.watched({}, 5, "size", size, watch(stop=False)).measures["cells"] == whole.measures["cells"]
    assert runs.watched({}, 5, "size", size, watch(stop=True)).stopped
    assert toy.years == YEARS


def test_a_run_that_was_given_up_is_made_anew_when_it_is_wanted_whole() -> None:
    toy = Toy()
    runs = Runs(toy, Memory(), "a")
    runs.watched({}, 5, "size", size, watch(stop=True))
    assert runs.watched({}, 5, "size", size, watch(stop=True)).stopped
    assert toy.years == 3
    assert runs.measured({}, 5, "size", size) is not None
    assert toy.years == 3 + YEARS


def test_a_run_that_failed_is_remembered_as_such() -> None:
    calls = []
    runs = Runs(lambda values, seed, stop: calls.append(seed), Memory(), "a")
    assert runs.measured({}, 5, "size", size) is None
    assert runs.measured({}, 5, "size", size) is None
    assert not runs.watched({}, 6, "size", size, watch(stop=True)).stopped
    assert calls == [5, 6]


def test_a_simulator_that_never_asks_is_never_given_up() -> None:
    toy = Toy()
    runs = Runs(lambda values, seed, stop: toy(values, seed, None), Memory(), "a")
    for _ in range(2):
        outcome = runs.watched({}, 5, "size", size, watch(stop=True))
        assert outcome.measures is not None
        assert outcome.partial is None
    assert len(toy.calls) == 1


def test_numbers_come_back_to_the_bit(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "runs.db")
    memory.put("k", {"x": 0.1 + 0.2, "y": None})
    memory.close()
    assert Memory(tmp_path / "runs.db").get("k") == {"x": 0.1 + 0.2, "y": None}
    assert Memory(tmp_path / "runs.db").get("other") is None


def test_a_file_that_is_no_memory_is_told(tmp_path: Path) -> None:
    (tmp_path / "runs.db").write_text("not a database, and long enough to be read as one" * 40)
    with pytest.raises(InputError, match=r"runs\.db.*cache"):
        Memory(tmp_path / "runs.db")


def test_keys_do_not_depend_on_the_order_of_values() -> None:
    assert key_of("a", {"x": 1.0, "y": 2.0}) == key_of("a", {"y": 2.0, "x": 1.0}) != key_of("b", {"x": 1.0, "y": 2.0})


def test_seeds_have_names() -> None:
    assert common_seeds(1, 6)[:4] == common_seeds(1, 4)
    assert len(set(common_seeds(1, 50)) | set(common_seeds(2, 50))) == 100
    assert 0 <= named_seed(3, "sampler", 9) < 2**32
    assert named_seed(3, "sampler", 9) != named_seed(3, "sampler", 10) != named_seed(3, "run", 10)
