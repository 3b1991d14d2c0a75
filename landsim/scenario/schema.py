"""Scenario: the frozen, closed record behind scenario.yaml."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, model_validator

from landsim.core.params import Params, param
from landsim.model.params import ModelParams

LONGEST_RUN = 250
"""Years; the engine counts years since a change in one byte."""


LONGEST_NAME = 80
"""Characters of a name."""

_MOST_BYTES = 200  # folders and files add to a name, and most systems end at 255


def safe_name(text: str) -> str:
    """Make a text a name that a scenario may have.

    Examples
    --------
    >>> safe_name("my city 1/2")
    'my_city_1_2'
    """
    cut = re.sub(r"[^\w.-]", "_", text)[:LONGEST_NAME].encode()[:_MOST_BYTES].decode(errors="ignore")
    return cut if cut.strip(".") and not cut.startswith(".") else f"_{cut}"


def plain_name(name: str) -> str:
    """Give a name back if it is one for a folder; ValueError if not."""
    if not re.fullmatch(r"[\w.-]+", name) or name.startswith("."):
        raise ValueError("a name has letters, digits and _ . - and does not begin with a dot")
    if len(name) > LONGEST_NAME or len(name.encode()) > _MOST_BYTES:
        raise ValueError(f"a name has at most {LONGEST_NAME} characters and {_MOST_BYTES} bytes")
    return name


Name = Annotated[str, AfterValidator(plain_name)]
"""Name of a scenario, safe in names of files."""


class Shock(Params):
    """A parameter that takes another value from a year on."""

    year: int = param(..., unit="a", doc="first year in which the value holds", ge=1)
    path: str = param(..., doc="dotted path of the parameter, e.g. quota.yearly_growth")
    value: Any = param(..., doc="the value from that year on")


class OutputParams(Params):
    """What a run keeps besides its results."""

    checkpoint_years: int = param(1, unit="a", doc="years between two checkpoints; 0 keeps none", ge=0, le=LONGEST_RUN)
    checkpoint_seconds: float = param(
        10.0, unit="s", doc="least time between two checkpoints: short runs are sooner begun again", ge=0
    )


class Scenario(ModelParams):
    """One question put to the model."""

    name: Name = param(..., doc="short name of letters of any script, digits and _.-, used for the run folder")
    title: str = param("", doc="one line for people")
    title_zh: str = param("", doc="the same in Chinese, for reports in Chinese")
    description: str = param("", doc="the question, and what is constructed or assumed")
    description_zh: str = param("", doc="the same in Chinese, for reports in Chinese")
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
