"""Choice: known answers of the logit, capacity that holds, and a plain-Python oracle of the kernel."""

import math

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landsim.core.draws import stream_key
from landsim.market.choice import ChoiceParams, Menu, Movers, Tastes, choose, open_lottery, settle, shortlist
from landsim.market.choice_kernels import draw_looks, fill_gumbels

NAME = {"seed": 7, "stream": "test choice", "year": 2020}


def menu_of(value, free=None):
    """Sites whose appeal is given, one a block, at no cost and no distance."""
    n = len(value)
    return Menu(
        free=np.full(n, 10**6, np.int32) if free is None else np.asarray(free, np.int32),
        cost=np.zeros(n, np.float32),
        block=np.arange(n, dtype=np.int32),
        appeal=np.asarray(value, np.float32)[None, :],
        minutes=np.zeros((1, n), np.float32),
    )


def movers_of(n, current=-1):
    return Movers(
        ident=np.arange(n, dtype=np.int64),
        segment=np.zeros(n, np.uint8),
        current=np.broadcast_to(np.asarray(current, np.int32), n).copy(),
        centre=np.full(n, -1, np.int16),
        load=np.zeros(n, np.float32),
        worth=np.ones(n, np.float32),
    )


def tastes_of(cost=0.0, minute=0.0, stay=0.0):
    return Tastes(*(np.array([value]) for value in (cost, minute, stay)))


def shares(outcome, n_sites):
    return np.bincount(outcome.site, minlength=n_sites) / outcome.site.size


def logit(value):
    weight = np.exp(value)
    return weight / weight.sum()


def random_case(seed, n=60, n_sites=50, most_free=3):
    rng = np.random.default_rng(seed)
    n_segments, n_blocks, n_centres = 3, 9, 4
    menu = Menu(
        free=rng.integers(0, most_free + 1, n_sites).astype(np.int32),
        cost=rng.uniform(100, 600, n_sites).astype(np.float32),
        block=np.sort(rng.integers(0, n_blocks, n_sites)).astype(np.int32),
        appeal=rng.normal(size=(n_segments, n_blocks)).astype(np.float32),
        minutes=rng.uniform(0, 90, (n_centres, n_blocks)).astype(np.float32),
    )
    movers = Movers(
        ident=rng.permutation(10 * n)[:n].astype(np.int64) + 2**33,
        segment=rng.integers(0, n_segments, n).astype(np.uint8),
        current=rng.integers(-1, n_sites, n).astype(np.int32),
        centre=rng.integers(-1, n_centres, n).astype(np.int16),
        load=rng.uniform(1e-4, 2e-3, n).astype(np.float32),
        worth=rng.uniform(1e4, 9e4, n).astype(np.float32),
    )
    return movers, menu, Tastes(rng.uniform(-5, -3, 3), rng.uniform(-0.02, 0, 3), rng.uniform(0, 2, 3))


def reordered(movers, order):
    return Movers(*(column[order] for column in movers))


# --- known answers ---


def test_k07_logit_shares_of_three_alternatives():
    """With no more sites than looks every mover sees all of them, and shares are those of the logit."""
    exact = logit([1.0, 2.0, 3.0])
    assert exact == pytest.approx([0.090031, 0.244728, 0.665241], abs=1e-6)
    assert exact[2] / exact[1] == pytest.approx(math.e, abs=1e-6)
    n = 200_000
    got = shares(choose(movers_of(n), menu_of([1.0, 2.0, 3.0]), tastes_of(), ChoiceParams(), **NAME), 3)
    assert got == pytest.approx(exact, abs=4 * math.sqrt(0.25 / n))


@pytest.mark.parametrize("corrected", [True, False])
def test_k08_sampled_logit_needs_its_correction(corrected):
    rng = np.random.default_rng(8)
    value = rng.normal(size=400)
    free = np.rint(1e6 * np.exp(rng.normal(size=400))).astype(np.int32)  # q ~ free ** 0.7 = exp(0.7 N(0,1))
    movers, menu, params = movers_of(20_000), menu_of(value, free), ChoiceParams()
    lottery = open_lottery(menu, params)
    if not corrected:
        lottery.offers["log_rate"] = 0.0
    ranked, bids = shortlist(movers, menu, tastes_of(), lottery, params, **NAME)
    distance = 0.5 * np.abs(shares(settle(movers, menu.free, ranked, bids), 400) - logit(value)).sum()
    assert distance <= 0.09 if corrected else distance >= 0.2


def test_in_a_city_of_identical_cells_one_in_as_many_stays():
    n, n_sites = 40_000, 200
    movers = movers_of(n, current=np.arange(n) % n_sites)
    outcome = choose(movers, menu_of(np.zeros(n_sites)), tastes_of(), ChoiceParams(), **NAME)
    stayed = 1 - outcome.moved.mean()
    assert stayed == pytest.approx(1 / n_sites, abs=5 * math.sqrt(1 / n_sites / n))


def test_moving_costs_raise_the_share_that_stays_as_in_the_logit():
    n, n_sites, stay = 40_000, 200, 4.0
    movers = movers_of(n, current=np.arange(n) % n_sites)
    outcome = choose(movers, menu_of(np.zeros(n_sites)), tastes_of(stay=stay), ChoiceParams(), **NAME)
    exact = math.exp(stay) / (math.exp(stay) + n_sites - 1)
    assert 1 - outcome.moved.mean() == pytest.approx(exact, abs=0.012)


# --- the alias table ---


@given(st.lists(st.integers(0, 1000), min_size=31, max_size=300), st.floats(0, 2))
def test_the_alias_table_gives_each_site_its_chance(free, exponent):
    params = ChoiceParams(exponent=exponent)
    lottery = open_lottery(menu_of(np.zeros(len(free)), free), params)
    site = lottery.offers["site"]
    assert site.tolist() == np.flatnonzero(free).tolist()
    if site.size > params.sample:
        weight = np.array(free, dtype=float)[site] ** exponent
        keep = lottery.slots["keep"].astype(float)
        chance = keep + np.bincount(lottery.slots["alias"], weights=1 - keep, minlength=site.size)
        assert chance / site.size == pytest.approx(weight / weight.sum(), abs=1e-6)
        assert np.exp(lottery.offers["log_rate"]) == pytest.approx(30 * weight / weight.sum(), rel=1e-5)


# --- the oracle ---


def oracle_list(i, movers, menu, tastes, lottery, params):
    """Rank the alternatives of one mover as the formulas say; (site, bid) in falling order of score."""
    name = (*stream_key(NAME["seed"], NAME["stream"]), np.uint32(NAME["year"]))
    n_vacant = len(lottery.slots)

    words = np.empty((3, params.sample + 1), dtype=np.uint32)
    draw_looks(name, movers.ident[i], *words)

    def bits(k):
        return [int(word) for word in words[:, k]]

    def taste(word):
        return -math.log(-math.log((word + 0.5) * 2.0**-32))

    def value(site):
        segment, block, centre = movers.segment[i], menu.block[site], movers.centre[i]
        v = float(menu.appeal[segment, block])
        v += tastes.cost[segment] * float(menu.cost[site]) * float(movers.load[i])
        return v + (tastes.minute[segment] * float(menu.minutes[centre, block]) if centre >= 0 else 0.0)

    looks, first, values = {}, {}, []
    for k in range(min(params.sample, n_vacant)):
        a, b, c = bits(k)
        slot = k
        if n_vacant > params.sample:
            slot = (a * n_vacant) >> 32
            if (b + 0.5) * 2.0**-32 >= lottery.slots["keep"][slot]:
                slot = int(lottery.slots["alias"][slot])
        site = int(lottery.offers["site"][slot])
        values.append(value(site))
        if site != movers.current[i]:
            looks[site] = looks.get(site, 0) + 1
            first.setdefault(site, (slot, c))
    usual = sum(values) / max(len(values), 1)
    ranking = []
    for site, times in looks.items():
        slot, word = first[site]
        correction = math.log(times) - float(lottery.offers["log_rate"][slot]) if n_vacant > params.sample else 0.0
        ranking.append((value(site) + correction + taste(word), site, (value(site) - usual) * float(movers.worth[i])))
    current = int(movers.current[i])
    if current >= 0:
        here = value(current) + tastes.stay[movers.segment[i]]
        ranking.append((here + taste(bits(params.sample)[2]), current, (here - usual) * float(movers.worth[i])))
    return [(site, bid) for _, site, bid in sorted(ranking, key=lambda row: -row[0])[: params.rounds]]


def oracle_settlement(movers, free, lists, rounds):
    """Give places a round at a time, a site at a time."""
    place, left = [int(site) for site in movers.current], [int(n) for n in free]
    seeking = set(range(len(place)))
    for turn in range(rounds):
        asked = {}
        for i in sorted(seeking):
            if turn >= len(lists[i]) or lists[i][turn][0] == movers.current[i]:
                seeking.discard(i)
            else:
                asked.setdefault(lists[i][turn][0], []).append(i)
        for site, people in asked.items():
            people.sort(key=lambda i: (-lists[i][turn][1], movers.ident[i]))
            for i in people[: left[site]]:
                place[i] = site
                seeking.discard(i)
            left[site] -= min(left[site], len(people))
    return place


@pytest.mark.parametrize(("seed", "sample"), [(seed, sample) for seed in range(6) for sample in (5, 30, 200)])
def test_the_kernel_equals_the_oracle(seed, sample):
    movers, menu, tastes = random_case(seed)
    params = ChoiceParams(sample=sample)
    lottery = open_lottery(menu, params)
    ranked, bids = shortlist(movers, menu, tastes, lottery, params, **NAME)
    lists = [oracle_list(i, movers, menu, tastes, lottery, params) for i in range(movers.ident.size)]
    for i, ranking in enumerate(lists):
        assert ranked[i, : len(ranking)].tolist() == [site for site, _ in ranking]
        assert (ranked[i, len(ranking) :] == -1).all()
        assert bids[i, : len(ranking)] == pytest.approx([bid for _, bid in ranking], rel=1e-5, abs=1e-3)
    outcome = choose(movers, menu, tastes, params, **NAME)
    assert outcome.site.tolist() == oracle_settlement(movers, menu.free, lists, params.rounds)


def test_gumbel_draws_are_those_of_the_library_of_mathematics():
    rng = np.random.default_rng(5)
    ends = np.arange(3000, dtype=np.uint32)
    words = np.concatenate((ends, ~ends, rng.integers(0, 2**32, 100_000, dtype=np.uint32)))
    got, scratch = np.empty((2, words.size))
    fill_gumbels(words, got, scratch)
    exact = -np.log(-np.log((words + 0.5) * 2.0**-32))
    assert np.abs(got - exact).max() < 1e-14


def test_the_choice_is_the_same_for_any_number_of_threads():
    movers, menu, tastes = random_case(3, n=20_000, n_sites=4000)
    usual, outcomes = numba.get_num_threads(), []
    for threads in (1, usual):
        numba.set_num_threads(threads)
        outcomes.append(choose(movers, menu, tastes, ChoiceParams(), **NAME))
    for one, other in zip(*outcomes, strict=True):
        assert one.tobytes() == other.tobytes()


# --- capacity and order ---


@given(st.integers(0, 10**6), st.integers(0, 3), st.integers(1, 8))
def test_no_site_takes_more_than_it_has_and_everybody_is_somewhere_or_queues(seed, most_free, rounds):
    movers, menu, tastes = random_case(seed, most_free=most_free)
    outcome = choose(movers, menu, tastes, ChoiceParams(rounds=rounds), **NAME)
    taken = np.bincount(outcome.site[outcome.moved], minlength=menu.free.size)
    assert (taken <= menu.free).all()
    assert (outcome.site[~outcome.moved] == movers.current[~outcome.moved]).all()
    assert (outcome.queue == (outcome.site < 0)).all()
    assert ((movers.current < 0) | ~outcome.queue).all()
    assert (outcome.refusals[outcome.queue] <= rounds).all()


@given(st.integers(0, 10**6))
def test_the_outcome_does_not_depend_on_the_order_of_the_movers(seed):
    movers, menu, tastes = random_case(seed, most_free=1)
    order = np.random.default_rng(seed).permutation(movers.ident.size)
    plain = choose(movers, menu, tastes, ChoiceParams(), **NAME)
    mixed = choose(reordered(movers, order), menu, tastes, ChoiceParams(), **NAME)
    for before, after in zip(plain, mixed, strict=True):
        assert (before[order] == after).all()


@given(st.integers(0, 10**6), st.sampled_from([-64.0, 0.25, 3.0, 512.0]), st.sampled_from([5, 30, 200]))
def test_a_utility_that_every_place_gives_changes_nothing(seed, shift, sample):
    """Only differences of utility are meant: its zero must not decide who wins a contested place."""
    movers, menu, tastes = random_case(seed, most_free=1)
    appeal = np.round(menu.appeal * 1024) / 1024  # exact under the shift
    outcomes = [
        choose(movers, menu._replace(appeal=values), tastes, ChoiceParams(sample=sample), **NAME)
        for values in (appeal, appeal + np.float32(shift))
    ]
    for one, other in zip(*outcomes, strict=True):
        assert one.tolist() == other.tolist()


def test_a_place_goes_to_whom_it_is_worth_most_beyond_the_usual_and_not_to_the_rich_as_such():
    """Two in need of a home: the poor one, for whom it stands out, outbids the rich one, for whom all are alike."""
    menu = menu_of([0.0] * 3, [1, 1, 1])._replace(appeal=np.array([[9, 9, 9.1], [-60, -60, 30]], np.float32))
    movers = movers_of(2)._replace(segment=np.array([0, 1], np.uint8), worth=np.array([3.0, 1.0], np.float32))
    tastes = Tastes(*np.zeros((3, 2)))
    _, bids = shortlist(movers, menu, tastes, open_lottery(menu, ChoiceParams()), ChoiceParams(), **NAME)
    assert bids[0].max() == pytest.approx(3 * (9.1 - 27.1 / 3), abs=1e-5)
    assert bids[1, 0] == pytest.approx(60, abs=1e-5)


def test_a_contested_place_goes_to_the_highest_bid_and_among_equals_to_the_lowest_id():
    wish = np.array([[0], [0], [0], [1], [0]], dtype=np.int32)
    bid = np.array([[5.0], [9.0], [5.0], [1.0], [5.0]])
    movers = movers_of(5)._replace(ident=np.array([30, 20, 10, 50, 40]))
    outcome = settle(movers, np.array([2, 1], dtype=np.int32), wish, bid)
    assert outcome.moved.tolist() == [False, True, True, True, False]
    assert outcome.refusals.tolist() == [1, 0, 0, 0, 1]


@given(st.integers(0, 10**6), st.integers(1, 4))
def test_a_crowded_place_keeps_the_best_bids(seed, n_sites):
    """Many ask for few large places, with bids that tie often."""
    rng = np.random.default_rng(seed)
    n = 200
    wish, bid = rng.integers(0, n_sites, (n, 1), dtype=np.int32), rng.integers(0, 9, (n, 1)).astype(float)
    free = rng.integers(0, 80, n_sites, dtype=np.int32)
    movers = movers_of(n)._replace(ident=rng.permutation(n).astype(np.int64))
    lists = [[(int(wish[i, 0]), bid[i, 0])] for i in range(n)]
    assert settle(movers, free, wish, bid).site.tolist() == oracle_settlement(movers, free, lists, 1)


def test_without_any_vacancy_the_housed_stay_and_the_others_queue():
    movers = movers_of(4, current=[2, -1, 0, -1])
    outcome = choose(movers, menu_of(np.zeros(40), np.zeros(40)), tastes_of(), ChoiceParams(), **NAME)
    assert outcome.site.tolist() == [2, -1, 0, -1]
    assert outcome.queue.tolist() == [False, True, False, True]


def test_nobody_moves_where_no_way_leads():
    menu = menu_of(np.zeros(3))._replace(minutes=np.array([[np.inf, 5.0, np.inf]], np.float32))
    movers = movers_of(500)._replace(centre=np.zeros(500, np.int16))
    assert set(choose(movers, menu, tastes_of(minute=-0.01), ChoiceParams(), **NAME).site.tolist()) == {1}
    homeworkers = choose(movers_of(500), menu, tastes_of(minute=-0.01), ChoiceParams(), **NAME)
    assert set(homeworkers.site.tolist()) == {0, 1, 2}


def test_the_year_and_the_stream_name_the_draws():
    movers, menu, tastes = random_case(1, n=400)
    first = choose(movers, menu, tastes, ChoiceParams(), **NAME)
    assert (choose(movers, menu, tastes, ChoiceParams(), **NAME).site == first.site).all()
    for changed in ({"year": 2021}, {"stream": "another"}, {"seed": 8}):
        assert (choose(movers, menu, tastes, ChoiceParams(), **(NAME | changed)).site != first.site).any()
