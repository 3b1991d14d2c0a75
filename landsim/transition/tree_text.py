"""Tree text: trees in LightGBM's text format, read without LightGBM, and shortened to what prediction needs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from landsim.transition.flat import Trees

_NEEDED = ("num_leaves", "num_cat", "split_feature", "threshold", "decision_type", "left_child", "right_child",
           "leaf_value", "is_linear", "shrinkage")  # fmt: skip
_HEADER = ("version", "num_class", "num_tree_per_iteration", "label_index", "max_feature_idx", "objective",
           "feature_names", "monotone_constraints", "feature_infos")  # fmt: skip
_CATEGORICAL, _DEFAULT_LEFT, _MISSING_ZERO, _MISSING_NAN = 1, 2, 4, 8
_AVERAGE = "average_output"


def read_trees(text: str) -> Trees:
    """Read a model of LightGBM's text format into flat tables.

    Leaf values hold the shrinkage and the average of boosting already; those of a random forest are divided by the
    number of trees, so that the score is the mean.

    Raises
    ------
    ValueError
        If the text is no such model, or one with categorical splits, linear leaves, several outputs, or zeros as gaps.
    """
    header, blocks = _sections(text)
    if not blocks or header.get("num_class", "1") != "1" or header.get("num_tree_per_iteration", "1") != "1":
        raise ValueError("expected the text of a LightGBM model with trees of one output")
    trees = Trees.joined([_tree(block) for block in blocks])
    columns = int(header.get("max_feature_idx", "-1")) + 1
    if trees.feature.size and not 0 <= trees.feature.min() <= trees.feature.max() < columns:
        raise ValueError(f"a split names a feature beyond the {columns} of the model")
    return trees.scaled(1.0 / len(blocks)) if _AVERAGE in header else trees


def feature_names(text: str) -> list[str]:
    """Names of the features of a model, in the order of its columns."""
    return _sections(text)[0].get("feature_names", "").split()


def shortened(text: str) -> str:
    """Keep what prediction needs, with numbers as short as float32 thresholds and nine digits allow.

    The result is a model that LightGBM reads too.
    """
    header, blocks = _sections(text)
    lines = ["tree", *(f"{key}={header[key]}" for key in _HEADER if key in header)]
    lines += [_AVERAGE] if _AVERAGE in header else []
    for number, block in enumerate(blocks):
        lines += ["", f"Tree={number}", *(f"{key}={_short(key, block[key])}" for key in _NEEDED if key in block)]
    return "\n".join([*lines, "", "", "end of trees", ""])


def _short(key: str, value: str) -> str:
    """Numbers in as few digits as they need."""
    if key == "threshold":
        below = _not_above(_numbers(value))
        above = np.nextafter(below, np.float32(np.inf)).astype(np.float64)
        between = np.where(np.isfinite(above), (below.astype(np.float64) + above) / 2.0, below)
        return " ".join(f"{number:.9g}" for number in between)  # nine digits stay between two float32 numbers
    if key == "leaf_value":
        return " ".join(f"{number:.9g}" for number in _numbers(value))
    return value


def _sections(text: str) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Keys of the header, and those of each tree."""
    head, *rest = re.split(r"^Tree=\d+$", text.partition("\nend of trees")[0], flags=re.MULTILINE)
    return _pairs(head.splitlines()), [_pairs(block.splitlines()) for block in rest]


def _pairs(lines: Iterable[str]) -> dict[str, str]:
    split = (line.partition("=") for line in lines if line.strip())
    return {key.strip(): value.strip() for key, _, value in split}


def _tree(block: Mapping[str, str]) -> Trees:
    leaves = int(block["num_leaves"])
    leaf = _numbers(block["leaf_value"])
    nodes = leaves - 1
    if int(block.get("num_cat", "0")) or int(block.get("is_linear", "0")) or leaf.size != leaves:
        raise ValueError("trees with categorical splits or linear leaves, or with leaves missing, are not read")
    if nodes == 0:
        return Trees(np.array([-1], np.int32), *_no_nodes(), leaf)
    feature, left, right, decision = (
        _whole(block[key], nodes) for key in ("split_feature", "left_child", "right_child", "decision_type")
    )
    child = np.stack([left, right], axis=1)
    own = np.arange(nodes)[:, None]
    if (decision & (_CATEGORICAL | _MISSING_ZERO)).any() or (child >= nodes).any() or (child < -leaves).any():
        raise ValueError("categorical splits, zeros as gaps, and children that are not there are not read")
    if ((child >= 0) & (child <= own)).any():
        raise ValueError("a child stands before its parent, so that the tree would never end")
    exact = _numbers(block["threshold"])
    threshold = _not_above(exact)
    if threshold.size != nodes:
        raise ValueError(f"{threshold.size} thresholds, expected {nodes}")
    # where a model saw no gaps in training, LightGBM takes them for zeros
    gap = np.where(decision & _MISSING_NAN, (decision & _DEFAULT_LEFT) == 0, exact < 0.0).astype(np.uint8)
    return Trees(np.zeros(1, np.int32), feature, threshold, child, gap, leaf)


def _no_nodes() -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32], npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    none = Trees.none()
    return none.feature, none.threshold, none.child, none.gap


def _not_above(exact: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Largest float32 that is not above each threshold: float32 features then compare as with the exact one."""
    near = exact.astype(np.float32)
    below = np.nextafter(near, np.float32(-np.inf))
    return np.where(near.astype(np.float64) > exact, below, near).astype(np.float32)


def _numbers(value: str) -> npt.NDArray[np.float64]:
    return np.array(value.split(), dtype=np.float64)


def _whole(value: str, count: int) -> npt.NDArray[np.int32]:
    found = np.array(value.split(), dtype=np.int32)
    if found.size != count:
        raise ValueError(f"{found.size} numbers, expected {count}")
    return found
