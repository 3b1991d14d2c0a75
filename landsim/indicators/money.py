"""Money indicators of the city as a whole: its purse and what its farms earn."""

from __future__ import annotations

from landsim.indicators.record import YearState, indicator

_LINES = {
    "budget": "purse of the city at the end of the year",
    "debt": "what the city owes at the end of the year",
    "land_revenue": "the city's revenue from land sold in the year",
    "compensation": "paid in the year for land that was taken",
    "farm_income": "net income of the farm operators in the year",
}


def _file(name: str, doc: str) -> None:
    @indicator(name, unit="CNY", doc=doc, needs=("money",), scope="city")
    def measure(state: YearState) -> float:
        return float((state.money or {})[name])


for _name, _doc in _LINES.items():
    _file(_name, _doc)
