"""Households: placed within capacity, alike in both readings of their rules, and housed whatever their order."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landsim.agents.demography import URBAN
from landsim.agents.households import Household, HouseholdParams, place_households, sample_households
from landsim.agents.housing import appeal, find_work, relocate, residents, stress_of, tastes_of
from landsim.agents.population import Population, rules_of
from landsim.landscape.legend import Land
from landsim.market.choice import ChoiceParams
from landsim.market.sites import Sites
from tests.agents.town import BLOCKS, fields, town

RULES = sorted(name for name in rules_of(Household) if name in vars(Household))


@pytest.mark.parametrize("name", RULES)
def test_one_household_reads_a_rule_as_all_do(name):
    model = town(300)
    rng = np.random.default_rng(5)
    drawn = {"price": rng.uniform(500, 4e4, 300), "minutes": rng.uniform(0, 120, 300), "stress": rng.normal(size=300)}
    extra = {key: drawn[key].astype(np.float32) for key in rules_of(Household)[name].args}
    together = model.households.map(name, **extra)
    alone = [getattr(one, name)(**{k: v[i] for k, v in extra.items()}) for i, one in enumerate(model.households)]
    assert together.tolist() == alone
    assert len(set(alone)) > 1


def test_a_household_takes_no_more_than_sixty_bytes():
    model = town(300)
    state = model.households.state()
    assert sum(column.itemsize for name, column in state.items() if name != "next_id") <= 60


# --- the start ---


@given(st.integers(0, 1200), st.integers(0, 2**31))
@settings(max_examples=20)
def test_households_fill_homes_by_population_and_no_further(count, seed):
    sites = town(800).sites
    people = np.random.default_rng(seed).gamma(0.2, 1.0, len(sites))
    cells = place_households(sites, count, people)
    lived = sites.with_residents(cells).lived
    assert cells.size == count
    assert (lived <= sites.homes).all()
    assert (cells >= 0).sum() == lived.sum() == min(count, sites.homes.sum())


def test_where_homes_abound_households_follow_the_population():
    sites = town(800).sites
    roomy = replace(sites, homes=np.full(len(sites), 1000, dtype=np.int32))
    people = np.arange(len(sites), dtype=float)
    lived = roomy.with_residents(place_households(roomy, 100_000, people)).lived
    assert lived == pytest.approx(100_000 * people / people.sum(), abs=1.01)


def test_the_first_traits_have_the_moments_that_were_asked_for():
    params = HouseholdParams()
    n = 40_000
    urban, rural = (sample_households(3, np.full(n, village), params) for village in (False, True))
    assert urban["size"].mean() == pytest.approx(2.6, abs=0.05)
    assert urban["workers"].mean() == pytest.approx(1.5, abs=0.05)
    assert urban["income"].mean() == pytest.approx(115_000, rel=0.02)
    assert np.log(urban["income"]).std() == pytest.approx(0.6, rel=0.02)
    assert urban["income"].mean() / rural["income"].mean() == pytest.approx(2.4, rel=1e-6)
    assert urban["hukou"].mean() == pytest.approx(0.71, abs=0.01)
    assert rural["hukou"].max() == 0
    assert set(urban["kind"].tolist()) == {URBAN}
    assert (rural["kind"] == 0).mean() == pytest.approx(0.4, abs=0.01)
    assert [(urban["edu"] <= level).mean() for level in (0, 1)] == pytest.approx([0.55, 0.80], abs=0.01)
    assert (urban["age"].min(), urban["age"].max()) == (20, 95)


def test_traits_of_a_household_do_not_depend_on_how_many_there_are():
    few, many = (sample_households(3, np.zeros(n, dtype=bool), HouseholdParams()) for n in (10, 90))
    assert all((many[trait][:10] == few[trait]).all() for trait in few)


def test_residents_are_counted_by_block_and_education():
    model = town(800)
    persons, groups = residents(model.households, model.sites, BLOCKS.size)
    assert persons.sum() == model.households["size"].sum()
    assert groups.sum(axis=1).tolist() == np.bincount(model.households["edu"], minlength=3).tolist()
    block = model.sites.blocks_of(model.households["cell"])
    assert groups.sum(axis=0).tolist() == np.bincount(block, minlength=BLOCKS.size).tolist()


def test_work_is_found_in_proportion_to_jobs_and_nearness():
    model = town(20_000, 400)
    find_work(model.households, model.sites, model.fields)
    centre, working = model.households["centre"], model.households["workers"] > 0
    assert ((centre >= 0) == working).all()
    block = model.sites.blocks_of(model.households["cell"][working])
    pull = model.fields.centre_jobs[:, None] * np.exp(-0.05 * model.fields.minutes)
    expected = (pull / pull.sum(axis=0))[:, block].sum(axis=1)
    assert expected.min() > 2000
    assert np.bincount(centre[working], minlength=3) == pytest.approx(expected, rel=0.05)
    find_work(model.households, model.sites, model.fields)
    assert (model.households["centre"] == centre).all()


def test_who_retires_has_no_way_to_work_any_more():
    model = town(800)
    find_work(model.households, model.sites, model.fields)
    model.households.put("workers", 0.0)
    find_work(model.households, model.sites, model.fields)
    assert (model.households["centre"] == -1).all()


def test_the_old_of_the_start_have_retired():
    model = town(20_000)
    age, works = model.households["age"], model.households["workers"] > 0
    assert works[age < 60].all()
    assert not works[age >= 69].any()
    assert works[(age >= 60) & (age < 69)].mean() == pytest.approx(0.5, abs=0.1)


# --- the wish to move ---


def test_hazard_adds_up_its_reasons():
    model = town(4)
    model.households.put("tenure", [1, 0, 1, 0])
    model.households.put("age", [50, 50, 34, 34])
    assert model.households.map("hazard", stress=[0.0, 0.0, 0.0, 0.1]) == pytest.approx([0.02, 0.12, 0.06, 0.31])


def test_stress_is_a_high_cost_share_or_a_long_commute():
    model = town(3)
    model.households.put("size", [2.0, 2.0, 2.0])
    model.households.put("income", [100_000.0, 100_000.0, 30_000.0])
    stress = model.households.map("feels_stress", price=9000.0, minutes=[30.0, 66.0, 0.0])
    share = 0.045 * 9000 * 70 / 100_000
    assert stress == pytest.approx([share - 0.3, 0.1, share / 0.3 - 0.3], abs=1e-6)


def test_those_without_a_home_feel_no_stress_but_look_for_one():
    model = town(100)
    model.households.put("cell", -1)
    nowhere = model.sites.rows(model.households["cell"])
    assert not stress_of(model.households, model.sites, nowhere, model.fields).any()
    result = relocate(model.households, model.sites, model.fields)
    assert result.moved.size + sum(ids.size for ids in result.queue.values()) == 100


# --- what they value ---


def test_a_middle_household_values_its_time_at_about_its_wage():
    params = HouseholdParams()
    per_minute, per_yuan = params.commute[1] / 10, params.cost_share[1] / 150_000
    hours = 2 * 250 / 60  # a minute each way on 250 days
    assert per_minute / per_yuan / hours == pytest.approx(45.0, rel=1e-6)


def test_segments_read_their_own_row_of_tastes_and_appeal():
    model = town(6)
    homes = model.households
    for name, values in {
        "income": [50e3, 50e3, 100e3, 100e3, 300e3, 300e3],
        "edu": [0, 0, 1, 1, 2, 2],
        "hukou": [0, 1, 0, 1, 0, 1],
        "size": [1.0, 1.0, 4.0, 1.0, 1.0, 4.0],
        "age": [40, 40, 40, 40, 40, 40],
    }.items():
        homes.put(name, values)
    segment = homes.map("segment")
    assert segment.tolist() == [0, 2, 17, 18, 32, 35]
    params, got = model.params.households, fields(model)
    got = replace(got, school=np.linspace(0, 1, BLOCKS.size, dtype=np.float32))
    merit, tastes = appeal(got, params), tastes_of(params)
    for row, (k, edu, hukou, child) in zip(
        segment, [(0, 0, 0, 0), (0, 0, 1, 0), (1, 1, 0, 1), (1, 1, 1, 0), (2, 2, 0, 0), (2, 2, 1, 1)], strict=True
    ):
        value = params.service[k] * got.svc + params.green[k] * got.green - params.pollution[k] * got.pollution
        value = value + params.job_access[k] * got.acc_job + params.density[k] * np.log1p(got.density)
        value = value + params.alike[k] * np.minimum(got.mix[edu] - 0.3, 0) + child * params.school[k] * got.school
        value = value + (0 if hukou else params.barred) * got.svc
        assert merit[row] == pytest.approx(value, abs=1e-5)
        assert (tastes.cost[row], tastes.stay[row]) == (params.cost_share[k], 1.5)
        assert tastes.minute[row] == pytest.approx(params.commute[k] / 10)


# --- relocation ---


def check(model, result, before):
    """Homes hold, everybody lives in one of them or queues, and the lists say what happened."""
    homes, cell = model.households, model.households["cell"]
    assert (result.sites.lived <= result.sites.homes).all()
    assert result.sites.lived.sum() == (cell >= 0).sum()
    assert (result.sites.rows(cell[cell >= 0]) >= 0).all()
    queue = np.sort(np.concatenate(list(result.queue.values())))
    assert queue.tolist() == homes["unique_id"][cell < 0].tolist()
    at = np.searchsorted(homes["unique_id"], result.moved)
    assert (cell[at] == result.destination).all()
    stayed = np.setdiff1d(np.arange(len(homes)), at)
    assert ((cell[stayed] == before[stayed]) | (cell[stayed] < 0)).all()


@given(st.integers(0, 50), st.floats(0, 0.2), st.integers(0, 200), st.integers(0, 40))
@settings(max_examples=25)
def test_relocation_keeps_capacity_and_the_balance(seed, vacancy, newcomers, cleared):
    model = town(600, seed=seed, vacancy=vacancy)
    ids = model.households.add(newcomers, **sample_households(seed + 1, np.zeros(newcomers, bool), HouseholdParams()))
    before = model.households["cell"].copy()
    sites = model.sites.drop(model.sites.cell[:cleared])
    result = relocate(model.households, sites, model.fields)
    check(model, result, before)
    assert ids.size == newcomers
    housed_before = sites.rows(before) >= 0
    assert (model.households["cell"][housed_before] >= 0).all()


def test_relocation_does_not_depend_on_the_order_of_the_households():
    plain, mixed = town(600, vacancy=0.01), town(600, vacancy=0.01)
    order = np.random.default_rng(2).permutation(600)
    view = mixed.households.with_ids(mixed.households["unique_id"][order])
    first = relocate(plain.households, plain.sites, plain.fields)
    second = relocate(view, mixed.sites, mixed.fields)
    assert (mixed.households["cell"] == plain.households["cell"]).all()
    assert (mixed.households["centre"] == plain.households["centre"]).all()
    assert np.sort(second.moved).tolist() == first.moved.tolist()
    assert {land: sorted(ids.tolist()) for land, ids in second.refused.items()} == {
        land: ids.tolist() for land, ids in first.refused.items()
    }


def test_villagers_stay_among_villages_and_townspeople_go_to_town():
    model = town(3000, vacancy=0.1)
    origin_kind = model.households["kind"].copy()
    result = relocate(model.households, model.sites, model.fields)
    at = np.searchsorted(model.households["unique_id"], result.moved)
    land = model.sites.land[model.sites.rows(result.destination)]
    assert ((land == Land.RURAL) == (origin_kind[at] != URBAN)).all()
    assert {0, URBAN} <= set(origin_kind[at].tolist())


def test_without_villages_everybody_looks_in_town():
    model = town(600)
    model.households.put("kind", 0)
    sites = model.sites.drop(model.sites.cell[model.sites.land == Land.RURAL])
    result = relocate(model.households, sites, model.fields)
    assert result.queue[Land.RURAL].size == 0
    assert result.moved.size > 0


def test_more_newcomers_than_homes_leave_a_queue_that_names_them():
    model = town(600)
    vacant = model.sites.vacant_homes[model.sites.land != Land.RURAL].sum()
    model.params.choice = ChoiceParams(rounds=60, sample=1000)
    model.households.add(200, **sample_households(9, np.zeros(200, bool), HouseholdParams()))
    model.households.put("tenure", 1)
    model.params.households = HouseholdParams(move_base=0, move_young=0, move_stress=0, move_tenant=0)
    result = relocate(model.households, model.sites, model.fields)
    assert result.moved.size == vacant
    assert result.queue[Land.URB_RES].size == 200 - vacant
    assert result.queue[Land.URB_RES].min() > 600
    assert (np.diff(result.queue[Land.URB_RES]) > 0).all()


def test_without_any_site_everybody_queues():
    model = town(50)
    bare = model.sites.drop(model.sites.cell)
    result = relocate(model.households, Sites(**bare.state()), model.fields)
    assert result.queue[Land.URB_RES].size == 50
    assert (model.households["cell"] == -1).all()


def test_a_population_comes_back_from_its_state_and_goes_on_alike():
    first, second = town(400), town(400)
    Population.restore(second, Household, first.households.state())
    relocate(first.households, first.sites, first.fields)
    relocate(second.agents_by_type[Household], second.sites, second.fields)
    assert (second.agents_by_type[Household]["cell"] == first.households["cell"]).all()
