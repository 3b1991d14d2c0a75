"""Settings: how behavioural parameters are searched, as a part of a study."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BeforeValidator, field_validator

from landsim.core.params import Params, param


class MorrisParams(Params):
    """Screening by elementary effects, before the search."""

    trajectories: int = param(10, doc="trajectories r", ge=2, le=1000, source="Morris (1991)")
    levels: int = param(4, doc="levels p of each parameter, even", ge=2, le=20, source="Morris (1991)")
    seeds: int = param(2, doc="runs of each point", ge=1, le=100)
    share: float = param(
        0.05, doc="a parameter whose mu* is below this share of the largest keeps its default", ge=0.0, lt=1.0
    )

    @field_validator("levels")
    @classmethod
    def _even(cls, levels: int) -> int:
        if levels % 2:
            raise ValueError("an even number of levels is wanted")
        return levels


class AbcParams(Params):
    """Approximate Bayesian computation by populations of particles, after the search."""

    particles: int = param(50, doc="particles of a population", ge=4, le=100_000)
    populations: int = param(5, doc="populations, the first from the prior", ge=1, le=100, source="Toni et al. (2009)")
    quantile: float = param(
        0.5, doc="quantile of a population's distances that bounds those of the next", gt=0.0, lt=1.0
    )
    attempts: int = param(20, doc="most runs a particle, on average; a population that needs more is given up", ge=1)


def _off(value: Any) -> Any:
    """Take ``off``, which YAML reads as False, for None."""
    return None if value is False or value == "off" else value


def _switch(record: type[Params]) -> Callable[[Any], Any]:
    """Take ``on`` for the defaults of a record, and ``off`` for None."""

    def read(value: Any) -> Any:
        if value is True or value == "on":
            return record()
        return _off(value)

    return read


class BehaviourParams(Params):
    """How behavioural parameters are searched."""

    trials: int = param(50, doc="points of the search, the first of them the defaults", ge=1, le=100_000)
    seeds: int = param(4, doc="common seeds R whose mean is the objective of a point", ge=1, le=1000)
    startup: int = param(10, doc="points before the search learns and before any is cut short", ge=1)
    prune_after: Annotated[int | None, BeforeValidator(_off)] = param(
        3, unit="a", doc="years after which a run may be cut short; off: never", ge=1
    )
    prune_share: float = param(0.25, doc="share of points, the worst so far, that are cut short", gt=0.0, lt=1.0)
    parameters: tuple[str, ...] = param((), doc="parameters or groups to search; none named: all that act in the run")
    scatter: bool = param(True, doc="fit engine.scatter to the new patches before anything else")
    morris: Annotated[MorrisParams | None, BeforeValidator(_switch(MorrisParams))] = param(
        MorrisParams(), doc="screening before the search, or off"
    )
    abc: Annotated[AbcParams | None, BeforeValidator(_switch(AbcParams))] = param(
        None, doc="posterior sample after the search, or off"
    )
