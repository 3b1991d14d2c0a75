"""A study folder whose town grows at random by a known logit of urban density and slope, beside a lake."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from scipy import ndimage

from landsim.calibrate.history import load_history
from landsim.calibrate.judging import Task
from landsim.landscape.focal import gaussian_density
from tests.calibrate.conftest import OTHER, OUTSIDE, URBAN, WATER, StudyFolder

SHAPE = (60, 72)
YEARS = (2000, 2005, 2010, 2020)


def slopes(seed: int = 1) -> np.ndarray:
    """Slope of every cell, degrees, smooth, 0 to 20."""
    field = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=SHAPE), 4.0)
    return (20.0 * (field - field.min()) / np.ptp(field)).astype(np.float32)


def grown(seed: int = 1) -> dict[int, np.ndarray]:
    """Maps of the four dates; in each interval some 5 % of the open cells become urban."""
    rng, slope = np.random.default_rng(seed), slopes()
    codes = np.full(SHAPE, OTHER, dtype=np.uint8)
    codes[22:34, 30:42] = URBAN
    codes[rng.random(SHAPE) < 0.01] = URBAN
    codes[:, :8] = WATER
    codes[0] = OUTSIDE
    maps = {YEARS[0]: codes}
    for year in YEARS[1:]:
        codes = codes.copy()
        odds = 1.0 + 5.0 * gaussian_density(codes == URBAN, 3.0) - 0.6 * slope
        codes[(rng.random(SHAPE) < 1.0 / (1.0 + np.exp(-odds))) & (codes == OTHER)] = URBAN
        maps[year] = codes
    return maps


class GrownStudy(StudyFolder):
    """The study of this town with the quick models."""

    def __init__(self, folder: Path, seed: int = 1) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(folder)
        self.data["models"] = ["density", "logit"]
        for year, codes in grown(seed).items():
            self.map(year, codes)
        self.raster("slope.tif", slopes())


@contextmanager
def task_of(study: StudyFolder, **changes: object) -> Iterator[Task]:
    """Give the task of the urban growth of a study with its drivers open."""
    history = load_history(study.save(**changes))
    with history.open_drivers() as drivers:
        named = history.study
        yield Task(history.fit, history.gains[0], drivers, history.drivers, named.models, named.seed)
