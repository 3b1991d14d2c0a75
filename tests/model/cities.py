"""Small synthetic cities as Inputs, for the tests of the model."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from landsim.landscape.synthetic import synthetic_city
from landsim.model.inputs import Inputs
from landsim.model.params import ModelParams
from landsim.policy.permission import PermissionTable

SMALL = {"agents": {"households": 400, "firms": 60, "farms": 40}}


@lru_cache(maxsize=16)
def city(kind: str = "monocentric", side: int = 40, seed: int = 7):
    """A synthetic city of 250 m cells."""
    return synthetic_city(kind, shape=(side, side), cell_size=250.0, seed=seed)


@lru_cache(maxsize=1)
def permissions() -> PermissionTable:
    """The shipped zone x use matrix."""
    text = (files("landsim.policy") / "tables" / "permission.yaml").read_text(encoding="utf-8")
    return PermissionTable.from_rows(yaml.safe_load(text)["rows"])


def inputs(
    params: dict[str, Any] | None = None, *, years: int = 5, seed: int = 1, place: Any = None, **more: Any
) -> Inputs:
    """Inputs of a run over a small city; `params` is a nested mapping over the small defaults."""
    tree = {**SMALL, **(params or {})}
    ground = place or city()
    return Inputs(
        name="small", start=2020, horizon=2020 + years, seed=seed, landscape=ground.landscape,
        params=ModelParams.model_validate(tree), permissions=permissions(), history=ground.history, **more,
    )  # fmt: skip
