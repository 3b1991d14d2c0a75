"""Ensemble: candidates fitted on a growing place, written, read, and run without any library of models."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from growing import LEGEND, URBAN, Place, place

from landsim.calibrate.features import density_recipe, momentum_recipe, static_recipe
from landsim.calibrate.models.base import Fitted, Samples
from landsim.calibrate.models.ensemble import BLENDS, blends, fit_parts, models_for, potential_of  # fmt: skip
from landsim.calibrate.probability import fit_chance
from landsim.calibrate.ranking import ranking_fom
from landsim.calibrate.sampling import draw_sample
from landsim.calibrate.study import MODELS
from landsim.core.errors import Problems
from landsim.indicators.toc import auc
from landsim.io.potential import FILE_NAME, read_potentials, write_potentials
from landsim.landscape.focal import gaussian_density
from landsim.transition.features import Ground, Recipe
from landsim.transition.fitted import Potential, map_quantiles, part_scores
from landsim.transition.measure import Measure
from landsim.transition.ranks import map_ranks

pytest.importorskip("lightgbm")
pytest.importorskip("sklearn")

ROW = LEGEND.rows[2]


class Facts:
    kind, needs_indicator, categories = "continuous", True, ()


def recipes_of(town: Place, ranked: bool = False) -> dict[str, Recipe]:
    static = static_recipe(LEGEND, town.maps[0], URBAN, {"slope": Facts(), "dem": Facts()}, ranked)
    return {"density": density_recipe(URBAN), "static": static, "momentum": momentum_recipe(static, URBAN, 5)}


def samples_of(town: Place, recipe: Recipe, k: int) -> Samples:
    cells = town.candidates(k)
    codes = town.maps[k].reshape(-1)[cells]
    drawn = draw_sample(cells, town.gained(k), codes, cells // 700, 4000, 1, f"sample/{recipe.name}")
    return Samples(Measure(recipe.features, town.ground(k)).at(drawn.cells), drawn)


TOWN = place()
RECIPES = recipes_of(TOWN)
SAMPLES = {"static": samples_of(TOWN, RECIPES["static"], 0), "momentum": samples_of(TOWN, RECIPES["momentum"], 1)}
GROUND, CELLS, GAINED = TOWN.ground(1), TOWN.candidates(1), TOWN.gained(1)


@pytest.fixture(scope="module")
def fitted() -> dict[tuple[str, str], Fitted]:
    return fit_parts(BLENDS, ROW, RECIPES, SAMPLES, 1)


@pytest.fixture(scope="module")
def potential(fitted) -> Potential:
    blend = next(blend for blend in BLENDS if blend.name == "ensemble+momentum+density")
    return with_chance(potential_of(blend, ROW, RECIPES, fitted, fit_chance(CELLS, GAINED)))


def with_chance(potential: Potential) -> Potential:
    chance = fit_chance(potential.ranks(GROUND, CELLS), GAINED)
    return Potential(potential.code, potential.recipes, potential.parts, chance)


def test_candidates_follow_what_a_study_lets_in_and_its_dates_allow() -> None:
    assert [blend.name for blend in blends(["density"], ["static"])] == ["density"]
    assert [blend.name for blend in blends(MODELS, ["static"])] == [
        "density", "logit", "ensemble+density", "ensemble", "forest", "boosting", "mlp",
    ]  # fmt: skip
    assert len(blends(MODELS, ["static", "momentum"])) == len(BLENDS)
    assert {blend.kind for blend in BLENDS} == set(MODELS)
    assert set(models_for(ROW)) == {model for blend in BLENDS for _, model in blend.keys}


def test_steady_are_teams_and_a_logit_but_no_free_model_or_recent_growth_alone() -> None:
    assert {blend.name for blend in BLENDS if not blend.is_steady} == {
        "momentum+density", "momentum", "forest", "boosting", "mlp",
    }  # fmt: skip
    assert [blend.name for blend in BLENDS if blend.holds("density")] == [
        "density", "ensemble+density", "ensemble+momentum+density", "momentum+density",
    ]  # fmt: skip


def _parts(fitted) -> list:
    return [found.part(model, recipe) for (recipe, model), found in fitted.items()]


def test_the_density_model_is_the_baseline(fitted) -> None:
    scores = part_scores(list(RECIPES.values()), _parts(fitted), GROUND, CELLS)
    baseline = gaussian_density(GROUND.codes == URBAN, 5.0).reshape(-1)[CELLS]
    assert scores["density", "density"].tobytes() == baseline.tobytes()


def test_every_model_and_blend_beats_chance(fitted) -> None:
    scores = part_scores(list(RECIPES.values()), _parts(fitted), GROUND, CELLS)
    ranks = {key: map_ranks(score) for key, score in scores.items()}
    assert all(auc(score, GAINED) > 0.6 for score in scores.values())
    found = {blend.name: ranking_fom(blend.of(ranks), GAINED) for blend in BLENDS}
    assert found["ensemble+momentum"] > found["density"] > GAINED.mean() / (2 - GAINED.mean())


def test_a_part_scored_alone_is_as_among_others(fitted) -> None:
    together = part_scores(list(RECIPES.values()), _parts(fitted), GROUND, CELLS)
    x = Measure(RECIPES["static"].features, GROUND).at(CELLS)
    for model in ("logit", "forest", "boosting", "mlp"):
        alone = fitted["static", model].score(x).astype(np.float32)
        assert together["static", model].tobytes() == alone.tobytes()


def test_the_plane_holds_chances_of_candidates(potential: Potential) -> None:
    plane = potential.plane(GROUND, CELLS)
    outside = np.ones(plane.size, dtype=np.bool_)
    outside[CELLS] = False
    assert (plane.reshape(-1)[outside] == 0.0).all()
    assert plane.reshape(-1)[CELLS].mean() == pytest.approx(GAINED.mean(), rel=0.05)
    order = np.argsort(potential.ranks(GROUND, CELLS), kind="stable")
    assert (np.diff(plane.reshape(-1)[CELLS][order]) >= 0.0).all()


def test_what_is_written_comes_back_to_the_bit(potential: Potential, tmp_path: Path) -> None:
    files = write_potentials(tmp_path, {"urban": potential})
    first = {path.name: path.read_bytes() for path in files}
    problems = Problems()
    found = read_potentials(tmp_path, problems)
    assert found is not None, problems.faults
    assert found["urban"].plane(GROUND, CELLS).tobytes() == potential.plane(GROUND, CELLS).tobytes()
    write_potentials(tmp_path, found)
    assert {path.name: path.read_bytes() for path in files} == first
    assert not any(b"pickle" in content for content in first.values())


def test_the_same_seed_gives_the_same_bytes(potential: Potential, tmp_path: Path) -> None:
    blend = next(blend for blend in BLENDS if blend.name == "ensemble+momentum+density")
    refitted = fit_parts([blend], ROW, RECIPES, SAMPLES, 1)
    again = with_chance(potential_of(blend, ROW, RECIPES, refitted, potential.chance))
    for name, one in (("a", potential), ("b", again)):
        (tmp_path / name).mkdir()
        write_potentials(tmp_path / name, {"urban": one})
    written = [{path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("a", "b")]
    assert written[0] == written[1]


def test_a_run_needs_no_library_of_models(potential: Potential, tmp_path: Path) -> None:
    write_potentials(tmp_path, {"urban": potential})
    code = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[1] / "transition")!r})
from pathlib import Path
from growing import place
from landsim.core.errors import Problems
from landsim.io.potential import read_potentials
town = place()
found = read_potentials(Path({str(tmp_path)!r}), Problems())["urban"].plane(town.ground(1), town.candidates(1))
assert found.max() > 0.0
loaded = [name for name in ("lightgbm", "sklearn", "threadpoolctl", "optuna") if name in sys.modules]
assert not loaded, loaded
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


def test_without_an_earlier_map_the_rest_is_left(potential: Potential, fitted) -> None:
    rest = potential.without_past()
    assert rest is not None
    bare = Ground(GROUND.codes, GROUND.nodata, None, GROUND.drivers)
    assert rest.past_years == 0
    assert rest.ranks(bare, CELLS).size == CELLS.size
    assert potential.past_years == 5
    only = potential_of(
        next(blend for blend in BLENDS if blend.name == "momentum"), ROW, RECIPES, fitted, potential.chance
    )
    assert only.without_past() is None
    with pytest.raises(ValueError, match="an earlier map"):
        potential.ranks(bare, CELLS)


def test_ranked_features_are_ranks_of_the_map_that_is_scored() -> None:
    recipes = recipes_of(TOWN, ranked=True)
    cells = TOWN.candidates(0)
    blend = BLENDS[1]
    samples = samples_of(TOWN, recipes["static"], 0)
    quantiles = map_quantiles(Measure(recipes["static"].features, TOWN.ground(0)), cells)
    given = {"static": Samples(quantiles.ranks(samples.x), samples.drawn)}
    found = potential_of(blend, ROW, recipes, fit_parts([blend], ROW, recipes, given, 1), fit_chance(CELLS, GAINED))
    scores = found.scores(TOWN.ground(0), cells)
    at = np.searchsorted(cells, samples.drawn.cells)
    expected = fit_parts([blend], ROW, recipes, given, 1)["static", "logit"].score(given["static"].x)
    assert scores["static", "logit"][at] == pytest.approx(expected, abs=1e-5)
    assert auc(map_ranks(scores["static", "logit"]), TOWN.gained(0)) > 0.6


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("kind: density", "kind: nonsense", "no feature of kind"), ("version: 1", "version: 9", "of this version"),
        ("sigma: 5.0", "sigma: 6.0", "describes"), ("weight: 1.0", "wait: 1.0", "weight"),
        ("urban.static.forest.1.txt", "../forest.txt", "not the name of a file"),
        ("urban.static.forest.1.txt", "none.txt", "missing file"), ("activation: relu", "activation: step", "not in"),
        ("urban.static.forest.1.txt", "urban.momentum.forest.1.txt", "other features"),
    ],
)  # fmt: skip
def test_files_that_were_spoilt_are_told(potential: Potential, tmp_path: Path, old: str, new: str, told: str) -> None:
    write_potentials(tmp_path, {"urban": potential})
    path = tmp_path / FILE_NAME
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    problems = Problems()
    assert read_potentials(tmp_path, problems) is None
    assert told in "\n".join(str(fault) for fault in problems.faults)
