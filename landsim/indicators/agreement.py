"""The validation card: a simulated map against an observed one, beside baselines that know nothing of the place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.indicators import mosaic
from landsim.indicators.baselines import DensityFill, expected_random_fom, random_map
from landsim.indicators.bootstrap import BLOCK_M, SAMPLES, Blocks, Floats, draw_blocks, intervals, margin
from landsim.indicators.gain import ClassGain, class_gain, gained_classes, with_baselines
from landsim.indicators.maps import OUTSIDE, Candidates, Codes, MapTrio, allowed_cells, read_trio
from landsim.indicators.measures import Tally, columns_of, measures, rates, tally_blocks
from landsim.indicators.ranking import Keys, descending, random_keys
from landsim.indicators.resolution import resolution_curve
from landsim.indicators.toc import toc_curve

Card = dict[str, Any]
Scores = Mapping[int, npt.ArrayLike] | None


@dataclass(frozen=True)
class Comparison:
    """A validation card with the maps that it speaks of.

    Attributes
    ----------
    card : dict
        As `validation_card` gives it.
    trio : MapTrio
        Start, observed and simulated map.
    baselines : dict of str to numpy.ndarray of uint8, shape (height, width)
        Class index a cell in the maps ``null, random, density, density_simulated``.
    """

    card: Card
    trio: MapTrio
    baselines: dict[str, Codes]


def validation_card(
    start: npt.ArrayLike,
    observed: npt.ArrayLike,
    simulated: npt.ArrayLike,
    mask: npt.ArrayLike | None = None,
    candidates: Candidates = None,
    *,
    scores: Scores = None,
    nodata: int | Iterable[int] | None = None,
    classes: Iterable[int] | None = None,
    seed: int = 1,
    cell_size: float | None = None,
    built: Iterable[int] = (),
    samples: int = SAMPLES,
    block_m: float = BLOCK_M,
) -> Card:
    """Measure a simulated map against an observed one, beside baselines that know nothing of the place.

    Parameters
    ----------
    start, observed, simulated : array_like of int, one shape of one or two dimensions
        Land-cover codes 0..254 at the start, and at the end as observed and as simulated.
    mask : array_like of bool, same shape, optional
        True where cells count; everything else is left out of every measure.
    candidates : array_like of bool, or mapping of code to such arrays, optional
        True where a class (every class) may arise; bounds the gain figures and the baselines.
    scores : mapping of code to array_like of float, same shape, optional
        Suitability for the curve of the total operating characteristic, and for one more baseline, the ranking by
        suitability alone; the curve is that of the density of the class at the start where none is given.
    nodata : int or iterable of int, optional
        Codes to ignore.
    classes : iterable of int, optional
        The codes that may occur.
    seed : int
        Names the draws of the random baseline and of the bootstrap.
    cell_size : float, optional
        Side of a cell, m; without it blocks and landscape measures are in cells.
    built : iterable of int, optional
        Codes of built-up land, whose landscape is measured as one.
    samples : int
        Samples of the block bootstrap; 0 leaves every interval NaN.
    block_m : float
        Edge of its blocks, m; a place within one block has no intervals.

    Returns
    -------
    dict
        ``fom, hits, misses, false_alarms, wrong_hits`` (cells), ``producer, user, quantity, allocation, agreement,
        kappa, kappa_simulation, kappa_transition, kappa_transloc, cells``; ``interval`` (rate -> 95 % interval) and
        ``bootstrap`` (its blocks and samples); ``by_class`` (code -> gain figures with their baselines),
        ``baselines`` (null, random, and density with the observed and with the simulated gains, each with the same
        measures and the ``margin`` of the simulation's figure of merit over its own), ``resolution`` (levels and
        null resolution, and those of the random and density maps), ``toc`` (code -> curve) and ``landscape``.
        A measure whose denominator is 0 is NaN.

    Raises
    ------
    ValueError
        If shapes differ or the maps do not hold integers.
    InputError
        If a code is unknown or no cell is valid in all maps.

    Examples
    --------
    >>> card = validation_card([0] * 10, [1, 1, 1, 1, 0, 0, 0, 0, 0, 0], [1, 1, 0, 0, 1, 0, 0, 0, 0, 0])
    >>> card["hits"], card["misses"], card["false_alarms"], card["fom"]
    (2, 2, 1, 0.4)
    """
    trio = read_trio(start, observed, simulated, mask, nodata, classes)
    return compare(
        trio, candidates, scores=scores, seed=seed, cell_size=cell_size, built=built, samples=samples, block_m=block_m
    ).card


def compare(
    trio: MapTrio,
    candidates: Candidates = None,
    *,
    scores: Scores = None,
    seed: int = 1,
    cell_size: float | None = None,
    built: Iterable[int] = (),
    samples: int = SAMPLES,
    block_m: float = BLOCK_M,
) -> Comparison:
    """Make the validation card of three maps and keep the maps of the baselines; arguments of `validation_card`."""
    blocks = draw_blocks(trio.inside, cell_size, columns_of(trio.codes.size), seed, samples, block_m)
    random = random_keys(seed, "baseline.random", trio.start.size)
    fill = DensityFill(trio)
    by_class, curves = _gains(trio, candidates, scores, blocks, random, fill)
    maps = {
        "null": trio.start,
        "random": random_map(trio, candidates, random),
        "density": fill.filled,
        "density_simulated": fill.filled_as_simulated,
    }
    figures = _with_intervals(trio, maps, blocks)
    figures["baselines"]["random"]["expected_fom"] = expected_random_fom(trio, candidates)
    card = {
        **figures,
        "by_class": by_class,
        "bootstrap": blocks.facts(cell_size),
        "resolution": _resolution(trio, maps),
        "toc": curves,
        "landscape": _landscape(trio, maps, cell_size, frozenset(built)),
    }
    return Comparison(card, trio, maps)


def _gains(
    trio: MapTrio, candidates: Candidates, scores: Scores, blocks: Blocks, random: Keys, fill: DensityFill
) -> tuple[dict[int, Card], dict[int, Card]]:
    """Gain figures and curves by code, in descending order of observed gain; fills the density baseline on the way."""
    by_class, curves = {}, {}
    for index in gained_classes(trio.joint):
        code = int(trio.codes[index])
        gain = class_gain(trio, index, allowed_cells(candidates, code, trio.start.shape))
        density = fill.density_of(index).reshape(-1)[gain.cells]
        orders = {"random": random[gain.cells], "density": descending(density)}
        given = _given_score(scores, gain)
        if given is not None:
            orders["suitability"] = descending(given)
        by_class[code] = with_baselines(gain, orders, blocks)
        curves[code] = _curve(gain, density, given)
        fill.take(gain, orders["density"])
    return by_class, curves


def _with_intervals(trio: MapTrio, maps: Mapping[str, Codes], blocks: Blocks) -> Card:
    """Measures of the simulation and of the baselines, with intervals and margins."""
    card, sampled = _against(trio, trio.simulated, blocks)
    rows = {}
    for name, plane in maps.items():
        row, drawn = _against(trio, plane, blocks)
        rows[name] = {**row, "margin": margin(card["fom"], row["fom"], sampled["fom"], drawn["fom"])}
    return {**card, "baselines": rows}


def _against(trio: MapTrio, simulated: Codes, blocks: Blocks) -> tuple[Card, dict[str, Floats]]:
    """Measures of an end map with their intervals, and the measures of every sample."""
    n = trio.codes.size
    columns = tally_blocks(trio.start, trio.observed, simulated, n, blocks.edge)[blocks.used]
    sampled = blocks.rates(columns, lambda summed: rates(Tally.of_columns(summed, n)))
    return {**measures(Tally.of_columns(columns.sum(axis=0), n)), "interval": intervals(sampled)}, sampled


def _resolution(trio: MapTrio, maps: Mapping[str, Codes]) -> Card:
    others = {name: resolution_curve(replace(trio, simulated=maps[name])) for name in ("random", "density")}
    return {**resolution_curve(trio), "baselines": others}


def _given_score(scores: Scores, gain: ClassGain) -> npt.NDArray[Any] | None:
    given = None if scores is None else scores.get(gain.code)
    return None if given is None else np.asarray(given).reshape(-1)[gain.cells]


def _curve(gain: ClassGain, density: npt.NDArray[np.float32], given: npt.NDArray[Any] | None) -> Card:
    """Curve of the given score with the area of the density beside it, or the curve of the density."""
    own = toc_curve(density, gain.observed)
    if given is None:
        return {"score": "density", **own, "density_auc": own["auc"]}
    return {"score": "given", **toc_curve(given, gain.observed), "density_auc": own["auc"]}


def _landscape(trio: MapTrio, maps: Mapping[str, Codes], cell_size: float | None, built: Collection[int]) -> Card:
    """Landscape measures of each class, and of built-up land as one, on every map, with errors against the observed."""
    planes = {
        "observed": trio.observed,
        "simulated": trio.simulated,
        **{name: maps[name] for name in ("null", "random", "density")},
    }
    found = {name: mosaic.mosaic(plane, trio.start, trio.codes.size, cell_size) for name, plane in planes.items()}
    by_class = {
        int(code): _beside({name: classes[index] for name, classes in found.items()})
        for index, code in enumerate(trio.codes)
    }
    return {
        "units": mosaic.units(cell_size),
        "share_block_cells": mosaic.share_block(cell_size),
        "by_class": by_class,
        "built": _built_landscape(trio, planes, cell_size, built, by_class),
    }


def _built_landscape(
    trio: MapTrio,
    planes: Mapping[str, Codes],
    cell_size: float | None,
    built: Collection[int],
    by_class: Mapping[int, Card],
) -> Card | None:
    """Landscape of the built-up classes as one; that of the class itself where there is but one, None if none."""
    here = [code for code in by_class if code in built]
    if len(here) < 2:
        return by_class[here[0]] if here else None
    table = np.full(256, OUTSIDE, dtype=np.uint8)
    table[: trio.codes.size] = np.isin(trio.codes, here)
    start = table[trio.start]
    return _beside({name: mosaic.mosaic(table[plane], start, 2, cell_size)[1] for name, plane in planes.items()})


def _beside(found: dict[str, mosaic.Measures]) -> Card:
    """Measures of a class on every map, and the relative error of each map."""
    errors = {name: mosaic.relative_errors(found["observed"], row) for name, row in found.items() if name != "observed"}
    return {**found, "errors": errors}
