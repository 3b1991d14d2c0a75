"""Ecology indicators: ecosystem service value, carbon and the land that nature has."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from landsim.indicators.ecology import CO2_PER_CARBON, carbon_density, carbon_stock, service_value
from landsim.indicators.land import codes_of
from landsim.indicators.ratios import ratios
from landsim.indicators.record import Values, YearState, indicator
from landsim.landscape.legend import BUILT, Land

ECOLOGICAL = (Land.FOREST, Land.GRASS, Land.WETLAND, Land.WATER, Land.UNUSED)
"""Classes of ecological space (生态空间)."""


@indicator("service_value", unit="CNY/a", doc="ecosystem service value (生态系统服务价值)", needs=("told.OPEN",))
def ecosystem_services(state: YearState) -> Values:
    """Service value of all land, cropland as paddy where the record tells it apart."""
    paddy = 0.0 if state.paddy_counts is None else state.area(state.legend.arable, within="paddy_counts")
    return service_value(state.class_areas, state.ecology, paddy)


@indicator("carbon", unit="t", doc="carbon held in biomass and soil once land is as its class is", needs=("told.OPEN",))
def carbon(state: YearState) -> Values:
    """Carbon stock of all land; what is built where water was holds what the water held.

    Fill is soil from elsewhere: to count it would make a lake that is built on a gain.
    """
    stock = carbon_stock(state.class_areas, state.ecology)
    if state.once_water_counts is None:
        return stock
    filled = np.stack([state.area(codes, within="once_water_counts") for codes in _built_codes(state)], axis=-1)
    return np.asarray(stock - filled @ carbon_density(state.ecology)[list(BUILT)])


@indicator("co2_released", unit="t", doc="carbon dioxide set free, net, since the start", needs=("first", "told.OPEN"))
def co2_released(state: YearState) -> Values:
    """Carbon stock lost since the start, as carbon dioxide."""
    if state.first is None:
        raise ValueError(f"the record of {state.year} has no first record")
    return np.asarray(CO2_PER_CARBON * (carbon(state.first) - carbon(state)))


@indicator(
    "ecological_share",
    unit="%",
    doc="forest, grass, wetland, water and unused land in the area of the study",
    needs=("told.OPEN",),
)
def ecological_share(state: YearState) -> Values:
    """Ecological space over all valid land."""
    return 100 * ratios(state.area(codes_of(state.legend, *ECOLOGICAL)), state.area(state.valid))


def _built_codes(state: YearState) -> list[npt.NDArray[np.bool_]]:
    """Look-up table code -> is it of that class, of each built-up class."""
    return [codes_of(state.legend, land) & state.valid for land in BUILT]
