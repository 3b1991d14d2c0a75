"""People and economy indicators: population, housing, jobs, prices, travel."""

from __future__ import annotations

from landsim.indicators.land import built_area, codes_of
from landsim.indicators.ratios import ratios
from landsim.indicators.record import Values, YearState, indicator
from landsim.landscape.grid import M2_PER_HA
from landsim.landscape.legend import URBAN, Land


@indicator("population", unit="persons", doc="residents", needs=("population",))
def population(state: YearState) -> Values:
    """Residents."""
    return state.total("population")


@indicator(
    "urbanisation",
    unit="%",
    doc="urban residents in all residents (城镇化率)",
    needs=("population", "urban_population"),
)
def urbanisation(state: YearState) -> Values:
    """Urban over all residents."""
    return 100 * ratios(state.total("urban_population"), state.total("population"))


@indicator(
    "unregistered_share",
    unit="%",
    doc="urban residents without urban registration in all urban residents (未落户常住人口)",
    needs=("unregistered", "urban_population"),
)
def unregistered_share(state: YearState) -> Values:
    """Urban residents without urban registration (户籍) over urban residents."""
    return 100 * ratios(state.total("unregistered"), state.total("urban_population"))


@indicator("households", unit="households", doc="households that live in a dwelling", needs=("households",))
def households(state: YearState) -> Values:
    """Housed households."""
    return state.total("households")


@indicator("housing_queue", unit="households", doc="households without a dwelling", needs=("queue",))
def housing_queue(state: YearState) -> Values:
    """Waiting households."""
    return state.total("queue")


@indicator("vacancy", unit="%", doc="dwellings that stand empty", needs=("homes", "households"))
def vacancy(state: YearState) -> Values:
    """Empty over all dwellings."""
    homes = state.total("homes")
    return 100 * ratios(homes - state.total("households"), homes)


@indicator("jobs", unit="jobs", doc="jobs of all sectors", needs=("jobs",))
def jobs(state: YearState) -> Values:
    """Jobs."""
    return state.total("jobs")


@indicator("gva", unit="CNY/a", doc="gross value added", needs=("gva",))
def value_added(state: YearState) -> Values:
    """Gross value added."""
    return state.total("gva")


@indicator("jobs_per_worker", unit="1", doc="jobs for each worker who lives there", needs=("jobs", "workers"))
def jobs_per_worker(state: YearState) -> Values:
    """Jobs over resident workers."""
    return ratios(state.total("jobs"), state.total("workers"))


@indicator("price", unit="CNY/m2", doc="mean price of the floor space of dwellings in town", needs=("price",))
def price(state: YearState) -> Values:
    """Mean price of floor space in town, each dwelling counting once."""
    return state.mean("price")


@indicator(
    "price_village",
    unit="CNY/m2",
    doc="mean price of the floor space of dwellings in villages",
    needs=("price_village",),
)
def price_village(state: YearState) -> Values:
    """Mean price of floor space in villages, each dwelling counting once."""
    return state.mean("price_village")


@indicator(
    "price_to_income",
    unit="a",
    doc="years of income that a mean dwelling costs at prices in town (房价收入比)",
    needs=("price", "floor", "income"),
)
def price_to_income(state: YearState) -> Values:
    """Price in town of a dwelling of mean size over the mean yearly income of a household."""
    return ratios(state.mean("price") * state.mean("floor"), state.mean("income"))


@indicator("commute", unit="min", doc="mean commute, one way", needs=("commute",))
def commute(state: YearState) -> Values:
    """Mean commute, one way."""
    return state.mean("commute")


@indicator("built_per_person", unit="m2/person", doc="construction land per resident", needs=("population",))
def built_per_person(state: YearState) -> Values:
    """Built-up area over residents."""
    return M2_PER_HA * ratios(built_area(state), state.total("population"))


@indicator(
    "urban_per_person",
    unit="m2/person",
    doc="urban construction land per urban resident: dwellings, services, industry, roads, utilities and parks",
    needs=("urban_population",),
)
def urban_per_person(state: YearState) -> Values:
    """Urban construction land over urban residents, by the classes of GB 50137-2011.

    A map does not tell roads of towns from others, so that all of them count.
    """
    land = state.area(codes_of(state.legend, *URBAN, Land.TRANS, Land.GREEN))
    return M2_PER_HA * ratios(land, state.total("urban_population"))


@indicator(
    "land_per_gva", unit="m2/1e4 CNY", doc="construction land per ten thousand CNY of value added", needs=("gva",)
)
def land_per_value(state: YearState) -> Values:
    """Built-up area over value added."""
    return M2_PER_HA * ratios(built_area(state), state.total("gva") / 1e4)


@indicator(
    "green_per_person", unit="m2/person", doc="parks and squares per urban resident", needs=("urban_population",)
)
def green_per_person(state: YearState) -> Values:
    """Area of parks and squares over urban residents."""
    return M2_PER_HA * ratios(state.area(codes_of(state.legend, Land.GREEN)), state.total("urban_population"))
