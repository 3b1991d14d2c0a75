"""Density ranking on real land-cover histories: known figures, and a second reading by sorting float64 densities."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from scipy import ndimage

from landsim.indicators.agreement import validation_card

WATER, URBAN = 1, 2  # codes of wuhan_annual_90m


def read(folder, name):
    with rasterio.open(folder / name) as source:
        return source.read(1), int(source.nodata)


def density_row(card, code):
    return card["by_class"][code]["baselines"]["density"]["observed"]


@pytest.mark.parametrize(
    ("place", "first", "last", "code", "expected"),
    [
        ("valledupar_colombia", "urban_2000.tif", "urban_2018.tif", 1, 0.414),
        ("plum_island", "lc_1985.tif", "lc_1999.tif", 2, 0.075),
    ],
)
def test_density_ranking_scores_as_known_where_every_cell_is_a_candidate(
    landsim_data, place, first, last, code, expected
):
    start, nodata = read(landsim_data / place, first)
    end, _ = read(landsim_data / place, last)
    card = validation_card(start, end, end, nodata=nodata)
    assert density_row(card, code)["fom"] == pytest.approx(expected, abs=5e-4)
    assert card["by_class"][code]["fom"] == 1.0


@pytest.mark.parametrize("masked", [False, True])
def test_density_ranking_equals_a_sort_of_float64_densities(landsim_data, masked):
    """The map is large enough for float32 ties and rounding to matter, if they did."""
    start, nodata = read(landsim_data / "wuhan_annual_90m", "lc_2010.tif")
    end, _ = read(landsim_data / "wuhan_annual_90m", "lc_2020.tif")
    allowed = start != WATER if masked else np.ones_like(start, dtype=bool)
    cells = np.flatnonzero((start != nodata) & (end != nodata) & (start != URBAN) & allowed)
    gained = end.ravel()[cells] == URBAN
    density = ndimage.gaussian_filter((start == URBAN).astype(float), 5.0, mode="constant")
    placed = np.argsort(-density.ravel()[cells], kind="stable")[: gained.sum()]
    row = density_row(validation_card(start, end, end, candidates={URBAN: allowed}, nodata=nodata), URBAN)
    assert row["candidates"] == cells.size
    assert row["gain_observed"] == gained.sum()
    assert row["hits"] == pytest.approx(int(gained[placed].sum()), abs=2)
