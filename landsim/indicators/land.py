"""Land indicators: areas and their change, farmland, control lines, sprawl."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.indicators.ratios import ratios
from landsim.indicators.record import Compute, Values, YearState, indicator
from landsim.landscape.legend import URBAN, Land, Legend


def codes_of(legend: Legend, *lands: Land) -> npt.NDArray[np.bool_]:
    """Look-up table code -> is its model class among these, bool, shape (256,)."""
    wanted = np.zeros(256, dtype=np.bool_)
    wanted[list(lands)] = True
    return wanted[legend.model_class]


@indicator("area_ha", unit="ha", doc="area of each class", scope="class")
def class_area(state: YearState) -> Values:
    """Area by class of the legend, district and, last, city."""
    return np.stack([state.area(_only(code)) for code in state.legend.codes])


@indicator(
    "annual_change_ha",
    unit="ha/a",
    doc="change of each class since the year before",
    needs=("previous",),
    scope="class",
)
def annual_change(state: YearState) -> Values:
    """Yearly change by class, averaged over the years since the previous record."""
    before = _earlier(state, "previous")
    return np.divide(_rise(class_area, before, state), max(state.year - before.year, 1))


@indicator(
    "dynamic_degree",
    unit="%/a",
    doc="land-use dynamic degree (土地利用动态度) of each class since the start",
    needs=("first",),
    scope="class",
)
def dynamic_degree(state: YearState) -> Values:
    """(U_b - U_a) / U_a / T * 100 from the start a to the year b; NaN in the first year or where U_a is 0."""
    start = _earlier(state, "first")
    return 100 * ratios(_rise(class_area, start, state), class_area(start) * (state.year - start.year))


@indicator("built_ha", unit="ha", doc="construction land (建设用地)")
def built_area(state: YearState) -> Values:
    """Area of built-up codes."""
    return state.area(state.legend.built)


@indicator("urban_ha", unit="ha", doc="urban dwelling, service and industrial land")
def urban_area(state: YearState) -> Values:
    """Area of the urban model classes."""
    return state.area(codes_of(state.legend, *URBAN))


@indicator("rural_built_ha", unit="ha", doc="village construction land", needs=("told.RURAL",))
def rural_area(state: YearState) -> Values:
    """Area of villages."""
    return state.area(codes_of(state.legend, Land.RURAL))


@indicator(
    "settled_ha",
    unit="ha",
    doc="urban and rural construction land, parks included (城乡建设用地)",
    needs=("told.RURAL",),
)
def settled_area(state: YearState) -> Values:
    """Area of towns, villages and parks: construction land without transport, utilities and special uses."""
    return state.area(codes_of(state.legend, *URBAN, Land.RURAL, Land.GREEN))


@indicator("arable_ha", unit="ha", doc="cropland (耕地)", needs=("told.ARABLE",))
def arable_area(state: YearState) -> Values:
    """Area of cropland codes."""
    return state.area(state.legend.arable)


@indicator("forest_ha", unit="ha", doc="forest (林地)", needs=("told.FOREST",))
def forest_area(state: YearState) -> Values:
    """Area of forest."""
    return state.area(codes_of(state.legend, Land.FOREST))


@indicator("grass_ha", unit="ha", doc="grassland (草地)", needs=("told.GRASS",))
def grass_area(state: YearState) -> Values:
    """Area of grassland."""
    return state.area(codes_of(state.legend, Land.GRASS))


@indicator("wetland_ha", unit="ha", doc="wetland (湿地)", needs=("told.WETLAND",))
def wetland_area(state: YearState) -> Values:
    """Area of wetland."""
    return state.area(codes_of(state.legend, Land.WETLAND))


@indicator("erl_ha", unit="ha", doc="land inside the ecological red line (生态保护红线)", needs=("erl_counts",))
def erl_area(state: YearState) -> Values:
    """Area inside the red line now."""
    return state.area(state.valid, within="erl_counts")


@indicator("pbf_ha", unit="ha", doc="land inside permanent basic farmland (永久基本农田)", needs=("pbf_counts",))
def pbf_area(state: YearState) -> Values:
    """Area inside permanent basic farmland now."""
    return state.area(state.valid, within="pbf_counts")


@indicator("urbanised_share", unit="%", doc="urban land in the area of the study")
def urbanised_share(state: YearState) -> Values:
    """Urban area over all valid land."""
    return 100 * ratios(urban_area(state), state.area(state.valid))


@indicator(
    "arable_net_loss_ha",
    unit="ha",
    doc="cropland lost since the start, less what was gained",
    needs=("first", "told.ARABLE"),
)
def arable_net_loss(state: YearState) -> Values:
    """Cropland at the start less cropland now."""
    return -_rise(arable_area, _earlier(state, "first"), state)


@indicator(
    "water_built_ha",
    unit="ha",
    doc="construction land on what was water or sea at the start (围湖填海)",
    needs=("once_water_counts",),
)
def water_built(state: YearState) -> Values:
    """Built-up area where there was water at the start."""
    return state.area(state.legend.built, within="once_water_counts")


@indicator("erl_built_ha", unit="ha", doc="construction land inside the ecological red line", needs=("erl_counts",))
def erl_built(state: YearState) -> Values:
    """Built-up area inside the ecological red line (生态保护红线), old and new."""
    return state.area(state.legend.built, within="erl_counts")


@indicator(
    "erl_intrusion_ha",
    unit="ha",
    doc="net new construction land inside the ecological red line since the start",
    needs=("erl_counts", "first.erl_counts"),
)
def erl_intrusion(state: YearState) -> Values:
    """Built-up area inside the red line now less that at the start."""
    return _rise(erl_built, _earlier(state, "first"), state)


@indicator("pbf_built_ha", unit="ha", doc="construction land inside permanent basic farmland", needs=("pbf_counts",))
def pbf_built(state: YearState) -> Values:
    """Built-up area inside permanent basic farmland (永久基本农田), old and new."""
    return state.area(state.legend.built, within="pbf_counts")


@indicator(
    "pbf_intrusion_ha",
    unit="ha",
    doc="net new construction land inside permanent basic farmland since the start",
    needs=("pbf_counts", "first.pbf_counts"),
)
def pbf_intrusion(state: YearState) -> Values:
    """Built-up area inside basic farmland now less that at the start."""
    return _rise(pbf_built, _earlier(state, "first"), state)


@indicator("illegal_ha", unit="ha", doc="land built on illegally and not yet found", needs=("illegal_cells",))
def illegal_area(state: YearState) -> Values:
    """Area of what stands illegally."""
    return state.total("illegal_cells") * state.cell_area_ha


@indicator("unmet_ha", unit="ha", doc="land demanded this year and not found", needs=("unmet_cells",))
def unmet_area(state: YearState) -> Values:
    """Area of the year's unmet demand."""
    return state.total("unmet_cells") * state.cell_area_ha


@indicator("quota_ha", unit="ha", doc="plan quota of the year (年度计划指标)", needs=("quota",))
def quota_area(state: YearState) -> Values:
    """Area that may be converted this year."""
    return state.total("quota") * state.cell_area_ha


@indicator("quota_used_ha", unit="ha", doc="plan quota used this year", needs=("quota_used",))
def quota_used_area(state: YearState) -> Values:
    """Area of quota that conversions used."""
    return state.total("quota_used") * state.cell_area_ha


@indicator("quota_used_share", unit="%", doc="plan quota used this year, of that given", needs=("quota", "quota_used"))
def quota_used_share(state: YearState) -> Values:
    """Quota used over quota given."""
    return 100 * ratios(state.total("quota_used"), state.total("quota"))


@indicator(
    "stock_share",
    unit="%",
    doc="renewal in the land supply of the year (存量供地)",
    needs=("renewed_cells", "new_built_cells"),
)
def stock_share(state: YearState) -> Values:
    """Renewed land over renewed and newly built land."""
    renewed = state.total("renewed_cells")
    return 100 * ratios(renewed, renewed + state.total("new_built_cells"))


@indicator(
    "lcrpgr",
    unit="1",
    doc="land consumption rate over population growth rate since the start (SDG 11.3.1)",
    needs=("urban_population", "first.urban_population"),
)
def land_consumption(state: YearState) -> Values:
    """ln(U2/U1) / ln(P2/P1) of urban land and urban population from the start; NaN where either was or is 0."""
    start = _earlier(state, "first")
    land = _log_growth(urban_area(start), urban_area(state))
    return ratios(land, _log_growth(start.total("urban_population"), state.total("urban_population")))


def _earlier(state: YearState, which: str) -> YearState:
    earlier: YearState | None = getattr(state, which)
    if earlier is None:
        raise ValueError(f"the record of {state.year} has no {which} record")
    return earlier


def _rise(measure: Compute, before: YearState, after: YearState) -> Values:
    return np.asarray(measure(after) - measure(before))


def _log_growth(before: Any, after: Any) -> Values:
    growth = ratios(after, before)
    return np.asarray(np.log(growth, out=np.full(growth.shape, np.nan), where=growth > 0))


def _only(code: int) -> npt.NDArray[np.bool_]:
    return np.asarray(np.arange(256) == code)
