"""Demography: the balance of households closes, one member reads a rule as all do, and the rates hold."""

from types import SimpleNamespace

import mesa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landsim.agents.demography import (
    URBAN,
    DemographyParams,
    DemographyResult,
    Lives,
    demographic_year,
    retired_share,
    solve_constant,
)
from landsim.agents.households import HouseholdParams, sample_households
from landsim.agents.population import Column, Population, rules_of
from landsim.core.errors import InternalError

HOUSING = 20_000.0


def mortality(age):
    return 0.008 * np.exp(0.09 * (age - 60.0))


class Home(Lives):
    cell = Column(np.int32, "1", "cell lived in", default=-1)
    size = Column(np.float32, "persons", "persons")
    workers = Column(np.float32, "persons", "workers")
    age = Column(np.int16, "a", "age of the head")
    edu = Column(np.int8, "1", "education")
    income = Column(np.float32, "CNY/a", "income")
    tenure = Column(np.int8, "1", "0 rents, 1 owns", default=1)
    hukou = Column(np.int8, "1", "1 urban registration")
    kind = Column(np.int8, "1", "0 farm, 1 dual, 2 urban")


def town(n, seed=1, **numbers):
    model = mesa.Model()
    model.seed, model.year = seed, 2020
    model.params = SimpleNamespace(demography=DemographyParams(**numbers))
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 3, n)
    size = rng.integers(1, 6, n)
    model.households = Population.create(
        model,
        Home,
        n,
        cell=np.arange(n),
        size=size.astype(float),
        workers=np.minimum(size, rng.integers(0, 3, n)).astype(float),
        age=rng.integers(20, 96, n),
        edu=rng.integers(0, 3, n),
        income=np.where(kind == URBAN, 120_000.0, 50_000.0) * np.exp(0.6 * rng.standard_normal(n)),
        hukou=(kind == URBAN) * rng.integers(0, 2, n),
        kind=kind,
    )
    return model


def pass_year(model, **more):
    model.year += 1
    return demographic_year(model.households, -5.0, HOUSING, **more)


@pytest.mark.parametrize("name", sorted(rules_of(Home)))
def test_one_member_reads_a_rule_as_all_do(name):
    model = town(1_000)
    rows = np.arange(1_000.0)
    extra = {"constant": rows / 150 - 6, "housing_cost": np.full(1_000, HOUSING), "kin": rows}
    extra = {key: extra[key] for key in rules_of(Home)[name].args}
    together = model.households.map(name, **extra)
    alone = [getattr(m, name)(**{k: v[i] for k, v in extra.items()}) for i, m in enumerate(model.households)]
    assert together.tolist() == alone
    assert len(set(alone)) > 1


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(0, 120),
    seed=st.integers(0, 99),
    immigration=st.floats(0, 0.2),
    emigration=st.floats(0, 0.2),
    years=st.integers(1, 4),
)
def test_the_balance_of_households_closes(n, seed, immigration, emigration, years):
    model = town(n, seed, immigration=immigration, emigration=emigration)
    for _ in range(years):
        homes = model.households
        ids, housed, held = set(homes["unique_id"]), int((homes["cell"] >= 0).sum()), set(homes["cell"])
        persons = homes["size"].sum()
        result = pass_year(model)
        left = ids - set(homes["unique_id"])
        assert result.after == len(homes) == n + result.new + result.arrived - result.dissolved - result.departed
        assert len(left) == result.dissolved + result.departed
        assert set(result.newcomers) == set(homes["unique_id"]) - ids
        assert set(result.vacated) <= held
        assert int((homes["cell"] >= 0).sum()) == housed - result.vacated.size
        assert np.all(homes["size"] >= 1)
        assert np.all(homes["workers"] <= homes["size"])
        came, gone, moved = result.persons
        assert homes["size"].sum() == pytest.approx(persons + result.births - result.deaths + came - gone)
        assert (came > 0, gone > 0, moved > 0) == (result.arrived > 0, result.departed > 0, result.migrants.size > 0)
        n = len(homes)


def test_a_balance_that_does_not_close_is_refused():
    none = np.empty(0, dtype=np.int64)
    with pytest.raises(InternalError, match="8 households, but the balance gives 9"):
        DemographyResult(10, 1, 0, 2, 0, 8, 2, 0, none, none, none.astype(np.int32), 0, (0.0, 0.0, 0.0))


def test_newcomers_rent_have_no_cell_and_are_young():
    model = town(5_000, immigration=0.02)
    result = pass_year(model)
    fresh = model.households.with_ids(result.newcomers)
    assert set(fresh["cell"]) == {-1}
    assert set(fresh["tenure"]) == {0}
    assert set(fresh["age"][: result.new]) == {24}
    assert fresh["age"][result.new :].max() <= 40
    assert set(fresh["kind"][result.new :]) == {URBAN}
    assert set(fresh["since"][result.new :]) == {2021}


@given(seed=st.integers(0, 500))
@settings(max_examples=25, deadline=None)
def test_arrivals_are_the_rate_rounded_up_or_down(seed):
    assert pass_year(town(250, seed, immigration=0.01)).arrived in (2, 3)


def test_rates_hold_in_a_large_town():
    model = town(60_000)
    age, size = np.minimum(model.households["age"] + 1.0, 95), model.households["size"]
    ripe = (age >= 45) & (age <= 60) & (size > 2.5)
    result = pass_year(model)
    couple, parents = mortality(age), mortality(age + 26) * ((size >= 4) & (age <= 60))
    assert result.deaths == pytest.approx((couple * np.where(size > 1, 2, 1) + parents).sum(), rel=0.05)
    assert result.departed == pytest.approx(0.003 * 60_000, rel=0.25)
    assert result.new == pytest.approx(0.12 * ripe.sum(), rel=0.1)
    assert result.births == pytest.approx(1.2 / 19 * ((age >= 22) & (age <= 40)).sum(), rel=0.1)


def test_everybody_dies_and_not_heads_alone():
    """The mean Chinese household of 2020 brings about the crude rate of that year, 7.07 a thousand (NBS)."""
    traits = sample_households(1, np.zeros(60_000, dtype=bool), HouseholdParams())
    model = town(60_000)
    for name in ("age", "size"):
        model.households.put(name, traits[name])
    result = pass_year(model)
    assert 1000 * result.deaths / traits["size"].sum() == pytest.approx(7.07, abs=0.4)


def test_a_couple_that_dies_together_leaves_no_household():
    model = town(2_000, death_base=1.0, death_slope=0.0, parent_until=20)
    model.households.put("size", np.repeat([2.0, 3.0], 1_000))
    model.households.put("workers", 1.0)
    result = pass_year(model)
    assert result.dissolved == 1_000
    assert result.deaths == 4_000
    assert set(model.households["size"][: 1_000 - result.departed].tolist()) <= {1.0, 2.0}


def test_as_many_retire_at_each_age_and_nobody_works_after_the_last():
    model = town(30_000, death_base=0.0, emigration=0.0, immigration=0.0, part_rate=0.0)
    model.households.put("age", 58)
    model.households.put("workers", 1.0)
    at_work = []
    for _ in range(12):
        pass_year(model)
        at_work.append(float((model.households["workers"] > 0).mean()))
    assert at_work[0] == 1.0
    assert at_work[1:11] == pytest.approx(np.linspace(0.9, 0.0, 10), abs=0.015)
    ages = np.arange(59, 71)
    assert 1 - retired_share(ages, DemographyParams()) == pytest.approx(at_work, abs=0.015)


def test_former_villagers_are_told_from_those_who_come_from_outside():
    model = town(20_000, immigration=0.02, part_rate=0.0)
    result = pass_year(model)
    villagers = model.households["unique_id"][model.households["villager"] == 1]
    assert set(villagers.tolist()) == set(result.migrants.tolist())
    model.households.put("villager", 1)
    outsiders = model.households.with_ids(pass_year(model).newcomers)
    assert len(outsiders) > 100
    assert (outsiders["villager"] == 0).all()


def test_the_constant_gives_the_base_rate():
    model = town(20_000)
    constant = solve_constant(model.households, HOUSING)
    rural = model.households["kind"] != URBAN
    pull = model.households.map("feels_drawn", housing_cost=HOUSING, kin=0.0)[rural]
    assert np.mean(1 / (1 + np.exp(-constant - pull))) == pytest.approx(0.015, rel=1e-6)
    leaving = model.households.map("leaves_village", constant=constant, housing_cost=HOUSING, kin=0.0)
    assert leaving[rural].mean() == pytest.approx(0.015, rel=0.2)
    assert not leaving[~rural].any()
    assert solve_constant(model.households.select(~rural), HOUSING) == pytest.approx(np.log(0.015 / 0.985))


def test_migrants_leave_their_home_and_become_urban():
    model = town(20_000)
    before = {m: (c, k) for m, c, k in zip(*(model.households[n] for n in ("unique_id", "cell", "kind")), strict=True)}
    result = pass_year(model)
    moved = model.households.with_ids(result.migrants)
    assert len(moved) > 50
    assert {before[uid][1] for uid in result.migrants} == {0, 1}
    assert {before[uid][0] for uid in result.migrants} <= set(result.vacated)
    assert set(moved["kind"]) == {URBAN}
    assert set(moved["cell"]) == {-1}
    assert set(moved["since"]) == {2021}
    assert moved["income"] == pytest.approx(moved.map("expects"), rel=1e-6)


def test_pull_of_the_city_has_the_right_signs():
    model = town(3, open_hukou=0.0)
    homes = model.households
    for name, value in {"age": 30, "edu": 1, "workers": 2.0, "income": 60_000.0}.items():
        homes.put(name, value)

    def pull(housing_cost=HOUSING, kin=0.0):
        return float(homes.map("feels_drawn", housing_cost=housing_cost, kin=kin)[0])

    base = pull()
    assert base == pytest.approx(0.8 * (114_000 / 60_000 - 1) - 0.2 * 0.5 * 3_000 / 60_000 - 0.6 * HOUSING / 114_000)
    assert pull(kin=9.0) - base == pytest.approx(0.15 * np.log(10))
    assert pull(housing_cost=40_000.0) < base
    homes.put("age", 55)
    assert pull() - base == pytest.approx(-0.35 * 2)
    homes.put("income", 120_000.0)
    assert pull() < base


def test_registration_comes_after_five_years_and_only_if_open():
    for openness, most in ((0.0, 0), (1.0, 4_000)):
        model = town(4_000, open_hukou=openness)
        model.households.put("kind", URBAN)
        model.households.put("hukou", 0)
        model.households.put("since", 2019)
        assert not model.households.map("settles").any()
        model.year = 2024
        assert model.households.map("settles").sum() == pytest.approx(0.05 * most, rel=0.2)


def test_a_year_without_migration_shares_its_births_with_one_that_has_it():
    closed, open_ = town(2_000, immigration=0.0), town(2_000, immigration=0.05)
    first, second = pass_year(closed), pass_year(open_)
    assert (first.births, first.deaths, first.new, first.dissolved) == (
        second.births, second.deaths, second.new, second.dissolved,
    )  # fmt: skip
    assert second.arrived == 100
