"""Catalogue: the frozen, closed record behind data.yaml - which files a place is made of, and where they come from."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, model_validator

from landsim.core.errors import Problems
from landsim.core.registry import nearest
from landsim.io.band import Reading, Resample
from landsim.io.closed import parse
from landsim.io.features import Drawing
from landsim.io.table import read_yaml
from landsim.landscape.landscape import LAYERS
from landsim.policy.lines import LinesParams

MAX_SYNTHETIC_CELLS = 50_000_000


def _one_as_many(value: Any) -> Any:
    return value if value is None or isinstance(value, list | tuple) else (value,)


def _switch(value: Any) -> Any:
    """Take ``true`` for the defaults and ``false`` for nothing."""
    return {True: {}, False: None}.get(value, value) if isinstance(value, bool) else value


def _known_encoding(value: str | None) -> str | None:
    try:
        return value if value is None else codecs.lookup(value).name
    except LookupError:
        raise ValueError("no encoding of that name; try gbk, gb18030 or utf-8") from None


class Closed(BaseModel):
    """A frozen record in which an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Entry(Closed):
    """One file: what it is called, where it comes from, and how it is read.

    A bare text stands for ``{file: text}``.
    """

    file: str = Field(min_length=1, max_length=4000, pattern=r"^[^\x00-\x1f]+$", description="path of the file")
    source: str = Field("", description="where it was taken from")
    licence: str = Field("", description="terms of use")
    sha256: str | None = Field(None, pattern=r"^[0-9a-fA-F]{64}$", description="checked when given")
    nodata: float | None = Field(None, description="value of cells without data; default: what the file says")
    resample: Resample | None = Field(
        None, description="how to bring it onto the grid; sum: amounts a cell; default: refuse another grid"
    )
    band: int | None = Field(None, ge=1, description="band of a raster, from 1")

    @model_validator(mode="before")
    @classmethod
    def _bare_file(cls, value: Any) -> Any:
        return {"file": value} if isinstance(value, str) else value

    def reading(self, reference: str) -> Reading:
        """Return how the raster is to be read beside a start map of that name."""
        return Reading(self.nodata, self.resample, self.band, reference)


class StartEntry(Entry):
    """The start map, which sets the grid, and the meaning of its codes."""

    legend: Any = Field(None, description="crosswalk name, {code: name}, or .csv; default: the model classes 1..15")


class DriverEntry(Entry):
    """A raster that fitted rules read, under the name that it has in their study."""

    kind: Literal["continuous", "categorical", "source"] = Field(
        "continuous", description="source: its non-zero cells are looked for, as roads are"
    )
    unit: str = Field("1", max_length=40, description="unit of its values; must be that of the study")


class LayerEntry(Entry):
    """A layer of the place, raster or vector."""

    unit: str | None = Field(None, description="must be the layer's own; nothing is converted silently")
    attribute: str | None = Field(None, description="column of a vector that holds the value; default: 1")
    layer: str | None = Field(None, description="layer of a vector file")
    encoding: Annotated[str | None, AfterValidator(_known_encoding)] = Field(
        None, max_length=40, description="of the text of a Shapefile, such as gbk; default: what the file says"
    )
    min_fraction: float = Field(0.5, ge=0, lt=1, description="a zone takes the cells of which it covers more than this")

    def drawing(self) -> Drawing:
        """Return how the vector is to be drawn."""
        return Drawing(self.attribute, self.min_fraction, self.layer, self.encoding)


class MaskEntry(LayerEntry):
    """Cells in which classes may not arise: of a file where it has a value, or of a class of the start map."""

    file: str | None = Field(  # type: ignore[assignment]
        None, max_length=4000, pattern=r"^[^\x00-\x1f]+$", description="path of the file; or name a class"
    )
    of_class: str | None = Field(None, alias="class", description="class of the start map instead of a file")
    where: Annotated[tuple[float, ...] | None, BeforeValidator(_one_as_many)] = Field(
        None, description="values that are masked; default: every value but 0"
    )
    forbid: tuple[str, ...] = Field(
        (), description="classes that may not arise there, built: every built one; empty: nothing changes"
    )

    @model_validator(mode="after")
    def _one_origin(self) -> MaskEntry:
        if (self.file is None) == (self.of_class is None):
            raise ValueError("a mask needs either file or class")
        return self


class SyntheticEntry(Closed):
    """A made-up city instead of files."""

    kind: str = Field("monocentric", description="plain, monocentric, polycentric, valley or coastal")
    shape: tuple[Annotated[int, Field(ge=8)], Annotated[int, Field(ge=8)]] = Field(
        (240, 240), description="rows and columns"
    )
    cell_size: float = Field(100.0, gt=0, le=10_000, description="side of a cell, m")
    seed: int = Field(7, ge=0, description="root of the city's draws; another one is another city")
    start: int = Field(2020, ge=1, le=9999, description="year of the start map")
    history: tuple[int, ...] | None = Field(
        None, description="years of the maps, the last of them start; default: 20 and 10 years before it, and start"
    )

    @model_validator(mode="after")
    def _sizes_fit(self) -> SyntheticEntry:
        if self.shape[0] * self.shape[1] > MAX_SYNTHETIC_CELLS:
            raise ValueError(f"a made-up city has at most {MAX_SYNTHETIC_CELLS} cells")
        if self.history is not None and (list(self.history) != sorted(set(self.history)) or not self.history):
            raise ValueError("the years of the history must ascend")
        if self.history is not None and self.history[-1] != self.start:
            raise ValueError("the last year of the history must be start")
        return self


class Catalog(Closed):
    """Everything a place is made of; either `landcover` or `synthetic` is given."""

    landcover: StartEntry | None = None
    history: dict[int, Entry] = Field(default_factory=dict)
    layers: dict[str, LayerEntry] = Field(default_factory=dict)
    masks: dict[str, MaskEntry] = Field(default_factory=dict)
    drivers: dict[str, DriverEntry] = Field(default_factory=dict)
    synthetic: SyntheticEntry | None = None
    construct_lines: Annotated[LinesParams | None, BeforeValidator(_switch)] = None
    _home: Path = PrivateAttr(Path())
    _where: str = PrivateAttr("data.yaml")

    @property
    def home(self) -> Path:
        """Folder to which the paths are relative."""
        return self._home

    @property
    def where(self) -> str:
        """How messages call the catalogue."""
        return self._where

    @model_validator(mode="after")
    def _one_place(self) -> Catalog:
        if (self.landcover is None) == (self.synthetic is None):
            raise ValueError("a catalogue needs either landcover or synthetic")
        if self.synthetic is not None and (self.history or self.layers or self.drivers):
            raise ValueError("a synthetic place makes its own history and layers, and has no drivers but these")
        return self


def read_catalog(path: Path, problems: Problems) -> Catalog | None:
    """Read a data catalogue.

    Parameters
    ----------
    path : pathlib.Path
        ``data.yaml``; the paths in it are relative to its folder.
    problems : Problems
        Gets every fault.

    Returns
    -------
    Catalog or None
        None after a fault.
    """
    data = read_yaml(path, problems)
    return None if data is None else make_catalog(data, path.parent, path.name, problems)


def make_catalog(data: dict[str, Any], home: Path, where: str, problems: Problems) -> Catalog | None:
    """Make a catalogue of plain data whose paths are relative to `home`; None after a fault."""
    before = len(problems.faults)
    catalog = parse(Catalog, data, where, problems)
    for name in _keys(data, "layers"):
        if name not in LAYERS:
            near = nearest(name, list(LAYERS))
            mend = f"Did you mean {near!r}?" if near else "Known layers: " + ", ".join(LAYERS)
            problems.add(f"{where}: layers.{name}", "unknown layer", mend=mend)
    if catalog is None or len(problems.faults) > before:
        return None
    catalog._home = home.resolve()
    catalog._where = where
    return catalog


def _keys(data: dict[str, Any], section: str) -> list[str]:
    entries = data.get(section)
    return [str(name) for name in entries] if isinstance(entries, dict) else []
