"""Run: a study from its maps to a rule set and a verdict - observe, fit, select, write down, and test once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from landsim.calibrate.behaviour.fit import BehaviourFit
from landsim.calibrate.behaviour_of import behaviour_of
from landsim.calibrate.explain import Explanation, explain
from landsim.calibrate.fit_demand import DemandPath, fit_demand
from landsim.calibrate.fit_neighbourhood import Neighbourhood, fit_neighbourhood
from landsim.calibrate.fit_patches import PatchFit, fit_patches
from landsim.calibrate.hindcast import Simulated, hindcast_inputs, simulate_gains
from landsim.calibrate.history import History
from landsim.calibrate.judging import Task
from landsim.calibrate.learning import tells_apart, windows
from landsim.calibrate.observe import Observation, observe
from landsim.calibrate.potential_fit import fit_potential
from landsim.calibrate.rules_of import rules_of
from landsim.calibrate.selection import Selection, select
from landsim.calibrate.span import Span
from landsim.calibrate.verdict import Verdict, judge
from landsim.landscape.rows import Rows
from landsim.scenario.build import shipped_permissions
from landsim.transition.fitted import Potential
from landsim.transition.ruleset import RuleSet

STEPS = ("observe", "select", "fit", "behaviour", "test", "simulate")
"""Steps of a calibration, in order."""


class Watcher:
    """Hears how a calibration goes; this one keeps still."""

    def step(self, name: str, done: int, total: int) -> None:
        """Hear that a step begins, of which so many are done."""

    def say(self, text: str) -> None:
        """Hear a detail."""


@dataclass(eq=False)
class Fit:
    """A calibrated study.

    Attributes
    ----------
    history : History
        The study and its maps.
    observation : Observation
    selections : dict of str to Selection
        Class name -> what was compared and chosen.
    potentials : dict of str to Potential
    explanations : dict of str to Explanation
    demand : DemandPath
    patches : dict of str to PatchFit
    around : Neighbourhood
    behaviour : BehaviourFit or None
        None where the study searches none.
    ruleset : RuleSet
    test : Verdict or None
        None where the study has no test period.
    in_sample : tuple of Verdict
        Further periods that were scored, partly in-sample.
    simulated : Simulated or None
        The rule set run over the test period.
    seconds : dict of str to float
        Time by step; not part of any file.
    """

    history: History
    observation: Observation
    selections: dict[str, Selection]
    potentials: dict[str, Potential]
    explanations: dict[str, Explanation]
    demand: DemandPath
    patches: dict[str, PatchFit]
    around: Neighbourhood
    behaviour: BehaviourFit | None
    ruleset: RuleSet
    test: Verdict | None = None
    in_sample: tuple[Verdict, ...] = ()
    simulated: Simulated | None = None
    seconds: dict[str, float] = field(default_factory=dict)


def calibrate_history(
    history: History, write_down: Callable[[Fit], str], watcher: Watcher | None = None, cache: Path | None = None
) -> Fit:
    """Calibrate a study whose files were read.

    Parameters
    ----------
    history : History
        With a test that is still sealed.
    write_down : callable
        Called with what was fitted, before the test is opened: it keeps the rule set and gives the choice in words.
    watcher : Watcher or None
        Hears how it goes.
    cache : pathlib.Path or None
        Folder in which a search of behaviour keeps what it has done, to go on after a break.

    Raises
    ------
    InputError
        If a file is no longer what was checked, or a package of the calibrate extra is missing.
    """
    clock = _Clock(watcher or Watcher())
    with history.open_drivers() as drivers:
        fit = _fitted(history, drivers, clock, cache)
        choice = write_down(fit)
        if history.study.test is not None:
            _test(fit, history.open_test(choice), drivers, clock)
        fit.in_sample = tuple(_judged(fit, span, drivers) for span in history.open_in_sample())
    fit.seconds = clock.seconds
    return fit


def _fitted(history: History, drivers: Mapping[str, Rows], clock: _Clock, cache: Path | None) -> Fit:
    """Everything that the fitting period alone decides."""
    study, span, gains = history.study, history.fit, history.gains
    with clock.step("observe"):
        seen = observe(span, gains, history.districts)
        around = fit_neighbourhood(seen.enrichment)
        patches = fit_patches(span, gains, seen.growth, study.seed)
        demand = fit_demand(
            span, gains, study.demand.horizon, study.demand.mode, history.people, history.targets
        )  # fmt: skip
    tasks = {row.name: Task(span, row, drivers, history.drivers, study.models, study.seed) for row in gains}
    with clock.step("select"):
        selections = {name: select(task, clock.say) for name, task in tasks.items()}
    with clock.step("fit"):
        potentials = {name: _final(task, selections[name], clock) for name, task in tasks.items()}
        explanations = {name: _explained(task, potentials[name]) for name, task in tasks.items()}
    ruleset = rules_of(history, potentials, selections, demand, patches, around)
    with clock.step("behaviour"):
        found, behaviour = behaviour_of(history, tasks, selections, ruleset, drivers, clock.say, cache)
        ruleset = rules_of(history, potentials, selections, demand, patches, around, behaviour)
    return Fit(
        history, seen, selections, potentials, explanations, demand, patches, around, found, ruleset
    )  # fmt: skip


def _final(task: Task, selection: Selection, clock: _Clock) -> Potential:
    clock.say(f"{task.gained.name}: {selection.chosen} is fitted to all dates")
    return fit_potential(task, selection)


def _explained(task: Task, potential: Potential) -> Explanation:
    """Explain a potential on the last period that its recipe could learn from."""
    periods = windows(task.span.years)["momentum" if potential.past_years else "static"]
    told = [window for window in periods if tells_apart(task.span, window, task.gained.code)]
    return explain(task, potential, (told or periods)[-1])


def _test(fit: Fit, span: Span, drivers: Mapping[str, Rows], clock: _Clock) -> None:
    """Look at the test: score the potentials, and run the rule set where a class grew."""
    with clock.step("test"):
        fit.test = _judged(fit, span, drivers)
    if not fit.test.foretold:
        return
    with clock.step("simulate"):
        gains = [one.gained for one in fit.test.foretold]
        planes = {one.gained.name: one.chance(span, fit.potentials[one.gained.name]) for one in fit.test.foretold}
        inputs = hindcast_inputs(
            fit.history.fit, span, gains, fit.ruleset, drivers, fit.history.study.seed, shipped_permissions()[0], planes
        )
        fit.simulated = simulate_gains(inputs, span, gains)


def _judged(fit: Fit, span: Span, drivers: Mapping[str, Rows]) -> Verdict:
    rows = {row.name: row for row in fit.history.gains}
    return judge(fit.history.fit, span, rows, fit.potentials, drivers, fit.history.study.seed)


class _Clock:
    """Tells the watcher of each step, and how long it took."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self.say = watcher.say
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        self._watcher.step(name, STEPS.index(name), len(STEPS))
        began = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - began
