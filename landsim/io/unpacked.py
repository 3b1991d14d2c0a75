"""Unpacked: the one vector layer of a zip archive, laid out in a folder of its own for as long as it is read."""

from __future__ import annotations

import re
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from zipfile import BadZipFile, ZipFile, ZipInfo

from landsim.core.errors import Problems
from landsim.io.atomic import writing
from landsim.io.paths import GEODATABASE

MAX_UNPACKED_BYTES = 4_000_000_000
"""Most that is unpacked of an archive."""

_WHOLE = (".shp", ".gpkg", ".geojson", ".fgb", ".gml", ".kml")
_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_IS_UTF8 = 0x800  # flag of the zip format


@contextmanager
def unpacked(path: Path, layer: str | None, where: str, problems: Problems) -> Iterator[Path | None]:
    """Give the vector file of an archive, unpacked; None after a fault.

    Names in the archive decide nothing about where files are written.

    Parameters
    ----------
    path : pathlib.Path
        A zip archive with one Shapefile, GeoPackage, File Geodatabase or the like.
    layer : str or None
        Name, without ending, of the file to take where there are several.
    where : str
        Key, for the messages.
    problems : Problems
        Gets the faults.
    """
    with TemporaryDirectory(prefix="landsim-") as folder:
        try:
            with ZipFile(path) as archive:
                file = _lay_out(archive, Path(folder), layer, where, problems)
        except (BadZipFile, EOFError, zlib.error, NotImplementedError, RuntimeError) as error:
            protected = "password" in str(error) or "encrypted" in str(error)
            what = "archive with a password" if protected else "truncated or damaged archive"
            problems.add(where, what, found=path.name, mend="Unpack it by hand, or download it again")
            file = None
        yield file


def _lay_out(archive: ZipFile, folder: Path, layer: str | None, where: str, problems: Problems) -> Path | None:
    members = {_name(info): info for info in archive.infolist() if not info.is_dir()}
    main = _main_of(list(members), layer, where, problems)
    if main is None:
        return None
    chosen = {name: info for name, info in members.items() if _belongs(PurePosixPath(name), main)}
    size = sum(info.file_size for info in chosen.values())
    if size > MAX_UNPACKED_BYTES:
        problems.add(where, "archive is too large", found=f"{size:_} bytes", wanted=f"at most {MAX_UNPACKED_BYTES:_}")
        return None
    stem = re.sub(r"[^\w. -]", "_", main.stem)[:60]
    target = folder / f"{stem}{main.suffix.lower()}"
    for name, info in chosen.items():
        inner = PurePosixPath(name)
        is_whole = main.suffix.lower() != GEODATABASE
        out = folder / f"{stem}{inner.suffix.lower()}" if is_whole else target / inner.name
        out.parent.mkdir(exist_ok=True)
        with writing(out), archive.open(info) as packed, out.open("wb") as file:
            shutil.copyfileobj(packed, file)
    return target


def _name(info: ZipInfo) -> str:
    """Name of a member; archivers on Chinese Windows write GBK and say nothing of it."""
    if info.flag_bits & _IS_UTF8 or info.filename.isascii():
        return info.filename
    for encoding in ("utf-8", "gbk"):
        try:
            return info.filename.encode("cp437").decode(encoding)
        except UnicodeError:
            continue
    return info.filename


def _main_of(names: list[str], layer: str | None, where: str, problems: Problems) -> PurePosixPath | None:
    """Find the vector file among the members; one of several by its name."""
    paths = [PurePosixPath(name) for name in names]
    found = {path for path in paths if path.suffix.lower() in _WHOLE and "__MACOSX" not in path.parts}
    found |= {parent for path in paths for parent in path.parents if parent.suffix.lower() == GEODATABASE}
    named = sorted(path for path in found if path.stem == layer) if len(found) > 1 else sorted(found)
    if len(named) == 1:
        return named[0]
    if not found:
        problems.add(where, "archive without a vector file", wanted="one " + ", ".join((*_WHOLE, GEODATABASE)))
        return None
    stems = sorted(path.stem for path in found)
    mend = f"Name one: layer: {stems[0]}" if len(set(stems)) == len(stems) else "Unpack the one that you mean"
    problems.add(where, f"archive with {len(found)} vector files", found=", ".join(stems[:8]), mend=mend)
    return None


def _belongs(path: PurePosixPath, main: PurePosixPath) -> bool:
    """Tell whether a member is part of the vector file."""
    if main.suffix.lower() == GEODATABASE:
        return main in path.parents
    if main.suffix.lower() == ".shp":
        return path.parent == main.parent and path.stem == main.stem and path.suffix.lower() in _PARTS
    return path == main
