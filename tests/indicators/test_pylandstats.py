"""Patches, density, edges and mesh size agree with pylandstats, which measures them independently."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import ndimage

from landsim.indicators.connectivity import effective_mesh
from landsim.indicators.form import edges, patch_sizes, urban_form

CELL = 30.0
SEEDS = (0, 1, 2)


@pytest.fixture(scope="module")
def pylandstats():
    return pytest.importorskip("pylandstats", reason="pylandstats is not installed: it comes with the extra dev")


def _city(seed: int) -> np.ndarray:
    """Clumped land 1 and 2 with a corner of nodata (0)."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(90, 70)), 2)
    land = np.where(noise > 0.05, 2, 1).astype(np.uint8)
    land[:10, :12] = 0
    return land


@pytest.mark.parametrize("seed", SEEDS)
def test_form_agrees(pylandstats, seed):
    land = _city(seed)
    mask, valid = land == 2, land != 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        there = pylandstats.Landscape(land, res=(CELL, CELL), nodata=0, neighborhood_rule="8")
        expected = {
            "patches": there.number_of_patches(class_val=2),
            "patch_density": there.patch_density(class_val=2, percent=True, hectares=True),
            "edge": there.total_edge(class_val=2, count_boundary=False),
            "edge_density": there.edge_density(class_val=2, count_boundary=False),
            "largest_patch": there.largest_patch_index(class_val=2),
            "mean_patch": there.area_mn(class_val=2),
            "mesh": there.effective_mesh_size(class_val=2, hectares=True),
        }
    found = urban_form(mask, np.zeros_like(mask), valid, CELL)
    assert found.patches == expected["patches"] == patch_sizes(mask).size
    assert found.patch_density == pytest.approx(expected["patch_density"])
    assert edges(mask, valid) * CELL == pytest.approx(expected["edge"])
    assert found.edge_density == pytest.approx(expected["edge_density"])
    assert found.largest_patch == pytest.approx(expected["largest_patch"])
    assert found.mean_patch_ha == pytest.approx(expected["mean_patch"])
    mesh = effective_mesh(land, np.arange(256) == 2, int(valid.sum())) * CELL**2 / 1e4
    assert mesh == pytest.approx(expected["mesh"])
