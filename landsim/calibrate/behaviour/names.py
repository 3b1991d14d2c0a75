"""Names: seeds of runs and of library samplers, each drawn by its name from the seed of the study."""

from __future__ import annotations

from landsim.core.draws import uniform

_WORDS = 2**32


def named_seed(seed: int, what: str, number: int = 0) -> int:
    """Give the seed 0..2**32 - 1 that a name has in a study.

    Examples
    --------
    >>> named_seed(1, "sampler", 3) == named_seed(1, "sampler", 3) != named_seed(1, "sampler", 4)
    True
    """
    return int(uniform(seed, f"calibrate.behaviour.{what}", 0, number) * _WORDS)


def common_seeds(seed: int, count: int) -> list[int]:
    """Seeds that every point of the space is run with, so that points differ by their values alone."""
    return [named_seed(seed, "run", number) for number in range(count)]
