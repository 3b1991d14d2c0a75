"""Flat: tables of trees, linear models and networks against their formulas written out."""

from __future__ import annotations

import numpy as np
import pytest

from landsim.transition.flat import Dense, Flat, Trees
from landsim.transition.tree_text import feature_names, read_trees, shortened

RNG = np.random.default_rng(5)
X = RNG.normal(size=(1003, 3)).astype(np.float32)

TEXT = """tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx=2
objective=binary sigmoid:1
feature_names=a b c

Tree=0
num_leaves=3
num_cat=0
split_feature=0 2
threshold=0.10000000000000001 -0.5
decision_type=8 10
left_child=1 -1
right_child=-2 -3
leaf_value=1 2 4
is_linear=0
shrinkage=1


Tree=1
num_leaves=1
num_cat=0
leaf_value=0.5


end of trees

feature_importances:
a=1

parameters:
[boosting: gbdt]
end of parameters
"""


def dense(activation: int = 0) -> Dense:
    sizes = np.array([3, 4, 1], np.int32)
    return Dense(
        np.array([0, 1, 2], np.int32), np.array([0, 1, 2], np.uint8), np.array([0.0, 4.0, 5.0]),
        np.array([0.0, 0.0, 1.5]), np.array([0.1, 0.2, 0.3]), np.array([1.0, 2.0, 3.0]), sizes,
        RNG.normal(size=16), RNG.normal(size=5), activation,
    )  # fmt: skip


def naive_tree(a: float, c: float) -> float:
    """The first tree of the text; gaps go right at its root and left below."""
    if np.isnan(a) or a > np.float64(0.1):
        return 2.0
    return 4.0 if c > -0.5 else 1.0


def test_trees_are_climbed_as_written() -> None:
    x = X.copy()
    x[::7, 0], x[::5, 2] = np.nan, np.nan
    x[:4, 0] = np.float32(0.1)  # above 0.1 as a double, below as it is printed
    expected = [naive_tree(a, c) + 0.5 for a, _, c in x]
    assert Flat(3, read_trees(TEXT), Dense.none()).score(x).tolist() == expected


def test_a_forest_is_a_mean() -> None:
    text = TEXT.replace("objective=", "average_output\nobjective=")
    whole, mean = (Flat(3, read_trees(t), Dense.none()).score(X) for t in (TEXT, text))
    assert mean == pytest.approx(whole / 2)


def test_shortened_text_is_the_same_model_and_stays_as_it_is() -> None:
    short = shortened(TEXT)
    assert Flat(3, read_trees(short), Dense.none()).score(X) == pytest.approx(
        Flat(3, read_trees(TEXT), Dense.none()).score(X)
    )
    assert shortened(short) == short
    assert len(short) < len(TEXT)
    assert feature_names(short) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("num_cat=0", "num_cat=1"), ("decision_type=8", "decision_type=4"), ("left_child=1", "left_child=0"),
        ("left_child=1", "left_child=7"), ("is_linear=0", "is_linear=1"), ("num_class=1", "num_class=3"),
        ("split_feature=0 2", "split_feature=0 9"), ("leaf_value=1 2 4", "leaf_value=1 2"),
        ("threshold=0.1", "threshold=x"),
        ("split_feature=0 2", "split_feature=0"), ("threshold=0.10000000000000001 -0.5", "threshold=0.1"),
    ],
)  # fmt: skip
def test_other_trees_are_refused(old: str, new: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_trees(TEXT.replace(old, new, 1))


def test_text_without_trees_is_refused() -> None:
    with pytest.raises(ValueError, match="expected the text"):
        read_trees("tree\nversion=v4\n")


@pytest.mark.parametrize(("activation", "function"), [(0, lambda v: np.maximum(v, 0.0)), (1, np.tanh)])
def test_a_network_is_its_formula_and_gaps_are_means(activation: int, function) -> None:
    x = X.copy()
    x[::3, 1] = np.nan
    d = dense(activation)
    wide = x.astype(float)
    z = np.stack([
        (wide[:, 0] - 0.1), (np.log(np.maximum(wide[:, 1] + 4, 1e-12)) - 0.2) / 2,
        (np.maximum(np.log(np.maximum(wide[:, 2] + 5, 1e-12)) - 1.5, 0) - 0.3) / 3,
    ], axis=1)  # fmt: skip
    hidden = function(np.nan_to_num(z, nan=0.0) @ d.weights[:12].reshape(3, 4) + d.bias[:4])
    expected = hidden @ d.weights[12:] + d.bias[4]
    assert Flat(3, Trees.none(), d).score(x) == pytest.approx(expected, abs=1e-10)


def test_columns_may_stand_elsewhere_and_trees_and_dense_add_up() -> None:
    flat = Flat(3, read_trees(TEXT), dense())
    wide = np.ascontiguousarray(np.column_stack([X[:, 2], np.full(X.shape[0], np.nan), X[:, 0], X[:, 1]]), np.float32)
    moved = flat.on(np.array([2, 3, 0], np.int32), 4)
    apart = Flat(3, flat.trees, Dense.none()).score(X) + Flat(3, Trees.none(), flat.dense).score(X)
    assert moved.score(wide) == pytest.approx(flat.score(X), abs=1e-12)
    assert flat.score(X) == pytest.approx(apart, abs=1e-12)


def test_one_column_is_its_own_score() -> None:
    assert Flat(3, Trees.none(), Dense.of_column(1)).score(X).astype(np.float32).tobytes() == X[:, 1].tobytes()


def test_tables_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="looks at column 2"):
        Flat(2, Trees.none(), dense())
    with pytest.raises(ValueError, match="expected 3 columns"):
        Flat(3, Trees.none(), dense()).score(X[:, :2])
    d = dense()
    with pytest.raises(ValueError, match="weights, biases"):
        Dense(d.feature, d.transform, d.add, d.knee, d.shift, d.scale, d.sizes, d.weights[1:], d.bias)
