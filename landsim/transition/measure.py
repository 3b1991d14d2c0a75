"""Measure: the features of cells of a map, in row blocks on several threads; no block height changes a bit of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from landsim.core.parallel import each
from landsim.landscape.nearest import nearest
from landsim.transition.features import LARGE, Feature, Ground
from landsim.transition.smooth import Field, Smooth, smoothed

Outcome = TypeVar("Outcome")
Plane = npt.NDArray[Any]
Table = npt.NDArray[np.float32]
Cells = npt.NDArray[np.int64]

_BLOCK_CELLS = 1 << 17
_PACE = 1e-2  # density that is added before a pace of growth is taken
_AROUND = np.ones((3, 3), dtype=np.bool_)


class Measure:
    """The features of a recipe on one ground, ready to be read for any cells.

    What a cell sees from afar (distances, patches, wide densities) is laid out once, as float32 planes or on reduced
    grids; all else is computed block by block.

    Parameters
    ----------
    features : sequence of Feature
    ground : Ground
    block_rows : int, optional
        Rows of a block; by default some 130,000 cells.

    Raises
    ------
    ValueError
        If the ground lacks a driver or an earlier map that a feature needs.
    """

    def __init__(self, features: Sequence[Feature], ground: Ground, block_rows: int | None = None) -> None:
        lacking = ground.lacking(features)
        if lacking:
            raise ValueError("features need " + ", ".join(lacking))
        self.features, self.ground = tuple(features), ground
        height, width = ground.codes.shape
        self._rows = block_rows or max(1, _BLOCK_CELLS // width)
        self._planes: dict[tuple[str, int, str], Plane] = {}
        self._lay_out()
        keys = dict.fromkeys(key for feature in self.features for key in _smooths(feature))
        smooths = each(lambda key: smoothed(self._field(key[0]), (height, width), key[1]), keys)
        self._smooth: dict[tuple[tuple[str, int, str], float], Smooth] = dict(zip(keys, smooths, strict=True))

    def at(self, cells: Cells) -> Table:
        """Measure cells, given by ascending flat index.

        Returns
        -------
        numpy.ndarray of float32, shape (n, k)
            NaN where a driver has no value.
        """
        out = np.empty((cells.size, len(self.features)), dtype=np.float32)

        def keep(x: Table, part: slice) -> None:
            out[part] = x

        self.over(cells, keep)
        return out

    def over(self, cells: Cells, use: Callable[[Table, slice], Outcome]) -> list[Outcome]:
        """Measure cells block by block and hand each table on, from several threads; never holds them all.

        Parameters
        ----------
        cells : numpy.ndarray of int64, shape (n,)
            Ascending flat indices.
        use : callable
            Takes a table of float32, shape (m, k), and the slice of `cells` that it belongs to.

        Returns
        -------
        list
            What `use` returned, in the order of the blocks.
        """
        height, width = self.ground.codes.shape
        first = np.arange(0, height, self._rows)
        edges = np.searchsorted(cells, np.append(first, height) * width)
        jobs = [(r, a, b) for r, a, b in zip(first, edges[:-1], edges[1:], strict=True) if b > a]

        def one(job: tuple[int, int, int]) -> Outcome:
            row, start, stop = (int(number) for number in job)
            rows = slice(row, min(row + self._rows, height))
            return use(self._table(rows, cells[start:stop] - row * width), slice(start, stop))

        return each(one, jobs)

    def _table(self, rows: slice, at: Cells) -> Table:
        """Features of the cells at these places of the block."""
        x = np.empty((at.size, len(self.features)), dtype=np.float32)
        block = _Block(self, rows)
        for j, feature in enumerate(self.features):
            x[:, j] = block.values(feature).reshape(-1)[at]
        return x

    def _lay_out(self) -> None:
        """Distances and patches, which need the whole map at once."""
        for feature in self.features:
            if feature.kind in ("distance", "patch", "large"):
                self._lay_out_class(feature.code)
            elif feature.kind in ("since", "source"):
                key = (feature.kind, feature.code, feature.driver)
                mask = self._field(("recent", feature.code, "") if feature.kind == "since" else ("source", -1, key[2]))
                self._planes[key] = nearest(mask(slice(0, self.ground.codes.shape[0])) != 0).distance

    def _lay_out_class(self, code: int) -> None:
        wanted = {feature.kind for feature in self.features if feature.code == code}
        if ("distance", code, "") in self._planes:
            return
        own = self.ground.of_class(code, slice(None))
        found = nearest(own)
        self._planes["distance", code, ""] = found.distance
        if not wanted & {"patch", "large"}:
            return
        labels, _ = ndimage.label(own, structure=_AROUND, output=np.int32)
        sizes = np.bincount(labels.reshape(-1)).astype(np.float32)
        sizes[0] = 0.0
        if "patch" in wanted:
            nearby = labels.reshape(-1)[np.maximum(found.cell, 0)]
            self._planes["patch", code, ""] = np.log1p(sizes)[nearby]
        if "large" in wanted:
            large = sizes >= max(1.0, LARGE * float(sizes.max()))
            self._planes["large", code, ""] = nearest(large[labels]).distance

    def _field(self, key: tuple[str, int, str]) -> Field:
        """Give the values of some rows that are to be smoothed, or whose distance is taken."""
        kind, code, name = key
        ground = self.ground
        if kind == "density":
            return lambda rows: ground.of_class(code, rows)
        if kind == "recent":
            return lambda rows: ground.gained(code, rows)
        if kind == "valid":
            return ground.has_data
        driver = ground.drivers[name]
        if kind == "source":
            return lambda rows: np.nan_to_num(driver.read(rows), nan=0.0) != 0
        if kind == "known":
            return lambda rows: ~np.isnan(driver.read(rows))
        power = 1 if kind == "mean" else 2
        return lambda rows: np.nan_to_num(driver.read(rows), nan=0.0).astype(np.float64) ** power


class _Block:
    """The features of one block of rows; what several of them need is computed once."""

    def __init__(self, measure: Measure, rows: slice) -> None:
        self._measure, self._rows = measure, rows
        self._known: dict[Any, Plane] = {}

    def values(self, feature: Feature) -> Plane:
        """Values of a feature in the block, shape (rows, width)."""
        kind, code, sigma, name, value = feature
        ground, planes = self._measure.ground, self._measure._planes
        if kind in ("density", "recent", "valid"):
            return self._smooth((kind, code if kind != "valid" else -1, ""), sigma)
        if kind == "growth":
            return self._smooth(("recent", code, ""), sigma) / (self._smooth(("density", code, ""), sigma) + _PACE)
        if kind in ("distance", "patch", "large", "since", "source"):
            return planes[kind, code, name][self._rows]
        if kind == "present":
            return ground.of_class(code, self._rows)
        driver = self._driver(name)
        if kind == "missing":
            return np.isnan(driver)
        if kind == "category":
            return np.asarray(driver == value)
        return driver if kind == "driver" else self._around(kind, name, sigma, driver)

    def _around(self, kind: str, name: str, sigma: float, driver: Plane) -> Plane:
        """Compare a driver with what is around, where it has values."""
        known = np.maximum(self._smooth(("known", -1, name), sigma), 1e-6)
        mean = self._smooth(("mean", -1, name), sigma) / known
        if kind == "smooth":
            return mean
        if kind == "relative":
            return driver - mean
        square = self._smooth(("square", -1, name), sigma) / known
        return np.asarray(np.sqrt(np.maximum(square - mean * mean, 0.0)))

    def _driver(self, name: str) -> Plane:
        if name not in self._known:
            self._known[name] = self._measure.ground.drivers[name].read(self._rows)
        return self._known[name]

    def _smooth(self, field: tuple[str, int, str], sigma: float) -> Plane:
        key = (field, sigma)
        if key not in self._known:
            self._known[key] = self._measure._smooth[key].rows(self._rows)
        return self._known[key]


def _smooths(feature: Feature) -> list[tuple[tuple[str, int, str], float]]:
    """Fields that a feature needs smoothed, and how widely."""
    kind, code, sigma, name, _ = feature
    fields: dict[str, list[tuple[str, int, str]]] = {
        "density": [("density", code, "")],
        "recent": [("recent", code, "")],
        "growth": [("recent", code, ""), ("density", code, "")],
        "valid": [("valid", -1, "")],
        "smooth": [("known", -1, name), ("mean", -1, name)],
        "relative": [("known", -1, name), ("mean", -1, name)],
        "relief": [("known", -1, name), ("mean", -1, name), ("square", -1, name)],
    }
    return [(field, sigma) for field in fields.get(kind, [])]
