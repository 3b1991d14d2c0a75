"""The objective: terms in [0, 1], weights, what is left out, violations, the worth of an unfinished map."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landsim.calibrate.behaviour.growth import growth_error, growth_figures
from landsim.calibrate.behaviour.objective import PENALTY, WEIGHTS, Objective
from landsim.calibrate.span import Mask, Span
from landsim.indicators.agreement import validation_card
from landsim.landscape.grid import Grid
from landsim.landscape.legend import Land, Legend, model_row
from tests.calibrate.behaviour_toy import BEST, LEGEND, SIDE, URBAN, grown, span, start_map

TOY = Objective(span(), [URBAN])


def test_weights_are_those_of_the_specification() -> None:
    assert WEIGHTS == {"fom": 0.45, "fom_4": 0.20, "landscape": 0.15, "clark": 0.10, "rank_size": 0.10}
    assert sum(TOY.weights.values()) == pytest.approx(1.0)
    assert not TOY.left_out


def test_the_observed_map_is_perfect() -> None:
    terms = TOY.terms(TOY.span.last)
    assert terms == pytest.approx({**dict.fromkeys(WEIGHTS, 1.0), "violations": 0.0})
    assert TOY.score(terms) == pytest.approx(1.0)
    assert TOY.growth_error(TOY.span.last) == 0.0


def test_no_change_has_no_merit() -> None:
    terms = TOY.terms(start_map())
    assert terms["fom"] == terms["fom_4"] == 0.0
    assert all(0.0 <= terms[name] <= 1.0 for name in WEIGHTS)


def test_merit_is_that_of_the_validation_card() -> None:
    simulated = grown(0.9, 3)
    card = validation_card(start_map(), TOY.span.last, simulated, samples=0)
    terms = TOY.terms(simulated)
    assert terms["fom"] == pytest.approx(card["by_class"][2]["fom"])
    blocks = {level["block"]: level["fom"] for level in card["resolution"]["levels"]}
    assert terms["fom"] <= terms["fom_4"] == pytest.approx(blocks[4])


@given(pull=st.floats(-2.0, 4.0), year=st.integers(0, 10), seed=st.integers(0, 99))
def test_every_term_lies_between_0_and_1(pull: float, year: int, seed: int) -> None:
    terms = TOY.terms(grown(pull, seed, year))
    assert all(0.0 <= terms[name] <= 1.0 for name in WEIGHTS)
    assert TOY.score(terms) <= 1.0


def test_the_objective_has_its_best_near_the_truth() -> None:
    scores = [TOY.score(TOY.terms(grown(pull, 7))) for pull in (0.5, 1.0, BEST, 2.0)]
    assert max(scores) == scores[2]


def test_a_gain_where_a_mask_forbids_it_is_a_violation() -> None:
    lake = np.zeros((SIDE, SIDE), dtype=np.bool_)
    lake[:2] = True
    masked = Objective(span((Mask("lake", frozenset({2}), lake),)), [URBAN])
    simulated = start_map()
    simulated[0, :3] = 2
    terms = masked.terms(simulated)
    assert terms["violations"] == masked.violations(simulated) == 3
    assert masked.score(terms) == pytest.approx(masked.score({**terms, "violations": 0.0}) - 3 * PENALTY)


def test_an_unfinished_map_is_worth_its_merit_and_better_ones_more() -> None:
    terms = TOY.terms(grown(BEST, 5, 3))
    wanted = (0.45 * terms["fom"] + 0.20 * terms["fom_4"]) / 0.65
    assert TOY.partial(grown(BEST, 5, 3)) == pytest.approx(wanted)
    assert TOY.partial(grown(BEST, 5, 3)) > TOY.partial(grown(-1.0, 5, 3))


def small(first: np.ndarray, last: np.ndarray, legend: Legend = LEGEND) -> Span:
    grid = Grid(*first.shape, (100.0, 0.0, 0.0, 0.0, -100.0, 0.0))
    return Span(grid, legend, {2000: first, 2010: last})


def test_too_few_patches_leave_the_ranks_out_and_the_rest_shares_their_weight() -> None:
    first = np.ones((30, 30), dtype=np.uint8)
    first[10:14, 10:14] = 2
    last = first.copy()
    last[10:20, 10:16] = 2
    objective = Objective(small(first, last), [URBAN])
    assert list(objective.left_out) == ["rank_size"]
    assert objective.weights["fom"] == pytest.approx(0.5)
    assert sum(objective.weights.values()) == pytest.approx(1.0)
    assert objective.facts()["left_out"] == objective.left_out
    assert "rank_size" not in objective.terms(last)
    assert objective.score(objective.terms(last)) == pytest.approx(1.0)


def test_growth_of_land_that_is_not_built_leaves_the_city_out() -> None:
    legend = Legend((model_row(Land.ARABLE, 1), model_row(Land.FOREST, 2)), nodata=255)
    first = np.ones((20, 20), dtype=np.uint8)
    last = first.copy()
    last[3:8, 3:8] = 2
    objective = Objective(small(first, last, legend), [legend.row("forest")])
    assert set(objective.left_out) == {"clark", "rank_size"}


def test_where_nothing_grew_nothing_can_be_judged() -> None:
    first = np.ones((20, 20), dtype=np.uint8)
    objective = Objective(small(first, first), [URBAN])
    assert objective.weights == {}
    assert set(objective.left_out) == set(WEIGHTS)


def test_a_simulated_map_beyond_measure_gets_nothing_for_it() -> None:
    nothing = np.ones((SIDE, SIDE), dtype=np.uint8)
    terms = TOY.terms(nothing)
    assert terms["clark"] == terms["rank_size"] == 0.0
    assert set(terms) == {*WEIGHTS, "violations"}


def test_classes_count_by_their_gains() -> None:
    legend = Legend((model_row(Land.ARABLE, 1), model_row(Land.URB_RES, 2), model_row(Land.FOREST, 3)), nodata=255)
    first = np.ones((20, 20), dtype=np.uint8)
    last = first.copy()
    last[0, :15], last[5, :5] = 2, 3
    simulated = first.copy()
    simulated[0, :15] = 2  # all of the town, none of the forest
    objective = Objective(small(first, last, legend), [legend.row("urban"), legend.row("forest")])
    assert objective.terms(simulated)["fom"] == pytest.approx(0.75)


def test_cells_without_data_do_not_count() -> None:
    first, last = start_map(), grown(BEST, 12345)
    last[:5] = 255
    objective = Objective(small(first, last), [URBAN])
    whole = grown(BEST, 12345)
    assert objective.terms(whole)["fom"] == 1.0
    assert objective.score(objective.terms(whole)) == pytest.approx(1.0)


def test_a_map_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        TOY.terms(np.ones((3, 3), dtype=np.uint8))


def test_the_digest_tells_maps_masks_and_classes_apart() -> None:
    lake = np.zeros((SIDE, SIDE), dtype=np.bool_)
    lake[:2] = True
    masked = span((Mask("lake", frozenset({2}), lake),))
    other = small(start_map(), grown(BEST, 54321))
    digests = {Objective(s, [URBAN]).digest for s in (span(), masked, other)}
    assert len(digests) == 3
    assert Objective(span(), [URBAN]).digest == TOY.digest


def test_figures_of_new_patches() -> None:
    old = np.zeros((12, 12), dtype=np.bool_)
    old[4:8, 4:8] = True
    fresh = np.zeros_like(old)
    fresh[0, 0] = fresh[4:8, 8] = True
    found = growth_figures(old, fresh)
    assert found["patches"] == 2
    assert found["mean_patch"] == 2.5
    assert found["spread"] == pytest.approx(math.log(4) / 2)
    assert found["outlying"] == pytest.approx(0.2)
    assert found["outlying"] + found["edge"] + found["infill"] == pytest.approx(1.0)
    assert growth_error(found, found) == 0.0
    none = growth_figures(old, np.zeros_like(old))
    assert growth_error(found, none) == 1.0
    assert math.isnan(growth_error(none, found))
    assert 0.0 < growth_error(found, {**found, "outlying": 0.1, "edge": 0.9}) < 1.0


def test_statistics_name_each_class_and_the_slopes_that_can_be_had() -> None:
    found = TOY.statistics(TOY.span.last)
    assert {"urban.patches", "urban.mean_patch", "urban.outlying", "clark_slope", "rank_size_slope"} <= set(found)
    assert all(map(math.isfinite, found.values()))
