"""Firms: dealt over premises, renewed so that jobs follow demand, and placed by rent and neighbours."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landsim.agents.firms import (
    INNO,
    PREMISES,
    SERV,
    Firm,
    FirmParams,
    appeal,
    employment,
    firm_year,
    firms_by_premises,
    firms_by_sector,
    found_firms,
)
from landsim.agents.population import rules_of
from landsim.landscape.legend import Land
from landsim.market.sites import INDUSTRY, SERVICE
from tests.agents.town import BLOCKS, empty_model, town


@pytest.mark.parametrize("name", sorted(rules_of(Firm)))
def test_one_firm_reads_a_rule_as_all_do(name):
    model = town(400, 400)
    together = model.firms.map(name)
    alone = [getattr(one, name)() for one in model.firms]
    assert together.tolist() == alone
    assert len(set(alone)) > 1


def jobs_by_sector(firms):
    return np.bincount(firms["sector"], weights=firms["jobs"], minlength=5)


# --- the start ---


@given(st.integers(0, 5000))
def test_sectors_and_premises_share_out_all_firms(count):
    params = FirmParams()
    firms = firms_by_sector(count, params)
    assert firms.sum() == sum(firms_by_premises(count, params)) == count
    assert firms == pytest.approx(count * np.array(params.shares), abs=1.01)


@given(st.integers(1, 300), st.floats(0, 3000))
@settings(max_examples=20)
def test_the_first_firms_have_the_jobs_of_the_employed_and_fit_their_premises(count, workers):
    sites = town(300, count).sites
    firms = found_firms(empty_model(), sites, count, workers)
    sites = sites.with_firms(firms["cell"], firms.map("premises"))
    assert firms["jobs"].sum() == round(0.95 * workers)
    assert (sites.held <= sites.desks).all()
    assert (firms["cell"] >= 0).all()
    assert firms["jobs"].min() >= (1 if round(0.95 * workers) >= count else 0)


def test_the_sectors_are_mixed_over_the_premises_of_their_kind():
    model = town(4000, 1000)
    rows = model.sites.rows(model.firms["cell"])
    service = np.flatnonzero(model.firms["sector"] == SERV)
    innovation = np.flatnonzero(model.firms["sector"] == INNO)
    assert abs(rows[service].mean() - rows[innovation].mean()) < 0.1 * len(model.sites)


def test_jobs_are_counted_by_block_and_sector():
    model = town(400, 90)
    got = employment(model.firms, model.sites, BLOCKS.size)
    assert got.sum(axis=1).tolist() == jobs_by_sector(model.firms).tolist()
    block = model.sites.blocks_of(model.firms["cell"])
    assert got.sum(axis=0).tolist() == np.bincount(block, model.firms["jobs"], BLOCKS.size).tolist()


# --- a year ---


def check(model, result):
    """Premises hold, every firm has one or queues, and the lists say what happened."""
    firms, cell = model.firms, model.firms["cell"]
    kind = firms.map("premises")
    assert (result.sites.held <= result.sites.desks).all()
    assert result.sites.held.sum() == (cell >= 0).sum()
    for premises, land in ((SERVICE, Land.URB_SVC), (INDUSTRY, Land.URB_IND)):
        waiting = firms["unique_id"][(cell < 0) & (kind == premises)]
        assert result.queue[land].tolist() == waiting.tolist()
    at = np.searchsorted(firms["unique_id"], result.moved)
    assert (cell[at] == result.destination).all()
    assert np.isin(result.entered, firms["unique_id"]).all()


@given(st.integers(0, 50), st.integers(0, 40), st.floats(0, 0.3))
@settings(max_examples=25)
def test_a_year_keeps_premises_and_gives_every_sector_its_jobs(seed, cleared, growth):
    params = FirmParams(growth=(growth, 0.0, growth / 2, 0.01, growth))
    model = town(300, 150, seed=seed, firms=params)
    before = jobs_by_sector(model.firms)
    for _ in range(2):
        n = len(model.firms)
        model.sites = model.sites.drop(model.sites.cell[:cleared])
        result = firm_year(model.firms, model.sites, model.fields)
        check(model, result)
        assert len(model.firms) == n - result.closed + result.entered.size
        ideal, before = before * (1 + np.array(params.growth)), jobs_by_sector(model.firms)
        assert before == pytest.approx(ideal, abs=1.0)
        model.sites, model.year = result.sites, model.year + 1


def test_jobs_end_where_workers_and_commuters_do():
    model = town(300, 150)
    before = jobs_by_sector(model.firms)
    firm_year(model.firms, model.sites, model.fields, workers=before.sum())
    assert jobs_by_sector(model.firms) == pytest.approx(before * (1 + np.array(FirmParams().growth)), abs=1.0)
    model, workers = town(300, 150, firms=FirmParams(exit_rate=(0.4,) * 5)), 0.8 * before.sum()
    before = jobs_by_sector(model.firms)
    firm_year(model.firms, model.sites, model.fields, workers=workers)
    ideal = before * (1 + np.array(FirmParams().growth))
    assert jobs_by_sector(model.firms) == pytest.approx(ideal * 1.05 * workers / ideal.sum(), abs=1.0)


def test_a_city_that_lost_its_workers_founds_no_firm():
    model = town(300, 150)
    jobs = model.firms["jobs"].sum()
    for _ in range(5):
        result = firm_year(model.firms, model.sites, model.fields, workers=0.1 * jobs)
        assert result.entered.size == 0
        assert model.firms["jobs"].sum() < jobs
        model.sites, model.year, jobs = result.sites, model.year + 1, model.firms["jobs"].sum()


def test_a_sector_that_shrinks_founds_nothing():
    model = town(400, 200, firms=FirmParams(growth=(-0.5, -0.5, -0.5, -0.5, -0.5)))
    before = jobs_by_sector(model.firms)
    result = firm_year(model.firms, model.sites, model.fields)
    assert result.entered.size == 0
    assert result.closed > 0
    assert (jobs_by_sector(model.firms) <= before).all()


def test_newly_founded_firms_are_about_as_large_as_the_others():
    model = town(20_000, 2000)
    usual = model.firms["jobs"].mean()
    entered = model.firms.with_ids(firm_year(model.firms, model.sites, model.fields).entered)
    assert entered["jobs"].mean() == pytest.approx(usual, rel=0.15)
    assert entered["jobs"].min() >= 1


def test_exits_and_moves_follow_their_rates():
    model = town(20_000, 8000)
    rate = np.array(FirmParams().exit_rate)[model.firms["sector"]].sum()
    assert model.firms.map("exits").sum() == pytest.approx(rate, rel=0.15)
    assert model.firms.map("relocates").mean() == pytest.approx(0.04, rel=0.2)


def test_firms_without_premises_queue_by_the_land_that_they_need():
    model = town(300, 60)
    offices = replace(model.sites, desks=model.sites.desks * np.array([1, 0], dtype=np.int32))
    cleared = offices.drop(offices.cell[offices.land == Land.URB_IND])
    result = firm_year(model.firms, cleared, model.fields)
    industry = PREMISES[model.firms["sector"]] == INDUSTRY
    lost = cleared.rows(model.firms["cell"]) < 0
    assert result.queue[Land.URB_IND].size == (industry & lost).sum() > 0
    assert result.queue[Land.URB_SVC].size == (~industry & lost).sum()


def test_the_outcome_does_not_depend_on_the_order_of_the_firms():
    params = FirmParams(growth=(0.0,) * 5, exit_rate=(0.0,) * 5, move_rate=0.7)
    plain, mixed = (town(300, 200, firms=params) for _ in range(2))
    view = mixed.firms.with_ids(mixed.firms["unique_id"][np.random.default_rng(2).permutation(200)])
    first = firm_year(plain.firms, plain.sites, plain.fields)
    second = firm_year(view, mixed.sites, mixed.fields)
    assert first.moved.tolist() == np.sort(second.moved).tolist() != []
    assert (mixed.firms["cell"] == plain.firms["cell"]).all()


# --- what they value ---


def test_appeal_is_the_weighted_sum_of_the_logarithms():
    model = town(400, 100)
    got, params = model.fields, FirmParams()
    value = appeal(got, params)
    for s in range(5):
        expected = params.own[s] * np.log1p(got.employment[s]) + params.others[s] * np.log1p(got.employment.sum(axis=0))
        expected = expected + params.labour[s] * np.log(got.acc_labour) + params.hub[s] * np.log(got.acc_hub)
        assert value[s] == pytest.approx(expected + params.scenery[s] * got.green, abs=1e-4)


def test_firms_that_all_move_leave_dear_places_for_cheap_ones():
    model = town(2000, 400, firms=FirmParams(move_rate=1.0, exit_rate=(0.0,) * 5, growth=(0.0,) * 5))
    dear = np.arange(len(model.sites)) % 2 == 0
    sites = replace(
        model.sites, price=np.where(dear, 40_000, 4_000).astype(np.float32), desks=10 + 0 * model.sites.desks
    )
    result = firm_year(model.firms, sites, model.fields)
    assert result.sites.held[dear].sum() < 0.1 * result.sites.held.sum()
