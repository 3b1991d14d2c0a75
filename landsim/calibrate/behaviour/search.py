"""Search: the tree-structured Parzen estimator of Optuna over the space, resumable, every point on common seeds."""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from landsim.calibrate.behaviour.names import common_seeds, named_seed
from landsim.calibrate.behaviour.objective import Objective
from landsim.calibrate.behaviour.runs import Judge, Outcome, Runs, Values, Watch
from landsim.calibrate.behaviour.settings import BehaviourParams
from landsim.calibrate.behaviour.space import Free, defaults
from landsim.calibrate.behaviour.trials import Trial
from landsim.calibrate.models.base import lacking
from landsim.core.errors import InputError, Problem

FILE_NAME = "search.db"

Report = Callable[[float, int], bool]
"""Takes the worth of an unfinished trial and at which seed; tells whether to give it up."""
Told = Callable[[int, int], None]
"""Hears how many are done, and of how many."""

_ROW = "row"


class Evaluator:
    """What a point of the space is worth: the mean over common seeds.

    Parameters
    ----------
    runs : Runs
    objective : Objective
    seeds : sequence of int
        Common seeds.
    from_year : int or None
        Year from which a run may be given up; None never.
    """

    def __init__(self, runs: Runs, objective: Objective, seeds: Sequence[int], from_year: int | None = None) -> None:
        self.runs, self.objective, self.seeds, self.from_year = runs, objective, tuple(seeds), from_year

    def score(self, values: Values) -> float | None:
        """Mean J over the seeds; None if a run failed."""
        return trial.score if (trial := self.trial(0, values)).scores else None

    def trial(self, number: int, values: Values, report: Report | None = None) -> Trial:
        """Run a point with every seed, and give it up as soon as `report` says so."""
        found: list[dict[str, float]] = []
        worths: list[float] = []
        for place, seed in enumerate(self.seeds):
            outcome = self._run(values, seed, place, worths, report)
            if outcome.partial is not None:
                worths.append(outcome.partial)
            partial = float(np.mean(worths)) if worths else None
            if outcome.measures is None:
                return Trial(number, "pruned" if outcome.stopped else "failed", dict(values), {}, (), partial)
            found.append(outcome.measures)
        terms = {name: float(np.mean([row[name] for row in found])) for name in found[0]}
        scores = tuple(self.objective.score(row) for row in found)
        return Trial(number, "complete", dict(values), terms, scores, partial)

    def _run(self, values: Values, seed: int, place: int, worths: list[float], report: Report | None) -> Outcome:
        watch = None
        if report is not None and self.from_year is not None:
            watch = Watch(self.from_year, self.objective.partial, _judge(report, place, worths))
        return self.runs.watched(values, seed, "objective", self.objective.terms, watch)


def evaluator(runs: Runs, objective: Objective, settings: BehaviourParams, seed: int) -> Evaluator:
    """Make the evaluator of a search; runs are cut short only where a figure of merit can be had."""
    span = objective.span
    year = None if settings.prune_after is None else span.start + settings.prune_after
    if year is not None and (year >= span.end or "fom" not in objective.weights):
        year = None
    return Evaluator(runs, objective, common_seeds(seed, settings.seeds), year)


def search(
    space: Sequence[Free],
    evaluate: Evaluator,
    settings: BehaviourParams,
    seed: int,
    folder: Path | None = None,
    name: str = "search",
    told: Told | None = None,
) -> list[Trial]:
    """Look for the values of the highest J.

    A search that was killed goes on from its file to the same trials: what the sampler proposes depends on the trials
    before and on a seed that the number of the trial has, and on nothing that a process carries.

    Parameters
    ----------
    space : sequence of Free
        What is searched; the defaults are trial 0.
    evaluate : Evaluator
    settings : BehaviourParams
        ``trials, startup, prune_share``; more trials than before go on with the same search.
    seed : int
        Names the seeds of the sampler.
    folder : pathlib.Path or None
        Where the trials are kept, in `FILE_NAME`; None keeps them in memory.
    name : str
        Of the search in the file: a hash of all that its trials depend on.
    told : callable, optional
        Hears how many trials are done.

    Raises
    ------
    InputError
        If Optuna is not installed, the file cannot be read, or every trial failed.
    """
    try:
        import optuna
    except ImportError as error:
        raise lacking("optuna") from error
    with _quiet(optuna):
        study = _open(optuna, folder, f"{name}/optuna {optuna.__version__}", settings)
        _drop_unfinished(optuna, study)
        trials = _finished(optuna, study)
        while len(trials) < settings.trials:
            if told is not None:
                told(len(trials), settings.trials)
            trials.append(_next(optuna, study, space, evaluate, settings, seed, len(trials)))
    if all(trial.state == "failed" for trial in trials):
        raise InputError(
            Problem(
                "behaviour", f"all {len(trials)} trials failed", mend="The simulation gave no map; run it by itself"
            )
        )
    if told is not None:
        told(settings.trials, settings.trials)
    return trials[: settings.trials]


def _next(
    optuna: Any,
    study: Any,
    space: Sequence[Free],
    evaluate: Evaluator,
    settings: BehaviourParams,
    seed: int,
    number: int,
) -> Trial:
    """Propose a point, try it and file it."""
    ranges = {f.path: optuna.distributions.FloatDistribution(f.low, f.high, log=f.log) for f in space}
    if number == 0:
        return _first(optuna, study, ranges, evaluate.trial(0, defaults(space), lambda worth, step: False))
    study.sampler = optuna.samplers.TPESampler(
        seed=named_seed(seed, "sampler", number),
        n_startup_trials=settings.startup,
        multivariate=True,
        constant_liar=False,
    )
    asked = study.ask(ranges)
    values = {free.path: free.tidy(asked.params[free.path]) for free in space}

    def report(worth: float, step: int) -> bool:
        asked.report(worth, step)
        return bool(asked.should_prune())

    trial = evaluate.trial(number, values, report)
    asked.set_user_attr(_ROW, trial.as_dict())
    state = getattr(
        optuna.trial.TrialState, {"complete": "COMPLETE", "pruned": "PRUNED", "failed": "FAIL"}[trial.state]
    )
    study.tell(asked, trial.score if trial.scores else None, state=state)
    return trial


def _first(optuna: Any, study: Any, ranges: dict[str, Any], trial: Trial) -> Trial:
    """File the defaults, which nobody proposed."""
    states = optuna.trial.TrialState
    filed = optuna.trial.create_trial(
        state=states.COMPLETE if trial.scores else states.FAIL,
        value=trial.score if trial.scores else None,
        params=dict(trial.values),
        distributions=ranges,
        user_attrs={_ROW: trial.as_dict()},
    )
    study.add_trial(filed)
    return trial


def _open(optuna: Any, folder: Path | None, name: str, settings: BehaviourParams) -> Any:
    """Open the search in its file, or begin it."""
    pruner = optuna.pruners.PercentilePruner(
        100.0 * (1.0 - settings.prune_share), n_startup_trials=settings.startup, n_min_trials=settings.startup
    )
    try:
        storage = None if folder is None else _storage(optuna, folder / FILE_NAME)
        return optuna.create_study(
            storage=storage, study_name=name, direction="maximize", pruner=pruner, load_if_exists=True
        )
    except Exception as error:  # of whatever the storage is built on
        raise InputError(
            Problem(FILE_NAME, "cannot be read", found=str(error).splitlines()[0], mend="Remove it; it is a cache")
        ) from error


def _storage(optuna: Any, path: Path) -> Any:
    """Open a file of trials; a path may hold what an address of a database may not, so it is opened here."""

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(path, check_same_thread=False)

    return optuna.storages.RDBStorage(f"sqlite:///{FILE_NAME}", engine_kwargs={"creator": connect})


def _drop_unfinished(optuna: Any, study: Any) -> None:
    """Give up what a killed process left unfinished; it is proposed again."""
    states = optuna.trial.TrialState
    for left in study.get_trials(deepcopy=False, states=(states.RUNNING, states.WAITING)):
        study.tell(left.number, state=states.FAIL)


def _finished(optuna: Any, study: Any) -> list[Trial]:
    """Trials of the file, in their order; a trial that was given up unfinished is none."""
    out = []
    for kept in study.get_trials(deepcopy=False):
        row = kept.user_attrs.get(_ROW)
        failed = kept.state == optuna.trial.TrialState.FAIL
        if row is not None and (row["state"] == "failed") == failed:
            out.append(
                Trial(row["trial"], row["state"], row["values"], row["terms"], tuple(row["by_seed"]), row["partial"])
            )
    return out


def _judge(report: Report, place: int, worths: list[float]) -> Judge:
    """Judge a trial by the mean of its unfinished runs up to this seed."""
    return lambda worth: report(float(np.mean([*worths, worth])), place)


@contextmanager
def _quiet(optuna: Any) -> Iterator[None]:
    """Keep the library from printing what progress tells, and from calling what is used here experimental."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        optuna.logging.set_verbosity(before)
