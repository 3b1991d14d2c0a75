"""Maps of a report: their PNG says what the plane says, and their colours are told apart by every colour vision."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pytest
from PIL import Image

from landsim.landscape.grid import Grid
from landsim.landscape.legend import Land, Legend, model_legend, model_row
from landsim.report.page import maps
from landsim.report.page.maps import LAND_COLOURS, coarse_note, land_colours, paletted_png
from landsim.report.sweep import maps as sweep_maps
from landsim.report.words import Words

# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
VISIONS = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
PALETTES = {
    "land": list(LAND_COLOURS.values()),
    "change": maps.CHANGE_COLOURS,
    "lines": maps.LINE_COLOURS,
    "difference": maps.DIFFERENCE_COLOURS,
    "share of runs": sweep_maps.SHARE_COLOURS,
    "agreement of runs": sweep_maps.AGREEMENT_COLOURS,
}


def lab(colour, vision):
    """CIELAB of a colour as a vision sees it."""
    share = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(np.asarray(vision) @ linear, 0, 1) / [0.9505, 1.0, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("palette", PALETTES)
def test_any_two_colours_are_told_apart(palette, vision):
    seen = [lab(colour, VISIONS[vision]) for colour in PALETTES[palette]]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 15  # just noticeable: about 2.3


def test_every_model_class_has_a_colour_and_codes_of_one_class_differ():
    assert set(LAND_COLOURS) == set(Land) - {Land.NODATA}
    assert len(set(land_colours(model_legend()).values())) == 15
    forests = Legend((model_row(Land.FOREST, 1), vars_with(model_row(Land.FOREST, 2), colour="#123456")))
    assert len(set(land_colours(forests).values())) == 2


def vars_with(row, **changes):
    return type(row)(**{**vars(row), **changes})


def test_the_png_gives_the_plane_back():
    plane = np.random.default_rng(0).integers(0, 4, (5, 9), dtype=np.uint8)
    colours = {1: "#ff0000", 2: "#00ff00", 3: "#0000ff"}
    image = Image.open(io.BytesIO(paletted_png(plane, colours)))
    assert image.mode == "P"
    table = np.array([[255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255]])
    assert np.array_equal(np.asarray(image.convert("RGB")), table[plane])


def test_coarse_maps_say_so():
    grid = Grid(2000, 10, (30.0, 0, 0, 0, -30.0, 0))
    assert coarse_note(Grid(9, 9, (30.0, 0, 0, 0, -30.0, 0)), Words("en")) is None
    assert coarse_note(grid, Words("en")) == "Shown at 90 m: each pixel is the commonest class of 3 × 3 cells."
    assert "90 米" in coarse_note(grid, Words("zh"))
