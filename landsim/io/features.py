"""Features: geometries and one column of a vector file, of a zip archive or of a File Geodatabase."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landsim.core.errors import Problems
from landsim.core.registry import nearest
from landsim.io.paths import GEODATABASE, Places
from landsim.io.unpacked import unpacked

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

MAX_FEATURES = 5_000_000
"""Largest vector layer that is read, in features."""

_LIKELY = {"utf-8": "utf-8", "gb2312": "gbk"}
"""Encodings that are tried on garbled text, strict enough to be no chance, and what to write for each."""


@dataclass(frozen=True)
class Drawing:
    """How the catalogue wants a vector layer to be drawn.

    Attributes
    ----------
    attribute : str or None
        Column of the values; None draws 1.
    min_fraction : float
        A cell belongs to a zone if zones cover more than this share of it.
    layer : str or None
        Layer of the file; None wants a file of one layer.
    encoding : str or None
        Of the text in a Shapefile; None takes what the file says.
    """

    attribute: str | None = None
    min_fraction: float = 0.5
    layer: str | None = None
    encoding: str | None = None


def read_features(
    path: Path, where: str, problems: Problems, drawing: Drawing, places: Places | None
) -> GeoDataFrame | None:
    """Read geometries and the attribute once layer, size, source and CRS are in order.

    Parameters
    ----------
    path : pathlib.Path
        A vector file, a zip archive with one, or the folder of a File Geodatabase.
    where : str
        Key, for the messages.
    problems : Problems
        Gets every fault, and a caution where text looks garbled.
    drawing : Drawing
        Attribute, layer and encoding.
    places : Places or None
        Folders that the file may refer to.

    Returns
    -------
    geopandas.GeoDataFrame or None
        None after a fault.
    """
    with _at_hand(path, drawing.layer, where, problems, places) as file:
        return None if file is None else _read(file, path.name, where, problems, drawing)


@contextmanager
def _at_hand(
    path: Path, layer: str | None, where: str, problems: Problems, places: Places | None
) -> Iterator[Path | None]:
    """Give what GDAL is to open; None after a fault."""
    if path.suffix.lower() == GEODATABASE and path.is_dir():
        strays = [part.name for part in path.rglob("*") if places and not places.may_read(part)]
        if strays:
            problems.add(where, "refers to a path outside the project folder", found=", ".join(strays[:3]))
        yield None if strays else path
    elif not path.is_file():
        problems.add(where, "missing file", found=str(path))
        yield None
    elif path.suffix.lower() == ".zip":
        with unpacked(path, layer, where, problems) as file:
            yield file if file is not None and _is_complete(file, where, problems) else None
    else:
        yield path if _is_complete(path, where, problems) else None


def _is_complete(path: Path, where: str, problems: Problems) -> bool:
    """Refuse a Shapefile whose index was left behind."""
    if path.suffix.lower() != ".shp" or any(path.with_suffix(suffix).is_file() for suffix in (".shx", ".SHX")):
        return True
    problems.add(
        where,
        "part of the Shapefile is missing",
        found=f"no {path.stem}.shx",
        wanted="its .shp, .shx, .dbf and .prj side by side",
        mend="Copy all its files, or save it as GeoPackage",
    )
    return False


def _read(file: Path, name: str, where: str, problems: Problems, drawing: Drawing) -> GeoDataFrame | None:
    import pyogrio

    layer, encoding = drawing.layer, drawing.encoding
    try:
        layers = [str(known) for known in pyogrio.list_layers(file)[:, 0]]
        if layer is None and len(layers) > 1:
            problems.add(where, f"{len(layers)} layers", found=", ".join(layers), mend=f"Name one: layer: {layers[0]}")
            return None
        if layer is not None and layer not in layers:
            problems.add(where, "no such layer", found=layer, wanted="one of " + ", ".join(layers))
            return None
        info = pyogrio.read_info(file, layer=layer, encoding=encoding)
        if not _is_sound(info, where, problems, drawing):
            return None
        columns = [drawing.attribute] if drawing.attribute else []
        frame = pyogrio.read_dataframe(file, layer=layer, encoding=encoding, columns=columns, fid_as_index=True)
    except UnicodeDecodeError as error:
        wanted, mend = f"text in {error.encoding}", "Say encoding: gbk (or what it is) in its entry"
        problems.add(where, "text in another encoding", wanted=wanted, found=name, mend=mend)
        return None
    except (RuntimeError, ValueError) as error:
        unknown = "not recognized" in str(error)
        what = "not a vector file" if unknown else "truncated or damaged file"
        problems.add(where, what, found=name, mend=None if unknown else "Copy or download it again")
        return None
    _look_at_text(frame, where, problems, drawing)
    return frame


def _is_sound(info: Any, where: str, problems: Problems, drawing: Drawing) -> bool:
    fields = [str(name) for name in info["fields"]]
    if info["features"] > MAX_FEATURES:
        problems.add(where, "too many features", found=str(info["features"]), wanted=f"at most {MAX_FEATURES:_}")
    elif info.get("driver") == "OGR_VRT":
        problems.add(where, "refers to another file", found="a virtual vector (VRT)", wanted="the file itself")
    elif info["crs"] is None:
        problems.add(where, "missing CRS", mend="Write it into the file, for example with QGIS or ogr2ogr -a_srs")
    elif drawing.attribute is not None and drawing.attribute not in fields:
        mend = _mend_of_column(drawing.attribute, fields)
        problems.add(f"{where}.attribute", "no such column", found=drawing.attribute, mend=mend)
    elif not info["features"]:
        problems.add(where, "holds no features")
    else:
        return True
    return False


def _mend_of_column(wanted: str, fields: list[str]) -> str:
    guess = likely_encoding(fields)
    if guess is not None:
        read = ", ".join(garbled(field, guess) for field in fields)
        return f"The names of the columns look like {guess}: say encoding: {guess}, and they read {read}"
    near = nearest(wanted, fields)
    return f"Did you mean {near!r}?" if near else "Columns: " + (", ".join(fields) or "none (is the .dbf there?)")


def _look_at_text(frame: GeoDataFrame, where: str, problems: Problems, drawing: Drawing) -> None:
    """Tell where the values of the attribute look garbled."""
    column = None if drawing.attribute is None else frame[drawing.attribute]
    if column is None or column.dtype.kind in "iufbM":
        return
    texts = sorted({str(value) for value in column.dropna()})
    guess = likely_encoding(texts)
    if guess is not None:
        sample = next(text for text in texts if not text.isascii())
        mend = f"Say encoding: {guess} in its entry, and it reads {garbled(sample, guess)}"
        problems.warn(f"{where}.attribute", "text looks garbled", found=sample, mend=mend)


def likely_encoding(texts: Iterable[str]) -> str | None:
    """Guess in what text is that was taken for Latin-1; None where it seems to be in order.

    Examples
    --------
    >>> likely_encoding(["\u00c0\u00e0\u00d0\u00cd", "code"])
    'gbk'
    >>> likely_encoding(["Z\u00fcrich"]) is None
    True
    """
    strange = [text for text in texts if not text.isascii()]
    return next((right for strict, right in _LIKELY.items() if strange and _all_read(strange, strict)), None)


def _all_read(texts: list[str], encoding: str) -> bool:
    try:
        return all(text.encode("latin-1").decode(encoding) for text in texts)
    except UnicodeError:
        return False


def garbled(text: str, encoding: str) -> str:
    """Read a text that was taken for Latin-1 in its own encoding."""
    return text.encode("latin-1", errors="replace").decode(encoding, errors="replace")
