"""Final fit: the chosen candidate on the dates that may be known, with chances that mean what they say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from landsim.calibrate.learning import ground_of
from landsim.calibrate.potential_fit import blend_named, chance_of, fit_potential, samples_for
from landsim.calibrate.selection import select
from tests.calibrate.conftest import OTHER, URBAN
from tests.calibrate.growth import GrownStudy, grown, task_of


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> GrownStudy:
    return GrownStudy(tmp_path_factory.mktemp("grown"))


def test_the_chosen_candidate_is_fitted_and_nothing_else(study) -> None:
    with task_of(study) as task:
        selection = select(task)
        potential = fit_potential(task, selection)
    assert [(part.recipe, part.model) for part in potential.parts] == [("static", "logit")]
    assert [recipe.name for recipe in potential.recipes] == ["static"]
    assert potential.past_years == 0
    slope = next(row for row in potential.parts[0].facts["coefficients"] if row["input"] == "slope")
    assert slope["coefficient"] < -4 * slope["standard_error"]


def test_chances_add_up_to_what_changed_out_of_fold(study) -> None:
    with task_of(study) as task:
        selection = select(task)
    chance = chance_of(selection)
    assert chance.of(selection.rank).mean() == pytest.approx(selection.hit.mean(), rel=0.05)
    assert chance.of(np.float32([0.99]))[0] > 3 * selection.hit.mean()


@pytest.mark.parametrize(("hit", "low", "high"), [(False, 0.0, 1e-6), (True, 0.6, 1.0)])
def test_where_nothing_or_everything_changed_the_chance_still_keeps_the_order(study, hit, low, high) -> None:
    with task_of(study) as task:
        selection = select(task)
    values = chance_of(replace(selection, hit=np.full(selection.hit.size, hit))).of(selection.rank)
    assert low < values.mean() < high
    assert (np.diff(values[np.argsort(selection.rank)]) >= 0.0).all()


def test_without_any_cell_there_is_a_small_chance(study) -> None:
    with task_of(study) as task:
        selection = select(task)
    none = replace(selection, rank=selection.rank[:0], hit=selection.hit[:0])
    assert 0.0 < chance_of(none).of(np.float32([0.5]))[0] < 0.01


def test_a_fit_up_to_a_date_does_not_know_what_comes_after_it(study, tmp_path: Path) -> None:
    maps = grown()
    other = GrownStudy(tmp_path)
    moved = maps[2005].copy()
    moved[40:50, 50:60][moved[40:50, 50:60] == OTHER] = URBAN
    other.map(2010, moved)
    scores = []
    for folder in (study, other):
        with task_of(folder) as task:
            selection = replace(select(task), chosen="logit")
            potential = fit_potential(task, selection, (2000, 2005))
            cells = np.flatnonzero(maps[2005] == OTHER)
            scores.append(potential.ranks(ground_of(task.span, 2005, None, task.drivers), cells))
    assert scores[0].tobytes() == scores[1].tobytes()


def test_samples_are_drawn_for_the_recipes_that_are_read(study) -> None:
    with task_of(study) as task:
        assert set(samples_for(task, task.span.years, blend_named("logit+momentum"))) == {"static", "momentum"}
        assert set(samples_for(task, task.span.years, blend_named("logit"))) == {"static"}
        assert samples_for(task, task.span.years, blend_named("density")) == {}


def test_a_candidate_that_is_not_known_is_a_fault_of_ours() -> None:
    with pytest.raises(StopIteration):
        blend_named("oracle")
