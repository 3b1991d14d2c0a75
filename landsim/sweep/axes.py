"""Axes: what the runs of a sweep are told apart by, besides parameters and seeds, and the name that this gives."""

from __future__ import annotations

from collections.abc import Mapping

AXES = ("scenario", "override", "structure", "future")
AS_IS = "as_is"
"""Label of an axis on which nothing is varied."""


def folder_name(labels: Mapping[str, str]) -> str:
    """Name a base by the labels of the axes that it varies.

    Examples
    --------
    >>> folder_name({"scenario": "demo", "override": "compact", "structure": "as_is", "future": "as_is"})
    'demo-compact'
    """
    return "-".join([labels["scenario"], *(labels[axis] for axis in AXES[1:] if labels[axis] != AS_IS)])
