"""Recovery: a logit finds the truth of a history that was drawn from one, from the maps to the coefficients."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage
from scipy.stats import spearmanr

from landsim.calibrate.judging import Task
from landsim.calibrate.learning import Window, ground_of, learn_from
from landsim.calibrate.models.logit import LogitModel
from landsim.calibrate.potential_fit import fit_potential
from landsim.calibrate.selection import select
from landsim.calibrate.span import Mask, Span
from landsim.landscape.access import MOTORWAY, TRUNK
from landsim.landscape.grid import Grid
from landsim.landscape.legend import URBAN as URBAN_LANDS
from landsim.landscape.legend import Land, Legend, model_row
from landsim.landscape.rows import ArrayRows
from landsim.landscape.synthetic import GrowthParams, SyntheticCity, synthetic_city
from landsim.landscape.synthetic.canvas import Canvas
from landsim.landscape.synthetic.growth import fixed_effects, neighbour_density
from landsim.landscape.synthetic.settlements import CITY, VILLAGE
from landsim.landscape.synthetic.terrain import STEEPEST_BUILDING_DEG
from landsim.transition.features import Feature, Ground, Recipe
from landsim.transition.measure import Measure

pytest.importorskip("threadpoolctl")

ROOT = Path(__file__).parents[2]
OTHER, BARRED, URBAN = 1, 2, 3
LEGEND = Legend((model_row(Land.UNUSED, OTHER), model_row(Land.WATER, BARRED), model_row(Land.URB_RES, URBAN)), 0)

PLAIN = {"ridge": 1e-3, "offset": False, "plain": True}
"""A logit as it was drawn: without penalty, without a curve of the density first, features as they are."""


def span_of(maps: Mapping[int, np.ndarray], cell: float = 100.0) -> Span:
    shape = next(iter(maps.values())).shape
    barred = Mask("barred", frozenset({URBAN}), code=BARRED)
    return Span(Grid(*shape, (cell, 0.0, 0.0, 0.0, -cell, 0.0)), LEGEND, maps, (barred,))


# --- one interval, drawn cell by cell ---

DRIVEN = Recipe(
    "static", (Feature("driver", driver="slope"), Feature("driver", driver="soil"), Feature("density", URBAN, 3.0))
)
TRUE = np.array([-0.15, 0.8, 6.0, -3.0])
"""Of slope, soil, density, and the constant."""


def one_interval(seed: int, edge: int) -> tuple[Span, dict[str, ArrayRows]]:
    """Draw a start, and every transition on its own."""
    rng = np.random.default_rng(seed)
    fields = [ndimage.gaussian_filter(rng.normal(size=(edge, edge)), width) for width in (2.0, 1.0, 3.0)]
    slope, soil, town = ((field / field.std()).astype(np.float32) for field in fields)
    slope = (slope - slope.min()) * np.float32(3.0)
    start = np.where(town > 1.2, URBAN, OTHER).astype(np.uint8)
    start[:, edge // 4] = BARRED
    drivers = {"slope": ArrayRows(slope), "soil": ArrayRows(soil)}
    cells = np.flatnonzero(start == OTHER)
    x = Measure(DRIVEN.features, Ground(start, 0, None, drivers)).at(cells).astype(np.float64)
    chance = 1.0 / (1.0 + np.exp(-(x @ TRUE[:-1] + TRUE[-1])))
    end = start.copy()
    end.flat[cells[rng.random(cells.size) < chance]] = URBAN
    return span_of({2000: start, 2010: end}), drivers


def coefficients(span: Span, drivers: Mapping[str, ArrayRows], most: int) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and standard errors, the constant last, as a study fits them."""
    samples = learn_from(span, [Window(2000, 2010)], URBAN, DRIVEN, drivers, 1, most=most)
    facts = LogitModel(URBAN, **PLAIN).fit(samples, DRIVEN).facts
    rows = [*facts["coefficients"], facts["intercept"]]
    return np.array([row["coefficient"] for row in rows]), np.array([row["standard_error"] for row in rows])


def test_each_coefficient_is_found_within_four_standard_errors() -> None:
    found, error = coefficients(*one_interval(1, 240), most=12_000)
    assert (np.abs(found - TRUE) < 4 * error).all()
    assert (np.sign(found) == np.sign(TRUE)).all()
    assert (error < 0.1 * np.abs(TRUE)).all()


def test_intervals_cover_nine_times_of_ten_over_fifty_seeds() -> None:
    hits = []
    for seed in range(50):
        found, error = coefficients(*one_interval(seed, 60), most=10**6)
        hits.append(np.abs(found - TRUE) < 1.96 * error)
    assert np.mean(hits) >= 0.90
    assert np.mean(hits, axis=0).min() >= 0.84  # each alone rests on fifty draws


# --- the whole city: yearly growth, in patches ---

YEARS = (2000, 2005, 2010, 2020)
NAMES = ("slope", "ln_town", "ln_city", "near_trunk", "density")


def grown(made: SyntheticCity) -> dict[int, np.ndarray]:
    """Maps of what had grown, what may not, and the rest."""
    slope = made.landscape.layers["slope"]
    maps = {}
    for year, land in {**made.history, 2020: made.landscape.landcover}.items():
        codes = np.full(land.shape, OTHER, dtype=np.uint8)
        wet = np.isin(land, (Land.WATER, Land.WETLAND, Land.SEA))
        codes[wet | np.isin(land, (Land.RURAL, Land.TRANS)) | (slope > STEEPEST_BUILDING_DEG)] = BARRED
        codes[np.isin(land, (*URBAN_LANDS, Land.GREEN))] = URBAN
        maps[year] = codes
    return dict(sorted(maps.items()))


class City:
    """The synthetic city, the truth of its growth, and what the truth is a function of."""

    def __init__(self, seed: int) -> None:
        made = synthetic_city(shape=(240, 240), cell_size=100.0, seed=seed, start=2020, history=YEARS)
        self.truth, self.canvas = GrowthParams(**made.truth["growth"]), Canvas((240, 240), 100.0, seed)
        self.span = span_of(grown(made))
        layers, table = made.landscape.layers, made.settlements
        far = [
            self.canvas.distance(self.canvas.mask(table.cell[table.tier != VILLAGE])),
            self.canvas.distance(self.canvas.mask(table.cell[table.tier == CITY])),
            self.canvas.distance(np.isin(layers["road"], (TRUNK, MOTORWAY))),
        ]
        self.fixed = fixed_effects(self.truth, layers["slope"], *far)
        town, city, trunk = (np.float32(1e-3) * distance for distance in far)
        self.drivers = {"slope": layers["slope"], "ln_town": np.log1p(town), "ln_city": np.log1p(city),
                        "near_trunk": np.exp(-trunk)}  # fmt: skip

    def at(self, year: int) -> tuple[dict[str, ArrayRows], np.ndarray]:
        """Drivers at a year, the share of urban neighbours among them, and the true potential of the candidates."""
        density = neighbour_density(self.canvas, self.truth, self.span.maps[year] == URBAN)
        true = (self.fixed + np.float32(self.truth.density) * density)[self.span.candidates(URBAN, year)]
        return {name: ArrayRows(values) for name, values in {**self.drivers, "density": density}.items()}, true

    def fit(self, start: int, end: int) -> tuple[dict[str, float], float]:
        """Coefficients fitted to an interval, and the rank correlation of fitted and true potential at its start."""
        drivers, true = self.at(start)
        recipe = Recipe("static", tuple(Feature("driver", driver=name) for name in NAMES))
        samples = learn_from(self.span, [Window(start, end)], URBAN, recipe, drivers, 1)
        fitted = LogitModel(URBAN, **PLAIN).fit(samples, recipe)
        found = {row["input"]: row["coefficient"] for row in fitted.facts["coefficients"]}
        ground = Ground(self.span.maps[start], 0, None, drivers)
        cells = np.flatnonzero(self.span.candidates(URBAN, start))
        score = fitted.score(Measure(recipe.features, ground).at(cells))
        return found, float(spearmanr(score, true).statistic)


@pytest.fixture(scope="module")
def city() -> City:
    return City(7)


@pytest.mark.parametrize(("start", "end"), [(2000, 2005), (2000, 2010), (2000, 2020)])
def test_the_true_potential_of_the_city_is_found(city: City, start: int, end: int) -> None:
    found, correlation = city.fit(start, end)
    truth = {name: getattr(city.truth, name) for name in NAMES}
    ratio = {name: found[name] / truth[name] for name in NAMES}
    assert all(share > 0.0 for share in ratio.values())  # signs are right
    assert correlation >= 0.9


def test_the_bias_of_a_long_interval_is_as_the_documents_say(city: City) -> None:
    cities = [city, *(City(seed) for seed in (1, 2, 3))]
    shares = [
        np.mean([one.fit(2000, end)[0]["density"] / one.truth.density for one in cities]) for end in (2005, 2010, 2020)
    ]
    assert shares == sorted(shares)  # what grew early draws what grows later, which the start does not show
    assert shares[0] == pytest.approx(1.0, abs=0.15)
    told = " ".join((ROOT / "docs" / "calibration.md").read_text("utf-8").split())
    found = re.search(r"([\d.]+) of the true one over 5 years, ([\d.]+) over 10 and ([\d.]+) over 20", told)
    assert found is not None
    assert shares == pytest.approx([float(share) for share in found.groups()], abs=0.02)


class Continuous:
    """Facts of a driver without gaps."""

    kind, unit, needs_indicator, categories = "continuous", "1", False, ()


def test_what_a_study_chooses_ranks_cells_as_the_truth_does(city: City) -> None:
    drivers = {name: ArrayRows(values) for name, values in city.drivers.items()}
    facts = {name: Continuous() for name in drivers}
    task = Task(city.span.only(YEARS[:3]), LEGEND.row("urban"), drivers, facts, ("density", "logit"), 1)
    selection = select(task)
    potential = fit_potential(task, selection)
    cells = np.flatnonzero(city.span.candidates(URBAN, 2010))
    found = potential.ranks(ground_of(task.span, 2010, None, drivers), cells)
    assert selection.chosen == "logit"
    assert spearmanr(found, city.at(2010)[1]).statistic >= 0.9
