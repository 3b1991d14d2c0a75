"""Ecology indicators: ecosystem service value, carbon and the land that nature has."""

from __future__ import annotations

import numpy as np

from landsim.indicators.ecology import CO2_PER_CARBON, carbon_stock, service_value
from landsim.indicators.land import codes_of
from landsim.indicators.ratios import ratios
from landsim.indicators.record import Values, YearState, indicator
from landsim.landscape.legend import Land

_ECOLOGICAL = (Land.FOREST, Land.GRASS, Land.WETLAND, Land.WATER, Land.UNUSED)


@indicator("service_value", unit="CNY/a", doc="ecosystem service value (生态系统服务价值)")
def ecosystem_services(state: YearState) -> Values:
    """Service value of all land, cropland as paddy where the record tells it apart."""
    paddy = 0.0 if state.paddy_counts is None else state.area(state.legend.arable, within="paddy_counts")
    return service_value(_model_areas(state), state.ecology, paddy)


@indicator("carbon", unit="t", doc="carbon held in biomass and soil once land is as its class is")
def carbon(state: YearState) -> Values:
    """Carbon stock of all land."""
    return carbon_stock(_model_areas(state), state.ecology)


@indicator("co2_released", unit="t", doc="carbon dioxide set free, net, since the start", needs=("first",))
def co2_released(state: YearState) -> Values:
    """Carbon stock lost since the start, as carbon dioxide."""
    if state.first is None:
        raise ValueError(f"the record of {state.year} has no first record")
    return np.asarray(CO2_PER_CARBON * (carbon(state.first) - carbon(state)))


@indicator("ecological_share", unit="%", doc="forest, grass, wetland, water and unused land in the area of the study")
def ecological_share(state: YearState) -> Values:
    """Ecological space over all valid land."""
    return 100 * ratios(state.area(codes_of(state.legend, *_ECOLOGICAL)), state.area(state.valid))


def _model_areas(state: YearState) -> Values:
    """Area by district and city and by model class, ha, shape (n + 1, 16)."""
    return np.stack([state.area(codes_of(state.legend, land) & state.valid) for land in Land], axis=-1)
