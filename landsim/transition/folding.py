"""Folding: what is known of the races at the start becomes windows, patches, static weights, and clocks in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from landsim.core.parallel import each
from landsim.landscape.legend import LegendRow
from landsim.transition.clocks import Clocks
from landsim.transition.hazard import Hazard
from landsim.transition.neighbourhood import relative_response, uniform_kernel, widened
from landsim.transition.patches import Patches
from landsim.transition.potential import EngineParams, Gained, PatchParams

Suitability = Callable[[Gained, slice], npt.NDArray[np.float32]]
Attractors = Callable[[LegendRow], npt.NDArray[np.uint8]]
Fold = Callable[[slice, npt.NDArray[np.int16]], npt.NDArray[np.float32]]
Kernel = npt.NDArray[np.float64]


def patches_of(
    params: PatchParams, gained: Sequence[Gained], cell_ha: float, keys: npt.NDArray[np.uint32], scatter: float
) -> Patches:
    """Size and shape of the patches of each race; `keys`, shape (K, 2), name the draws of sizes.

    Without scatter a fitted race is the ranking of its chances: it draws nothing, the sizes of patches neither.
    """
    rules = np.array([params.of(race.name) for race in gained], dtype=np.float64).reshape(-1, 3)
    mean, spread, compact = rules.T
    if scatter == 0.0:
        mean = np.where([race.fitted for race in gained], 0.0, mean)
    boost = np.exp(compact[:, None] * np.arange(9))
    return Patches(np.maximum(mean / cell_ha, 1.0), spread.copy(), boost, keys)


def windows(
    gained: Sequence[Gained],
    fitted: Mapping[str, Hazard],
    attract: Attractors,
    radius: int,
    index: npt.NDArray[np.uint8],
    codes: int,
) -> list[Kernel]:
    """Window of each race, all of one size: that of its fitted rules, or even weights of what attracts.

    Parameters
    ----------
    gained : sequence of Gained
    fitted : mapping of str to Hazard
        By name of the race.
    attract : callable
        Codes whose presence draws a class.
    radius : int
        Of the even windows, cells; a fitted one may be larger.
    index : numpy.ndarray of uint8, shape (256,)
        Position of a code in the legend.
    codes : int
        Rows of the legend.

    Returns
    -------
    list of numpy.ndarray of float64, shape (codes, side, side)
    """
    found = []
    for race in gained:
        own = fitted[race.name].kernel if race.name in fitted else None
        found.append(uniform_kernel(radius, codes, index[attract(race.row)]) if own is None else own)
    widest = max((window.shape[1] // 2 for window in found), default=radius)
    return [widened(window, widest) for window in found]


def built_in(suitability: Suitability, race: Gained) -> Fold:
    """Give what makes the static weights of some rows by the built-in rules, whatever stands around."""
    return lambda part, _: suitability(race, part)


def fitted_fold(hazard: Hazard, most: float, full: float, length: int, params: EngineParams) -> Fold:
    """Give what makes the static weights of some rows from a fitted chance and the scores of their neighbourhoods.

    The chance knows the surroundings at the start: it is divided by the response to them, by which a clock is
    multiplied again.

    Parameters
    ----------
    hazard : Hazard
    most : float
        Largest hazard of all fitted races.
    full : float
        Score of a window that is full of what attracts most.
    length : int
        Scores that the engine tells apart.
    params : EngineParams
    """
    response = relative_response(full, length, params.floor, params.neighbourhood)

    def fold(part: slice, score: npt.NDArray[np.int16]) -> npt.NDArray[np.float32]:
        return (hazard.weights(part, most) / response[np.maximum(score, 0)]).astype(np.float32)

    return fold


def rank_clocks(clocks: Clocks, k: int, hazard: Hazard, most: float, rows: int) -> None:
    """Set the first clocks of a fitted race that ranks in the exact order of its chances, `rows` rows at a time.

    The stored weights have steps of 0.05 %.  The clocks have not, and without scatter they keep what they are set to
    until something happens to their cell.
    """
    chance, time = hazard.times(most, float(clocks.ease[k].max()))
    height = hazard.chance.shape[0]
    t = clocks.t[k].reshape(hazard.chance.shape)

    def block(first: int) -> None:
        part = slice(first, first + rows)
        at = np.searchsorted(chance, hazard.chance[part])
        runs = t[part] < np.inf
        t[part][runs] = time[at[runs]]

    each(block, range(0, height, rows))
