"""Demand of years to come: trend, saturation, people, targets; none looks ahead."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landsim.calibrate.fit_demand import (
    backcast_errors,
    fit_demand,
    fit_logistic,
    given_path,
    logistic,
    logistic_path,
    markov_path,
    people_path,
)
from landsim.calibrate.people import People
from landsim.calibrate.span import Mask

SIDE = 40


def urban(span):
    return [row for row in span.legend.rows if row.name == "urban"]


def grown(make_span, areas: dict[int, int], masks=()):
    """A span whose first so many cells are urban, all others open land."""
    maps = {}
    for year, cells in areas.items():
        codes = np.ones(SIDE * SIDE, np.uint8)
        codes[:cells] = 3
        maps[year] = codes.reshape(SIDE, SIDE)
    return make_span(maps, masks)


def test_k06_a_trend_between_two_dates_follows_the_yearly_hazard(make_span) -> None:
    span = grown(make_span, {2000: 0, 2010: 320})  # a fifth of the open land in ten years
    path = markov_path(span, 2011)
    assert path.cells[1, 2] - path.cells[0, 2] == round((1 - 0.8**0.1) * 1280)


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32), years=st.integers(1, 20))
def test_a_markov_path_keeps_every_cell(make_span, seed: int, years: int) -> None:
    rng = np.random.default_rng(seed)
    span = make_span({2000: rng.integers(0, 4, (9, 8), np.uint8), 2004: rng.integers(0, 4, (9, 8), np.uint8)})
    path = markov_path(span, 2004 + years)
    assert path.years == tuple(range(2004, 2005 + years))
    assert (path.cells.sum(axis=1) == np.count_nonzero(span.valid)).all()
    assert (path.cells >= 0).all()


def test_k18_logistic_growth() -> None:
    assert logistic([5, 10, 15], 1000, 200, 0.08) == pytest.approx([271.645, 357.486, 453.561], abs=1e-3)
    assert logistic(17.3287, 1000, 200, 0.08) == pytest.approx(500, abs=1e-3)


def test_k18_capacity_and_rate_come_back_from_exact_areas() -> None:
    years = [2000, 2005, 2010, 2015, 2020, 2030]
    areas = logistic(np.array(years) - 2000, 1000, 200, 0.08)
    capacity, rate = fit_logistic(years, areas, 5000)
    assert capacity == pytest.approx(1000, rel=1e-4)
    assert rate == pytest.approx(0.08, rel=1e-4)


def test_two_dates_tell_no_capacity() -> None:
    capacity, rate = fit_logistic([2000, 2010], [200.0, 357.486], 1000)
    assert capacity == 1000
    assert rate == pytest.approx(0.08, abs=1e-6)


@given(
    areas=st.lists(st.integers(0, 1600), min_size=2, max_size=5),
    people=st.lists(st.floats(1, 1e6), min_size=6, max_size=6),
)
def test_paths_begin_with_what_was_observed_and_stay_on_the_map(make_span, areas, people) -> None:
    span = grown(make_span, {2000 + 3 * i: cells for i, cells in enumerate(areas)})
    table = People((2000, 2005, 2010, 2015, 2020, 2030), {"persons": tuple(people)})
    for path in (logistic_path(span, urban(span), 2030), people_path(span, urban(span), table, 2030)):
        assert abs(int(path.cells[0, 0]) - areas[-1]) <= 1
        assert path.cells.min() >= 0
        assert path.cells.max() <= SIDE * SIDE
        assert path.years == tuple(range(span.end, 2031))


def test_growth_stops_at_what_no_mask_forbids(make_span) -> None:
    closed = np.zeros((SIDE, SIDE), bool)
    closed[20:] = True
    span = grown(make_span, {2000: 100, 2010: 300}, (Mask("park", frozenset({3}), closed),))
    path = logistic_path(span, urban(span), 2110)
    assert path.facts["urban"]["capacity_cells"] == 800
    assert 700 < path.cells[-1, 0] <= 800


def test_land_follows_people_and_jobs(make_span) -> None:
    span = grown(make_span, {2000: 100, 2005: 200, 2010: 250})
    table = People((2000, 2005, 2010, 2020), {"persons": (1e5, 2e5, 2e5, 3e5), "jobs": (1e4, 1e4, 2e4, 2e4)})
    path = people_path(span, urban(span), table, 2040)
    assert path.facts["urban"] == pytest.approx({"cells_per_person": 1e-3, "cells_per_job": 5e-3})
    assert path.cells[-1, 0] == 350
    assert path.years[-1] == 2020


def test_a_table_that_does_not_cover_the_fit_is_refused(make_span) -> None:
    span = grown(make_span, {2000: 100, 2010: 250})
    with pytest.raises(ValueError, match="outside the table"):
        people_path(span, urban(span), People((2005, 2020), {"persons": (1.0, 2.0)}), 2020)


def test_given_demand_is_linear_between_its_targets(make_span) -> None:
    span = grown(make_span, {2000: 100, 2010: 200})
    path = given_path(span, {"urban": {2005: 1, 2014: 240, 2016: 400}}, 2018)
    assert path.cells[:, 0].tolist() == [200, 210, 220, 230, 240, 320, 400, 400, 400]
    with pytest.raises(ValueError, match="targets"):
        given_path(span, {}, 2018)


def test_two_dates_take_the_trend(make_span) -> None:
    span = grown(make_span, {2000: 100, 2010: 200})
    path = fit_demand(span, urban(span))
    assert (path.mode, path.years[-1], path.errors) == ("markov", 2040, {})


def test_the_mode_that_tells_the_last_date_best_is_taken(make_span) -> None:
    areas = {year: int(logistic(year - 2000, 500, 20, 0.3)) for year in range(2000, 2031, 3)}
    span = grown(make_span, areas)
    path = fit_demand(span, urban(span))
    assert path.mode == "logistic"
    assert path.errors["logistic"] < path.errors["markov"]
    hazard = {2000 + t: round(1600 * (1 - 0.97**t)) for t in range(0, 31, 3)}
    assert fit_demand(grown(make_span, hazard), urban(span)).mode == "markov"


def test_population_needs_a_table(make_span) -> None:
    span = grown(make_span, {2000: 100, 2010: 200})
    with pytest.raises(ValueError, match="table of people"):
        fit_demand(span, urban(span), mode="population")


@settings(max_examples=20)
@given(last=st.integers(0, 1600))
def test_a_forecast_from_earlier_dates_does_not_see_the_last_one(make_span, last: int) -> None:
    areas = {2000: 100, 2004: 180, 2008: 300}
    one, two = (grown(make_span, {**areas, 2012: cells}).until(2008) for cells in (400, last))
    table = People((2000, 2020), {"persons": (1e5, 3e5)})
    for mode in ("auto", "markov", "logistic", "population"):
        first, second = (fit_demand(span, urban(span), 2012, mode, table) for span in (one, two))
        assert first.years == second.years
        assert np.array_equal(first.cells, second.cells)


def test_the_error_of_a_backcast_is_relative_to_the_observed_growth(make_span) -> None:
    span = grown(make_span, {2000: 100, 2004: 100, 2008: 180, 2012: 300})
    errors = backcast_errors(span, urban(span), "markov")
    # from 2004 no growth is foretold; from 2008 the mean of 2000..2008, about 40 in four years
    assert errors[0] == 1.0
    assert errors[1] == pytest.approx((120 - 40) / 120, abs=0.02)
