"""Figures: what the indicators read of the city as a whole: form, density, access, equity, moves, nature and farms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landsim.agents.demography import URBAN as URBAN_LIFE
from landsim.agents.farmers import grain_yield
from landsim.core.quantity import LIMITED_BELOW
from landsim.indicators.connectivity import effective_mesh
from landsim.indicators.form import UrbanForm, entropy_mix, urban_form
from landsim.indicators.gradient import clark, rings
from landsim.indicators.inequality import dissimilarity, gini, theil
from landsim.indicators.land import codes_of
from landsim.indicators.nature import ECOLOGICAL
from landsim.indicators.ratios import ratio
from landsim.landscape.blocks import count_in_blocks
from landsim.landscape.legend import URBAN, Land
from landsim.policy.balance import Account, Kind

if TYPE_CHECKING:
    from landsim.model.model import LandModel

Floats = npt.NDArray[np.float64]
Figures = dict[str, float]

YEARLY_CELLS = 1_000_000
"""Up to this many cells the whole city is surveyed every year, beyond it at the start, the end and between."""
SURVEY_EVERY = 5
"""Years between two surveys of a large city."""
NEIGHBOURHOOD_M = 1_000.0
"""Side of the squares over which groups are compared, m."""
JOBS_WITHIN = 45.0
"""Minutes within which jobs count as reached."""
HOUR = 60.0
"""Minutes within which residents count as near the main centre."""
GRAIN_A_HEAD = 400.0
"""Grain that feeds a person for a year, kg."""


def figures(model: LandModel) -> Figures:
    """Every figure that the present state has, by the names of `indicators.city`."""
    found: Figures = {**_of_farms(model), **_of_balance(model), **_of_moves(model)}
    if not surveyed(model):
        return found
    if model.people.households is not None and len(model.people.households):
        found |= _of_access(model) | _of_equity(model)
    return found | _of_nature(model) | _of_blocks(model)


def surveyed(model: LandModel) -> bool:
    """Tell whether this is a year in which form, density, access and equity are measured."""
    often = model.grid.size <= YEARLY_CELLS
    return often or model.year == model.inputs.horizon or (model.year - model.start) % SURVEY_EVERY == 0


def city_form(model: LandModel) -> UrbanForm | None:
    """Measure the form of the urban land, in the years of a survey."""
    if not surveyed(model):
        return None
    land, legend = model.landscape.landcover, model.legend
    urban = codes_of(legend, *URBAN)
    valid = np.arange(256) != legend.nodata
    return urban_form(urban[land], urban[model.first_land.reshape(land.shape)], valid[land], model.grid.cell_size)


def _of_moves(model: LandModel) -> Figures:
    """Persons who came and went in the year; nothing where households do not act."""
    lives = model.people.lives
    if lives is None:
        return {}
    came, gone, moved = lives.persons
    return {"net_migration": (came - gone) * model.people.persons, "village_exodus": moved * model.people.persons}


def _of_nature(model: LandModel) -> Figures:
    """Connectivity of ecological land."""
    land_cells = int(model.counts[:, model.legend.codes].sum())
    mesh = effective_mesh(model.landscape.landcover, codes_of(model.legend, *ECOLOGICAL), land_cells)
    return {"mesh_ha": mesh * model.grid.cell_area_ha}


def _of_blocks(model: LandModel) -> Figures:
    """Distance to the centres, mix of uses and density gradient, from counts on blocks."""
    legend, people = model.legend, model.people
    urban = _count(model, codes_of(legend, *URBAN))
    seats = people.minutes.argmin(axis=1)  # the main centre is the first
    distance = [_km_from(model, seat) for seat in np.unique(seats).tolist()]
    nearest = np.min(distance, axis=0)
    found = {"centre_distance": ratio(float(nearest @ urban), float(urban.sum()))}
    if all(legend.code_of(land) is not None for land in URBAN):
        uses = np.stack([_count(model, codes_of(legend, land)) for land in URBAN], axis=-1)
        mix = np.nan_to_num(entropy_mix(uses))
        found["use_mix"] = ratio(float(mix @ urban), float(urban.sum()))
    if people.households is not None:
        found |= _of_density(model, _km_from(model, int(seats[0])))
    return found


def _of_density(model: LandModel, away: Floats) -> Figures:
    residents = model.people.persons_by_block()
    land = _count(model, np.arange(256) != model.legend.nodata) * model.grid.cell_area_m2 / 1e6
    law = clark(*rings(away, residents, land))
    on_land = land > 0
    density = np.divide(residents, land, out=np.zeros(land.size), where=on_land)
    return {
        "clark_slope": law.slope,
        "clark_density": law.central,
        "density_gini": gini(density[on_land], land[on_land]),
    }


def _count(model: LandModel, codes: npt.NDArray[np.bool_]) -> Floats:
    """Cells of the flagged codes in each block, float64, shape (n_blocks,)."""
    cells = count_in_blocks(model.landscape.landcover, codes.astype(np.uint8), model.block)[0]
    return np.asarray(cells, dtype=np.float64)


def _km_from(model: LandModel, seat: int) -> Floats:
    """Distance of every block from one of them, km, float64, shape (n_blocks,)."""
    width, size = model.people.blocks.width, model.people.blocks.cell_size
    rows, cols = np.divmod(np.arange(model.people.blocks.size), width)
    return np.asarray(np.hypot(rows - seat // width, cols - seat % width) * size / 1000)


def _of_access(model: LandModel) -> Figures:
    """What the residents reach, each block weighed by who lives there."""
    people, fields = model.people, model.people.fields
    residents = people.persons_by_block()
    everyone = float(residents.sum())
    reached = (fields.centre_jobs[:, None] * (fields.minutes <= JOBS_WITHIN)).sum(axis=0)
    access = fields.svc.astype(np.float64)
    return {
        "jobs_45min": 100 * ratio(float(reached @ residents), float(fields.centre_jobs.sum()) * everyone),
        "service_access": ratio(float(access @ residents), everyone),
        "service_access_gini": gini(access, residents),
        "service_access_theil": theil(access, residents),
        "centre_1h": 100 * ratio(float(residents[fields.minutes[0] <= HOUR].sum()), everyone),
        "service_gap": _service_gap(model, access),
        "facility_coverage": 100 * ratio(float(residents[fields.school > 0].sum()), everyone),
    }


def _service_gap(model: LandModel, access: Floats) -> float:
    """Mean access of urban less that of rural residents who have a home; NaN where there are none of either."""
    who, sites = model.people.households, model.people.sites
    rows = sites.rows(who["cell"])  # type: ignore[index]
    housed = rows >= 0
    if not housed.any():
        return float("nan")
    size = who["size"][housed].astype(np.float64)  # type: ignore[index]
    value, rural = access[sites.block[rows[housed]]], sites.land[rows[housed]] == Land.RURAL
    means = [ratio(float(value[group] @ size[group]), float(size[group].sum())) for group in (~rural, rural)]
    return means[0] - means[1]


def _of_equity(model: LandModel) -> Figures:
    """How unequal incomes are, and how far groups live apart."""
    who: Any = model.people.households
    income, cell = who["income"].astype(np.float64), who["cell"]
    housed, urban = cell >= 0, who["kind"] == URBAN_LIFE
    place = _neighbourhood(model, np.maximum(cell, 0))
    level, hukou = who.map("income_class"), who["hukou"]
    low, high = (np.bincount(place[housed & (level == group)], minlength=place.max() + 1) for group in (0, 2))
    new, old = (np.bincount(place[housed & urban & (hukou == k)], minlength=place.max() + 1) for k in (0, 1))
    return {
        "income_gini": gini(income),
        "income_theil": theil(income),
        "dissimilarity_income": dissimilarity(low, high),
        "dissimilarity_hukou": dissimilarity(new, old),
    }


def _neighbourhood(model: LandModel, cells: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    factor = max(1, round(NEIGHBOURHOOD_M / model.grid.cell_size))
    return model.grid.block_of(cells, factor)


def _of_farms(model: LandModel) -> Figures:
    """Grain, quality, fallow and other crops of the farmland as it is now; nothing where the map shows none."""
    land, legend, area = model.farmland, model.legend, model.grid.cell_area_ha
    if legend.code_of(Land.ARABLE) is None:
        return {}
    arable, other = (_count(model, codes_of(legend, kind)) for kind in (Land.ARABLE, Land.OTHER_AG))
    fallow = np.minimum(land.fallow, arable)
    cells = float(arable.sum())
    harvest = grain_yield(model.params.farms, land.quality)
    tons = float((arable - fallow) @ harvest) * area / 1000
    first = tons if model.first_state is None else (model.first_state.figures or {}).get("grain", tons)
    return {
        "grain": tons,
        "grain_loss": 100 * ratio(first - tons, first),
        "persons_fed": tons * 1000 / GRAIN_A_HEAD,
        "farm_grade": ratio(float(land.quality.astype(np.float64) @ arable), cells),
        "abandoned_share": 100 * ratio(float(fallow.sum()), cells),
        "non_grain_share": 100 * ratio(float(other.sum()), cells + float(other.sum())),
    }


def _of_balance(model: LandModel) -> Figures:
    """State and movements of the arable balance; nothing where it is off."""
    ledger, area = model.books.ledger, model.grid.cell_area_ha
    bank = int(ledger.bank[Account.ARABLE_HA])
    if bank >= LIMITED_BELOW:
        return {}
    entries = ledger.columns()
    now = (entries["year"] == model.year) & (entries["account"] == Account.ARABLE_HA)
    moved = {kind: int(entries["delta"][now & (entries["kind"] == kind)].sum()) for kind in (Kind.CREDIT, Kind.DEBIT)}
    return {
        "balance_bank_ha": bank * area,
        "balance_credit_ha": moved[Kind.CREDIT] * area,
        "balance_debit_ha": -moved[Kind.DEBIT] * area,
    }
