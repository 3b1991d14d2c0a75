"""Flat: fitted models as flat tables, and the one kernel that evaluates trees, linear models and networks on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
Table = npt.NDArray[np.float32]

TRANSFORMS = ("raw", "log", "hinge")
"""What an input does to its feature: v; ln(v + add); max(ln(v + add) - knee, 0)."""
ACTIVATIONS = ("relu", "tanh")
_LOG, _HINGE = 1, 2
_TINY = 1e-12
_ROWS = 256  # rows that pass through one tree after the other, so that the tree and the rows stay in the cache


@dataclass(frozen=True, eq=False)
class Trees:
    """Decision trees one after the other; a child below 0 is the leaf ``~child``.

    Attributes
    ----------
    root : numpy.ndarray of int32, shape (n_trees,)
    feature : numpy.ndarray of int32, shape (n_nodes,)
        Column that a node looks at.
    threshold : numpy.ndarray of float32, shape (n_nodes,)
        A value above it goes to the second child.
    child : numpy.ndarray of int32, shape (n_nodes, 2)
    gap : numpy.ndarray of uint8, shape (n_nodes,)
        Which child a missing value goes to.
    leaf : numpy.ndarray of float64, shape (n_leaves,)
        What a tree adds to the score.
    """

    root: npt.NDArray[np.int32]
    feature: npt.NDArray[np.int32]
    threshold: Table
    child: npt.NDArray[np.int32]
    gap: npt.NDArray[np.uint8]
    leaf: Floats

    @classmethod
    def none(cls) -> Trees:
        """No tree at all."""
        empty = np.empty(0, dtype=np.int32)
        return cls(empty, empty, np.empty(0, np.float32), np.empty((0, 2), np.int32), np.empty(0, np.uint8),
                   np.empty(0, np.float64))  # fmt: skip

    def scaled(self, factor: float) -> Trees:
        """Give the same trees, each adding `factor` times as much."""
        return replace(self, leaf=self.leaf * factor)

    @classmethod
    def joined(cls, many: Sequence[Trees]) -> Trees:
        """Put trees behind each other; the score is the sum of theirs."""
        nodes = np.cumsum([0, *(trees.feature.size for trees in many)])
        leaves = np.cumsum([0, *(trees.leaf.size for trees in many)])

        def moved(part: npt.NDArray[np.int32], k: int) -> npt.NDArray[np.int32]:
            return np.asarray(np.where(part >= 0, part + nodes[k], part - leaves[k]), dtype=np.int32)

        return cls(
            np.concatenate([moved(trees.root, k) for k, trees in enumerate(many)]),
            np.concatenate([trees.feature for trees in many]),
            np.concatenate([trees.threshold for trees in many]),
            np.concatenate([moved(trees.child, k) for k, trees in enumerate(many)]),
            np.concatenate([trees.gap for trees in many]),
            np.concatenate([trees.leaf for trees in many]),
        )


@dataclass(frozen=True, eq=False)
class Dense:
    """Transformed, standardised inputs and layers of weights; without a hidden layer, a linear model.

    Attributes
    ----------
    feature : numpy.ndarray of int32, shape (n_inputs,)
        Column that an input looks at; a missing value counts as the mean, 0 after standardising.
    transform : numpy.ndarray of uint8, shape (n_inputs,)
        Place in `TRANSFORMS`.
    add, knee, shift, scale : numpy.ndarray of float64, shape (n_inputs,)
        Numbers of the transform, then ``(value - shift) / scale``.
    sizes : numpy.ndarray of int32, shape (n_layers + 1,)
        Inputs, hidden units of each layer, and 1.
    weights : numpy.ndarray of float64, shape (n_weights,)
        Layer by layer, by rows: from each unit to each unit of the next layer.
    bias : numpy.ndarray of float64, shape (n_units,)
        Of the units behind the inputs, layer by layer.
    activation : int
        Place in `ACTIVATIONS`, of the hidden units.
    """

    feature: npt.NDArray[np.int32]
    transform: npt.NDArray[np.uint8]
    add: Floats
    knee: Floats
    shift: Floats
    scale: Floats
    sizes: npt.NDArray[np.int32]
    weights: Floats
    bias: Floats
    activation: int = 0

    def __post_init__(self) -> None:
        sizes = self.sizes.astype(np.int64)
        expected = (int((sizes[:-1] * sizes[1:]).sum()), int(sizes[1:].sum()), self.feature.size, 1)
        found = (self.weights.size, self.bias.size, int(sizes[0]), int(sizes[-1]))
        if found != expected:
            raise ValueError(f"weights, biases, inputs and outputs {found}, expected {expected}")

    @classmethod
    def none(cls) -> Dense:
        """No input, and a score of 0."""
        empty, whole = np.empty(0, np.float64), np.empty(0, np.int32)
        sizes = np.array([0, 1], np.int32)
        return cls(whole, np.empty(0, np.uint8), empty, empty, empty, empty, sizes, empty, np.zeros(1))

    @classmethod
    def of_column(cls, column: int) -> Dense:
        """Take one column as the score itself."""
        one, nought = np.ones(1), np.zeros(1)
        whole = np.array([column], np.int32)
        return cls(whole, np.zeros(1, np.uint8), nought, nought, nought, one, np.array([1, 1], np.int32), one, nought)


@dataclass(frozen=True, eq=False)
class Flat:
    """A fitted model: the sum of its trees and of its dense part.

    Attributes
    ----------
    columns : int
        Features that a row must have at least.
    trees : Trees
    dense : Dense
    """

    columns: int
    trees: Trees
    dense: Dense

    def __post_init__(self) -> None:
        for used in (self.trees.feature, self.dense.feature):
            if used.size and not 0 <= used.min() <= used.max() < self.columns:
                raise ValueError(f"a model of {self.columns} columns looks at column {used.max()}")

    def on(self, places: npt.NDArray[np.int32], columns: int) -> Flat:
        """Give the same model for rows in which column `k` of its own stands at ``places[k]`` of `columns`."""
        trees = replace(self.trees, feature=places[self.trees.feature])
        return Flat(columns, trees, replace(self.dense, feature=places[self.dense.feature]))

    def score(self, x: Table) -> Floats:
        """Evaluate rows of features; higher is more likely to change.  Lets go of the interpreter lock.

        Parameters
        ----------
        x : numpy.ndarray of float32, shape (n, columns), C-contiguous
            Features; NaN where missing.

        Returns
        -------
        numpy.ndarray of float64, shape (n,)
        """
        if x.ndim != 2 or x.shape[1] < self.columns:
            raise ValueError(f"rows of shape {x.shape}, expected {self.columns} columns")
        out = np.empty(x.shape[0], dtype=np.float64)
        t, d = self.trees, self.dense
        trees = (t.root, t.feature, t.threshold, t.child, t.gap, t.leaf)
        inputs = (d.feature, d.transform, d.add, d.knee, d.shift, d.scale)
        _evaluate(np.ascontiguousarray(x, np.float32), trees, inputs, d.sizes, d.weights, d.bias, d.activation, out)
        return out


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _evaluate(
    x: Any, trees: Any, inputs: Any, sizes: Any, weights: Any, bias: Any, activation: Any, out: Any
) -> None:  # fmt: skip
    """Score rows: the dense part first, then tree after tree for some rows at a time."""
    widest = sizes.max()
    here, after = np.empty(widest, dtype=np.float64), np.empty(widest, dtype=np.float64)
    for i in range(x.shape[0]):
        _read(x, i, inputs, here)
        out[i] = _pass(here, after, sizes, weights, bias, activation)
    for first in range(0, x.shape[0], _ROWS):
        _climb(x, first, min(first + _ROWS, x.shape[0]), trees, out)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _climb(x: Any, first: Any, stop: Any, trees: Any, out: Any) -> None:
    """Add the leaves that the rows reach, in the order of the trees; four rows at a time, as each waits for memory."""
    root, feature, threshold, child, gap, leaf = trees
    fours = first + (stop - first) // 4 * 4
    for t in range(root.size):
        for i in range(first, fours, 4):
            a, b, c, d = root[t], root[t], root[t], root[t]
            while a >= 0 or b >= 0 or c >= 0 or d >= 0:
                if a >= 0:
                    a = _next(x, i, a, feature, threshold, child, gap)
                if b >= 0:
                    b = _next(x, i + 1, b, feature, threshold, child, gap)
                if c >= 0:
                    c = _next(x, i + 2, c, feature, threshold, child, gap)
                if d >= 0:
                    d = _next(x, i + 3, d, feature, threshold, child, gap)
            out[i] += leaf[~a]
            out[i + 1] += leaf[~b]
            out[i + 2] += leaf[~c]
            out[i + 3] += leaf[~d]
        for i in range(fours, stop):
            a = root[t]
            while a >= 0:
                a = _next(x, i, a, feature, threshold, child, gap)
            out[i] += leaf[~a]


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def _next(x: Any, i: Any, node: Any, feature: Any, threshold: Any, child: Any, gap: Any) -> Any:
    """Child that a row goes to."""
    value = x[i, feature[node]]
    return child[node, np.int32(value > threshold[node]) | (np.int32(value != value) & np.int32(gap[node]))]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _read(x: Any, i: Any, inputs: Any, here: Any) -> None:
    """Transform and standardise the inputs of a row."""
    feature, transform, add, knee, shift, scale = inputs
    for j in range(feature.size):
        value = np.float64(x[i, feature[j]])
        if value != value:
            here[j] = 0.0
            continue
        if transform[j] >= _LOG:
            value = np.log(max(value + add[j], _TINY))
        if transform[j] == _HINGE:
            value = max(value - knee[j], 0.0)
        here[j] = (value - shift[j]) / scale[j]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _pass(here: Any, after: Any, sizes: Any, weights: Any, bias: Any, activation: Any) -> Any:
    """Pass inputs through the layers; the last has one unit and no activation."""
    at, unit = 0, 0
    layers = sizes.size - 1
    for k in range(layers):
        for b in range(sizes[k + 1]):
            after[b] = bias[unit + b]
        for a in range(sizes[k]):
            for b in range(sizes[k + 1]):
                after[b] += here[a] * weights[at + a * sizes[k + 1] + b]
        at += sizes[k] * sizes[k + 1]
        unit += sizes[k + 1]
        if k < layers - 1:
            for b in range(sizes[k + 1]):
                after[b] = np.tanh(after[b]) if activation == 1 else max(after[b], 0.0)
        here, after = after, here
    return here[0]
