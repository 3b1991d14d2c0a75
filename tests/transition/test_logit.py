"""Logit: a logistic function of drivers that are read by rows."""

from __future__ import annotations

import numpy as np
import pytest

from landsim.landscape.rows import ArrayRows
from landsim.transition.logit import Logit

RNG = np.random.default_rng(0)
DRIVERS = [RNG.normal(size=(23, 17)).astype(np.float32), RNG.integers(0, 9, (23, 17)), RNG.random((23, 17)) < 0.3]
COEFFICIENTS = [1.5, -0.25, 0.75]
ALL = slice(0, 23)


def logit_of(*drivers: np.ndarray, coefficients=COEFFICIENTS, intercept: float = -0.5) -> Logit:
    return Logit(intercept, coefficients, [ArrayRows(driver) for driver in drivers])


def test_suitability_is_the_formula() -> None:
    odds = -0.5 + sum(b * driver.astype(float) for b, driver in zip(COEFFICIENTS, DRIVERS, strict=True))
    found = logit_of(*DRIVERS).read(ALL)
    assert found.dtype == np.float32
    assert found == pytest.approx(1.0 / (1.0 + np.exp(-odds)), rel=1e-5)


@pytest.mark.parametrize("height", [1, 2, 7, 64])
def test_rows_read_alone_are_those_of_the_whole(height: int) -> None:
    logit = logit_of(*DRIVERS)
    parts = [logit.read(slice(first, min(first + height, 23))) for first in range(0, 23, height)]
    assert np.concatenate(parts).tobytes() == logit.read(ALL).tobytes()


def test_missing_drivers_make_the_class_impossible_there_and_drivers_are_not_written_to() -> None:
    holed = DRIVERS[0].copy()
    holed[3, 4] = np.nan
    kept = holed.copy()
    found = logit_of(holed, coefficients=[1.5]).read(ALL)
    assert found[3, 4] == 0.0
    assert np.count_nonzero(found == 0.0) == 1
    assert holed.tobytes() == kept.tobytes()


def test_a_driver_without_weight_still_tells_where_nothing_is_known() -> None:
    unknown = np.full((1, 2), np.nan, np.float32)
    unknown[0, 1] = 3.0
    assert logit_of(unknown, coefficients=[0.0], intercept=0.0).read(slice(0, 1)).tolist() == [[0.0, 0.5]]


def test_overwhelming_drivers_reach_zero_and_one_and_no_further() -> None:
    extreme = np.array([[-1e30, -200.0, 0.0, 200.0, 1e30, np.inf, -np.inf]], np.float32)
    found = logit_of(extreme, coefficients=[1.0], intercept=0.0).read(slice(0, 1))[0]
    assert found.tolist() == [0.0, pytest.approx(0.0, abs=1e-30), 0.5, 1.0, 1.0, 1.0, 0.0]


def test_a_logit_without_drivers_or_with_too_few_coefficients_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one driver"):
        Logit(0.0, [], []).read(ALL)
    with pytest.raises(ValueError, match="2 coefficients, expected 3: one a driver"):
        logit_of(*DRIVERS, coefficients=[1.0, 2.0])
