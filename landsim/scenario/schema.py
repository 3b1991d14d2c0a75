"""Scenario: the frozen, closed record behind scenario.yaml."""

from __future__ import annotations

from typing import Any

from pydantic import model_validator

from landsim.core.params import Params, param
from landsim.model.params import ModelParams

LONGEST_RUN = 250
"""Years; the engine counts years since a change in one byte."""


class Shock(Params):
    """A parameter that takes another value from a year on."""

    year: int = param(..., unit="a", doc="first year in which the value holds", ge=1)
    path: str = param(..., doc="dotted path of the parameter, e.g. quota.growth")
    value: Any = param(..., doc="the value from that year on")


class OutputParams(Params):
    """What a run keeps besides its results."""

    checkpoint_years: int = param(1, unit="a", doc="years between two checkpoints; 0 keeps none", ge=0, le=LONGEST_RUN)
    checkpoint_seconds: float = param(
        10.0, unit="s", doc="least time between two checkpoints: short runs are sooner begun again", ge=0
    )


class Scenario(ModelParams):
    """One question put to the model."""

    name: str = param(..., doc="short name, used for the run folder", pattern=r"^[A-Za-z0-9_.-]+$", max_length=80)
    title: str = param("", doc="one line for people")
    description: str = param("", doc="the question, and what is constructed or assumed")
    start: int = param(..., unit="a", doc="year of the first map", ge=1, le=9999)
    horizon: int = param(
        ..., unit="a", doc="last calendar year simulated; the start year returns the first map", le=9999
    )
    data: str = param("data.yaml", doc="data catalogue, relative to this file")
    rules: str | None = param(
        None, doc="folder of a fitted rule set, or name of a study that ships; null runs UNCALIBRATED"
    )
    seed: int = param(1, doc="root seed of every draw", ge=0, le=2**62)
    shocks: tuple[Shock, ...] = param((), doc="parameters that change in a year")
    output: OutputParams = OutputParams()

    @model_validator(mode="after")
    def _years_fit(self) -> Scenario:
        if self.horizon < self.start:
            raise ValueError(f"horizon {self.horizon} is before start {self.start}")
        if self.horizon - self.start > LONGEST_RUN:
            raise ValueError(f"horizon {self.horizon} is more than {LONGEST_RUN} years after start {self.start}")
        return self

    def model_params(self) -> ModelParams:
        """Return the part that the model itself reads."""
        return ModelParams.model_validate({name: getattr(self, name) for name in ModelParams.model_fields})
