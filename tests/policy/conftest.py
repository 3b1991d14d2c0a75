"""Shared ground of the policy tests: the shipped permission table and small places."""

from pathlib import Path

import numpy as np
import pytest
import yaml

import landsim.policy
from landsim.landscape.grid import Grid
from landsim.landscape.landscape import Landscape
from landsim.landscape.legend import Land, model_legend
from landsim.policy.permission import PermissionTable

TABLE_FILE = Path(landsim.policy.__file__).parent / "tables" / "permission.yaml"


@pytest.fixture(scope="session")
def rows():
    """Rows of the shipped zone x use matrix."""
    return yaml.safe_load(TABLE_FILE.read_text(encoding="utf-8"))["rows"]


@pytest.fixture(scope="session")
def table(rows):
    """Return the shipped zone x use matrix."""
    return PermissionTable.from_rows(rows)


@pytest.fixture
def make_place():
    """Return a maker of places from a map of model classes and layers by name."""

    def make(land, cell=100.0, masks=None, **layers):
        land = np.atleast_2d(np.asarray(land, dtype=np.uint8))
        grid = Grid(*land.shape, (cell, 0.0, 0.0, 0.0, -cell, 0.0))
        shaped = {
            name: np.broadcast_to(
                np.asarray(layer, dtype=np.float32 if name in ("slope", "elevation") else np.uint8), land.shape
            ).copy()
            for name, layer in layers.items()
        }
        return Landscape(grid, model_legend(), land, shaped, masks or {})

    return make


@pytest.fixture
def every_class():
    """Return a one-row map with each model class once."""
    return np.arange(len(Land), dtype=np.uint8)[None, :]
