"""Fit: behavioural parameters from the simulator and the maps - scatter, screening, search, posterior, and doubts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from landsim import __version__
from landsim.calibrate.behaviour.abc_smc import Posterior, abc_smc
from landsim.calibrate.behaviour.identify import equifinal, identify
from landsim.calibrate.behaviour.memory import Memory, key_of
from landsim.calibrate.behaviour.names import common_seeds
from landsim.calibrate.behaviour.objective import Objective
from landsim.calibrate.behaviour.runs import Runs, Simulate, Values
from landsim.calibrate.behaviour.scatter import ScatterFit, fit_scatter
from landsim.calibrate.behaviour.screen import Screening, screen
from landsim.calibrate.behaviour.search import Evaluator, evaluator, search
from landsim.calibrate.behaviour.settings import BehaviourParams
from landsim.calibrate.behaviour.space import SCATTER, Free, defaults, free_parameters
from landsim.calibrate.behaviour.trials import Choice, Trial, choose
from landsim.core.errors import InputError, Problem
from landsim.model.params import ModelParams

MEMORY_NAME = "runs.db"

Progress = Callable[[str, int, int], None]
"""Hears the step (``scatter, screening, search, posterior``), how many are done, and of how many."""

_EDGE = 0.02  # of the prior range: a value so near its end asks for a wider range


@dataclass(frozen=True, eq=False)
class BehaviourProblem:
    """What is searched, and how a point of it is simulated.

    Attributes
    ----------
    params : ModelParams
        Of the run as it is, with everything that was fitted before.
    simulate : callable
        See `Simulate`: from the start of the objective's span to its end, with the observed quantity.
    objective : Objective
        Judges the end maps; of the fitting period, never of the test.
    seed : int
        Of the study.
    fingerprint : str
        Hash of whatever else a run depends on: data, potentials, demand.
    paths : tuple of str
        Parameters that act in the run, from `acting`; all free ones where empty.
    """

    params: ModelParams
    simulate: Simulate
    objective: Objective
    seed: int
    fingerprint: str = ""
    paths: tuple[str, ...] = ()

    def space(self, settings: BehaviourParams) -> tuple[Free, ...]:
        """Give what is searched: what the settings name, or else what acts; never the scatter.

        Raises
        ------
        InputError
            If a name is unknown or nothing is left.
        """
        found = free_parameters(self.params, settings.parameters or self.paths)
        kept = tuple(free for free in found if free.path != SCATTER)
        if not kept:
            raise InputError(Problem("behaviour.parameters", "no parameter is free"))
        return kept


@dataclass(frozen=True, eq=False)
class BehaviourFit:
    """Behavioural parameters with everything that speaks for and against them.

    Attributes
    ----------
    params : ModelParams
        Of the run as it was.
    settings : BehaviourParams
    space : tuple of Free
        What could have been searched.
    searched : tuple of str
        What was, after the screening.
    values : dict of str to float
        What is taken, by path, the scatter among them where it was fitted.
    choice : Choice
    trials : tuple of Trial
    identified : dict
        From `identify`.
    objective : dict
        From `Objective.facts`.
    scatter : ScatterFit or None
    screening : Screening or None
    posterior : Posterior or None
    cautions : tuple of str
        What to doubt, in words.
    """

    params: ModelParams
    settings: BehaviourParams
    space: tuple[Free, ...]
    searched: tuple[str, ...]
    values: dict[str, float]
    choice: Choice
    trials: tuple[Trial, ...]
    identified: dict[str, Any]
    objective: dict[str, Any]
    scatter: ScatterFit | None
    screening: Screening | None
    posterior: Posterior | None
    cautions: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON; the trials and the particles are in ``search.csv`` and ``posterior.csv``."""
        counts = {state: sum(t.state == state for t in self.trials) for state in ("complete", "pruned", "failed")}
        return {
            "values": dict(self.values),
            "parameters": {free.path: self._parameter(free) for free in self.space},
            "choice": asdict(self.choice),
            "objective": self.objective,
            "default": self._trial(0),
            "best": self._trial(self.choice.best),
            "trials": {"count": len(self.trials), **counts},
            "identifiability": self.identified,
            "scatter": None if self.scatter is None else self.scatter.as_dict(),
            "screening": None if self.screening is None else self.screening.as_dict(),
            "posterior": None if self.posterior is None else self.posterior.as_dict(),
            "cautions": list(self.cautions),
            "settings": self.settings.model_dump(mode="json"),
        }

    def _parameter(self, free: Free) -> dict[str, Any]:
        return {
            "default": free.default, "low": free.low, "high": free.high, "log": free.log, "unit": free.unit,
            "doc": free.doc, "searched": free.path in self.searched,
        }  # fmt: skip

    def _trial(self, number: int) -> dict[str, Any]:
        return next(trial for trial in self.trials if trial.number == number).as_dict()


def search_behaviour(
    problem: BehaviourProblem,
    settings: BehaviourParams | None = None,
    folder: Path | None = None,
    progress: Progress | None = None,
) -> BehaviourFit:
    """Fit the behavioural parameters of a run.

    The scatter is fitted to new patches first and held; then parameters without an effect on J are screened out, the
    others searched, and, where it is asked for, their posterior sampled.

    Parameters
    ----------
    problem : BehaviourProblem
    settings : BehaviourParams or None
        The defaults where None.
    folder : pathlib.Path or None
        Where runs and trials are kept while it works, so that a search that was killed goes on to the same result; a
        cache, no part of the rule set, and for one process at a time.  None keeps them in memory.
    progress : callable, optional
        See `Progress`.

    Raises
    ------
    InputError
        If no parameter is free, no term of the objective can be computed, no run gives a map, a package is not
        installed, or a file in the folder cannot be read.
    """
    settings = settings or BehaviourParams()
    space = problem.space(settings)
    if not problem.objective.weights:
        raise InputError(Problem("behaviour", "no term of the objective can be computed from the observed maps"))
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    memory = Memory(None if folder is None else folder / MEMORY_NAME)
    try:
        return _fit(problem, settings, space, memory, folder, progress or (lambda step, done, total: None))
    finally:
        memory.close()


def _fit(
    problem: BehaviourProblem,
    settings: BehaviourParams,
    space: tuple[Free, ...],
    memory: Memory,
    folder: Path | None,
    progress: Progress,
) -> BehaviourFit:
    seed, objective = problem.seed, problem.objective
    mark = key_of(problem.fingerprint, objective.digest, __version__, problem.params.model_dump_json())
    runs = Runs(problem.simulate, memory, mark, defaults(space))
    scatter = _scatter(problem, settings, runs, progress)
    held = {} if scatter is None else {SCATTER: scatter.value}
    runs = runs.with_fixed(held)
    screening = _screening(space, runs, objective, settings, seed, progress)
    searched = space if screening is None else screening.kept(space)
    evaluate = evaluator(runs, objective, settings, seed)
    name = _name(mark, seed, searched, runs.fixed, settings)
    trials = search(searched, evaluate, settings, seed, folder, name, _step(progress, "search"))
    choice = choose(trials)
    identified = identify(trials, searched)
    posterior = _posterior(searched, runs, objective, settings, seed, progress)
    values = {**held, **next(t for t in trials if t.number == choice.taken).values}
    cautions = _cautions(trials, choice, searched, identified, objective)
    return BehaviourFit(
        problem.params, settings, space, tuple(free.path for free in searched), values, choice, tuple(trials),
        identified, objective.facts(), scatter, screening, posterior, tuple(cautions),
    )  # fmt: skip


def _step(progress: Progress, name: str) -> Callable[[int, int], None]:
    return lambda done, total: progress(name, done, total)


def _scatter(problem: BehaviourProblem, settings: BehaviourParams, runs: Runs, progress: Progress) -> ScatterFit | None:
    """Fit the scatter, if that is asked for and any growth was observed."""
    objective = problem.objective
    if not settings.scatter or "fom" not in objective.weights:
        return None
    seeds = common_seeds(problem.seed, settings.seeds)
    return fit_scatter(runs, objective, problem.params.engine.scatter, seeds, _step(progress, "scatter"))


def _screening(
    space: Sequence[Free], runs: Runs, objective: Objective, settings: BehaviourParams, seed: int, progress: Progress
) -> Screening | None:
    """Screen the parameters, if that is asked for and there is more than one."""
    if settings.morris is None or len(space) < 2:
        return None
    evaluate = Evaluator(runs, objective, common_seeds(seed, settings.morris.seeds))
    return screen(space, evaluate.score, settings.morris, seed, _step(progress, "screening"))


def _posterior(
    space: Sequence[Free], runs: Runs, objective: Objective, settings: BehaviourParams, seed: int, progress: Progress
) -> Posterior | None:
    if settings.abc is None:
        return None

    def summary(values: Values, own: int) -> Mapping[str, float] | None:
        return runs.measured(values, own, "statistics", objective.statistics)

    observed = objective.statistics(objective.span.last)
    return abc_smc(space, summary, observed, settings.abc, seed, told=_step(progress, "posterior"))


def _name(mark: str, seed: int, space: Sequence[Free], fixed: Mapping[str, float], settings: BehaviourParams) -> str:
    """Hash of all that the trials of a search depend on; how many are wanted is not among it."""
    ranges = {f"{f.path}.{end}": getattr(f, end) for f in space for end in ("default", "low", "high")}
    rules = (settings.seeds, settings.startup, str(settings.prune_after), settings.prune_share)
    return key_of(mark, seed, ranges, dict(fixed), *rules)


def _cautions(
    trials: Sequence[Trial], choice: Choice, space: Sequence[Free], identified: dict[str, Any], objective: Objective
) -> list[str]:
    """What to doubt, in words."""
    out = [f"left out of the objective: {term} ({why})" for term, why in objective.left_out.items()]
    if choice.taken == 0:
        out.append(f"the defaults are taken: {choice.why}")
    elif choice.error is None:
        out.append(choice.why)
    out += [
        f"{path}: the best {identified['top']} trials span over half of its range; the data do not tell its value"
        for path in equifinal(identified)
    ]
    best = next(trial for trial in trials if trial.number == choice.best)
    for free in space:
        if choice.taken and not _EDGE <= free.place(best.values[free.path]) <= 1.0 - _EDGE:
            out.append(f"{free.path}: the best value lies at the end of its range")
    failed = sum(trial.state == "failed" for trial in trials)
    return [*out, f"{failed} of {len(trials)} trials failed"] if failed else out
