"""Farm operators: returns, one member's reading of a rule against all, and what a year asks of the land."""

from types import SimpleNamespace

import mesa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landsim.agents.farmers import (
    ABANDON,
    CASH,
    GRAIN,
    LEASE,
    SCALED,
    Farmer,
    FarmParams,
    farm_year,
    grain_return,
    grain_yield,
    income_of,
    place_farmers,
)
from landsim.agents.farmland import survey
from landsim.agents.population import rules_of
from landsim.landscape.legend import Land


def country(side=40, factor=4, count=60, seed=1, poor=False, **numbers):
    rng = np.random.default_rng(seed)
    model = mesa.Model()
    model.seed, model.year = seed, 2020
    model.params = SimpleNamespace(farms=FarmParams(**numbers))
    land = rng.choice([Land.ARABLE, Land.OTHER_AG, Land.FOREST], (side, side), p=[0.6, 0.1, 0.3]).astype(np.uint8)
    quality = rng.integers(8, 11, land.shape) if poor else rng.integers(2, 6, land.shape)
    slope = np.full(land.shape, 18.0 if poor else 2.0, dtype=np.float32)
    pbf = (rng.random(land.shape) < 0.5).astype(np.uint8)
    blocks = -(-side // factor)
    town = np.repeat(np.arange(1, blocks + 1), blocks) // 4
    farmland = survey(land, factor, quality=quality.astype(np.uint8), slope=slope, pbf=pbf, town=town.astype(np.int16))
    return model, place_farmers(model, farmland, blocks, count), farmland


def test_k28_farm_return():
    assert grain_return(FarmParams(), 6_000.0) == 6_100.0
    assert grain_return(FarmParams(), 6_000.0) / 0.05 / 10_000 == pytest.approx(12.2)


def test_yield_falls_with_the_grade():
    assert grain_yield(FarmParams(), [1, 4.76, 10]) == pytest.approx([9_000, 6_969.6, 4_140])
    assert grain_yield(FarmParams(yield_scale=0.5), 1) == 4_500


def test_slope_travel_and_labour_cost_what_they_say():
    params = FarmParams(slope_cost=100, travel_cost=10)
    assert grain_return(params, 6_000, slope=2, minutes=30, labour_cost=400) == 6_100 - 200 - 300 - 400


@pytest.mark.parametrize("name", sorted(rules_of(Farmer)))
def test_one_member_reads_a_rule_as_all_do(name):
    _, farmers, _ = country(side=80, factor=4, count=350, inertia=0.5)
    rng = np.random.default_rng(7)
    takes = rules_of(Farmer)[name].args
    extra = {key: rng.uniform(q.low, min(q.high, 20.0), len(farmers)).round() for key, q in takes.items()}
    extra |= {key: extra[key] > 0 for key, q in takes.items() if q.dtype == "bool"}
    together = farmers.map(name, **extra)
    alone = [getattr(one, name)(**{k: v[i] for k, v in extra.items()}) for i, one in enumerate(farmers)]
    assert together.tolist() == alone
    assert len(set(alone)) > 1


def test_operators_are_dealt_every_block_of_their_town():
    model, farmers, farmland = country()
    assert len(farmers) == 60
    held = farmland.operator[farmland.worked]
    assert set(held) == set(farmers["unique_id"])
    assert np.array_equal(farmers.with_ids(held)["town"], farmland.town[farmland.worked])
    assert 0 < (farmers["kind"] == SCALED).mean() < 0.3
    assert model.agents_by_type[Farmer] is farmers


def test_no_more_operators_than_blocks_with_farmland():
    _, farmers, farmland = country(side=8, factor=4, count=50)
    assert len(farmers) == farmland.worked.size == 4


def choices(name, n=4_000, **numbers):
    _, farmers, _ = country(side=200, factor=2, count=n, **numbers)
    land = {"quality": 4.76, "slope": 2.0, "minutes": 20.0, "frag": 0.3}
    more = {"leased": False, "plot": 1.0, "free": True} if name == "tends_arable" else {}
    return farmers, farmers.map(name, **land, **more)


def test_choice_follows_the_logit_of_returns():
    farmers, chosen = choices("tends_arable", inertia=1.0, wage_spread=0.0, scaled_share=0.0)
    grain = grain_return(FarmParams(), grain_yield(FarmParams(), 4.76), 2.0, 20.0, 1_500.0)
    cash = 2.2 * grain - 0.3 * farmers["risk"] * 2.2 * grain - 6_000
    lease = 0.35 * 2.6 * 6_969.6 * 0.7
    able = farmers["capital"] >= 6_000
    worth = np.stack([grain + 2_000 + 2_000 * farmers["attach"],
                      np.where(able, cash + 2_000 * farmers["attach"], -1e9),
                      np.full(len(farmers), lease), np.full(len(farmers), 450.0)], axis=1)  # fmt: skip
    chance = np.exp(0.0005 * worth)
    chance /= chance.sum(axis=1, keepdims=True)
    shares = np.bincount(chosen, minlength=4) / len(farmers)
    assert shares == pytest.approx(chance.mean(axis=0), abs=0.02)


def test_who_may_not_does_not():
    assert CASH not in choices("tends_arable", inertia=0.0, cash_permitted=False)[1]
    assert CASH not in choices("tends_arable", inertia=0.0, capital=0.0)[1]
    assert CASH not in choices("tends_fallow", inertia=0.0)[1]
    farmers, chosen = choices("tends_arable", inertia=0.0, scaled_share=0.5)
    assert LEASE not in chosen[farmers["kind"] == SCALED]
    assert {GRAIN, CASH, LEASE, ABANDON} == set(chosen)


def test_poor_land_is_given_up_more():
    rates = []
    for poor in (False, True):
        _, farmers, farmland = country(poor=poor, inertia=3.0)
        rates.append(farm_year(farmers, farmland, 1.0).fallow / farmland.arable.sum())
    assert rates[1] > 2 * rates[0]


def test_a_ban_on_cash_crops_leaves_the_other_choices_alone():
    free, banned = country(inertia=2.0), country(inertia=2.0, cash_permitted=False)
    asked = [farm_year(farmers, land, 1.0) for _, farmers, land in (free, banned)]
    planted = [int(year.cells[year.target == Land.OTHER_AG].sum()) for year in asked]
    assert planted[0] > 0 == planted[1]
    replanted = [year.block[year.target == Land.ARABLE] for year in asked]
    assert replanted[0].size > 0
    assert np.array_equal(*replanted)


def test_the_clock_gives_up_after_five_years():
    model, farmers, farmland = country(inertia=50.0)  # nobody changes
    farmland.fallow[:] = np.minimum(farmland.arable, 3)
    fallow = int(farmland.fallow.sum())
    free = np.minimum(farmland.fallow, farmland.arable - farmland.protected)
    for year in range(1, 6):
        model.year += 1
        result = farm_year(farmers, farmland, 1.0, wild=Land.UNUSED)
        assert result.fallow == fallow
        assert result.cells.sum() == (free.sum() if year >= 5 else 0)
    assert set(result.target) == {Land.UNUSED}
    farmland.give_up(result.block, result.cells)
    assert farmland.fallow.sum() == fallow - free.sum()


def test_fallow_may_be_kept_arable_for_good():
    _, farmers, farmland = country(inertia=50.0, keep_fallow=True)
    farmland.fallow[:], farmland.clock[:] = farmland.arable, 200
    assert farm_year(farmers, farmland, 1.0).cells.size == 0
    assert farmland.clock.max() == 201


def test_better_prices_bring_fallow_land_back():
    _, farmers, farmland = country(grain_price=6.0)
    farmland.fallow[:] = farmland.arable
    assert farm_year(farmers, farmland, 1.0).fallow < farmland.arable.sum()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 99), inertia=st.floats(0, 6), poor=st.booleans(), years=st.integers(1, 6))
def test_requests_never_exceed_the_land(seed, inertia, poor, years):
    model, farmers, farmland = country(side=24, count=20, seed=seed, poor=poor, inertia=inertia)
    for _ in range(years):
        model.year += 1
        result = farm_year(farmers, farmland, 0.5)
        for old, stock in ((Land.ARABLE, farmland.arable - farmland.protected), (Land.OTHER_AG, farmland.other_ag)):
            asked = np.zeros_like(stock)
            np.add.at(asked, result.block[result.source == old], result.cells[result.source == old])
            assert np.all(asked <= stock)
        assert np.all((farmland.fallow >= 0) & (farmland.fallow <= farmland.arable))
        assert np.array_equal(result.operator, farmland.operator[result.block])
        assert np.all(result.cells > 0)
        assert np.all(result.source != result.target)
        assert np.all(farmers["capital"] >= 0)
        assert np.isfinite(result.income)


def test_income_is_that_of_the_blocks():
    _, farmers, farmland = country(inertia=50.0, saving=1.0, upkeep=1.0)
    before = farmers["capital"].copy()
    ahead = income_of(farmers, farmland, 2.0)
    assert np.array_equal(farmers["capital"], before)
    result = farm_year(farmers, farmland, 2.0)
    assert ahead == result.income  # nobody changes anything at such inertia
    blocks = farmland.worked
    holders = farmers.with_ids(farmland.operator[blocks])
    labour = 15.0 * np.where(holders["kind"] == SCALED, 0.4, 1.0) * holders["wage"]
    grain = grain_return(FarmParams(), grain_yield(FarmParams(), farmland.quality), farmland.slope)[blocks] - labour
    cash = 2.2 * np.maximum(grain, 0) - 6_000
    expected = 2.0 * (farmland.arable[blocks] * grain + farmland.other_ag[blocks] * cash)
    assert result.income == pytest.approx(expected.sum(), rel=1e-5)
    assert farmers["capital"].sum() == pytest.approx(expected.sum(), rel=1e-4)


def test_a_country_without_farms_asks_for_nothing():
    _, farmers, farmland = country(count=0)
    result = farm_year(farmers, farmland, 1.0)
    assert (len(farmers), result.cells.size, result.income) == (0, 0, 0.0)
