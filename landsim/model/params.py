"""ModelParams: every mechanism's parameters in one frozen tree, composed and never defined here."""

from __future__ import annotations

from typing import Any, Literal

from landsim.agents.demography import DemographyParams
from landsim.agents.farmers import FarmParams
from landsim.agents.firms import FirmParams
from landsim.agents.government import GovernmentParams
from landsim.agents.households import HouseholdParams
from landsim.core.params import Params, param
from landsim.indicators.capacity import CapacityParams
from landsim.indicators.welfare import WelfareParams
from landsim.landscape.access import AccessParams
from landsim.market.choice import ChoiceParams
from landsim.market.prices import MarketParams
from landsim.policy.balance import BalanceParams
from landsim.policy.expropriation import ExpropriationParams
from landsim.policy.lines import LineSwitches
from landsim.policy.pace import PaceParams
from landsim.policy.permission import PermitParams
from landsim.policy.policing import PolicingParams
from landsim.policy.quota import QuotaParams
from landsim.policy.review import ReviewParams
from landsim.policy.sale import SaleParams
from landsim.transition.demand import DemandParams
from landsim.transition.potential import EngineParams, PatchParams

Freezable = Literal["households", "firms", "farms"]


class AgentNumbers(Params):
    """How many agents stand for the people, firms and farms of the place."""

    households: int = param(20_000, unit="agents", doc="household agents", ge=0, le=20_000_000)
    firms: int = param(1_500, unit="agents", doc="firm agents", ge=0, le=5_000_000)
    farms: int = param(1_000, unit="agents", doc="farm operator agents", ge=0, le=5_000_000)
    persons: float | None = param(
        None, unit="persons", doc="residents at the start; None takes the population layer", gt=0
    )
    freeze: tuple[Freezable, ...] = param((), doc="populations that do not act: households, firms, farms", lever=True)


class ModelParams(Params):
    """Every parameter of a run, grouped by mechanism."""

    enforcement: float = param(
        1.0, doc="strength of land-law enforcement; 1 leaves no illegal conversion", ge=0.0, le=1.0, lever=True
    )
    demand: DemandParams = DemandParams()
    lines: LineSwitches = LineSwitches()
    agents: AgentNumbers = AgentNumbers()
    engine: EngineParams = EngineParams()
    patches: PatchParams = PatchParams()
    quota: QuotaParams = QuotaParams()
    pace: PaceParams = PaceParams()
    balance: BalanceParams = BalanceParams()
    permits: PermitParams = PermitParams()
    review: ReviewParams = ReviewParams()
    policing: PolicingParams = PolicingParams()
    expropriation: ExpropriationParams = ExpropriationParams()
    sale: SaleParams = SaleParams()
    access: AccessParams = AccessParams()
    market: MarketParams = MarketParams()
    choice: ChoiceParams = ChoiceParams()
    households: HouseholdParams = HouseholdParams()
    firms: FirmParams = FirmParams()
    farms: FarmParams = FarmParams()
    demography: DemographyParams = DemographyParams()
    government: GovernmentParams = GovernmentParams()
    capacity: CapacityParams = CapacityParams()
    welfare: WelfareParams = WelfareParams()

    def changed(self, path: str, value: Any) -> ModelParams:
        """Return a copy in which one dotted path has another value, validated as a whole."""
        tree = self.model_dump()
        *parents, leaf = path.split(".")
        branch: Any = tree
        for name in parents:
            branch = branch[name]
        branch[leaf] = value
        return type(self).model_validate(tree)
