"""Base: what every potential model takes, and what it gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from landsim.calibrate.sampling import Sample
from landsim.core.errors import InputError, Problem
from landsim.transition.features import Recipe
from landsim.transition.fitted import Part
from landsim.transition.flat import Flat, Floats, Table


@dataclass(frozen=True, eq=False)
class Samples:
    """Measured cells that a model learns from.

    Attributes
    ----------
    x : numpy.ndarray of float32, shape (n, k)
        Features, in the order of the recipe; NaN where missing.
    drawn : Sample
        Which cells they are, whether they changed, and what they stand for.
    """

    x: Table
    drawn: Sample

    @property
    def gained(self) -> npt.NDArray[np.bool_]:
        """Whether each cell changed, shape (n,)."""
        return self.drawn.gained

    @property
    def weight(self) -> Floats:
        """Cells that each stands for, scaled to a mean of 1, shape (n,)."""
        return np.asarray(self.drawn.weight / self.drawn.weight.mean())

    @classmethod
    def pooled(cls, parts: Sequence[Samples]) -> Samples:
        """Put the samples of several periods one behind the other; each keeps its weights."""
        if len(parts) == 1:
            return parts[0]
        columns = {
            name: np.concatenate([getattr(part.drawn, name) for part in parts])
            for name in ("cells", "gained", "weight", "block")
        }
        strata = tuple(stratum for part in parts for stratum in part.drawn.strata)
        return cls(np.concatenate([part.x for part in parts]), Sample(**columns, strata=strata))

    def part(self, which: npt.NDArray[np.bool_]) -> Samples:
        """Give some of the cells."""
        drawn = self.drawn
        kept = replace(drawn, cells=drawn.cells[which], gained=drawn.gained[which], weight=drawn.weight[which],
                       block=drawn.block[which])  # fmt: skip
        return Samples(self.x[which], kept)

    def half(self, k: int) -> Samples:
        """Give one of two halves that are alike: every other cell of those that changed, and of those that stayed."""
        order = np.where(self.gained, np.cumsum(self.gained), np.cumsum(~self.gained))
        return self.part(order % 2 == k % 2)


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted model.

    Attributes
    ----------
    flat : Flat
        Its tables, which a run evaluates.
    facts : mapping
        Plain data for reports: coefficients, importance, settings.
    texts : tuple of str
        LightGBM texts of its trees.
    """

    flat: Flat
    facts: Mapping[str, Any] = field(default_factory=dict)
    texts: tuple[str, ...] = ()

    def score(self, x: Table) -> Floats:
        """Score rows of features, float64, shape (n,); higher is more likely to change."""
        return self.flat.score(x)

    def part(self, model: str, recipe: str, weight: float = 1.0) -> Part:
        """Make it a part of a potential."""
        return Part(model, recipe, self.flat, weight, self.texts, self.facts)


class Model(Protocol):
    """A way to learn where a class arises."""

    @property
    def name(self) -> str:
        """Short name, as in a study."""
        ...

    def fit(self, samples: Samples, recipe: Recipe, seed: int) -> Fitted:
        """Learn from samples; the same samples and seed give the same tables."""
        ...


@contextmanager
def one_thread() -> Iterator[None]:
    """Let linear algebra use one thread, so that sums do not depend on how many there are."""
    try:
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # comes with scikit-learn
    except ImportError as error:
        raise lacking("threadpoolctl") from error
    with threadpool_limits(1, user_api="blas"):
        yield


def lacking(package: str) -> InputError:
    """Tell that a package of the calibrate extra is not installed."""
    return InputError(Problem("calibrate", f"{package} is not installed", mend="pip install 'landsim[calibrate]'"))


def rounded(values: npt.ArrayLike, digits: int = 12) -> Floats:
    """Round to significant digits, so that what is stored as text is exactly what was scored with."""
    found = np.asarray(values, dtype=np.float64)
    texts = [f"{value:.{digits}g}" for value in found.reshape(-1).tolist()]
    return np.array(texts, dtype=np.float64).reshape(found.shape)
