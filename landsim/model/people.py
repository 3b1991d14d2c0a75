"""People: households and firms with their homes, premises and fields, and the phases in which they act."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landsim.agents.demography import URBAN, DemographyResult, demographic_year, solve_constant
from landsim.agents.firms import Firm, employment, firm_year, firms_by_premises, found_firms
from landsim.agents.households import Household, found_households
from landsim.agents.housing import relocate, residents
from landsim.agents.population import Population
from landsim.agents.works import within
from landsim.core.errors import InternalError
from landsim.landscape.access import block_sum, many_travel_minutes, speed_field
from landsim.landscape.blocks import cells_in_blocks, count_in_blocks
from landsim.landscape.legend import WATERY, Land
from landsim.market.centres import find_centres
from landsim.market.fields import BlockFields, block_fields, sum_by
from landsim.market.prices import initial_price, land_value, stacking, update_prices
from landsim.market.sites import Sites, floor_table, found_sites
from landsim.transition.engine import Changes

if TYPE_CHECKING:
    from landsim.model.model import LandModel

Ids = npt.NDArray[np.int64]
_GREEN = (Land.FOREST, Land.GRASS, Land.GREEN, *WATERY)


class People:
    """Households and firms of a run; a run without them has none of their demand, prices or fields.

    Attributes
    ----------
    households, firms : Population or None
        Agents; None where the scenario has none of the kind.
    sites : Sites
        Homes and premises.
    fields : BlockFields
        What each block offers.
    facilities : numpy.ndarray of int64, shape (n_blocks,)
        Community facilities a block.
    block_cells : numpy.ndarray of int64, shape (n_blocks,)
        Cells of each block; those at the edges may have fewer.
    persons : float
        Real persons that one person of an agent stands for.
    waiting : dict of Land to numpy.ndarray of int64
        Ids of agents that found no place, by the class of land that would hold them.
    lives : DemographyResult or None
        Births, deaths and moves of the year; None before the first and where households do not act.
    """

    def __init__(self, model: LandModel) -> None:
        place, params, numbers = model.landscape, model.params, model.params.agents
        self.blocks = model.grid.blocks(model.block)
        self.block_cells = cells_in_blocks(model.grid.shape, model.block)
        self.households: Population | None = None
        self.firms: Population | None = None
        self.waiting: dict[Land, Ids] = {}
        self.lives: DemographyResult | None = None
        self.facilities = np.zeros(self.blocks.size, dtype=np.int64)
        self.frozen = numbers.freeze
        self.sites = found_sites(
            place, model.block, params.market.sites, households=numbers.households,
            firms=firms_by_premises(numbers.firms, params.firms), vacancy=params.market.vacancy,
        )  # fmt: skip
        self.minutes = self._travel_times(model)
        self._price_sites(model)
        if numbers.households:
            weight = place.get("population")
            people = None if weight is None else np.nan_to_num(weight.reshape(-1)[self.sites.cell]).astype(np.float64)
            self.households = found_households(model, self.sites, numbers.households, people)
            self.sites = self.sites.with_residents(self.households["cell"])
        if numbers.firms:
            self.firms = found_firms(model, self.sites, numbers.firms, self.workers() or 0.0)
            self.sites = self.sites.with_firms(self.firms["cell"], self.firms.map("premises"))
        self.persons = self._persons_an_agent(model)
        self.fields = self.measure_fields(model)
        self.constant = 0.0
        if self.households is not None:
            self.constant = solve_constant(self.households, self._housing_cost(model))

    def _travel_times(self, model: LandModel) -> npt.NDArray[np.float32]:
        """Minutes from every block to each centre of employment, float32, shape (n_centres, n_blocks)."""
        place = model.landscape
        found = find_centres(self.blocks, self._centrality(model))
        if found.size == 0:
            return np.zeros((1, self.blocks.size), dtype=np.float32)
        speed = speed_field(place.model_class, place.get("road"), model.params.access, model.block)
        return many_travel_minutes(speed, self.blocks.cell_size, list(found))

    def _centrality(self, model: LandModel) -> npt.NDArray[np.float64]:
        """Floor space for work and, where they are known, residents of each block, each as a share of all.

        Floor space and not premises: what a run's few firm agents are dealt is whole, and depends on their number.
        """
        place = model.landscape
        floor = floor_table(model.legend, model.params.market.sites)[:, 1:].sum(axis=1)
        weight = sum_by(self.sites.block, floor[self.sites.land], self.blocks.size)
        if not weight.any():
            weight = block_sum(model.legend.built[place.landcover], model.block).reshape(-1)
        people = place.get("population")
        if people is None:
            return weight
        lived = block_sum(np.maximum(np.nan_to_num(people), 0), model.block).reshape(-1)
        return np.asarray(weight / max(weight.sum(), 1.0) + lived / max(lived.sum(), 1.0))

    def to_centre(self) -> npt.NDArray[np.float32]:
        """Minutes to the nearest centre, at most three hours, float32, shape (n_blocks,)."""
        return np.asarray(np.minimum(self.minutes.min(axis=0), np.float32(180.0)), dtype=np.float32)

    def _price_sites(self, model: LandModel) -> None:
        price = initial_price(self.to_centre(), model.params.market)[self.sites.block]
        self.sites = replace(self.sites, price=price)

    def _persons_an_agent(self, model: LandModel) -> float:
        if self.households is None or len(self.households) == 0:
            return 1.0
        wanted = model.params.agents.persons
        layer = model.landscape.get("population")
        if wanted is None and layer is not None:
            wanted = float(np.nansum(layer, dtype=np.float64))
        counted = float(self.households["size"].sum(dtype=np.float64))
        return wanted / counted if wanted else 1.0

    def measure_fields(self, model: LandModel) -> BlockFields:
        """Compute what each block offers now."""
        size = self.blocks.size
        persons, groups = np.zeros(size), np.ones((3, size))
        if self.households is not None:
            persons, groups = residents(self.households, self.sites, size)
        jobs = np.zeros((5, size))
        if self.firms is not None:
            jobs = employment(self.firms, self.sites, size) * self.persons
        government = model.params.government
        return block_fields(
            self.blocks, self.minutes, model.params.market.fields,
            persons=persons * self.persons, groups=groups, jobs=jobs,
            service_jobs=jobs[1] + self.facilities * government.facility_jobs, industry_jobs=jobs[0],
            school=self._schools(model),
            green=self._green(model),
        )  # fmt: skip

    def _green(self, model: LandModel) -> npt.NDArray[np.float32]:
        """Share of green and natural land of each block, float32, shape (n_blocks,)."""
        green = np.isin(model.legend.model_class, _GREEN).astype(np.uint8)
        cells = count_in_blocks(model.landscape.landcover, green, model.block)[0]
        return np.asarray(cells / self.block_cells, dtype=np.float32)

    def _schools(self, model: LandModel) -> npt.NDArray[np.float32]:
        """Access to rationed schools: 1 in the blocks that a community facility serves."""
        radius = model.params.government.facility_reach / self.blocks.cell_size
        return within(self.facilities.reshape(self.blocks.shape) > 0, radius).reshape(-1).astype(np.float32)

    def persons_by_block(self) -> npt.NDArray[np.float64]:
        """Residents of each block now, persons."""
        if self.households is None:
            return np.zeros(self.blocks.size)
        return residents(self.households, self.sites, self.blocks.size)[0] * self.persons

    def workers(self) -> float | None:
        """Workers of all households, in those of agents; None where a run has no households."""
        return None if self.households is None else float(self.households["workers"].sum(dtype=np.float64))

    def kin(self) -> float:
        """Former village households in the city for each that is still in a village."""
        if self.households is None:
            return 0.0
        moved = int(np.count_nonzero(self.households["villager"]))
        return moved / max(int(np.count_nonzero(self.households["kind"] != URBAN)), 1)

    def idle_by_district(self, model: LandModel) -> npt.NDArray[np.float64]:
        """Homes that stand empty, by district."""
        region = model.ground.region[self.sites.cell]
        return sum_by(region, self.sites.vacant_homes, model.ground.districts.size)

    def _housing_cost(self, model: LandModel) -> float:
        """Yearly cost of a home of mean size in town, at the mean price of its homes, CNY; 0 without any."""
        homes = self.sites.homes * (self.sites.land != Land.RURAL)
        total = int(homes.sum(dtype=np.int64))
        if total == 0 or self.households is None or len(self.households) == 0:
            return 0.0
        floor = model.params.households.floor_area * float(self.households["size"].mean(dtype=np.float64))
        return float(self.sites.price @ homes.astype(np.float64)) / total * model.params.market.user_cost * floor

    def by_district(self, model: LandModel) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Persons and jobs by district, float64, shape (n_regions,) each."""
        persons, jobs = np.zeros((2, model.ground.districts.size))
        if self.households is not None:
            cells = self.households["cell"]
            weight = self.households["size"] * self.persons
            persons = self._sum_at(model, cells, weight)
        if self.firms is not None:
            jobs = self._sum_at(model, self.firms["cell"], self.firms["jobs"] * self.persons)
        return persons, jobs

    @staticmethod
    def _sum_at(model: LandModel, cells: npt.NDArray[Any], weight: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        at = cells >= 0
        return sum_by(model.ground.region[cells[at]], weight[at], model.ground.districts.size)

    def vacant(self, cells: Ids) -> npt.NDArray[np.bool_]:
        """Tell which cells nobody lives or works in, bool, shape of the input.

        Without household agents nobody can tell, and every home counts as lived in.
        """
        rows = self.sites.rows(cells)
        free = np.ones(rows.shape, dtype=np.bool_)
        if self.households is None:
            return rows < 0
        at = rows >= 0
        free[at] = (self.sites.lived[rows[at]] == 0) & (self.sites.held[rows[at]].sum(axis=1) == 0)
        return free

    def land_price(
        self, model: LandModel, cells: Ids, codes: npt.NDArray[np.uint8] | None = None
    ) -> npt.NDArray[np.float32]:
        """Residual value of land for homes in the place of cells, CNY/m2, float32, shape (m,).

        It is taken at the ratio that is built, and for industry, whose price is a share of it, at that of the start.
        """
        price = self.sites.local_price(self.blocks_of(model, cells), model.params.market.price_level)
        industry = False if codes is None else model.legend.model_class[codes] == Land.URB_IND
        usual = np.asarray(industry) | (not _chosen(model))
        return np.asarray(land_value(price, model.params.market, usual), dtype=np.float32)

    def blocks_of(self, model: LandModel, cells: Ids) -> npt.NDArray[np.int32]:
        """Block of each cell."""
        return model.grid.block_of(cells, model.block).astype(np.int32)

    def built(self, model: LandModel, changes: Changes) -> None:
        """Open the homes and premises of what was built, and close those of what is no longer."""
        if len(changes) == 0:
            return
        cells, classes = changes.cell, model.legend.model_class[changes.to]
        self._evict(cells)
        holds = self.sites.density[classes].any(axis=1)
        new, land = cells[holds], classes[holds]
        blocks, market = self.blocks_of(model, new), model.params.market
        floors = stacking(self.sites.local_price(blocks, market.price_level), land, market) if _chosen(model) else 1
        self.sites = self.sites.rebuild(cells, new, blocks, land, market.price_level, floors)
        self.recount()

    def _evict(self, cells: Ids) -> None:
        """Let those who lived or worked where something else was built look for another place."""
        gone = self.sites.rows(cells)
        gone = gone[gone >= 0]
        if gone.size == 0:
            return
        torn_down = np.zeros(len(self.sites) + 1, dtype=np.bool_)  # the last entry, -1, is no site
        torn_down[gone] = True
        for population in (self.households, self.firms):
            if population is not None:
                out = np.flatnonzero(torn_down[self.sites.rows(population["cell"])])
                population.put("cell", np.full(out.size, -1), where=out)

    def recount(self) -> None:
        """Count residents and firms of every site again; who lost a home or premises has none."""
        if self.households is not None:
            self.sites = self.sites.lived_in(self._rows_at_home(self.households))
        if self.firms is not None:
            rows = self._rows_at_home(self.firms)
            self.sites = self.sites.held_in(rows, self.firms.map("premises"))

    def _rows_at_home(self, population: Population) -> npt.NDArray[np.int32]:
        """Rows of the sites of all members; who has a cell that is no site any more is left without one."""
        cells = population["cell"]
        rows = self.sites.rows(cells)
        lost = np.flatnonzero((rows < 0) & (cells >= 0))
        if lost.size:
            population.put("cell", np.full(lost.size, -1), where=lost)
        return rows

    def value_added(self) -> float:
        """Gross value added of the firms that have premises, CNY/a."""
        if self.firms is None:
            return 0.0
        at = self.firms["cell"] >= 0
        jobs = self.firms["jobs"][at] * self.firms["prod"][at].astype(np.float64)
        each = float(self.firms.model.params.firms.value_added)
        return float(jobs.sum()) * self.persons * each

    def check(self) -> None:
        """Test that nobody lives or works beyond capacity, and that the counts are those of the agents.

        Raises
        ------
        InternalError
            Naming what does not hold.
        """
        if (self.sites.vacant_homes < 0).any() or (self.sites.vacant_desks < 0).any():
            raise InternalError("more agents than homes or premises on a site")
        if self.households is not None:
            housed = int((self.households["cell"] >= 0).sum())
            if housed != int(self.sites.lived.sum()):
                raise InternalError(f"{housed} households are housed, but {int(self.sites.lived.sum())} homes lived in")

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Arrays that a checkpoint keeps."""
        out = {f"sites:{name}": values for name, values in self.sites.state().items()}
        for name, population in (("households", self.households), ("firms", self.firms)):
            if population is not None:
                out |= {f"{name}:{column}": values for column, values in population.state().items()}
        out |= {f"waiting:{int(land)}": ids for land, ids in self.waiting.items()}
        return out | {"facilities:count": self.facilities, "constant:value": np.asarray(self.constant)}

    def restore(self, model: LandModel, state: dict[str, npt.NDArray[Any]]) -> None:
        """Take over what a checkpoint kept."""
        part: dict[str, dict[str, npt.NDArray[Any]]] = {}
        for name, values in state.items():
            owner, rest = name.split(":", 1)
            part.setdefault(owner, {})[rest] = values
        self.sites = Sites(**part["sites"])
        if "households" in part:
            self.households = Population.restore(model, Household, part["households"])
        if "firms" in part:
            self.firms = Population.restore(model, Firm, part["firms"])
        self.waiting = {Land(int(land)): ids for land, ids in part.get("waiting", {}).items()}
        self.facilities = part["facilities"]["count"]
        self.constant = float(part["constant"]["value"])
        self.frozen = model.params.agents.freeze
        self.fields = self.measure_fields(model)


def demography(model: LandModel) -> None:
    """Let households age, die, bear, part, come, go and leave the village."""
    people = model.people
    people.frozen, people.lives = model.params.agents.freeze, None
    if people.households is None or "households" in people.frozen:
        return
    people.lives = demographic_year(people.households, people.constant, people._housing_cost(model), people.kin())
    people.recount()


def fields(model: LandModel) -> None:
    """Measure access, services, greenery and density of every block."""
    model.people.fields = model.people.measure_fields(model)


def firms(model: LandModel) -> None:
    """Let firms close, open, grow and choose premises; who finds none waits and asks for land."""
    people = model.people
    if people.firms is None or "firms" in people.frozen:
        return
    people.firms.compact()
    result = firm_year(people.firms, people.sites, people.fields, people.workers())
    people.sites = result.sites
    people.waiting |= _asking(result.queue, result.refused)


def households(model: LandModel) -> None:
    """Let households decide whether to move and choose a home; who finds none waits."""
    people = model.people
    if people.households is None or "households" in people.frozen:
        return
    people.households.compact()
    result = relocate(people.households, people.sites, people.fields)
    people.sites = result.sites
    people.waiting |= _asking(result.queue, result.refused)


def _asking(queue: dict[Land, Ids], refused: dict[Land, Ids]) -> dict[Land, Ids]:
    """Who asks for land: first those who found no place, then those who were outbid for one."""
    return {land: np.concatenate([queue[land], refused[land]]) for land in queue}


def prices(model: LandModel) -> None:
    """Let prices of floor space answer to vacancy."""
    people = model.people
    if people.households is not None and len(people.sites):
        people.sites = update_prices(people.sites, people.blocks.shape, model.params.market)


def _chosen(model: LandModel) -> bool:
    """Tell whether developers choose how densely they build: not where the land grows as told, whoever needs it."""
    return model.params.demand.mode == "agents"
