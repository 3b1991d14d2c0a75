"""Variance: how much of the spread of an outcome comes from seeds, parameters, structure and scenario."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


def split(values: Values, names: Sequence[str]) -> dict[str, float]:
    """Split the sum of squares of a full table by its axes.

    The last axis is replication: its share is all that varies within a cell of the other axes, so it holds the
    interplay of seeds with everything else too.  The others have their main effects on the means of the cells, and
    what these leave is ``interaction``.

    Parameters
    ----------
    values : numpy.ndarray of float64
        One axis a name; every combination is there.
    names : sequence of str
        Of the axes, the last one that of the replication.

    Returns
    -------
    dict of str to float
        Shares that add up to 1; all 0 where nothing varies.

    Notes
    -----
    Nested analysis of variance, e.g. Searle, Casella & McCulloch (1992), *Variance Components*.

    Examples
    --------
    >>> a, b, seeds = np.array([0.0, 2.0]), np.array([0.0, 1.0]), np.array([-0.5, 0.5])
    >>> y = a[:, None, None] + b[None, :, None] + seeds[None, None, :]
    >>> {name: round(share, 3) for name, share in split(y, ["scenario", "parameter", "seed"]).items()}
    {'scenario': 0.667, 'parameter': 0.167, 'interaction': 0.0, 'seed': 0.167}
    """
    if values.ndim != len(names):
        raise ValueError(f"{values.ndim} axes, but {len(names)} names")
    grand = values.mean()
    total = float(((values - grand) ** 2).sum())
    cells = values.mean(axis=-1)
    repeated = values.shape[-1]
    between = float(((cells - grand) ** 2).sum()) * repeated
    shares: dict[str, float] = {}
    for axis, name in enumerate(names[:-1]):
        others = tuple(i for i in range(cells.ndim) if i != axis)
        means = cells.mean(axis=others)
        shares[name] = float(((means - grand) ** 2).sum()) * (values.size / means.size)
    shares["interaction"] = max(between - sum(shares.values()), 0.0)
    shares[names[-1]] = total - between
    noise = total <= 1e-20 * max(float((values**2).sum()), 1e-300)
    return {name: 0.0 if noise else part / total for name, part in shares.items()}
