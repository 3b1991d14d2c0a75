"""The planning tree: who is whose child, quotas that add up, and a purse that closes."""

import mesa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landsim.agents.government import CITY, COUNTY, NATION, TOWNSHIP, GovernmentParams, close_book, town_districts, tree

MONEY = st.floats(0, 1e12, allow_nan=False)


@pytest.fixture
def offices():
    return tree(mesa.Model(), [0, 7, 3, 3], [12, 11, 40], [3, 7, 0], {"city": "Wuhan", "county 7": "Jiangxia"})


def test_five_levels_in_order_and_registered(offices):
    assert [office.level for office in offices] == [1, 2, 3, 4, 4, 5, 5, 5]
    assert [office.name for office in offices][2:] == [
        "Wuhan", "county 3", "Jiangxia", "town 11", "town 12", "town 40",
    ]  # fmt: skip
    assert set(offices) == set(offices.nation.model.agents)


def test_each_answers_to_the_level_above(offices):
    assert [town.parent.area for town in offices.townships] == [7, 3, 0]
    assert all(county.parent is offices.city for county in offices.counties)
    assert offices.city.children == list(offices.counties)
    assert offices.nation.parent is None
    assert {offices.nation.level, offices.city.level} == {NATION, CITY}
    assert {offices.counties[0].level, offices.townships[0].level} == {COUNTY, TOWNSHIP}


def test_a_place_without_districts_has_one_county(offices):
    alone = tree(mesa.Model(), [0])
    assert alone.county(0) == alone.counties[0].unique_id
    assert alone.hand_down(5, [0.0]).tolist() == [5]


def test_the_county_grants_permits_and_the_city_where_there_is_none(offices):
    low, high = (county.unique_id for county in offices.counties)
    assert offices.county(np.array([[3, 7], [0, 99]])).tolist() == [[low, high], [offices.city.unique_id] * 2]
    assert offices.county(7) == high


@given(cells=st.integers(0, 10**7), weights=st.lists(st.floats(0, 1e6), min_size=2, max_size=2))
def test_quotas_of_counties_add_up(cells, weights):
    offices = tree(mesa.Model(), [1, 2])
    shares = offices.hand_down(cells, weights)
    assert shares.sum() == cells == offices.city.quota == offices.nation.quota
    assert [county.quota for county in offices.counties] == shares.tolist()


def test_a_county_cannot_spend_more_than_its_quota(offices):
    offices.hand_down(10, [1, 4])
    offices.counties[1].spend(8)
    assert [offices.counties[1].used, offices.city.used, offices.nation.used] == [8, 8, 8]
    with pytest.raises(ValueError, match="1 cells asked, 0 left"):
        offices.counties[1].spend(1)


def test_state_survives_a_checkpoint(offices):
    offices.hand_down(10, [1, 4])
    offices.counties[0].spend(2)
    offices.city.close_year(close_book(GovernmentParams(), 5, 0, value_added=1e6, land_sales=0))
    again = tree(mesa.Model(), [3, 7], [11, 12, 40], [7, 3, 0])
    again.restore(offices.state())
    assert [vars(a)[k] == vars(b)[k] for a, b in zip(offices, again, strict=True) for k in offices.state()]
    assert again.counties[0].used == 2
    assert again.city.budget == offices.city.budget > 0


def test_a_town_lies_where_most_of_its_cells_lie():
    town = np.array([[1, 1, 1, 2], [2, 2, 0, 5]], dtype=np.int16)
    district = np.array([[4, 3, 4, 3], [3, 4, 4, 0]], dtype=np.int16)
    ids, homes = town_districts(town, district)
    assert ids.tolist() == [1, 2, 5]
    assert homes.tolist() == [4, 3, 0]


@given(opening=st.floats(-1e11, 1e12), debt=MONEY, value_added=MONEY, land_sales=MONEY, compensation=MONEY, works=MONEY)
def test_the_city_book_closes_exactly(opening, debt, value_added, land_sales, compensation, works):
    params = GovernmentParams()
    book = close_book(
        params, opening, debt, value_added=value_added, land_sales=land_sales, compensation=compensation, works=works
    )
    came = book.tax + book.land_revenue + book.borrowed
    went = book.running + book.compensation + book.works + book.funds + book.interest + book.repaid
    assert book.closing - round(opening) == came - went
    assert book.debt - round(debt) == book.borrowed - book.repaid
    assert min(book.borrowed, book.repaid, book.debt) >= 0
    assert book.closing >= 0 or book.debt >= round(params.debt_limit * (book.tax + book.land_revenue))
    assert book.rows()["closing"] == book.closing


def test_land_revenue_is_shared_after_compensation():
    book = close_book(GovernmentParams(), 0, 0, value_added=0, land_sales=1000, compensation=400)
    assert (book.land_revenue, book.compensation, book.funds) == (400 + 450, 400, 45)
    assert book.closing == 405


def test_taxes_run_the_city_and_land_pays_for_works():
    book = close_book(GovernmentParams(), 0, 0, value_added=1000, land_sales=0)
    assert (book.tax, book.running, book.closing) == (80, 80, 0)
    half = close_book(GovernmentParams(running_share=0.5), 0, 0, value_added=1000, land_sales=0)
    assert (half.running, half.closing) == (40, 40)


def test_facilities_are_granted_by_whole_thresholds():
    params = GovernmentParams()
    assert [params.facilities_wanted(persons) for persons in (9_999, 10_000, 99_999)] == [0, 1, 9]
