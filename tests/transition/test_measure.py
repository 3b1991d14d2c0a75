"""Measure: each feature against its definition on the whole map, and the same bits for any block height."""

from __future__ import annotations

import numpy as np
import pytest
from growing import NODATA, OTHER, URBAN, WATER, place
from scipy import ndimage

from landsim.landscape.focal import gaussian_density
from landsim.transition.features import KINDS, Feature, Ground, Recipe
from landsim.transition.measure import Measure
from landsim.transition.smooth import reduction, smoothed

PLACE = place()
GROUND = PLACE.ground(1)
CELLS = np.arange(GROUND.codes.size)
FEATURES = (
    *(Feature("density", URBAN, s) for s in (1.0, 5.0, 8.0, 20.0)), Feature("present", WATER),
    Feature("distance", URBAN),
    Feature("patch", URBAN), Feature("large", URBAN), Feature("recent", URBAN, 2.0), Feature("since", URBAN),
    Feature("growth", URBAN, 5.0), Feature("valid", sigma=5.0), Feature("driver", driver="slope"),
    Feature("missing", driver="slope"), Feature("category", driver="soil", value=2), Feature("source", driver="road"),
    Feature("relative", driver="dem", sigma=3.0), Feature("relief", driver="dem", sigma=12.0),
    Feature("smooth", driver="slope", sigma=3.0),
)  # fmt: skip
WHOLE = Measure(FEATURES, GROUND).at(CELLS)


def column(*feature) -> np.ndarray:
    return WHOLE[:, FEATURES.index(Feature(*feature))].reshape(GROUND.codes.shape)


def driver(kind: str, name: str, sigma: float = 0.0, value: int = 0) -> np.ndarray:
    return column(kind, -1, sigma, name, value)


@pytest.mark.parametrize("rows", [1, 7, 64])
def test_no_block_height_changes_a_bit(rows: int) -> None:
    assert Measure(FEATURES, GROUND, rows).at(CELLS).tobytes() == WHOLE.tobytes()


def test_some_cells_are_measured_as_all_are() -> None:
    some = CELLS[5::37]
    assert Measure(FEATURES, GROUND, 9).at(some).tobytes() == WHOLE[some].tobytes()


def test_every_kind_is_measured_here_and_can_be_written_down() -> None:
    assert {feature.kind for feature in FEATURES} == set(KINDS)
    assert [Feature.parse(feature.plain()) for feature in FEATURES] == list(FEATURES)


def test_density_is_that_of_the_baseline_to_the_bit() -> None:
    baseline = gaussian_density(GROUND.codes == URBAN, 5.0)
    assert column("density", URBAN, 5.0).tobytes() == baseline.tobytes()


@pytest.mark.parametrize("sigma", [8.0, 20.0])
def test_wide_densities_are_near_the_exact_ones(sigma: float) -> None:
    exact = gaussian_density(GROUND.codes == URBAN, sigma)
    assert np.abs(column("density", URBAN, sigma) - exact).max() < 0.03  # most where squares stick out of the map
    assert np.abs(column("density", URBAN, sigma) - exact).mean() < 0.005
    assert reduction(sigma, GROUND.codes.shape) > 1


def test_distances_and_patches() -> None:
    urban = GROUND.codes == URBAN
    labels, _ = ndimage.label(urban, np.ones((3, 3)))
    sizes = np.bincount(labels.reshape(-1))
    sizes[0] = 0
    assert column("distance", URBAN) == pytest.approx(ndimage.distance_transform_edt(~urban), abs=1e-4)
    assert column("patch", URBAN)[urban] == pytest.approx(np.log1p(sizes[labels])[urban], rel=1e-6)
    large = (sizes >= 0.1 * sizes.max())[labels]
    assert column("large", URBAN) == pytest.approx(ndimage.distance_transform_edt(~large), abs=1e-4)
    assert (column("present", WATER) == (GROUND.codes == WATER)).all()


def test_recent_growth_is_what_the_past_map_did_not_hold() -> None:
    gained = (PLACE.maps[1] == URBAN) & (PLACE.maps[0] == OTHER)
    assert column("recent", URBAN, 2.0) == pytest.approx(gaussian_density(gained, 2.0))
    assert column("since", URBAN) == pytest.approx(ndimage.distance_transform_edt(~gained), abs=1e-4)
    pace = gaussian_density(gained, 5.0) / (column("density", URBAN, 5.0) + 0.01)
    assert column("growth", URBAN, 5.0) == pytest.approx(pace)


def test_drivers_keep_their_gaps_and_means_pass_over_them() -> None:
    slope, known = PLACE.drivers["slope"], ~np.isnan(PLACE.drivers["slope"])
    assert driver("driver", "slope").tobytes() == slope.tobytes()
    assert (driver("missing", "slope") == ~known).all()
    filled = ndimage.gaussian_filter(np.where(known, slope, 0.0).astype(float), 3.0, mode="constant")
    share = ndimage.gaussian_filter(known.astype(float), 3.0, mode="constant")
    assert driver("smooth", "slope", 3.0) == pytest.approx(filled / share, rel=1e-4)
    assert (driver("category", "soil", 0.0, 2) == (PLACE.drivers["soil"] == 2)).all()
    down = np.abs(np.arange(90)[:, None] - 45) * np.ones((90, 70))
    assert driver("source", "road") == pytest.approx(down)
    assert driver("relative", "dem", 3.0).std() > 0.0
    assert (driver("relief", "dem", 12.0) >= 0.0).all()


def test_the_rim_without_data_is_felt() -> None:
    assert column("valid", -1, 5.0) == pytest.approx(gaussian_density(GROUND.codes != NODATA, 5.0))


def test_a_small_map_is_smoothed_cell_by_cell() -> None:
    mask = np.eye(5, dtype=np.bool_)
    assert smoothed(lambda rows: mask[rows], (5, 5), 40.0).rows(slice(0, 5)) == pytest.approx(
        gaussian_density(mask, 40.0)
    )


def test_what_the_ground_lacks_is_named() -> None:
    bare = Ground(PLACE.maps[0], NODATA)
    with pytest.raises(ValueError, match="driver slope, an earlier map"):
        Measure((Feature("since", URBAN), Feature("driver", driver="slope")), bare)


@pytest.mark.parametrize(
    "data", [{"kind": "density", "code": 3}, {"kind": "nonsense"}, {"kind": "since", "sigma": 2.0}]
)
def test_features_that_are_not_whole_are_refused(data: dict) -> None:
    with pytest.raises(ValueError, match="feature"):
        Feature.parse(data)


def test_a_recipe_with_recent_growth_says_how_long_its_past_is() -> None:
    with pytest.raises(ValueError, match="go together"):
        Recipe("momentum", (Feature("since", URBAN),))
    with pytest.raises(ValueError, match="twice"):
        Recipe("static", (Feature("distance", URBAN), Feature("distance", URBAN)))
