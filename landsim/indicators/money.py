"""Money indicators of the city as a whole: its purse and what its farms earn."""

from __future__ import annotations

from landsim.indicators.ratios import ratio
from landsim.indicators.record import YearState, indicator

_LINES = {
    "budget": "purse of the city at the end of the year",
    "debt": "what the city owes at the end of the year",
    "tax": "tax that the city collects in the year",
    "land_revenue": "the city's revenue from land sold in the year",
    "running": "spent in the year on the running of the city",
    "compensation": "paid in the year for land and village houses that were taken",
    "houses_lost": "worth of the village houses that the building of the year tore down, at the cost of building anew",
    "farm_income": "net income of the farm operators in the year",
    "farm_change": "net income of the farm operators in the year less that of the land of the start",
    "works": "spent in the year on public facilities and on reclaiming land",
    "funds": "paid in the year into statutory funds for farmland and water",
    "land_sales": "paid in the year for land, and in fines",
    "land_value": "value that the building of the year leaves for its land",
}


FLOWS = tuple(name for name in _LINES if name not in ("budget", "debt"))
"""Money of a year, which may be summed over years; the others are states at its end."""


def _file(name: str, doc: str) -> None:
    @indicator(name, unit="CNY", doc=doc, needs=(f"money.{name}",), scope="city")
    def measure(state: YearState) -> float:
        return float((state.money or {})[name])


for _name, _doc in _LINES.items():
    _file(_name, _doc)


@indicator(
    "land_dependence", unit="%", doc="land in the revenue of the city (土地财政依赖度)", needs=("money",), scope="city"
)
def land_dependence(state: YearState) -> float:
    """Revenue from land over revenue from land and tax."""
    money = state.money or {}
    return 100 * ratio(money["land_revenue"], money["land_revenue"] + money["tax"])


@indicator("debt_ratio", unit="%", doc="debt over the revenue of the year", needs=("money",), scope="city")
def debt_ratio(state: YearState) -> float:
    """Debt over revenue from land and tax."""
    money = state.money or {}
    return 100 * ratio(money["debt"], money["land_revenue"] + money["tax"])


@indicator("farmers_share", unit="%", doc="compensation over the revenue from land", needs=("money",), scope="city")
def farmers_share(state: YearState) -> float:
    """Compensation paid to who lost land and houses, over what the city earned with land."""
    money = state.money or {}
    return 100 * ratio(money["compensation"], money["land_revenue"])
