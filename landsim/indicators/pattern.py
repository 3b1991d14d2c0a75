"""Form indicators of the city as a whole."""

from __future__ import annotations

from landsim.indicators.form import UrbanForm
from landsim.indicators.record import YearState, indicator

_MEASURES = {
    "compactness": ("1", "normalised moment of inertia of urban land; 1 is a disc"),
    "patches": ("1", "urban patches, cells that meet at a side or corner"),
    "mean_patch_ha": ("ha", "mean urban patch"),
    "largest_patch": ("%", "largest urban patch in the area of the study"),
    "patch_density": ("1/100 ha", "urban patches a 100 ha of land"),
    "edge_density": ("m/ha", "edge between urban and other land"),
    "clumpiness": ("1", "clumpiness of urban land: -1 dispersed, 0 random, 1 clumped"),
    "outlying": ("%", "urban land built since the start that touches none (leapfrog)"),
    "edge": ("%", "urban land built since the start at the edge of old"),
    "infill": ("%", "urban land built since the start between old"),
}


def _file(name: str, unit: str, doc: str) -> None:
    @indicator(f"form_{name}", unit=unit, doc=doc, needs=("urban",), scope="city")
    def measure(state: YearState) -> float:
        form: UrbanForm | None = state.urban
        return float(getattr(form, name))


for _name, (_unit, _doc) in _MEASURES.items():
    _file(_name, _unit, _doc)
