"""Posterior samples with fitted rules: factors of patch sizes reach the runs, and a worker reads the rules once."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from rulesets import ruleset

from landsim.io.ruleset import write_ruleset
from landsim.io.store import INDICATORS, UNMET, digest, open_run
from landsim.landscape.synthetic import synthetic_city
from landsim.scenario.build import load_scenario
from landsim.scenario.run import run
from landsim.sweep.conduct import Way, conduct
from landsim.sweep.folders import SweepFolder
from landsim.sweep.plan import make_plan
from landsim.sweep.settings import load_sweep
from landsim.transition.fitted import Potential
from tests.sweep.small import write_sweep

SAMPLE = """\
weight,distance,patches.mean_factor,engine.scatter
0.5,0.1,0.5,0.4
0.25,0.2,1.0,0.8
0.25,0.3,2.5,0.4
"""


@pytest.fixture
def fitted(town):
    """A sweep over a posterior sample, of a town with a rule set."""
    legend = synthetic_city(shape=(40, 40), cell_size=250.0, seed=7, start=2020).landscape.legend
    write_ruleset(town / "rules", ruleset(legend))
    (town / "posterior.csv").write_text(SAMPLE)
    return write_sweep(
        town, overrides=None, set={"rules": "rules"}, seeds=1,
        parameters={"method": "sample", "file": "posterior.csv", "size": 4},
    )  # fmt: skip


def test_runs_of_a_sample_share_their_planes_and_are_each_the_run_alone(fitted, tmp_path, monkeypatch) -> None:
    real, evaluated = Potential.plane, list[str]()

    def counted(self, *given, **named):
        evaluated.append("plane")
        return real(self, *given, **named)

    plan, folder = make_plan(load_sweep(fitted)), SweepFolder(tmp_path / "out")
    monkeypatch.setattr(Potential, "plane", counted)
    result = conduct(plan, folder, Way("serial"))
    assert (result.gathered.done, len(evaluated)) == (3, 1)  # one row stands for two of the four points
    assert Counter(point["patches.mean_factor"] for point in plan.points.rows) == {0.5: 2, 1.0: 1, 2.5: 1}
    plain = load_scenario(fitted.parent, {"rules": "rules"}).scenario.patches.mean
    assert plain["urban"] == 12.5
    for name, row in plan.runs.items():
        point = plan.points.rows[row.point]
        mean = {label: size * point["patches.mean_factor"] for label, size in plain.items()}
        settings = {"rules": "rules", "engine.scatter": point["engine.scatter"], "patches.mean": mean, "seed": row.seed}
        swept, alone = open_run(folder.run(name)), tmp_path / name
        run(load_scenario(fitted.parent, settings), alone)
        assert swept.manifest["scenario"] == open_run(alone).manifest["scenario"]
        assert swept.manifest["state_hash"] == open_run(alone).manifest["state_hash"]
        assert [digest(swept.path / part) for part in (INDICATORS, UNMET)] == [
            digest(alone / part) for part in (INDICATORS, UNMET)
        ]
        np.testing.assert_array_equal(swept.landcover_at(2021), open_run(alone).landcover_at(2021))
    assert len({open_run(folder.run(name)).manifest["state_hash"]["2021"] for name in plan.runs}) == 3


def test_other_rules_are_evaluated_anew(fitted, tmp_path, monkeypatch) -> None:
    real, evaluated = Potential.plane, list[str]()
    monkeypatch.setattr(
        Potential, "plane", lambda self, *given, **named: (evaluated.append("plane"), real(self, *given, **named))[1]
    )
    town = fitted.parent
    legend = synthetic_city(shape=(40, 40), cell_size=250.0, seed=7, start=2020).landscape.legend
    write_ruleset(town / "others", ruleset(legend, study="other"))
    structures = {"a": {"rules": "rules"}, "b": {"rules": "others"}}
    path = write_sweep(town, overrides=None, structures=structures, seeds=2, keep=["indicators"])
    plan = make_plan(load_sweep(path))
    evaluated.clear()
    result = conduct(plan, SweepFolder(tmp_path / "out"), Way("serial"))
    assert (result.gathered.done, len(evaluated)) == (4, 2)
