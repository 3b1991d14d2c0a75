"""Centres: the middle of a round city, and the same places on a mirrored map, whatever the ties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landsim.landscape.grid import Grid
from landsim.market.centres import find_centres

SIDE = 61
BLOCKS = Grid(SIDE, SIDE, (300.0, 0.0, 0.0, 0.0, -300.0, 0.0))


def disc(row: int, col: int, radius: float) -> np.ndarray:
    rows, cols = np.ogrid[:SIDE, :SIDE]
    return (np.hypot(rows - row, cols - col) <= radius).astype(float)


def places(weight: np.ndarray) -> list[tuple[int, int]]:
    return [divmod(int(at), weight.shape[1]) for at in find_centres(BLOCKS, weight.reshape(-1))]


@pytest.mark.parametrize("each", [1, 4])
@pytest.mark.parametrize("at", [(30, 30), (22, 35)])
def test_a_round_city_of_equal_blocks_has_its_centre_in_the_middle(at, each) -> None:
    assert places(each * disc(*at, 14))[0] == at


def test_blocks_of_whole_numbers_do_not_draw_the_centre_to_an_edge() -> None:
    """A few agents a block, one more here and there: what lies around decides, and not the largest single number."""
    flat = 2 * disc(30, 30, 15)
    flat[16, 30] = flat[30, 16] = 4.0
    row, col = places(flat)[0]
    assert np.hypot(row - 30, col - 30) <= 7


def test_the_larger_of_two_towns_comes_first_and_both_are_centres() -> None:
    found = places(disc(12, 12, 6) + 2 * disc(45, 45, 6))
    assert found[0] == (45, 45)
    assert min(np.hypot(row - 12, col - 12) for row, col in found) <= 1


def test_centres_keep_their_distance_and_have_weight_of_their_own() -> None:
    weight = disc(30, 30, 12)
    weight[::2] = 0
    found = np.array(places(weight))
    apart = np.hypot(*(found[:, None] - found[None]).transpose(2, 0, 1)) + 99 * np.eye(len(found))
    assert 1 < len(found) <= 24
    assert apart.min() >= 10
    assert weight[found[:, 0], found[:, 1]].all()


def test_a_map_without_weight_has_no_centre() -> None:
    assert places(np.zeros((SIDE, SIDE))) == []


@given(st.integers(0, 10**6), st.sampled_from(["rows", "columns", "both"]))
def test_a_mirrored_map_has_its_main_centre_mirrored(seed, how) -> None:
    """Towns of whole numbers at random: many ties, of which none may fall to a side of the map."""
    rng = np.random.default_rng(seed)
    weight = np.zeros((SIDE, SIDE))
    for row, col, radius, each in rng.integers((8, 8, 3, 1), (53, 53, 9, 4), (3, 4)):
        weight += each * disc(row, col, radius)
    axes = {"rows": (0,), "columns": (1,), "both": (0, 1)}[how]
    row, col = places(weight)[0]
    mirrored = (SIDE - 1 - row if 0 in axes else row, SIDE - 1 - col if 1 in axes else col)
    assert places(np.flip(weight, axes))[0] == mirrored
