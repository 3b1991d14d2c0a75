"""A toy place whose growth follows two known fields, so that the best value of one parameter is known; no test."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy import ndimage

from landsim.calibrate.behaviour.fit import BehaviourProblem
from landsim.calibrate.behaviour.objective import Objective
from landsim.calibrate.span import Mask, Span
from landsim.landscape.grid import Grid
from landsim.landscape.legend import Land, Legend, model_row
from landsim.model.params import ModelParams

SIDE, YEARS, GAIN = 40, 10, 200
BEST = 1.4
PATHS = ("engine.neighbourhood", "patches.compact")
LEGEND = Legend((model_row(Land.ARABLE, 1), model_row(Land.URB_RES, 2)), nodata=255)
URBAN = LEGEND.row("urban")


def _field(seed: int, width: float) -> np.ndarray:
    rough = np.random.default_rng(seed).standard_normal((SIDE, SIDE))
    smooth = ndimage.gaussian_filter(rough, width)
    return (smooth - smooth.mean()) / smooth.std()


FIELDS = (_field(1, 3.0), _field(2, 3.0))


def start_map() -> np.ndarray:
    """A town in the middle and a dozen villages of several sizes."""
    codes = np.ones((SIDE, SIDE), dtype=np.uint8)
    codes[17:23, 17:23] = 2
    for k in range(12):
        row, col = 3 + 9 * (k // 3), 3 + 13 * (k % 3)
        codes[row : row + 1 + k % 3, col : col + 1 + k % 2] = 2
    return codes


def grown(pull: float, seed: int, year: int = YEARS, noise: float = 0.15) -> np.ndarray:
    """The map in a year: the cells of the highest score so far, the same order in every year."""
    score = pull * FIELDS[0] + FIELDS[1] + noise * np.random.default_rng(seed).standard_normal((SIDE, SIDE))
    codes = start_map()
    score[codes == 2] = -np.inf
    order = np.argsort(-score, axis=None, kind="stable")[: GAIN * year // YEARS]
    codes.reshape(-1)[order] = 2
    return codes


class Toy:
    """Simulates the toy and counts what it is asked."""

    def __init__(self, pull: Callable[[Mapping[str, float]], float] | None = None) -> None:
        self.calls: list[tuple[dict[str, float], int]] = []
        self.years = 0
        self.pull = pull or (lambda values: values.get("engine.neighbourhood", 1.0))

    def __call__(self, values, seed, stop):
        self.calls.append((dict(values), seed))
        for year in range(1, YEARS + 1):
            self.years += 1
            codes = grown(self.pull(values), seed, year)
            if stop is not None and stop(2000 + year, codes):
                return None
        return codes


def span(masks: tuple[Mask, ...] = ()) -> Span:
    grid = Grid(SIDE, SIDE, (100.0, 0.0, 0.0, 0.0, -100.0, 0.0))
    return Span(grid, LEGEND, {2000: start_map(), 2000 + YEARS: grown(BEST, 12345)}, masks)


def problem(simulate=None, seed: int = 1, paths: tuple[str, ...] = PATHS) -> BehaviourProblem:
    return BehaviourProblem(ModelParams(), simulate or Toy(), Objective(span(), [URBAN]), seed, "toy", paths)
