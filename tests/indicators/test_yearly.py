"""The yearly record, its counts, every indicator of it, and the tidy table."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from landsim.core.errors import InputError
from landsim.indicators.capacity import CapacityParams
from landsim.indicators.city import FIGURES
from landsim.indicators.counting import class_counts, counts_by_zone
from landsim.indicators.form import urban_form
from landsim.indicators.record import INDICATORS, YearState
from landsim.indicators.table import yearly_table
from landsim.indicators.welfare import nothing
from landsim.landscape.legend import Land, Legend, model_legend, model_row

LEGEND = Legend(
    (
        model_row(Land.ARABLE, 1),
        model_row(Land.URB_RES, 2, "urban"),
        model_row(Land.RURAL, 3),
        model_row(Land.FOREST, 4),
    ),
    nodata=0,
)
DISTRICT = np.array([[1, 1, 2, 2], [1, 1, 2, 0]], dtype=np.int16)
START = np.array([[1, 1, 1, 2], [1, 3, 4, 0]], dtype=np.uint8)
END = np.array([[2, 2, 1, 2], [1, 3, 4, 0]], dtype=np.uint8)
SERVICES, CARBON = -3406.5 * 4.01 * 8, 60 * 44 / 12 * 8 * (97.7 - 68.5)
FED = list(FIGURES).index("persons_fed")
LINE = np.array([[1, 0, 0, 1], [0, 0, 0, 0]], dtype=np.uint8)


def record(year, landcover, **known):
    ids = np.array([1, 2])
    counts = class_counts(landcover, ids, DISTRICT)
    lines = class_counts(landcover, ids, DISTRICT, within=LINE)
    place = {"year": year, "cell_area_ha": 4.0, "legend": LEGEND, "districts": ids}
    return YearState(**place, counts=counts, erl_counts=lines, pbf_counts=lines, **known)


def value(state, name, district=0):
    table = yearly_table(state)
    found = (table["indicator"] == name) & (table["district"] == district)
    assert np.count_nonzero(found) == 1
    return float(table["value"][found][0])


@pytest.fixture
def later():
    start = record(
        2020, START, urban_population=np.array([0.0, 100.0]), population=np.array([150.0, 200.0]),
        households=np.array([80, 60]), queue=np.array([0, 0]), jobs=np.array([40, 30]), gva=np.array([1e6, 1e6]),
        price=np.array([8000.0, 6000.0, 7200.0]), floor=np.array([90.0, 90.0, 90.0]), income=np.array([9e4, 9e4, 9e4]),
        figures=dict.fromkeys(FIGURES, 1.0),
    )  # fmt: skip
    return record(
        2024, END, first=start, previous=start,
        population=np.array([300.0, 200.0]), urban_population=np.array([200.0, 100.0]),
        households=np.array([90, 60]), queue=np.array([5, 0]), homes=np.array([100, 60]), jobs=np.array([70, 30]),
        gva=np.array([2e6, 1e6]), workers=np.array([100.0, 25.0]), quota=np.array([4, 0]), quota_used=np.array([2, 0]),
        illegal_cells=np.array([1, 0]), unmet_cells=np.array([0, 3]), new_built_cells=np.array([2, 0]),
        renewed_cells=np.array([1, 0]), price=np.array([8000.0, 6000.0, 7200.0]), floor=np.array([90.0, 90.0, 90.0]),
        price_village=np.array([3000.0, 4000.0, 3500.0]),
        income=np.array([1e5, 1e5, 1e5]), commute=np.array([20.0, 30.0, 24.0]),
        sector_jobs=np.array([[50, 0], [10, 20], [0, 10], [10, 0], [0, 0]]), unregistered=np.array([50.0, 10.0]),
        hazard_population=np.array([4.0, 0.0]), hazard_jobs=np.array([0.0, 3.0]),
        money={
            "budget": 5.0, "debt": 2.0, "tax": 5.0, "land_revenue": 3.0, "compensation": 1.0, "running": 4.0,
            "farm_income": 2.0,
            "farm_change": -6.0, "works": 0.5, "funds": 0.25, "land_sales": 4.0, "land_value": 3.5,
            "houses_lost": 0.75,
        },
        once_water_counts=np.zeros((2, 256), dtype=np.int64),
        worth_before=nothing(), capacity=CapacityParams(urban_water=36_500.0, irrigation_water=20_000.0, rainfed=1.0),
        urban=urban_form(END == 2, START == 2, END != 0, 200.0),
        figures={name: float(place) for place, name in enumerate(FIGURES)},
    )  # fmt: skip


@given(
    npst.arrays(np.uint8, (6, 7)),
    npst.arrays(np.int16, (6, 7), elements=st.integers(0, 5)),
    npst.arrays(np.bool_, (6, 7)),
)
def test_counts_equal_a_count_cell_by_cell(landcover, district, within):
    ids = np.unique(district)
    counts = class_counts(landcover, ids, district, within)
    expected = np.zeros((ids.size, 256), dtype=int)
    for code, place, inside in zip(landcover.flat, district.flat, within.flat, strict=True):
        expected[ids.tolist().index(place), code] += inside
    assert np.array_equal(counts, expected)


def test_one_cell_that_is_left_out_is_left_out():
    one = np.ones((1, 1), dtype=np.uint8)
    assert class_counts(one, np.array([0]), within=np.zeros((1, 1), dtype=bool)).sum() == 0
    assert class_counts(one, np.array([0])).sum() == 1


def test_counts_by_zone_are_the_counts_within_each():
    rng = np.random.default_rng(5)
    land, control = rng.integers(0, 7, (2, 30, 40), dtype=np.uint8)
    district = rng.integers(0, 4, (30, 40)).astype(np.int16)
    ids, zone = np.array([1, 3]), np.array([0, 2, 1, 0, 2, 0, 1], dtype=np.uint8)
    for layer in (district, None):
        counts = counts_by_zone(land, ids if layer is not None else np.array([0]), layer, control, zone, 3)
        known = ids if layer is not None else np.array([0])
        for z in range(3):
            assert np.array_equal(counts[z], class_counts(land, known, layer, zone[control] == z))
        assert np.array_equal(counts.sum(axis=0), class_counts(land, known, layer))


def test_areas_add_up_by_class_and_district(later):
    table = yearly_table(later)
    for district, cells in ((0, 7), (1, 4), (2, 3)):
        rows = (table["district"] == district) & np.char.startswith(table["indicator"].astype(str), "area_ha_")
        assert table["value"][rows].sum() == cells * 4.0
    assert value(later, "area_ha_urban", 1) == 8.0


@pytest.mark.parametrize(
    ("name", "district", "expected"),
    [
        ("built_ha", 0, 16.0),
        ("urban_ha", 0, 12.0),
        ("urban_ha", 2, 4.0),
        ("rural_built_ha", 1, 4.0),
        ("arable_ha", 0, 8.0),
        ("arable_net_loss_ha", 0, 8.0),
        ("arable_net_loss_ha", 2, 0.0),
        ("annual_change_ha_urban", 0, 2.0),
        ("dynamic_degree_arable", 0, 100 * (8 - 16) / 16 / 4),
        ("urbanised_share", 0, 300 / 7),
        ("settled_ha", 0, 16.0),
        ("erl_built_ha", 0, 8.0),
        ("erl_intrusion_ha", 0, 4.0),
        ("pbf_built_ha", 1, 4.0),
        ("pbf_intrusion_ha", 2, 0.0),
        ("illegal_ha", 0, 4.0),
        ("unmet_ha", 2, 12.0),
        ("quota_ha", 0, 16.0),
        ("quota_used_ha", 1, 8.0),
        ("quota_used_share", 0, 50.0),
        ("stock_share", 0, 100 / 3),
        ("lcrpgr", 0, math.log(3) / math.log(3)),
        ("population", 0, 500.0),
        ("urbanisation", 1, 200 / 3),
        ("unregistered_share", 0, 20.0),
        ("households", 0, 150.0),
        ("housing_queue", 1, 5.0),
        ("vacancy", 0, 6.25),
        ("jobs", 0, 100.0),
        ("gva", 0, 3e6),
        ("sector_jobs_industry", 0, 50.0),
        ("sector_jobs_service", 2, 20.0),
        ("innovation_share", 0, 10.0),
        ("location_quotient_industry", 1, (50 / 70) / (50 / 100)),
        ("location_quotient_service", 2, (20 / 30) / (30 / 100)),
        ("location_quotient_logistics", 2, 0.0),
        ("location_quotient_industry", 0, 1.0),
        ("price", 0, 7200.0),
        ("price_village", 0, 3500.0),
        ("jobs_per_worker", 0, 0.8),
        ("jobs_per_worker", 2, 1.2),
        ("price_to_income", 1, 7.2),
        ("commute", 2, 30.0),
        ("built_per_person", 0, 320.0),
        ("urban_per_person", 0, 400.0),
        ("land_per_gva", 0, 160_000 / 300),
        ("service_value", 0, 3406.5 * (8 * 4.01 + 4 * 22.95)),
        ("carbon", 0, 8 * 97.7 + 16 * 68.5 + 4 * 173),
        ("co2_released", 0, 44 / 12 * 8 * (97.7 - 68.5)),
        ("ecological_share", 0, 100 / 7),
        ("form_patches", 0, 2.0),
        ("forest_ha", 0, 4.0),
        ("erl_ha", 0, 8.0),
        ("pbf_ha", 1, 4.0),
        ("green_per_person", 0, 0.0),
        ("tax", 0, 5.0),
        ("land_dependence", 0, 37.5),
        ("debt_ratio", 0, 25.0),
        ("farmers_share", 0, 100 / 3),
        ("works", 0, 0.5),
        ("service_change", 0, SERVICES),
        ("carbon_cost", 0, CARBON),
        ("account_city", 0, 3 - 1 - 0.25 - 0.5),
        ("account_upper", 0, 1.25),
        ("account_farmers", 0, 1 - 0.75 - 6),
        ("account_developers", 0, -0.5),
        ("account_environment", 0, SERVICES - CARBON),
        ("account_society", 0, 3.5 - 0.5 - 0.75 - 6 + SERVICES - CARBON),
        ("npv_farmers", 0, (1 - 0.75 - 6 - 6 / 0.04) / 1.04**4),
        ("npv_society", 0, (3.5 - 0.5 - 0.75 - CARBON + (1 + 1 / 0.04) * (SERVICES - 6)) / 1.04**4),
        ("hazard_population", 1, 4.0),
        ("hazard_jobs", 0, 3.0),
        ("grain_self_sufficiency", 0, 100 * FED / 500),
        ("arable_per_person", 1, 40_000 / 300),
        ("water_pressure", 0, 300 / 400),
        ("urban_pressure", 0, 12 / 4),
        ("arable_pressure", 0, 8 / 5),
        ("use_mix", 0, 1.0),
        ("economy", 0, np.mean([6000 / (6000 + 2e6 / 350), 3e6 / 16 / (3e6 / 16 + 2e6 / 8), 0.2 / 0.4])),
        ("livelihood", 0, np.mean([150 / 155 / (150 / 155 + 1), 6 / 7, 7.2 / (6.48 + 7.2)])),
    ],
)
def test_indicators_in_numbers(later, name, district, expected):
    assert value(later, name, district) == pytest.approx(expected)


def test_every_indicator_is_known_to_a_full_record_and_tidy(later):
    table = yearly_table(later)
    assert len({len(column) for column in table.values()}) == 1
    assert set(table["year"]) == {2024}
    shown = set(table["indicator"])
    for name, indicator in INDICATORS.items():
        assert indicator.quantity.doc
        labels = indicator.labels(row.name for row in LEGEND.rows)
        assert (labels == [name]) == (indicator.scope in ("district", "city"))
        untold = [need for need in indicator.needs if need.startswith("told.") and need[5:] not in later.told]
        assert set(labels).isdisjoint(shown) if untold else set(labels) <= shown
    keys = list(zip(table["district"], table["indicator"], strict=True))
    assert len(set(keys)) == len(keys)


def test_the_composite_is_one_half_at_the_start_and_a_geometric_mean_later(later):
    same = replace(later.first, first=later.first)
    assert [value(same, name) for name in ("economy", "livelihood", "environment", "eq3")] == pytest.approx([0.5] * 4)
    parts = [value(later, name) for name in ("economy", "livelihood", "environment")]
    assert value(later, "eq3") == pytest.approx(np.prod(parts) ** (1 / 3))
    assert all(0 < part < 1 for part in parts)


def test_a_figure_that_was_not_measured_is_left_out(later):
    shown = set(yearly_table(replace(later, figures={"grain": 3.0}))["indicator"])
    assert "grain" in shown
    assert not shown & {"persons_fed", "livelihood", "eq3"}


def test_unknown_facts_leave_out_their_indicators_and_nothing_else(later):
    bare = replace(later, price=None, first=None)
    shown = set(yearly_table(bare)["indicator"])
    assert not shown & {"price", "price_to_income", "lcrpgr", "arable_net_loss_ha", "erl_intrusion_ha", "co2_released"}
    assert {"commute", "erl_built_ha", "annual_change_ha_urban"} <= shown


def test_an_account_with_an_unknown_amount_is_left_out(later):
    farmless = replace(later, money={name: value for name, value in later.money.items() if name != "farm_change"})
    assert not [name for name in yearly_table(farmless)["indicator"] if name.startswith(("account", "npv", "farm_ch"))]
    unsure = set(yearly_table(replace(later, worth_before=None))["indicator"])
    assert "account_society" in unsure
    assert "npv_society" not in unsure


def test_pressure_is_left_out_where_water_is_not_known(later):
    shown = set(yearly_table(replace(later, capacity=CapacityParams(irrigation_water=1e6)))["indicator"])
    assert "arable_pressure" in shown
    assert not shown & {"water_pressure", "urban_pressure"}


def test_first_year_has_no_rate_but_nan(later):
    start = later.first
    first_year = replace(start, first=start, previous=start)
    assert math.isnan(value(first_year, "dynamic_degree_urban"))
    assert math.isnan(value(first_year, "lcrpgr"))
    assert value(first_year, "arable_net_loss_ha") == 0.0


def test_cells_of_no_district_count_for_the_city_alone():
    district = np.where(DISTRICT == 2, 0, DISTRICT)
    ids = np.array([0, 1])
    state = YearState(
        year=2020, cell_area_ha=1.0, legend=LEGEND, districts=ids, counts=class_counts(START, ids, district)
    )
    table = yearly_table(state, ["arable_ha"])
    assert table["district"].tolist() == [1, 0]
    assert table["value"].tolist() == [3.0, 4.0]


def test_a_city_without_districts_and_with_the_model_legend():
    landcover = np.arange(16, dtype=np.uint8).reshape(4, 4)
    ids = np.zeros(1, dtype=np.int64)
    state = YearState(
        year=2020, cell_area_ha=1.0, legend=model_legend(), districts=ids, counts=class_counts(landcover, ids)
    )
    assert value(state, "built_ha") == 7.0
    assert value(state, "urban_ha") == 3.0
    assert value(state, "urbanised_share") == 20.0


def test_wrong_shapes_and_unknown_names_are_refused(later):
    with pytest.raises(ValueError, match=r"sector_jobs: shape \(2, 2\), expected \(5, 2\)"):
        replace(later, sector_jobs=np.zeros((2, 2)))
    with pytest.raises(ValueError, match=r"price: shape \(2,\), expected \(3,\)"):
        replace(later, price=np.zeros(2))
    with pytest.raises(InputError, match="built_ha"):
        yearly_table(later, ["bult_ha"])
