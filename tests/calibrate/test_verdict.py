"""Verdict: what was foretold is scored by hand here, and the density by two ways that know nothing of each other."""

from __future__ import annotations

import numpy as np
import pytest

from landsim.calibrate.features import density_recipe
from landsim.calibrate.models.density import DensityModel
from landsim.calibrate.span import Mask, Span
from landsim.calibrate.verdict import CANDIDATE, NOT_CANDIDATE, OUTSIDE, PREDICTED, Foretold, Verdict, foretell, judge
from landsim.landscape.focal import gaussian_density
from landsim.landscape.legend import LegendRow
from landsim.transition.fitted import Potential
from landsim.transition.ranks import Chance
from tests.calibrate.growth import grown

NODATA, OTHER, WATER, URBAN = 0, 1, 2, 3


def density_of(code: int) -> Potential:
    recipe = density_recipe(code)
    part = DensityModel(code).fit(None, recipe, 1).part("density", "density")
    return Potential(code, (recipe,), (part,), Chance.plain(0.1))


def row(span: Span, code: int) -> LegendRow:
    return next(row for row in span.legend.rows if row.code == code)


def recoded(codes: np.ndarray) -> np.ndarray:
    """Codes of the grown town in the legend of `make_span`."""
    return np.array([OTHER, WATER, URBAN, *[0] * 252, NODATA], dtype=np.uint8)[codes]


@pytest.fixture(scope="module")
def spans(make_span) -> tuple[Span, Span]:
    maps = {year: recoded(codes) for year, codes in grown().items()}
    mask = (Mask("water", frozenset({URBAN}), code=WATER),)
    return make_span({y: maps[y] for y in (2000, 2005, 2010)}, mask), make_span(
        {y: maps[y] for y in (2010, 2020)}, mask
    )


@pytest.fixture(scope="module")
def found(spans) -> Verdict:
    fit, test = spans
    return judge(fit, test, {"urban": row(fit, URBAN)}, {"urban": density_of(URBAN)}, {}, 1, samples=50)


def test_the_density_as_a_potential_scores_as_the_baseline_does(found: Verdict) -> None:
    record = found.as_dict()
    assert record["fom"] == record["baselines"]["density"]["fom"] > record["baselines"]["random"]["fom"]
    assert record["by_class"]["urban"]["auc"] == record["by_class"]["urban"]["density_auc"]


def test_the_figure_of_merit_is_the_one_done_by_hand(spans, found: Verdict) -> None:
    start, end = spans[1].first, spans[1].last
    cells = np.flatnonzero((start == OTHER) & (end != NODATA))
    gained = end.reshape(-1)[cells] == URBAN
    score = gaussian_density(start == URBAN, 5.0).reshape(-1)[cells]
    taken = np.lexsort((cells, -score))[: gained.sum()]
    hits = gained[taken].sum()
    assert found.fom == pytest.approx(hits / (2 * gained.sum() - hits))
    record = found.as_dict()
    assert (record["gain_cells"], record["candidate_cells"]) == (gained.sum(), cells.size)
    assert record["baselines"]["null"]["fom"] == 0.0


def test_the_predicted_map_has_its_four_values(spans, found: Verdict) -> None:
    (one,) = found.foretold
    plane = one.plane(spans[1].valid)
    start = spans[1].first
    assert set(np.unique(plane)) == {NOT_CANDIDATE, CANDIDATE, PREDICTED, OUTSIDE}
    assert (plane[start == NODATA] == OUTSIDE).all()
    assert (plane[(start == WATER) | (start == URBAN)] == NOT_CANDIDATE).all()
    assert np.count_nonzero(plane == PREDICTED) == np.count_nonzero(one.hit)
    assert np.isin(plane[start == OTHER], (CANDIDATE, PREDICTED)).all()


def test_with_one_class_all_figures_of_merit_are_one(found: Verdict) -> None:
    record = found.as_dict()
    assert record["fom_all"] == pytest.approx(record["fom"])
    assert record["quantity_disagreement"] == 0.0
    low, high = record["by_class"]["urban"]["interval"]
    assert 0.0 < low < record["fom"] < high < 1.0


def test_the_past_of_a_period_comes_from_the_fit(spans) -> None:
    fit, test = spans
    with_later = Span(fit.grid, fit.legend, {**fit.maps, **test.maps}, fit.masks)
    one = foretell(fit, test, row(fit, URBAN), density_of(URBAN), {})
    two = foretell(with_later, test, row(fit, URBAN), density_of(URBAN), {})
    assert one.rank.tobytes() == two.rank.tobytes()


def test_two_classes_fill_the_map_without_a_cell_twice(make_span) -> None:
    start = np.full((30, 30), OTHER, dtype=np.uint8)
    start[10:14, 10:14], start[20:23, 20:23] = URBAN, WATER
    end = start.copy()
    end[9, 8:18], end[19, 18:24] = URBAN, WATER
    span = make_span({2000: start, 2010: end})
    rows = {name: row(span, code) for name, code in (("water", WATER), ("urban", URBAN))}
    found = judge(span, span, rows, {"water": density_of(WATER), "urban": density_of(URBAN)}, {}, 1, samples=10)
    record = found.as_dict()
    parts = record["by_class"]
    assert (parts["urban"]["gain_cells"], parts["water"]["gain_cells"]) == (10, 6)
    assert record["fom"] == pytest.approx((10 * parts["urban"]["fom"] + 6 * parts["water"]["fom"]) / 16)
    assert record["quantity_disagreement"] == 0.0
    assert record["baselines"]["density"]["fom"] == pytest.approx(record["fom"])


def test_a_class_that_does_not_grow_in_the_period_is_not_judged(make_span) -> None:
    start = np.full((30, 30), OTHER, dtype=np.uint8)
    start[10:14, 10:14], start[20:23, 20:23] = URBAN, WATER
    end = start.copy()
    end[9, 8:18] = URBAN
    span = make_span({2000: start, 2010: end})
    rows = {name: row(span, code) for name, code in (("water", WATER), ("urban", URBAN))}
    potentials = {"water": density_of(WATER), "urban": density_of(URBAN)}
    assert list(judge(span, span, rows, potentials, {}, 1, samples=10).as_dict()["by_class"]) == ["urban"]
    still = make_span({2000: start, 2010: start})
    none = judge(still, still, rows, potentials, {}, 1, samples=10)
    assert none.foretold == ()
    assert np.isnan(none.fom)


def test_chances_of_a_run_stand_on_the_candidates_alone(spans) -> None:
    fit, test = spans
    one = Foretold(row(fit, URBAN), np.array([100, 200]), np.float32([0.25, 0.75]), np.array([True, False]))
    plane = one.chance(test, density_of(URBAN))
    assert plane.shape == test.grid.shape
    assert np.flatnonzero(plane).tolist() == [100, 200]
    assert plane.reshape(-1)[[100, 200]] == pytest.approx(Chance.plain(0.1).of(np.float32([0.25, 0.75])))
