"""Datum: how exactly positions go over from one coordinate reference system to another."""

from __future__ import annotations

import warnings
from functools import lru_cache

from landsim.core.errors import Problems

_AGREE = frozenset({"4326", "4979", "4978", "4490", "4480", "4479"})
"""EPSG codes of WGS 84 and CGCS2000, which agree within a metre, whatever PROJ knows of them."""


@lru_cache(maxsize=64)
def accuracy(source: str, target: str) -> float | None:
    """Accuracy of the best transformation between two CRS that PROJ can make here, m; None where it knows none.

    Without a transformation between two datums PROJ takes equal latitudes and longitudes for equal places (its
    *ballpark* transformation), however far the datums lie apart.

    Parameters
    ----------
    source, target : str
        Authority codes or WKT.
    """
    from pyproj.transformer import TransformerGroup

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that a better grid could be downloaded
        best = TransformerGroup(source, target, always_xy=True).transformers
    known = best[0].accuracy if best else -1.0
    if known >= 0:
        return float(known)
    return 1.0 if _AGREE.issuperset((_geodetic_code(source), _geodetic_code(target))) else None


def _geodetic_code(crs: str) -> str | None:
    from pyproj import CRS

    geodetic = CRS.from_user_input(crs).geodetic_crs
    found = None if geodetic is None else geodetic.to_authority(min_confidence=70)
    return None if found is None else found[1]


def warn_of_datum(source: object, target: str, where: str, problems: Problems) -> None:
    """Tell where positions go over from one datum to another by no known transformation.

    Parameters
    ----------
    source : object
        A CRS with ``to_wkt``, of rasterio or pyproj.
    target : str
        CRS of the grid.
    where : str
        Key, for the messages.
    problems : Problems
        Gets the caution.
    """
    from pyproj import CRS

    text = str(getattr(source, "to_wkt")())  # noqa: B009 - rasterio and pyproj share no type
    if not target or accuracy(text, target) is not None:
        return
    datums = [str(getattr(CRS.from_user_input(crs).datum, "name", crs)) for crs in (text, target)]
    problems.warn(
        where,
        "no transformation between the datums is known, so latitudes and longitudes are taken as they are (ballpark "
        "transformation of PROJ, accuracy unknown): places may lie tens of metres off, or more",
        found=datums[0],
        wanted=datums[1],
        mend="Have the file transformed with the parameters of your surveying office",
    )
