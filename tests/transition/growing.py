"""A small place whose urban land grows by a known rule, for tests of features and potential models."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from landsim.landscape.focal import gaussian_density
from landsim.landscape.legend import Land, Legend, model_row
from landsim.landscape.rows import ArrayRows
from landsim.transition.features import Ground

OTHER, WATER, URBAN, NODATA = 1, 2, 3, 0
LEGEND = Legend((model_row(Land.UNUSED, OTHER), model_row(Land.WATER, WATER), model_row(Land.URB_RES, URBAN)), NODATA)


class Place(NamedTuple):
    """Three maps five years apart, and drivers."""

    maps: tuple[np.ndarray, np.ndarray, np.ndarray]
    drivers: dict[str, np.ndarray]

    def ground(self, k: int) -> Ground:
        """What is known at the start of interval k."""
        drivers = {name: ArrayRows(values) for name, values in self.drivers.items()}
        return Ground(self.maps[k], NODATA, self.maps[k - 1] if k else None, drivers)

    def candidates(self, k: int) -> np.ndarray:
        """Cells that may become urban in interval k."""
        return np.flatnonzero(self.maps[k] == OTHER)

    def gained(self, k: int) -> np.ndarray:
        """Which of them did."""
        return self.maps[k + 1].reshape(-1)[self.candidates(k)] == URBAN


def place(seed: int = 1, shape: tuple[int, int] = (90, 70)) -> Place:
    """Make a place with a river, a rim without data, a slope with gaps, soils and a road."""
    rng = np.random.default_rng(seed)
    slope = ndimage.gaussian_filter(rng.normal(size=shape), 6.0)
    slope = ((slope - slope.min()) / np.ptp(slope) * 20.0).astype(np.float32)
    codes = np.full(shape, OTHER, dtype=np.uint8)
    codes[(ndimage.gaussian_filter(rng.random(shape), 4.0) > 0.53) & (slope < 14)] = URBAN
    codes[:, shape[1] // 3] = WATER
    codes[:2] = NODATA
    drivers = {"slope": slope.copy(), "soil": rng.integers(1, 4, shape), "road": np.zeros(shape, dtype=np.uint8)}
    drivers["slope"][5:9, 5:30] = np.nan
    drivers["road"][shape[0] // 2] = 1
    drivers["dem"] = (100.0 + 5.0 * ndimage.gaussian_filter(slope, 3.0)).astype(np.float32)
    maps = [codes]
    for _ in range(2):
        codes = maps[-1].copy()
        odds = -2.0 + 6.0 * gaussian_density(codes == URBAN, 3.0) - 0.2 * slope
        codes[(rng.random(shape) < 1.0 / (1.0 + np.exp(-odds))) & (codes == OTHER)] = URBAN
        maps.append(codes)
    return Place((maps[0], maps[1], maps[2]), drivers)
