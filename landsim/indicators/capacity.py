"""Carrying capacity: how many people, how much urban land and how much cropland the water of a place bears.

Of the minimum rule (短板) of the double evaluation (双评价) only the water side is here: what the land itself would
bear takes a grading of its suitability, which landsim does not make.  The water of a place is data; without it nothing
is computed.
"""

from __future__ import annotations

from landsim.core.params import Params, param
from landsim.landscape.grid import M2_PER_HA

DAYS, LITRES = 365, 1000
"""Days of a year; litres of a cubic metre."""


class CapacityParams(Params):
    """Water of the place and what is used of it; what is not known stays null and its pressure is left out."""

    urban_water: float | None = param(
        None, unit="m3/a", doc="water that towns may use in a year; null where it is not known", gt=0
    )
    irrigation_water: float | None = param(
        None, unit="m3/a", doc="water that farms may use in a year; null where it is not known", gt=0
    )
    rainfed: float = param(0.0, unit="ha", doc="cropland that needs no irrigation", ge=0)
    person_water: float = param(
        250.0, unit="L/d", doc="water of an urban resident a day, industry and public uses included", gt=0
    )
    irrigation: float = param(
        5_000.0, unit="m3/ha", doc="irrigation quota of a year", source="regional quotas of 3 000 to 9 000",
        confidence="M", gt=0,
    )  # fmt: skip
    person_land: float = param(
        100.0, unit="m2/person", doc="urban construction land of an urban resident by the norm",
        source="GB 50137-2011, planned range 65 to 115", confidence="H", gt=0,
    )  # fmt: skip


def bearable_persons(params: CapacityParams) -> float:
    """Urban residents whom the urban water bears, ``W / (q * 365 / 1000)``; `urban_water` must be known.

    Examples
    --------
    >>> round(bearable_persons(CapacityParams(urban_water=1.75e8)))
    1917808
    """
    return (params.urban_water or 0.0) * LITRES / (params.person_water * DAYS)


def bearable_urban_ha(params: CapacityParams) -> float:
    """Urban land of as many people at the norm, ha; `urban_water` must be known.

    Examples
    --------
    >>> round(bearable_urban_ha(CapacityParams(urban_water=1.75e8)))
    19178
    """
    return bearable_persons(params) * params.person_land / M2_PER_HA


def bearable_arable_ha(params: CapacityParams) -> float:
    """Cropland that can be irrigated, and what needs no irrigation, ha; `irrigation_water` must be known.

    Examples
    --------
    >>> bearable_arable_ha(CapacityParams(irrigation_water=1e8, rainfed=500))
    20500.0
    """
    return (params.irrigation_water or 0.0) / params.irrigation + params.rainfed
