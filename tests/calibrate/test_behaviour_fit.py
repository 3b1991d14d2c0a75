"""The fit as a whole: one call, resumable, the same bytes for the same seed, and text for a rule set."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from landsim.calibrate.behaviour.fit import BehaviourProblem, search_behaviour
from landsim.calibrate.behaviour.objective import Objective
from landsim.calibrate.behaviour.settings import BehaviourParams
from landsim.calibrate.behaviour.space import MEAN_FACTOR, SCATTER
from landsim.calibrate.behaviour.text import behaviour_rows, posterior_csv, search_csv
from landsim.calibrate.span import Span
from landsim.core.errors import InputError
from landsim.model.params import ModelParams
from tests.calibrate.behaviour_toy import BEST, PATHS, URBAN, Toy, problem, span, start_map

EVERYTHING = BehaviourParams.model_validate(
    {
        "trials": 12, "seeds": 2, "startup": 5, "prune_share": 0.5, "morris": {"trajectories": 3, "seeds": 1},
        "abc": {"particles": 10, "populations": 3},
    }
)  # fmt: skip


def texts(fit) -> tuple[str, ...]:
    rows = json.dumps(behaviour_rows(fit))
    return json.dumps(fit.as_dict(), allow_nan=False), rows, search_csv(fit), str(posterior_csv(fit))


def test_one_call_fits_everything() -> None:
    steps: list[str] = []
    fit = search_behaviour(problem(), EVERYTHING, progress=lambda step, done, total: steps.append(step))
    assert list(dict.fromkeys(steps)) == ["scatter", "screening", "search", "posterior"]
    assert fit.searched == ("engine.neighbourhood",)
    assert fit.values["engine.neighbourhood"] == pytest.approx(BEST, abs=0.3)
    assert fit.values[SCATTER] == 1.0  # which does nothing in the toy
    found = fit.as_dict()
    assert found["parameters"]["patches.compact"]["searched"] is False
    assert found["trials"]["count"] == 12
    assert found["default"]["values"] == {"engine.neighbourhood": 1.0}
    assert found["best"]["j"] > found["default"]["j"]
    assert found["posterior"]["particles"] == 10
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_the_same_seed_gives_the_same_bytes_wherever_it_is_kept(tmp_path: Path) -> None:
    in_memory = texts(search_behaviour(problem(), EVERYTHING))
    assert texts(search_behaviour(problem(), EVERYTHING, tmp_path / "some" / "where")) == in_memory
    assert texts(search_behaviour(problem(seed=2), EVERYTHING)) != in_memory
    assert str(tmp_path) not in "".join(in_memory)


@pytest.mark.parametrize("after", [5, 17, 30, 55])
def test_a_fit_that_was_broken_off_anywhere_goes_on_without_running_anything_twice(tmp_path: Path, after: int) -> None:
    toy = Toy()

    def broken(values, seed, stop):
        if len(toy.calls) == after:
            raise KeyboardInterrupt
        return toy(values, seed, stop)

    with pytest.raises(KeyboardInterrupt):
        search_behaviour(problem(broken), EVERYTHING, tmp_path)
    whole, rest = Toy(), Toy()
    wanted = texts(search_behaviour(problem(whole), EVERYTHING))
    assert texts(search_behaviour(problem(rest), EVERYTHING, tmp_path)) == wanted
    assert len(rest.calls) == len(whole.calls) - after


def test_what_changed_is_not_taken_from_the_cache(tmp_path: Path) -> None:
    few = BehaviourParams(trials=2, seeds=1, scatter=False, morris=None)
    search_behaviour(problem(), few, tmp_path)
    again, other = Toy(), Toy()
    search_behaviour(problem(again), few, tmp_path)
    assert not again.calls
    changed = BehaviourProblem(ModelParams(), other, problem().objective, 1, "other data", PATHS)
    search_behaviour(changed, few, tmp_path)
    assert len(other.calls) == 2


def test_the_posterior_lies_around_the_truth() -> None:
    settings = BehaviourParams.model_validate(
        {"trials": 2, "seeds": 1, "scatter": False, "morris": False, "parameters": ["engine.neighbourhood"],
         "abc": {"particles": 40, "populations": 4}}
    )  # fmt: skip
    fit = search_behaviour(problem(), settings)
    assert fit.posterior.mean["engine.neighbourhood"] == pytest.approx(BEST, abs=0.3)
    rows = list(csv.DictReader(io.StringIO(posterior_csv(fit))))
    assert len(rows) == 40
    assert sum(float(row["weight"]) for row in rows) == pytest.approx(1.0)
    assert all(0.5 <= float(row["engine.neighbourhood"]) <= 2.0 for row in rows)


def test_a_parameter_that_does_nothing_is_warned_of() -> None:
    fit = search_behaviour(problem(), BehaviourParams(trials=25, seeds=2, scatter=False, morris=None))
    assert any("patches.compact" in caution and "half of its range" in caution for caution in fit.cautions)
    assert fit.identified["parameters"]["patches.compact"]["equifinal"]


def test_a_search_that_finds_nothing_better_keeps_the_defaults_and_says_so() -> None:
    flat = Toy(lambda values: BEST)
    fit = search_behaviour(problem(flat), BehaviourParams(trials=5, seeds=2, scatter=False, morris=None))
    assert fit.choice.taken == 0
    assert fit.values == {"engine.neighbourhood": 1.0, "patches.compact": 1.5}
    assert any("the defaults are taken" in caution for caution in fit.cautions)


def test_a_best_value_at_the_end_of_its_range_is_warned_of() -> None:
    steep = Toy(lambda values: BEST - (2.0 - values["engine.neighbourhood"]))
    settings = BehaviourParams(trials=30, seeds=2, scatter=False, morris=None, parameters=("engine.neighbourhood",))
    fit = search_behaviour(problem(steep), settings)
    assert fit.values["engine.neighbourhood"] > 1.97
    assert any("end of its range" in caution for caution in fit.cautions)


def test_settings_name_what_is_searched() -> None:
    settings = BehaviourParams(trials=2, seeds=1, scatter=False, parameters=("patches.compact", "engine.floor"))
    assert [free.path for free in problem().space(settings)] == ["engine.floor", "patches.compact"]
    with pytest.raises(InputError, match=r"engine\.scatter"):
        search_behaviour(problem(), settings.model_copy(update={"parameters": (SCATTER,)}))


def test_maps_without_growth_cannot_be_searched() -> None:
    still = Span(span().grid, span().legend, {2000: start_map(), 2010: start_map()})
    at = BehaviourProblem(ModelParams(), Toy(), Objective(still, [URBAN]), 1)
    # the slopes of a city that stands still are there, but nothing tells where it would have grown
    fit = search_behaviour(at, BehaviourParams(trials=2, seeds=1, morris=None))
    assert {"fom", "fom_4", "landscape"} <= set(fit.objective["left_out"])
    assert fit.scatter is None
    empty = np.ones_like(start_map())
    nothing = Span(span().grid, span().legend, {2000: empty, 2010: empty})
    with pytest.raises(InputError, match="no term"):
        search_behaviour(BehaviourProblem(ModelParams(), Toy(), Objective(nothing, [URBAN]), 1))


def test_a_simulation_that_gives_no_map_is_told() -> None:
    for settings in (EVERYTHING, BehaviourParams(scatter=False), BehaviourParams(scatter=False, morris=None)):
        with pytest.raises(InputError, match="run"):
            search_behaviour(problem(lambda values, seed, stop: None), settings)


def test_the_rule_set_takes_what_is_written() -> None:
    paths = ("engine.neighbourhood", MEAN_FACTOR)
    toy = Toy(lambda values: values["engine.neighbourhood"] * values[MEAN_FACTOR] ** 0.1)
    fit = search_behaviour(problem(toy, paths=paths), BehaviourParams(trials=12, seeds=2, morris=None))
    assert fit.choice.taken > 0
    rows = behaviour_rows(fit)
    assert list(rows) == sorted(rows) == ["engine.neighbourhood", "engine.scatter", "patches.mean"]
    assert all(set(row) == {"value", "unit", "source"} for row in rows.values())
    assert rows["patches.mean"]["unit"] == "ha"
    params = ModelParams()
    for path, row in rows.items():
        params = params.changed(path, row["value"])
    assert params.engine.neighbourhood == fit.values["engine.neighbourhood"]
    assert params.patches.mean["urban"] == pytest.approx(6.0 * fit.values[MEAN_FACTOR], rel=1e-5)


def test_a_factor_of_one_leaves_the_sizes_where_they_stand() -> None:
    fit = search_behaviour(problem(Toy(lambda v: BEST), paths=(MEAN_FACTOR,)), BehaviourParams(trials=3, seeds=1))
    assert list(behaviour_rows(fit)) == ["engine.scatter"]


def test_the_table_of_trials_has_a_row_a_trial() -> None:
    fit = search_behaviour(problem(), EVERYTHING)
    rows = list(csv.DictReader(io.StringIO(search_csv(fit))))
    assert [int(row["trial"]) for row in rows] == list(range(12))
    assert {row["state"] for row in rows} == {"complete", "pruned"}
    for row, trial in zip(rows, fit.trials, strict=True):
        assert float(row["engine.neighbourhood"]) == trial.values["engine.neighbourhood"]
        assert row["j"] == (repr(trial.score) if trial.scores else "")
        assert bool(row["fom"]) == (row["state"] == "complete")
    assert posterior_csv(search_behaviour(problem(), BehaviourParams(trials=1, seeds=1, morris=None))) is None
