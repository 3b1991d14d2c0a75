"""Fields: access, services and neighbourhood windows against plain sums."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landsim.landscape.grid import Grid
from landsim.market.fields import FieldParams, access, block_fields, reach_of, service_access, window_mean, window_sum

GRID = Grid(5, 7, (1000.0, 0.0, 0.0, 0.0, -1000.0, 0.0))


@given(st.integers(0, 2**31), st.integers(1, 9), st.integers(1, 9), st.integers(0, 10))
def test_windows_equal_plain_sums(seed, height, width, radius):
    values = np.random.default_rng(seed).integers(0, 9, (2, height * width)).astype(float)
    got = window_sum(values, (height, width), radius).reshape(2, height, width)
    field = values.reshape(2, height, width)
    for r in range(height):
        for c in range(width):
            part = field[:, max(r - radius, 0) : r + radius + 1, max(c - radius, 0) : c + radius + 1]
            assert (got[:, r, c] == part.sum(axis=(1, 2))).all()


def test_a_mean_counts_only_the_blocks_that_there_are():
    assert window_mean(np.full(12, 0.25), (3, 4), 2) == pytest.approx(0.25)


def test_reach_is_the_square_nearest_in_area_to_the_circle():
    assert [reach_of(metres, GRID) for metres in (100.0, 2000.0, 3000.0)] == [0, 1, 2]


def test_access_halves_in_fourteen_minutes():
    field = access(np.array([[0.0, np.log(2) / 0.05]], dtype=np.float32), np.array([8.0]), 0.05)
    assert field == pytest.approx([1.0, 0.5])


def test_access_to_nothing_is_zero():
    assert access(np.zeros((2, 3), np.float32), np.zeros(2), 0.05).tolist() == [0, 0, 0]


def test_access_to_several_kinds_is_access_to_each():
    rng = np.random.default_rng(3)
    minutes, mass = rng.random((4, 9), dtype=np.float32), rng.random((2, 4))
    both = access(minutes, mass, 0.05)
    assert np.array_equal(both, np.stack([access(minutes, kind, 0.05) for kind in mass]))


def test_services_are_shared_by_all_who_reach_them():
    supply, people = np.zeros(GRID.size), np.zeros(GRID.size)
    supply[17], people[16:19] = 30.0, 100.0
    field = service_access(supply, people, GRID, FieldParams()).reshape(GRID.shape)
    assert field[1:4, 2:5] == pytest.approx(30 / 300 / 0.2)
    assert field[:, 5:].max() == 0


def fields(**changed):
    rng = np.random.default_rng(3)
    given = {
        "persons": rng.integers(0, 900, GRID.size),
        "groups": rng.integers(0, 3, (3, GRID.size)),
        "jobs": rng.integers(0, 50, (5, GRID.size)),
        "service_jobs": rng.integers(0, 50, GRID.size),
        "industry_jobs": rng.integers(0, 9000, GRID.size),
        "green": rng.random(GRID.size),
    }
    minutes = rng.uniform(0, 90, (4, GRID.size))
    minutes[:, 3] = np.inf
    return given, block_fields(GRID, minutes, FieldParams(), **(given | changed))


def test_fields_are_narrow_finite_and_within_their_bounds():
    _, got = fields()
    for name in ("acc_job", "acc_labour", "acc_hub", "svc", "school", "green", "pollution"):
        field = getattr(got, name)
        assert field.dtype == np.float32
        assert field.shape == (GRID.size,)
        assert field.min() >= 0
        assert field.max() <= 1
    assert np.isfinite(got.minutes).all()
    assert got.mix.sum(axis=0) == pytest.approx(1.0)


def test_every_job_belongs_to_one_centre_and_density_is_persons_a_hectare():
    given, got = fields()
    assert got.centre_jobs.sum() == given["jobs"].sum()
    assert got.density == pytest.approx(given["persons"] / 100.0)


def test_schools_and_hubs_are_used_where_they_are_known():
    _, got = fields(school=np.full(GRID.size, 0.5), hub_minutes=np.zeros(GRID.size))
    assert (got.school == 0.5).all()
    assert (got.acc_hub == 1).all()
