"""Capacity and risk indicators: pressure on water, who lives and works in danger, and what the land can feed."""

from __future__ import annotations

from landsim.indicators.capacity import bearable_arable_ha, bearable_persons, bearable_urban_ha
from landsim.indicators.land import arable_area, urban_area
from landsim.indicators.ratios import ratio, ratios
from landsim.indicators.record import Values, YearState, indicator
from landsim.landscape.grid import M2_PER_HA


@indicator(
    "water_pressure",
    unit="1",
    doc="urban residents over those whom the urban water bears (水资源承载); above 1 is too many",
    needs=("urban_population", "capacity.urban_water"),
    scope="city",
)
def water_pressure(state: YearState) -> float:
    """Urban residents over those whom the urban water bears."""
    return ratio(float(state.total("urban_population")[-1]), bearable_persons(state.capacity))


@indicator(
    "urban_pressure",
    unit="1",
    doc="urban land over what the urban water bears at the norm of land a person; above 1 is too much",
    needs=("capacity.urban_water",),
    scope="city",
)
def urban_pressure(state: YearState) -> float:
    """Urban land over that of as many residents as the urban water bears."""
    return ratio(float(urban_area(state)[-1]), bearable_urban_ha(state.capacity))


@indicator(
    "arable_pressure",
    unit="1",
    doc="cropland over what can be irrigated or needs no irrigation; above 1 is too much",
    needs=("capacity.irrigation_water", "told.ARABLE"),
    scope="city",
)
def arable_pressure(state: YearState) -> float:
    """Cropland over what the water for irrigation bears."""
    return ratio(float(arable_area(state)[-1]), bearable_arable_ha(state.capacity))


@indicator(
    "hazard_population", unit="persons", doc="residents where hazard is extremely high", needs=("hazard_population",)
)
def hazard_population(state: YearState) -> Values:
    """Residents of cells of extreme hazard."""
    return state.total("hazard_population")


@indicator("hazard_jobs", unit="jobs", doc="jobs where hazard is extremely high", needs=("hazard_jobs",))
def hazard_jobs(state: YearState) -> Values:
    """Jobs in cells of extreme hazard."""
    return state.total("hazard_jobs")


@indicator(
    "grain_self_sufficiency",
    unit="%",
    doc="persons whom the grain of the place feeds in its residents (粮食自给率)",
    needs=("figures.persons_fed", "population"),
    scope="city",
)
def grain_self_sufficiency(state: YearState) -> float:
    """Persons fed by the grain of the place over its residents."""
    return 100 * ratio((state.figures or {})["persons_fed"], float(state.total("population")[-1]))


@indicator(
    "arable_per_person", unit="m2/person", doc="cropland per resident (人均耕地)", needs=("population", "told.ARABLE")
)
def arable_per_person(state: YearState) -> Values:
    """Cropland over residents."""
    return M2_PER_HA * ratios(arable_area(state), state.total("population"))
