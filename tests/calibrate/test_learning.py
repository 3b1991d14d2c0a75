"""Learning: periods for static features and for momentum, and samples that know nothing of what came later."""

from __future__ import annotations

import numpy as np
import pytest
from growing import LEGEND, URBAN, place
from hypothesis import given
from hypothesis import strategies as st

from landsim.calibrate.features import momentum_recipe, static_recipe
from landsim.calibrate.learning import (
    Window,
    block_edge,
    ground_of,
    learn_from,
    learnable,
    past_for,
    tells_apart,
    windows,
)
from landsim.calibrate.span import Mask, Span
from landsim.landscape.grid import Grid
from landsim.landscape.rows import ArrayRows
from landsim.transition.fitted import map_quantiles
from landsim.transition.measure import Measure

TOWN = place()
GRID = Grid(*TOWN.maps[0].shape, (100.0, 0.0, 0.0, 0.0, -100.0, 0.0))
SPAN = Span(GRID, LEGEND, dict(zip((2000, 2005, 2010), TOWN.maps, strict=True)))
DRIVERS = {"slope": ArrayRows(TOWN.drivers["slope"])}
STATIC = static_recipe(LEGEND, TOWN.maps[0], URBAN, {})
MOMENTUM = momentum_recipe(STATIC, URBAN, 5)


def test_two_dates_allow_no_momentum_and_a_model_keeps_the_length_of_its_past() -> None:
    assert windows([2000, 2010]) == {"static": (Window(2000, 2010),)}
    found = windows([2000, 2001, 2004, 2006, 2010])
    assert found["static"] == (Window(2000, 2010), Window(2004, 2010))
    assert found["momentum"] == (Window(2004, 2010, 2001),)
    assert past_for([2000, 2001, 2004, 2006, 2010], 2010, 4) == 2006
    assert past_for([2010], 2010, 4) is None


def test_even_dates_give_two_stretches_of_recent_growth_of_one_length() -> None:
    found = windows(range(2000, 2011))["momentum"]
    assert found == (Window(2003, 2010, 2000), Window(2007, 2010, 2004))
    assert {window.past_years for window in found} == {3}


@given(st.lists(st.integers(1900, 2100), min_size=2, max_size=12, unique=True).map(sorted))
def test_windows_lie_within_the_dates_and_share_one_past(years: list[int]) -> None:
    found = windows(years)
    for window in (w for some in found.values() for w in some):
        assert {window.start, window.end} <= set(years)
        assert window.start < window.end == years[-1]
        assert window.past is None or (window.past in years and window.past < window.start)
    assert len({w.past_years for w in found.get("momentum", ())}) <= 1
    assert ("momentum" in found) == (len(years) > 2)


def test_samples_are_those_of_the_window() -> None:
    samples = learn_from(SPAN, windows(SPAN.years)["momentum"], URBAN, MOMENTUM, DRIVERS, 1)
    expected = Measure(MOMENTUM.features, ground_of(SPAN, 2005, 2000, DRIVERS)).at(samples.drawn.cells)
    assert samples.x.tobytes() == expected.tobytes()
    assert samples.gained.sum() == SPAN.gained(URBAN, 2005, 2010).sum()


def test_samples_of_two_periods_are_pooled_and_each_keeps_its_weights() -> None:
    both = learn_from(SPAN, (Window(2000, 2010), Window(2005, 2010)), URBAN, STATIC, DRIVERS, 1, most=4000)
    apart = [learn_from(SPAN, (Window(year, 2010),), URBAN, STATIC, DRIVERS, 1, most=2000) for year in (2000, 2005)]
    assert both.x.tobytes() == b"".join(part.x.tobytes() for part in apart)
    assert both.drawn.weight.tolist() == [w for part in apart for w in part.drawn.weight.tolist()]
    assert sum(stratum.cells for stratum in both.drawn.strata) == sum(
        stratum.cells for part in apart for stratum in part.drawn.strata
    )


def test_what_comes_after_the_start_changes_which_cells_gained_and_no_feature() -> None:
    later = TOWN.maps[1].copy()
    later[::2] = TOWN.maps[0][::2]
    other = Span(GRID, LEGEND, {2000: TOWN.maps[0], 2005: later})
    one, two = (learn_from(s, (Window(2000, 2005),), URBAN, STATIC, DRIVERS, 1, most=10**6) for s in (SPAN, other))
    assert one.drawn.cells.tolist() == two.drawn.cells.tolist()
    assert one.x.tobytes() == two.x.tobytes()
    assert one.gained.sum() > two.gained.sum()


def test_folds_and_masks_are_kept_to() -> None:
    west = np.zeros(GRID.shape, dtype=np.bool_)
    west[:, :35] = True
    north = np.zeros(GRID.shape, dtype=np.bool_)
    north[:45] = True
    masked = Span(GRID, LEGEND, SPAN.maps, (Mask("park", frozenset({URBAN}), north),))
    cells = learn_from(masked, (Window(2000, 2010),), URBAN, STATIC, DRIVERS, 1, within=west).drawn.cells
    assert (cells % GRID.width < 35).all()
    assert (cells // GRID.width >= 45).all()


def test_ranked_recipes_are_sampled_as_ranks_of_all_candidates() -> None:
    ranked = static_recipe(LEGEND, TOWN.maps[0], URBAN, {}, ranked=True)
    samples = learn_from(SPAN, (Window(2000, 2005),), URBAN, ranked, DRIVERS, 1)
    measure = Measure(ranked.features, ground_of(SPAN, 2000, None, DRIVERS))
    whole = map_quantiles(measure, np.flatnonzero(SPAN.candidates(URBAN, 2000))).ranks(measure.at(samples.drawn.cells))
    assert samples.x.tobytes() == whole.tobytes()
    assert 0.0 <= samples.x.min() <= samples.x.max() <= 1.0


def test_a_window_without_change_is_refused() -> None:
    still = Span(GRID, LEGEND, {2000: TOWN.maps[0], 2005: TOWN.maps[0]})
    with pytest.raises(ValueError, match="all or none"):
        learn_from(still, (Window(2000, 2005),), URBAN, STATIC, DRIVERS, 1)


def test_blocks_are_smaller_on_small_maps() -> None:
    assert block_edge(GRID) == 5
    assert block_edge(Grid(2000, 3000, GRID.transform)) == 50  # 5 km
    assert block_edge(Grid(3000, 3000, (30.0, 0.0, 0.0, 0.0, -30.0, 0.0))) == 167


def test_a_period_tells_apart_only_where_some_candidates_gained(make_span) -> None:
    start = np.ones((6, 6), np.uint8)
    some, every = start.copy(), np.full((6, 6), 3, np.uint8)
    some[0, 0] = 3
    span = make_span({2000: start, 2005: some, 2010: every, 2015: every})
    told = {pair: tells_apart(span, Window(*pair), 3) for pair in ((2000, 2005), (2000, 2010), (2010, 2015))}
    assert told == {(2000, 2005): True, (2000, 2010): False, (2010, 2015): False}


def test_recipes_are_learnable_where_one_of_their_periods_is(make_span) -> None:
    start = np.ones((6, 6), np.uint8)
    one, two = start.copy(), start.copy()
    one[0, :2], two[0, :4] = 3, 3
    grows = make_span({2000: start, 2005: one, 2010: two})
    assert learnable(grows, (2000, 2005, 2010), 3) == {"static", "momentum"}
    assert learnable(grows, (2000, 2010), 3) == {"static"}
    assert learnable(make_span({2000: start, 2005: one, 2010: one}), (2000, 2005, 2010), 3) == {"static"}
    assert learnable(make_span({2000: start, 2005: one, 2010: start}), (2000, 2005, 2010), 3) == set()
