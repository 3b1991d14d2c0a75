"""Sampling: fractions, weights, even spread over blocks and classes, and the prior correction."""

from __future__ import annotations

import numpy as np
import pytest

from landsim.calibrate.sampling import draw_sample, fold_of, prior_shift

RNG = np.random.default_rng(2)
N = 40_000
CELLS = np.sort(RNG.choice(100_000, N, replace=False))
GAINED = RNG.random(N) < 0.03
CODES = RNG.integers(1, 4, N).astype(np.uint8)
BLOCK = CELLS // 5000


def test_k31_prior_correction() -> None:
    assert prior_shift(0.02, 0.5) == pytest.approx(-3.891820, abs=1e-6)


@pytest.mark.parametrize("rates", [(0.0, 0.5), (0.5, 1.0)])
def test_rates_that_leave_no_odds_are_refused(rates: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        prior_shift(*rates)


def test_weights_give_back_the_map() -> None:
    sample = draw_sample(CELLS, GAINED, CODES, BLOCK, 2000, 1, "sample")
    assert sample.cells.size == 2000
    assert sample.gained.sum() == 500
    assert (np.diff(sample.cells) > 0).all()
    assert sample.weight.sum() == pytest.approx(N)
    assert sample.weight[sample.gained].sum() == pytest.approx(GAINED.sum())
    assert sample.true_rate == pytest.approx(GAINED.mean())
    assert sample.shift == pytest.approx(prior_shift(GAINED.mean(), 0.25))


def test_blocks_and_classes_get_their_share() -> None:
    sample = draw_sample(CELLS, GAINED, CODES, BLOCK, 4000, 1, "sample")
    stays = BLOCK[~GAINED]
    for block in np.unique(BLOCK):
        share = np.mean(stays == block)
        assert np.mean(sample.block[~sample.gained] == block) == pytest.approx(share, abs=2e-3)
    for stratum in sample.strata:
        kind = (stratum.code == CODES) & (stratum.gained == GAINED)
        assert stratum.cells == kind.sum()
        assert stratum.fraction == pytest.approx(sample.cells.size / 4000 * stratum.sampled / kind.sum())
    assert sum(stratum.sampled for stratum in sample.strata) == 4000
    assert {tuple(facts) for facts in sample.facts()} == {("code", "gained", "cells", "sampled", "fraction")}


def test_few_changes_are_all_taken_and_little_is_taken_whole() -> None:
    few = GAINED & (CELLS % 50 == 0)
    sample = draw_sample(CELLS, few, CODES, BLOCK, 1000, 1, "sample")
    assert sample.gained.sum() == few.sum()
    assert (sample.weight[sample.gained] == 1.0).all()
    assert sample.cells.size == 1000
    whole = draw_sample(CELLS[:50], GAINED[:50], CODES[:50], BLOCK[:50], 1000, 1, "sample")
    assert whole.cells.tolist() == CELLS[:50].tolist()


def test_the_same_name_draws_the_same_cells_and_another_does_not() -> None:
    first, again, other = (
        draw_sample(CELLS, GAINED, CODES, BLOCK, 900, seed, "sample").cells.tolist() for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_folds_hold_whole_blocks_and_nearly_as_many() -> None:
    fold = fold_of(BLOCK, 3, 1)
    assert {np.unique(fold[block == BLOCK]).size for block in np.unique(BLOCK)} == {1}
    blocks = [np.unique(BLOCK[fold == k]).size for k in range(3)]
    assert max(blocks) - min(blocks) <= 1
