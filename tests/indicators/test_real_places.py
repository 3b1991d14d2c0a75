"""Density ranking on real land-cover histories, against the figures published for it beforehand."""

from __future__ import annotations

import pytest
import rasterio

from landsim.indicators.agreement import validation_card

WATER, URBAN = 1, 2  # codes of wuhan_annual


def read(folder, name):
    with rasterio.open(folder / name) as source:
        return source.read(1), source.nodata


@pytest.mark.parametrize(
    ("place", "first", "last", "code", "low", "high"),
    [
        ("valledupar_colombia", "urban_2000.tif", "urban_2018.tif", 1, 0.4135, 0.4145),
        ("plum_island", "lc_1985.tif", "lc_1999.tif", 2, 0.0745, 0.0755),
        ("wuhan_annual_90m", "lc_2010.tif", "lc_2020.tif", URBAN, 0.192, 0.195),
    ],
)
def test_density_ranking_scores_as_it_did_elsewhere(landsim_data, place, first, last, code, low, high):
    start, nodata = read(landsim_data / place, first)
    end, _ = read(landsim_data / place, last)
    land = {URBAN: start != WATER} if place == "wuhan_annual_90m" else None
    card = validation_card(start, end, end, candidates=land, nodata=int(nodata))
    assert low <= card["by_class"][code]["baselines"]["density"]["observed"]["fom"] <= high
    assert card["by_class"][code]["fom"] == 1.0
