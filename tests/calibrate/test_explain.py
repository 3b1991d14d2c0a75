"""Explain: what drives the growth is found to matter, what does not is not, and curves go the right way."""

from __future__ import annotations

import numpy as np
import pytest

from landsim.calibrate.explain import SHOWN, Explanation, explain, group_of
from landsim.calibrate.learning import Window
from landsim.calibrate.potential_fit import fit_potential
from landsim.calibrate.selection import select
from landsim.transition.features import Feature
from tests.calibrate.growth import SHAPE, GrownStudy, grown, task_of


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> GrownStudy:
    study = GrownStudy(tmp_path_factory.mktemp("grown"))
    study.raster("noise.tif", np.random.default_rng(9).random(SHAPE).astype(np.float32))
    study.data["drivers"] = {"slope": "slope.tif", "noise": "noise.tif"}
    return study


@pytest.fixture(scope="module")
def found(study) -> Explanation:
    with task_of(study) as task:
        return explain(task, fit_potential(task, select(task)), Window(2005, 2010))


def test_slope_matters_most_and_noise_does_not(found: Explanation) -> None:
    loss = {item.group: item.loss for item in found.importance}
    assert loss["slope"] == max(loss.values()) > 0.05
    assert loss["noise"] < 0.2 * loss["slope"]
    assert [item.loss for item in found.importance] == sorted(loss.values(), reverse=True)
    assert 0.0 < found.fom < 1.0


def test_the_chance_falls_with_the_slope(found: Explanation) -> None:
    curve = next(curve for curve in found.curves if curve.group == "slope")
    assert list(curve.values) == sorted(curve.values)
    assert curve.chance[0] > 3 * curve.chance[-1] > 0.0
    assert len(found.curves) <= SHOWN


def test_every_feature_is_in_one_group(study, found: Explanation) -> None:
    with task_of(study) as task:
        potential = fit_potential(task, select(task))
    assert sum(item.features for item in found.importance) == len(potential.features)


def test_the_same_fit_is_explained_in_the_same_way(study, found: Explanation) -> None:
    with task_of(study) as task:
        again = explain(task, fit_potential(task, select(task)), Window(2005, 2010))
    assert again.as_dict() == found.as_dict()


def test_a_period_without_growth_explains_nothing(study, tmp_path) -> None:
    still = GrownStudy(tmp_path)
    still.map(2010, grown()[2005])
    with task_of(still) as task:
        nothing = explain(task, fit_potential(task, select(task)), Window(2005, 2010))
    assert np.isnan(nothing.fom)
    assert (nothing.importance, nothing.curves) == ((), ())


@pytest.mark.parametrize(
    ("feature", "words"),
    [
        (Feature("density", 2, 5.0), "density of urban"),
        (Feature("large", 2), "distance to urban"),
        (Feature("driver", driver="slope"), "slope"),
        (Feature("source", driver="road"), "distance to road"),
        (Feature("growth", 2, 3.0), "recent growth of urban"),
        (Feature("density", 7, 1.0), "density of 7"),
    ],
)
def test_groups_are_named_in_words(feature: Feature, words: str) -> None:
    assert group_of(feature, {2: "urban"}) == words
