"""The search: it finds a known best, resumes to the same trials after a kill, and cuts short what is poor."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from landsim.calibrate.behaviour.identify import equifinal, identify
from landsim.calibrate.behaviour.memory import Memory
from landsim.calibrate.behaviour.names import common_seeds
from landsim.calibrate.behaviour.runs import Runs
from landsim.calibrate.behaviour.search import FILE_NAME, evaluator, search
from landsim.calibrate.behaviour.settings import BehaviourParams
from landsim.calibrate.behaviour.space import Free, free_parameters
from landsim.calibrate.behaviour.trials import Trial, choose, complete
from landsim.core.errors import InputError
from landsim.model.params import ModelParams
from tests.calibrate.behaviour_toy import BEST, PATHS, YEARS, Toy, problem

ROOT = Path(__file__).parents[2]
SPACE = free_parameters(ModelParams(), PATHS)
FEW = BehaviourParams(trials=14, seeds=2, startup=5, prune_share=0.5)


def tried(settings: BehaviourParams = FEW, simulate=None, folder: Path | None = None, seed: int = 1, **rest):
    """Search the toy with runs that nobody remembers."""
    at = problem(simulate)
    runs = Runs(at.simulate, Memory(), "toy")
    return search(SPACE, evaluator(runs, at.objective, settings, seed), settings, seed, folder, **rest)


def test_it_finds_the_best_value_of_the_parameter_that_matters() -> None:
    trials = tried(BehaviourParams(trials=30, seeds=2))
    best = complete(trials)[0]
    assert best.values["engine.neighbourhood"] == pytest.approx(BEST, abs=0.25)
    assert choose(trials).taken == best.number


def test_the_defaults_are_trial_0_and_every_trial_has_the_common_seeds() -> None:
    toy = Toy()
    trials = tried(BehaviourParams(trials=4, seeds=3), toy)
    assert trials[0].values == {"engine.neighbourhood": 1.0, "patches.compact": 1.5}
    assert [trial.number for trial in trials] == [0, 1, 2, 3]
    assert [seed for _, seed in toy.calls] == common_seeds(1, 3) * 4
    assert all(len(trial.scores) == 3 for trial in trials)


def test_the_same_seed_gives_the_same_trials_and_another_seed_others() -> None:
    assert tried() == tried()
    assert [t.values for t in tried()][1:] != [t.values for t in tried(seed=2)][1:]


def test_a_search_that_stopped_goes_on_to_the_same_trials(tmp_path: Path) -> None:
    whole = tried()
    assert {trial.state for trial in whole} == {"complete", "pruned"}
    toy = Toy()
    for count in (1, 6, 7, 14):
        found = tried(FEW.model_copy(update={"trials": count}), toy, tmp_path)
        assert found == whole[:count]
    calls = len(toy.calls)
    assert tried(FEW, toy, tmp_path) == whole
    assert len(toy.calls) == calls


def test_an_interrupted_trial_is_proposed_again(tmp_path: Path) -> None:
    whole, toy = tried(), Toy()

    def interrupted(values, seed, stop):
        if len(toy.calls) == 17:
            toy.calls.append(({}, 0))
            raise KeyboardInterrupt
        return toy(values, seed, stop)

    with pytest.raises(KeyboardInterrupt):
        tried(FEW, interrupted, tmp_path)
    assert tried(FEW, interrupted, tmp_path) == whole


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.calibrate.behaviour_toy import Toy
from tests.calibrate.test_behaviour_search import FEW, tried

toy = Toy()

def killed(values, seed, stop):
    if len(toy.calls) == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    return toy(values, seed, stop)

tried(FEW, killed, Path(sys.argv[1]))
"""


@pytest.mark.parametrize("runs", [1, 19])
def test_a_killed_search_ends_as_if_it_had_not_been(tmp_path: Path, runs: int) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), str(runs)], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert tried(FEW, folder=tmp_path) == tried()


def test_a_library_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(InputError, match=r"optuna is not installed.*landsim\[calibrate\]"):
        tried()


def test_the_verbosity_of_the_library_is_left_as_it_was() -> None:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.INFO)
    tried(FEW.model_copy(update={"trials": 1}))
    assert optuna.logging.get_verbosity() == optuna.logging.INFO


def test_searches_of_different_things_share_a_file_and_nothing_else(tmp_path: Path) -> None:
    first = tried(FEW, folder=tmp_path, name="a")
    assert tried(FEW, folder=tmp_path, name="b", seed=2) == tried(seed=2) != first


def test_a_file_that_is_no_search_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("not a database, and long enough to be read as one" * 40)
    with pytest.raises(InputError, match=r"search\.db.*cache"):
        tried(FEW, folder=tmp_path)


@pytest.mark.parametrize("name", ["武汉 100% #1", "what?", "a%20b"])
def test_a_folder_may_have_any_name(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / name
    folder.mkdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    few = FEW.model_copy(update={"trials": 2})
    assert tried(few, folder=folder) == tried(few)
    assert [path.name for path in folder.iterdir()] == [FILE_NAME]
    assert not list(elsewhere.iterdir())


def test_pruning_skips_work_and_spares_the_best() -> None:
    whole, cut = Toy(), Toy()
    settings = BehaviourParams(trials=24, seeds=2, startup=4, prune_share=0.5)
    without = tried(settings.model_copy(update={"prune_after": None}), whole)
    trials = tried(settings, cut)
    pruned = [trial for trial in trials if trial.state == "pruned"]
    assert pruned
    assert whole.years == 24 * 2 * YEARS
    assert cut.years <= whole.years - len(pruned) * (YEARS - 3)
    assert all(not trial.scores and trial.partial is not None for trial in pruned)
    assert trials[0].state == "complete"
    assert complete(trials)[0].score == pytest.approx(complete(without)[0].score, abs=0.03)
    assert max(t.partial for t in pruned) <= max(t.partial for t in trials if t.state == "complete")


def test_a_period_too_short_to_judge_early_is_never_cut() -> None:
    toy = Toy()
    tried(FEW.model_copy(update={"prune_after": YEARS}), toy)
    assert toy.years == 14 * 2 * YEARS


def test_a_simulation_that_always_fails_is_told() -> None:
    with pytest.raises(InputError, match="all 14 trials failed"):
        tried(FEW, lambda values, seed, stop: None)


def test_trials_that_fail_are_filed_and_the_rest_goes_on(tmp_path: Path) -> None:
    toy = Toy()

    def fragile(values, seed, stop):
        return None if values["patches.compact"] > 1.6 else toy(values, seed, stop)

    trials = tried(FEW, fragile, tmp_path)
    assert {"failed", "complete"} <= {trial.state for trial in trials}
    assert tried(FEW, fragile, tmp_path) == trials
    assert choose(trials).best == complete(trials)[0].number


def test_defaults_that_fail_leave_the_best_of_the_others() -> None:
    toy = Toy()
    trials = tried(FEW, lambda v, s, stop: None if v["engine.neighbourhood"] == 1.0 else toy(v, s, stop))
    choice = choose(trials)
    assert trials[0].state == "failed"
    assert choice.taken == choice.best > 0
    assert choice.gain is None


def trial(number: int, *scores: float, state="complete", **values: float) -> Trial:
    return Trial(number, state, values, {}, scores)


@pytest.mark.parametrize(
    ("default", "other", "taken"),
    [
        ((0.5, 0.5, 0.5, 0.5), (0.6, 0.61, 0.59, 0.6), 1),
        ((0.5, 0.5, 0.5, 0.5), (0.4, 0.7, 0.4, 0.52), 0),  # better on average, by less than its error
        ((0.3, 0.5, 0.7, 0.9), (0.31, 0.51, 0.71, 0.91), 1),  # seeds differ, their pairs do not
        ((0.5, 0.5, 0.5, 0.5), (0.4, 0.4, 0.4, 0.4), 0),
        ((0.5,), (0.6,), 1),
    ],
)
def test_the_defaults_stay_unless_the_best_is_better_by_its_error(default, other, taken: int) -> None:
    assert choose([trial(0, *default), trial(1, *other)]).taken == taken


def test_the_error_is_that_of_paired_seeds() -> None:
    choice = choose([trial(0, 0.1, 0.2, 0.3, 0.4), trial(1, 0.2, 0.4, 0.4, 0.6)])
    assert choice.gain == pytest.approx(0.15)
    assert choice.error == pytest.approx(np.std([0.1, 0.2, 0.1, 0.2], ddof=1) / 2)


def test_a_parameter_that_does_nothing_is_equifinal() -> None:
    trials = tried(BehaviourParams(trials=40, seeds=2))
    found = identify(trials, SPACE)
    assert equifinal(found) == ["patches.compact"]
    told = found["parameters"]["engine.neighbourhood"]
    assert told["share"] < 0.5
    assert told["low"] <= BEST <= told["high"] + 0.1
    known = [j for j in told["profile"] if j is not None]
    assert max(known) == complete(trials)[0].score
    assert known[0] < max(known)


def test_profile_range_and_correlation_of_known_trials() -> None:
    space = [Free("a", 0.0, 0.0, 10.0), Free("b", 0.0, 0.0, 10.0), Free("c", 0.0, 0.0, 10.0)]
    trials = [trial(k, 1.0 - k / 20, a=float(k), b=10.0 - k, c=5.0) for k in range(11)]
    found = identify(trials, space)
    assert found["top"] == 10
    assert found["parameters"]["a"]["share"] == pytest.approx(0.9)
    assert found["parameters"]["a"]["profile"] == pytest.approx([1.0, 0.9, 0.8, 0.7, 0.6])
    assert found["parameters"]["c"]["profile"] == [None, None, 1.0, None, None]
    assert found["parameters"]["c"]["share"] == 0.0
    assert found["correlation"] == {"a ~ b": pytest.approx(-1.0), "a ~ c": None, "b ~ c": None}


def test_two_trials_tell_nothing() -> None:
    found = identify([trial(0, 0.5, a=1.0), trial(1, 0.6, a=2.0)], [Free("a", 0.0, 0.0, 10.0)])
    assert found["parameters"]["a"]["share"] is None
    assert equifinal(found) == []
