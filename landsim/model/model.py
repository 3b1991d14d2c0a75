"""LandModel: a Mesa model whose land, agents and rules live through the years."""

from __future__ import annotations

from typing import Any, ClassVar

import mesa
import numpy as np
import numpy.typing as npt

from landsim.agents.farmers import Farmer, income_of, place_farmers
from landsim.agents.farmland import Farmland, survey
from landsim.agents.firms import Firm
from landsim.agents.government import town_districts, tree
from landsim.agents.households import Household
from landsim.agents.ids import set_apart
from landsim.agents.population import Population
from landsim.core.errors import InputError, Problem
from landsim.indicators.record import YearState
from landsim.landscape.access import block_max
from landsim.landscape.grid import Grid
from landsim.landscape.landscape import Landscape
from landsim.landscape.legend import Legend
from landsim.model.accounts import ecology, record_year, state_hash, without_past, year_state
from landsim.model.books import Books
from landsim.model.ground import lay_ground
from landsim.model.inputs import DatedLever, Inputs
from landsim.model.params import ModelParams
from landsim.model.people import People
from landsim.model.phases import PHASES, Phase, run_phases
from landsim.model.public import site_more
from landsim.policy.balance import Ledger
from landsim.policy.quota import QuotaState
from landsim.transition.demand import transition_matrix, yearly_matrix
from landsim.transition.engine import LandEngine
from landsim.transition.events import EventLog

BLOCK_METRES = 300.0
MOST_BLOCKS = 250_000


class LandModel(mesa.Model):  # type: ignore[misc]
    """One run of a place.

    Parameters
    ----------
    inputs : Inputs
        The place, its parameters and its history, as `landsim.scenario` builds them.
    rng : int or None
        Root seed in place of the one in `inputs`.
    **levers
        Parameters by dotted path, e.g. ``**{"quota.multiplier": 1.2}`` or ``enforcement=0.9``.

    Attributes
    ----------
    phases : tuple of Phase
        What happens in a year, in order; a subclass may have more of them (`with_phase`).
    year : int
        Last year that was simulated; the start year before the first step.
    landscape : Landscape
        The place; its land cover is always the present one.
    households, firms, farmers : Population or None
        Who acts; None where the scenario has none.
    tree : GovernmentTree
        The five levels of government.
    books : Books
        Events, unmet demand, indicators, ledger.

    Raises
    ------
    InputError
        If a lever is unknown or out of bounds.
    """

    phases: ClassVar[tuple[Phase, ...]] = PHASES

    def __init__(self, inputs: Inputs, rng: int | None = None, **levers: Any) -> None:
        seed = inputs.seed if rng is None else int(rng)
        super().__init__(rng=seed)
        # Mesa overwrites `step` with a counting wrapper and keeps its own `_seed`; ours is the root of every draw
        self.seed = seed
        self.inputs = inputs
        self.start = self.year = inputs.start
        self.params: ModelParams = inputs.params
        for path, value in levers.items():
            self.pull(path, value)
        self.shocks: list[DatedLever] = list(inputs.shocks)
        self.running = inputs.horizon > inputs.start
        self.block = block_factor(inputs.landscape.grid)
        self.previous: YearState | None = None
        self.first_state: YearState | None = None
        self.ground = lay_ground(inputs, self.params, self.block)
        self.first_land: npt.NDArray[np.uint8] = inputs.landscape.landcover.reshape(-1)
        names = tuple(phase.name for phase in self.phases)
        self.books = Books(EventLog(names), Ledger(self.engine.door.bank, self.params.balance.lag))
        self.trend = self._trend()
        self._seat_governments()
        set_apart(self, (Household, Firm, Farmer))
        self.people = People(self)
        self.farmland, self.farmers = self._settle_farmers()
        self.farm_income_at_start = self._farm_income()
        self._open_counters()
        site_more(self, self.grid.size)
        self.people.fields = self.people.measure_fields(self)
        ecology(self)
        record_year(self)

    @property
    def engine(self) -> LandEngine:
        """The land-change engine."""
        return self.ground.engine

    @property
    def landscape(self) -> Landscape:
        """The place, with its present land cover."""
        return self.ground.landscape

    @property
    def grid(self) -> Grid:
        """The map's grid."""
        return self.inputs.landscape.grid

    @property
    def legend(self) -> Legend:
        """Meaning of the land-cover codes."""
        return self.inputs.landscape.legend

    @property
    def households(self) -> Population | None:
        """Household agents."""
        return self.people.households

    @property
    def firms(self) -> Population | None:
        """Firm agents."""
        return self.people.firms

    def step(self) -> None:
        """Simulate one year."""
        self.year += 1
        self.first_event = len(self.books.events)
        self.sold = self.fines = self.spent_on_works = 0.0
        self.engine.begin_year()
        run_phases(self)
        self.running = self.year < self.inputs.horizon

    def pull(self, path: str, value: Any) -> None:
        """Change a parameter from now on.

        Raises
        ------
        InputError
            If there is no such parameter or the value is out of its bounds.
        """
        try:
            self.params = self.params.changed(path, value)
        except (ValueError, KeyError, TypeError) as fault:
            reason = str(fault).splitlines()
            raise InputError(Problem(f"lever {path}", f"cannot be set to {value!r}: {' '.join(reason)}")) from None

    def spend_quota(self, used: npt.NDArray[np.int64]) -> None:
        """Book used quota with the counties."""
        for office in self.tree.counties:
            row = np.searchsorted(self.ground.districts, office.area)
            if row < used.size and self.ground.districts[row] == office.area:
                office.spend(int(min(used[row], office.quota - office.used)))

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Every array from which `restore` makes this state again."""
        out = {f"engine.{name}": values for name, values in self.engine.state().items()}
        out |= {f"books.{name}": values for name, values in self.books.state().items()}
        out |= {f"people.{name}": values for name, values in self.people.state().items()}
        out |= {f"tree.{name}": values for name, values in self.tree.state().items()}
        if self.farmers is not None:
            out |= {f"farmers.{name}": values for name, values in self.farmers.state().items()}
            out |= {f"farmland.{name}": values for name, values in self.farmland.state().items()}
        lines = ((name, self.landscape.get(name)) for name in ("erl", "pbf", "udb"))
        out |= {f"line.{name}": layer for name, layer in lines if layer is not None}
        out |= {f"model.{name}": np.asarray(getattr(self, name)) for name in _COUNTERS}
        out["model.city_carry_ha"] = np.asarray(self.quota_state.city_carry_ha)
        out["model.carry_ha"], out["model.granted"] = self.quota_state.carry_ha, self.quota_state.granted
        return out

    def restore(self, state: dict[str, npt.NDArray[Any]], tables: dict[str, Any]) -> None:
        """Go on from a checkpoint: the arrays of `state` and the tables of `Books.tables`."""
        part = _parts(state)
        self.year = int(part["model"]["year"])
        for shock in self.shocks:
            if shock.year <= self.year:
                self.pull(shock.path, shock.value)
        for name, layer in part.get("line", {}).items():
            self.landscape.layers[name][...] = layer
        self.ground.recompile(self.params, np.empty(0, dtype=np.int64))
        self.engine.restore(part["engine"])
        self.books.restore(part["books"], tables)
        self.tree.restore(part["tree"])
        self.people.restore(self, part["people"])
        if "farmers" in part:
            self.farmers = Population.restore(self, Farmer, part["farmers"])
            self.farmland = Farmland(**part["farmland"])
        for name in _COUNTERS:
            value = part["model"][name]
            setattr(self, name, value if value.ndim else value.item())
        self.quota_state = QuotaState(
            float(part["model"]["city_carry_ha"]), part["model"]["carry_ha"], part["model"]["granted"]
        )
        ecology(self)
        self.previous = without_past(year_state(self))
        self.running = self.year < self.inputs.horizon

    def state_hash(self) -> str:
        """Hash of the present state."""
        return state_hash(self)

    def _trend(self) -> npt.NDArray[np.float64]:
        """Yearly transition matrix of the past, where demand follows it."""
        demand, history = self.params.demand, self.inputs.history
        if demand.mode != "markov":
            return np.empty((0, 0))
        maps = {**history, self.start: self.inputs.landscape.landcover}
        first, last = demand.markov_from or min(maps), demand.markov_to or self.start
        if first not in maps or last not in maps or first >= last:
            raise InputError(
                Problem(
                    "demand.markov_from", "two past maps are needed for a Markov trend",
                    wanted="two of the years " + ", ".join(map(str, sorted(maps))), found=f"{first} and {last}",
                    mend="Add the earlier map under history in data.yaml",
                )
            )  # fmt: skip
        return yearly_matrix(transition_matrix(maps[first], maps[last], self.legend.codes), last - first)

    def _seat_governments(self) -> None:
        district, town = self.landscape.get("district"), self.landscape.get("town")
        towns, parents = np.empty(0, np.int64), np.empty(0, np.int64)
        if town is not None:
            towns, parents = town_districts(town, np.zeros_like(town) if district is None else district)
        self.tree = tree(self, self.ground.districts, towns, parents)
        areas = np.array([office.area for office in self.tree.counties])
        self.county_rows = np.searchsorted(self.ground.districts, areas)

    def _settle_farmers(self) -> tuple[Farmland, Population | None]:
        place = self.landscape
        region = place.get("town") if place.get("town") is not None else place.get("district")
        blocks = None if region is None else block_max(region, self.block).reshape(-1).astype(np.int16)
        pbf = place.get("pbf") if self.params.lines.pbf else None
        land = survey(
            place.model_class, self.block, quality=place.get("quality"), slope=place.get("slope"),
            minutes=self.people.to_centre(), pbf=pbf, town=blocks,
            unknown_quality=self.params.farms.unknown_quality,
        )  # fmt: skip
        if self.params.agents.farms == 0:
            return land, None
        return land, place_farmers(self, land, self.grid.blocks(self.block).width, self.params.agents.farms)

    def _farm_income(self) -> float:
        """Income that the farmland brings as it is, CNY a year; 0 without operators."""
        return 0.0 if self.farmers is None else income_of(self.farmers, self.farmland, self.grid.cell_area_ha)

    def _open_counters(self) -> None:
        regions = self.ground.districts.size
        self.phase_code = len(self.phases) - 1
        self.next_project = 0
        self.first_event = 0
        self.sold = self.fines = self.spent_on_works = 0.0
        self.pace_used = 0
        self.farm_income = self.reclaim_budget = 0.0
        self.illegal = np.empty(0, dtype=np.int64)
        self.illegal_found = np.zeros(regions, dtype=np.int64)
        self.quota_state = QuotaState.fresh(regions)
        self.quota_granted = self.quota_left = np.zeros((regions, 3), dtype=np.int64)
        self.quota_used = np.zeros(regions, dtype=np.int64)
        self.people_before, self.jobs_before = self.people.by_district(self)
        self.wanted = np.zeros(256, dtype=np.int64)
        self.demanders: dict[int, tuple[int, npt.NDArray[np.int64]]] = {}
        self.purse: dict[str, int] = {}


_COUNTERS = (
    "year", "next_project", "pace_used", "farm_income", "reclaim_budget", "illegal",
    "illegal_found", "quota_granted", "quota_left", "quota_used", "people_before", "jobs_before",
)  # fmt: skip


def _parts(state: dict[str, npt.NDArray[Any]]) -> dict[str, dict[str, npt.NDArray[Any]]]:
    """Sort the arrays of a state by who owns them."""
    parts: dict[str, dict[str, npt.NDArray[Any]]] = {}
    for name, values in state.items():
        owner, rest = name.split(".", 1)
        parts.setdefault(owner, {})[rest] = values
    return parts


def block_factor(grid: Grid) -> int:
    """Side of a block in cells: about 300 m, and coarser where that would make more than 250 000 blocks."""
    factor = max(1, round(BLOCK_METRES / grid.cell_size))
    while grid.blocks(factor).size > MOST_BLOCKS:
        factor += 1
    return factor
