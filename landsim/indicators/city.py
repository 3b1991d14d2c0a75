"""City indicators: figures that the model measures of the city as a whole: density, access, equity, nature, farms."""

from __future__ import annotations

from landsim.indicators.record import YearState, indicator

FIGURES = {
    "centre_distance": ("km", "mean distance of urban land to the nearest centre of employment"),
    "use_mix": ("1", "mix of dwelling, service and industrial land in urban blocks, mean entropy 0..1 (混合度)"),
    "clark_slope": ("1/km", "slope of the logarithm of density on rings around the main centre (Clark 1951)"),
    "clark_density": ("persons/km2", "density at the main centre by Clark's law"),
    "density_gini": ("1", "Gini coefficient of residents over the land of the study"),
    "jobs_45min": ("%", "jobs of the city that a resident reaches within 45 minutes, mean"),
    "service_access": ("1", "access of residents to services, mean, 0..1 (two-step floating catchment)"),
    "service_access_gini": ("1", "Gini coefficient of the access of residents to services"),
    "service_gap": ("1", "access to services of urban residents less that of rural residents (城乡差距)"),
    "service_access_theil": ("1", "Theil index of the access of residents to services"),
    "centre_1h": ("%", "residents within an hour of the main centre"),
    "facility_coverage": ("%", "residents within reach of a community facility"),
    "income_gini": ("1", "Gini coefficient of household income"),
    "income_theil": ("1", "Theil index of household income"),
    "dissimilarity_income": ("1", "dissimilarity of low- and high-income households over neighbourhoods of 1 km"),
    "dissimilarity_hukou": ("1", "dissimilarity of registered and unregistered urban households over the same (户籍)"),
    "net_migration": ("persons", "persons who came from outside in the year less those who left"),
    "village_exodus": ("persons", "persons who left the villages for the city in the year (乡城迁移)"),
    "mesh_ha": ("ha", "effective mesh size of ecological land: the larger, the less cut up (Jaeger 2000)"),
    "grain": ("t/a", "grain that the tilled cropland yields"),
    "grain_loss": ("%", "loss of grain since the start"),
    "persons_fed": ("persons", "persons whom the grain feeds, 400 kg a head"),
    "farm_grade": ("grade", "mean quality of cropland, 1 best .. 10 worst (耕地质量等别)"),
    "abandoned_share": ("%", "cropland that lies fallow (撂荒)"),
    "non_grain_share": ("%", "orchards and farm facilities in all farmland (非粮化)"),
    "balance_bank_ha": ("ha", "arable balance at the end of the year: supplement not yet used (占补平衡)"),
    "balance_credit_ha": ("ha", "supplement entered into the arable balance in the year"),
    "balance_debit_ha": ("ha", "supplement used for cropland taken in the year"),
}

_ALSO = {"mesh_ha": ("told.OPEN",)}
"""What some need besides: a map that tells open land apart."""


def _file(name: str, unit: str, doc: str) -> None:
    @indicator(name, unit=unit, doc=doc, needs=(f"figures.{name}", *_ALSO.get(name, ())), scope="city")
    def measure(state: YearState) -> float:
        return float((state.figures or {})[name])


for _name, (_unit, _doc) in FIGURES.items():
    _file(_name, _unit, _doc)
