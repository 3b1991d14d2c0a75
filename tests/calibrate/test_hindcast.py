"""Hindcast: without scatter the simulator places what the potential ranks first, with it about as well."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from landsim.calibrate.hindcast import NO_NOISE, gain_fom, hindcast_inputs, simulate_gains
from landsim.calibrate.run import Fit, Watcher, calibrate_history
from landsim.calibrate.span import Mask
from landsim.scenario.build import shipped_permissions
from tests.calibrate.growth import GrownStudy

OTHER, WATER, URBAN = 1, 2, 3


@pytest.fixture(scope="module")
def fit(tmp_path_factory) -> Fit:
    folder = GrownStudy(tmp_path_factory.mktemp("grown"))
    folder.save()
    return calibrate_history(folder.history(), lambda fit: "written", Watcher())


def inputs_of(fit: Fit):
    with fit.history.open_drivers() as drivers:
        inputs = hindcast_inputs(
            fit.history.fit, fit.test.span, fit.history.gains, fit.ruleset, drivers, 1, shipped_permissions()[0]
        )  # fmt: skip
        return replace(inputs, rules=inputs.rules.evaluated(inputs.landscape))


def test_without_scatter_the_run_places_what_is_ranked_first(fit: Fit) -> None:
    assert fit.simulated.unmet == 0
    assert fit.simulated.fom_without_noise >= 0.99 * fit.test.fom
    assert fit.simulated.fom_without_noise <= 1.01 * fit.test.fom


def test_with_scatter_ten_seeds_are_averaged(fit: Fit) -> None:
    assert len(fit.simulated.by_seed) == 10
    assert len(set(fit.simulated.by_seed)) > 5
    assert fit.simulated.fom == pytest.approx(np.mean(fit.simulated.by_seed))
    random = fit.test.as_dict()["baselines"]["random"]["fom"]
    assert random < fit.simulated.fom < fit.simulated.fom_without_noise


def test_chances_that_are_known_already_change_nothing(fit: Fit) -> None:
    again = simulate_gains(inputs_of(fit), fit.test.span, fit.history.gains, seeds=2)
    assert again.by_seed == fit.simulated.by_seed[:2]
    assert again.fom_without_noise == fit.simulated.fom_without_noise


def test_a_hindcast_asks_for_the_observed_gain_and_has_no_policy(fit: Fit) -> None:
    inputs, span = inputs_of(fit), fit.test.span
    params = inputs.params
    assert (inputs.start, inputs.horizon) == (2010, 2020)
    assert params.demand.targets == {"urban": {2020: int(np.count_nonzero(span.last == 2))}}
    assert (params.lines.erl, params.quota.mode, params.agents.households) == (False, "off", 0)
    assert params.engine.scatter == 1.0
    assert NO_NOISE == {"engine.scatter": 0.0}


def test_gain_figure_of_merit_counts_candidates_alone(make_span) -> None:
    start = np.full((2, 6), OTHER, dtype=np.uint8)
    end = start.copy()
    end[0, :4] = URBAN
    simulated = start.copy()
    simulated[0, 2:5] = URBAN
    span = make_span({2000: start, 2010: end})
    urban = [row for row in span.legend.rows if row.code == URBAN]
    assert gain_fom(span, simulated, urban) == pytest.approx(2 / 5)  # H 2, M 2, F 1
    first = np.zeros((2, 6), dtype=bool)
    first[0, 0] = True
    masked = make_span({2000: start, 2010: end}, (Mask("first", frozenset({URBAN}), first),))
    assert gain_fom(masked, simulated, urban) == pytest.approx(2 / 4)


def test_gains_are_weighted_by_their_cells(make_span) -> None:
    start = np.full((2, 6), OTHER, dtype=np.uint8)
    end, simulated = start.copy(), start.copy()
    end[0, :4], end[1, :2] = URBAN, WATER
    simulated[0, :4], simulated[1, 1:3] = URBAN, WATER
    span = make_span({2000: start, 2010: end})
    rows = [row for row in span.legend.rows if row.code in (URBAN, WATER)]
    assert gain_fom(span, simulated, rows) == pytest.approx((4 * 1.0 + 2 * (1 / 3)) / 6)
