"""Selection: candidates are judged on what they did not see, the steadier one is taken where it is no worse."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from landsim.calibrate.folds import Parts
from landsim.calibrate.judging import BASELINE, Fold
from landsim.calibrate.models.ensemble import BLENDS, blends
from landsim.calibrate.ranking import ranking_fom
from landsim.calibrate.selection import FEWEST, Selection, _choose, _compare, select
from landsim.landscape.focal import gaussian_density
from landsim.landscape.grid import Grid
from tests.calibrate.conftest import OTHER, URBAN, StudyFolder
from tests.calibrate.growth import GrownStudy, grown, task_of

STEADY = [blend for blend in BLENDS if blend.name in ("density", "logit", "ensemble")]


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> GrownStudy:
    return GrownStudy(tmp_path_factory.mktemp("grown"))


@pytest.fixture(scope="module")
def found(study) -> Selection:
    with task_of(study) as task:
        return select(task)


def folds(*rows: dict[str, float]) -> list[Fold]:
    return [Fold(2005, 2010, k, 100, {"random": 0.01, **row}) for k, row in enumerate(rows)]


def test_growth_by_slope_and_density_is_told_by_a_logit(found: Selection) -> None:
    assert found.forecast
    assert found.chosen == "logit"
    assert found.mean["logit"] > found.mean["density"] > found.mean["random"]
    assert {(fold.start, fold.end) for fold in found.folds} == {(2005, 2010)}
    assert found.reason == f"best by mean figure of merit over {len(found.folds)} forecasts"


def test_the_density_of_each_fold_is_the_ranking_done_by_hand(found: Selection) -> None:
    maps = grown()
    cells = np.flatnonzero(maps[2005] == OTHER)
    gained = maps[2010].reshape(-1)[cells] == URBAN
    score = gaussian_density(maps[2005] == URBAN, 5.0).reshape(-1)[cells]
    parts = Parts.deal(Grid(60, 72, (100.0, 0.0, 500_000.0, 0.0, -100.0, 3_400_000.0)), 4, 1)
    for fold in found.folds:
        held = parts.held(fold.part, cells)
        assert fold.gained == gained[held].sum() >= FEWEST
        order = np.lexsort((np.arange(held.sum()), -score[held]))[: fold.gained]
        hits = gained[held][order].sum()
        assert fold.fom["density"] == pytest.approx(hits / (2 * fold.gained - hits))


def test_out_of_fold_ranks_cover_the_parts_that_were_judged(found: Selection) -> None:
    assert found.rank.size == found.hit.size
    assert 0.0 < found.rank.min() < found.rank.max() < 1.0
    maps = grown()
    assert found.hit.sum() == np.count_nonzero((maps[2005] == OTHER) & (maps[2010] == URBAN))
    assert ranking_fom(found.rank, found.hit) > 1.5 * found.hit.mean()


def test_the_same_task_gives_the_same_selection(study, found: Selection) -> None:
    with task_of(study) as task:
        again = select(task)
    assert again.as_dict() == found.as_dict()
    assert again.rank.tobytes() == found.rank.tobytes()


def test_dates_after_the_fit_are_not_looked_at(study, found: Selection, tmp_path: Path) -> None:
    other = GrownStudy(tmp_path)
    other.map(2020, grown()[2010])
    other.data["test"] = None
    with task_of(other) as task:
        assert select(task).as_dict() == found.as_dict()


def test_what_is_told_can_be_followed(study) -> None:
    heard: list[str] = []
    with task_of(study) as task:
        select(task, heard.append)
    assert heard == ["urban: candidates are judged from 2005 to 2010"]


def test_with_two_dates_every_candidate_holds_the_density(tmp_path: Path) -> None:
    study = GrownStudy(tmp_path)
    del study.data["landcover"][2005]
    with task_of(study) as task:
        found = select(task)
    assert not found.forecast
    assert found.as_dict()["judged_by"] == "parts of the map only"
    # the logit holds no share of the density, and is not let in although it is all there is beside it
    assert set(found.mean) == {"density", "random"}
    assert found.chosen == "density"
    assert "forecasts not tried" in found.reason


@pytest.mark.parametrize("dates", [2, 3])
def test_one_origin_lets_in_no_model_that_bends_freely_alone(tmp_path: Path, dates: int) -> None:
    pytest.importorskip("lightgbm")
    pytest.importorskip("sklearn")
    study = GrownStudy(tmp_path)
    if dates == 2:
        del study.data["landcover"][2005]
    with task_of(study, models=["density", "logit", "forest", "boosting", "mlp", "ensemble"]) as task:
        found = select(task)
    names = set(found.mean) - {"random"}
    assert names == (
        {"density", "ensemble+density"} if dates == 2 else {"density", "logit", "ensemble+density", "ensemble"}
    )
    assert found.chosen in names


def test_where_nothing_beats_the_density_it_is_chosen(tmp_path: Path) -> None:
    with task_of(StudyFolder(tmp_path), models=["density", "logit"]) as task:  # its town grows ring by ring
        found = select(task)
    assert found.chosen == BASELINE
    assert found.reason.startswith("nothing beats the density of the class by more than a standard error")


def test_too_little_change_leaves_the_density_with_nothing_fitted(tmp_path: Path) -> None:
    study = GrownStudy(tmp_path)
    maps = grown()
    study.map(2010, maps[2000])  # what grew is undone
    with task_of(study) as task:
        found = select(task)
    assert (found.chosen, found.folds, found.mean) == (BASELINE, (), {})
    assert "too little changed" in found.reason
    assert not found.hit.any()
    score = gaussian_density(maps[2000] == URBAN, 5.0).reshape(-1)[np.flatnonzero(maps[2000] == OTHER)]
    assert np.array_equal(np.argsort(found.rank, kind="stable"), np.argsort(score, kind="stable"))


def test_folds_with_few_gains_count_only_where_there_are_no_others(tmp_path: Path) -> None:
    study = GrownStudy(tmp_path)
    codes = grown()[2000]
    for year in (2005, 2010):
        codes = codes.copy()
        codes[20, 44 + year - 2005 : 44 + year - 2005 + 5] = URBAN
        codes[40:45, 30 + (year - 2005) // 5] = URBAN
        study.map(year, codes)
    with task_of(study) as task:
        found = select(task)
    assert found.folds
    assert all(fold.gained < FEWEST for fold in found.folds)


def test_candidates_are_compared_by_paired_differences() -> None:
    mean, error = _compare(folds({"a": 0.2, "b": 0.1}, {"a": 0.4, "b": 0.2}), ["a", "b"])
    assert mean == pytest.approx({"a": 0.3, "b": 0.15, "random": 0.01})
    assert error["a"] == 0.0
    assert error["b"] == pytest.approx(np.std([0.1, 0.2], ddof=1) / np.sqrt(2))
    _, alone = _compare(folds({"a": 0.2, "b": 0.1}), ["a", "b"])
    assert set(alone.values()) == {0.0}


@pytest.mark.parametrize(
    ("means", "errors", "chosen"),
    [
        ((0.20, 0.25, 0.26), (0.03, 0.02, 0.0), "logit"),
        ((0.20, 0.25, 0.30), (0.03, 0.02, 0.0), "ensemble"),
        ((0.24, 0.25, 0.26), (0.03, 0.02, 0.0), "density"),
        ((0.26, 0.26, 0.26), (0.00, 0.00, 0.0), "density"),
    ],
)
def test_the_steadiest_within_one_standard_error_of_the_best_is_chosen(means, errors, chosen: str) -> None:
    names = [blend.name for blend in STEADY]
    name, reason = _choose(dict(zip(names, means, strict=True)), dict(zip(names, errors, strict=True)), STEADY, True, 4)
    assert name == chosen
    assert "4 forecasts" in reason
    if chosen == "logit":
        assert reason.startswith("within one standard error of ensemble")


def test_candidates_stand_from_steady_to_bold() -> None:
    names = [blend.name for blend in blends({"density", "logit", "ensemble", "boosting"}, {"static", "momentum"})]
    assert names[:2] == ["density", "logit"]
    assert names[-1] == "boosting"
    assert names.index("ensemble") < names.index("ensemble+momentum") < names.index("momentum")
