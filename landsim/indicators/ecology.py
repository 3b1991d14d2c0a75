"""Ecosystem service value and carbon stock from land areas.

Sources: Xie et al. (2015), equivalent-factor method of ecosystem services; carbon pools in the order of the 2018
national survey (Tang et al. 2018).  Both are national averages, to be replaced by local ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.core.params import Confidence, Params, param
from landsim.landscape.legend import BUILT, Land

Areas = npt.NDArray[np.float64]

CO2_PER_CARBON = 44 / 12

_XIE = "Xie et al. 2015, equivalent factors, totals of eleven services"
_POOLS = "order of Tang et al. 2018 and of InVEST studies; replace locally"


def _factor(default: float, doc: str, source: str = _XIE, confidence: Confidence = "M") -> Any:
    return param(default, doc=doc, source=source, confidence=confidence, ge=0)


def _pool(default: float, doc: str) -> Any:
    return param(default, unit="t/ha", doc=doc, source=_POOLS, confidence="M", ge=0)


class ServiceFactors(Params):
    """Equivalent factors: services of a hectare in units of the grain that an average hectare of cropland bears."""

    dry: float = _factor(4.01, "dry cropland")
    paddy: float = _factor(3.89, "paddy")
    other_ag: float = _factor(4.0, "orchards and farm facilities", "modelling assumption", "A")
    forest: float = _factor(22.95, "broad-leaved forest; conifers 17.53, mixed 23.09, shrub 15.22")
    grass: float = _factor(11.43, "meadow; shrub grass 19.69, steppe 5.07")
    wetland: float = _factor(52.02, "wetland")
    water: float = _factor(125.61, "rivers and lakes")
    built: float = _factor(0.0, "construction land")
    green: float = _factor(5.0, "parks and squares", "modelling assumption", "A")
    unused: float = _factor(0.2, "bare land; desert 1.10")
    sea: float = _factor(0.0, "sea; reported separately", "modelling assumption", "A")


class BiomassCarbon(Params):
    """Carbon in living and dead biomass."""

    arable: float = _pool(5.7, "cropland")
    other_ag: float = _pool(15.0, "orchards and farm facilities")
    forest: float = _pool(58.0, "forest")
    grass: float = _pool(4.0, "grass")
    wetland: float = _pool(10.0, "wetland")
    water: float = _pool(0.0, "rivers and lakes")
    built: float = _pool(2.5, "construction land")
    green: float = _pool(10.0, "parks and squares")
    unused: float = _pool(1.0, "bare land")
    sea: float = _pool(0.0, "sea")


class SoilCarbon(Params):
    """Organic carbon in the first metre of the soil."""

    arable: float = _pool(92.0, "cropland")
    other_ag: float = _pool(90.0, "orchards and farm facilities")
    forest: float = _pool(115.0, "forest")
    grass: float = _pool(86.0, "grass")
    wetland: float = _pool(150.0, "wetland")
    water: float = _pool(0.0, "rivers and lakes")
    built: float = _pool(66.0, "construction land")
    green: float = _pool(75.0, "parks and squares")
    unused: float = _pool(30.0, "bare land")
    sea: float = _pool(0.0, "sea")


class EcologyParams(Params):
    """Service values and carbon pools by land class."""

    value_per_factor: float = param(
        3406.5,
        unit="CNY/ha/a",
        doc="value of one equivalent factor",
        source="Xie et al. 2015, 2010 prices",
        confidence="H",
        ge=0,
    )
    factors: ServiceFactors = ServiceFactors()
    biomass: BiomassCarbon = BiomassCarbon()
    soil: SoilCarbon = SoilCarbon()


def service_value(areas_ha: npt.ArrayLike, params: EcologyParams, paddy_ha: npt.ArrayLike = 0.0) -> Areas:
    """Value of ecosystem services, ``sum of area * D * F`` over the classes.

    Parameters
    ----------
    areas_ha : array_like of float, shape (..., 16)
        Area by model class, ha; a change of area gives a change of value.
    params : EcologyParams
    paddy_ha : array_like of float, shape (...)
        Paddy within the cropland, ha.

    Returns
    -------
    numpy.ndarray of float64, shape (...)
        CNY/a.

    Examples
    --------
    >>> change = np.zeros(16)
    >>> change[Land.ARABLE], change[Land.URB_RES] = -100, 100
    >>> round(float(service_value(change, EcologyParams())), 1)
    -1366006.5
    """
    factors = params.factors
    by_class = _by_land({**factors.model_dump(), "arable": factors.dry})
    wetter = np.asarray(paddy_ha, dtype=np.float64) * (factors.paddy - factors.dry)
    return np.asarray((np.asarray(areas_ha, dtype=np.float64) @ by_class + wetter) * params.value_per_factor)


def carbon_density(params: EcologyParams) -> Areas:
    """Carbon of a hectare of each model class in biomass and soil, t/ha, float64, shape (16,)."""
    return _by_land(params.biomass.model_dump()) + _by_land(params.soil.model_dump())


def carbon_stock(areas_ha: npt.ArrayLike, params: EcologyParams) -> Areas:
    """Carbon that land holds once it is as its class is, t C.

    Parameters
    ----------
    areas_ha : array_like of float, shape (..., 16)
        Area by model class, ha.
    params : EcologyParams
    """
    return np.asarray(np.asarray(areas_ha, dtype=np.float64) @ carbon_density(params))


def _by_land(values: dict[str, float]) -> Areas:
    """Spread named values over the model classes, float64, shape (16,)."""
    table = np.zeros(len(Land))
    for land in Land:
        if land is not Land.NODATA:
            table[land] = values[_pool_name(land)]
    return table


def _pool_name(land: Land) -> str:
    return "built" if land in BUILT and land is not Land.GREEN else land.name.lower()
