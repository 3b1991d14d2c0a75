"""Permission: what each overlay lets a conversion make of a cell, and when a conditional permit is granted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from landsim.core.errors import Problems
from landsim.core.params import Params, param
from landsim.core.registry import Registry, nearest
from landsim.landscape.legend import BUILT, URBAN, Land

N_CLASSES = len(Land)
OVERLAYS = (
    "erl_core",
    "erl_general",
    "pbf",
    "udb_concentrated",
    "udb_elastic",
    "udb_special",
    "outside_arable",
    "outside_other_ag",
    "outside_nature",
    "outside_rural",
    "outside_built",
    "outside_unused",
    "sea",
    "hazard",
    "water_source",
    "heritage",
    "steep",
)
LINE_OVERLAYS = frozenset({"erl_core", "erl_general", "pbf"})
_ROW_KEYS = {"overlay", "zone", "codes", "conditions", "text", "source", "confidence"}


class Use(IntEnum):
    """What a conversion makes of a cell, as the permission table knows it."""

    U = 0
    G = 1
    T = 2
    V = 3
    A = 4
    O = 5  # noqa: E741 - the letter of the published matrix
    E = 6
    N = 7


NEVER, CONDITIONAL, PERMITTED = 0, 1, 2
_NO_USE = -1
_NATURE = (Land.FOREST, Land.GRASS, Land.WETLAND, Land.WATER)
_BARE_OF_USE = (Land.NODATA, Land.SEA)
_USES: dict[Use, tuple[Land, ...]] = {
    Use.U: (*URBAN, Land.SPECIAL_RES),
    Use.G: (Land.GREEN,),
    Use.T: (Land.TRANS,),
    Use.V: (Land.RURAL,),
    Use.A: (Land.ARABLE,),
    Use.O: (Land.OTHER_AG,),
    Use.N: (Land.UNUSED,),
}
# rows that hold outside the boundary for cells of these classes; `sea` holds for sea cells everywhere
OUTSIDE: dict[str, tuple[Land, ...]] = {
    "outside_arable": (Land.ARABLE,),
    "outside_other_ag": (Land.OTHER_AG,),
    "outside_nature": _NATURE,
    "outside_rural": (Land.RURAL,),
    "outside_built": tuple(land for land in BUILT if land is not Land.RURAL),
    "outside_unused": (Land.UNUSED,),
}


class PermitParams(Params):
    """Conditional permits: their chance, and the conditions that a place fulfils."""

    chance_line: float = param(
        0.1, doc="chance that a conditional permit inside the red line or basic farmland is granted", ge=0, le=1
    )
    chance_other: float = param(0.5, doc="chance that any other conditional permit is granted", ge=0, le=1, lever=True)
    steep_deg: float = param(
        25.0,
        unit="deg",
        doc="slope above which there is no urban building and no new cultivation",
        source="Soil and Water Conservation Law, article 20",
        confidence="H",
        gt=0,
        le=90,
    )
    line_project: bool = param(
        False, doc="national line projects may cross the red line, basic farmland and the shore", lever=True
    )
    elastic_swap: bool = param(
        False, doc="urban building in the elastic zone counts as swapped into the concentrated zone", lever=True
    )
    collective_land: bool = param(
        False,
        doc="villages outside the boundary may become urban as collective operating construction land",
        source="Land Administration Law (2019), article 63",
        confidence="H",
        lever=True,
    )
    stand_alone_project: bool = param(
        False, doc="a list of stand-alone projects admits urban building on unused land", lever=True
    )
    small_facilities: bool = param(True, doc="small facilities are admitted in the special-use zone")
    approved_project: bool = param(True, doc="transport and utilities are on the approved project list")
    village_plan: bool = param(True, doc="villages may grow inside their plan and household quota", lever=True)
    in_out_balance: bool = param(
        True,
        doc="arable land may become orchard under the yearly in/out balance",
        source="notice 166 of 2021",
        confidence="V",
        lever=True,
    )
    listed_retirement: bool = param(
        False,
        doc="retirement of gentle arable land is on the state list; acts on projects that restore land, which a phase "
        "of one's own may bring and the built-in ones do not",
    )
    nature_reclaim: bool = param(True, doc="nature outside the lines has no floor against farming", lever=True)
    engineering_protection: bool = param(True, doc="engineering protection is built where hazard is extreme")
    heritage_consent: bool = param(True, doc="the heritage authority consents where the table asks it")
    state_arable_ha: float = param(
        35.0,
        unit="ha",
        doc="arable land taken by one project above which the State Council approves",
        source="Land Administration Law (2019), article 46",
        confidence="H",
        ge=0,
    )
    state_other_ha: float = param(
        70.0,
        unit="ha",
        doc="other land taken by one project above which the State Council approves",
        source="Land Administration Law (2019), article 46",
        confidence="H",
        ge=0,
    )


class Site(NamedTuple):
    """What a condition may look at.

    Attributes
    ----------
    steep : bool
        The cell is steeper than `PermitParams.steep_deg`.
    land : numpy.ndarray of uint8, shape (16,)
        The model class that the cell has now, all of them at once.
    """

    steep: bool
    land: npt.NDArray[np.uint8]


Condition = Callable[[Site, PermitParams], Any]
CONDITIONS: Registry[Condition] = Registry("conditions")


def _switch(name: str) -> Condition:
    """Make the condition that is a plain switch of `PermitParams`."""

    def holds(site: Site, params: PermitParams) -> bool:
        return bool(getattr(params, name))

    return holds


for _name in (
    "line_project",
    "elastic_swap",
    "collective_land",
    "stand_alone_project",
    "small_facilities",
    "approved_project",
    "village_plan",
    "in_out_balance",
    "engineering_protection",
    "heritage_consent",
):
    CONDITIONS.register(_name)(_switch(_name))


@CONDITIONS.register("existing_village")
def existing_village(site: Site, params: PermitParams) -> npt.NDArray[np.bool_]:
    """Upkeep only: the cell is a village already."""
    return np.asarray(site.land == Land.RURAL)


@CONDITIONS.register("existing_farming")
def existing_farming(site: Site, params: PermitParams) -> npt.NDArray[np.bool_]:
    """Existing farming: the cell is farmed already."""
    return np.isin(site.land, (Land.ARABLE, Land.OTHER_AG))


@CONDITIONS.register("retirement")
def retirement(site: Site, params: PermitParams) -> bool:
    """Arable land is steep, or its retirement is listed."""
    return site.steep or params.listed_retirement


@CONDITIONS.register("reclaimable")
def reclaimable(site: Site, params: PermitParams) -> bool:
    """Nature is neither steep nor protected by a floor."""
    return params.nature_reclaim and not site.steep


@dataclass(frozen=True)
class PermissionTable:
    """The zone x use matrix.

    Attributes
    ----------
    codes : numpy.ndarray of uint8, shape (len(OVERLAYS), len(Use))
        0 never, 1 on a condition, 2 by ordinary permit.
    conditions : dict of (overlay, Use) to str
        Name in `CONDITIONS` of every code 1.
    texts, sources : dict of overlay to str
        The conditions in words, and where the row comes from with its confidence.
    """

    codes: npt.NDArray[np.uint8]
    conditions: dict[tuple[str, Use], str]
    texts: dict[str, str]
    sources: dict[str, str]

    @classmethod
    def from_rows(cls, rows: Sequence[Mapping[str, Any]], where: str = "permission table") -> PermissionTable:
        """Read the matrix from plain rows.

        Parameters
        ----------
        rows : sequence of mapping
            ``overlay, codes {use: 0|1|2}, conditions {use: name}, text, source, confidence`` of each overlay.
        where : str
            Name of the file, for the errors.

        Raises
        ------
        InputError
            If an overlay or a use is missing, double or unknown, a code is not 0, 1 or 2, or a code 1 names no
            known condition; all faults at once.
        """
        problems = Problems()
        table = cls(np.zeros((len(OVERLAYS), len(Use)), dtype=np.uint8), {}, {}, {})
        for row in rows:
            table._take(row, where, problems)
        for overlay in OVERLAYS:
            if overlay not in table.texts:
                problems.add(f"{where}: {overlay}", "the row is missing")
        problems.raise_if_any()
        return table

    def code(self, overlay: str, use: Use) -> int:
        """Code of one overlay and use: 0, 1 or 2."""
        return int(self.codes[OVERLAYS.index(overlay), use])

    def chance(self, overlay: str, site: Site, params: PermitParams) -> npt.NDArray[np.float32]:
        """Probability of a permit under one overlay, float32, shape (16 present classes, 8 uses)."""
        out = np.zeros((N_CLASSES, len(Use)), dtype=np.float32)
        granted = params.chance_line if overlay in LINE_OVERLAYS else params.chance_other
        for use in Use:
            code = self.code(overlay, use)
            if code == PERMITTED:
                out[:, use] = 1.0
            elif code == CONDITIONAL:
                holds = CONDITIONS[self.conditions[overlay, use]](site, params)
                out[:, use] = np.where(holds, np.float32(granted), np.float32(0.0))
        return out

    def _take(self, row: Mapping[str, Any], where: str, problems: Problems) -> None:
        overlay = str(row.get("overlay"))
        place = f"{where}: {overlay}"
        for key in sorted(set(row) - _ROW_KEYS):
            problems.add(place, f"unknown key {key!r}", mend=_did_you_mean(key, sorted(_ROW_KEYS)))
        if overlay not in OVERLAYS:
            problems.add(place, "unknown overlay", mend=_did_you_mean(overlay, list(OVERLAYS)))
            return
        if overlay in self.texts:
            problems.add(place, "the row stands twice")
        self.texts[overlay] = str(row.get("text", ""))
        self.sources[overlay] = f"{row.get('source', '')} [{row.get('confidence', 'A')}]"
        self._take_codes(overlay, row, place, problems)

    def _take_codes(self, overlay: str, row: Mapping[str, Any], place: str, problems: Problems) -> None:
        codes, conditions = row.get("codes") or {}, row.get("conditions") or {}
        uses = [use.name for use in Use]
        for name in [str(key) for key in (*codes, *conditions) if key not in uses]:
            problems.add(place, f"unknown use {name!r}", wanted="one of " + ", ".join(uses))
        for use in Use:
            code = codes.get(use.name)
            if code not in (NEVER, CONDITIONAL, PERMITTED) or isinstance(code, bool):
                problems.add(f"{place}.{use.name}", "is no permission code", wanted="0, 1 or 2", found=code)
                continue
            self.codes[OVERLAYS.index(overlay), use] = code
            condition = conditions.get(use.name)
            if (code == CONDITIONAL) != (condition is not None):
                problems.add(f"{place}.{use.name}", "a condition goes with code 1 and with no other", found=condition)
            elif condition is not None and condition not in CONDITIONS.names():
                mend = _did_you_mean(str(condition), CONDITIONS.names())
                problems.add(f"{place}.{use.name}", f"unknown condition {condition!r}", mend=mend)
            elif condition is not None:
                self.conditions[overlay, use] = condition


def _did_you_mean(name: str, known: list[str]) -> str | None:
    near = nearest(name, known)
    return f"Did you mean {near!r}?" if near else None


def uses_of_classes(project: bool) -> npt.NDArray[np.int8]:
    """Use that a conversion into each model class is, int8, shape (16,); -1 where there is none.

    Nature arises by natural change in the ordinary race, and by restoration where a project makes it.
    """
    table = np.full(N_CLASSES, _NO_USE, dtype=np.int8)
    for use, classes in _USES.items():
        table[list(classes)] = use
    table[list(_NATURE)] = Use.E if project else Use.N
    return table


def allowed_transitions(project: bool) -> npt.NDArray[np.bool_]:
    """Transitions that can happen at all, bool, shape (16 from, 16 to).

    Outside the study nothing changes; the sea becomes land only by a project (wetland restored, a line project);
    built-up land is given back to farming or nature only by a project.
    """
    table = np.ones((N_CLASSES, N_CLASSES), dtype=np.bool_)
    built = list(BUILT)
    if not project:
        table[built, :] = False
        table[np.ix_(built, built)] = True
    table[list(_BARE_OF_USE), :] = False
    table[:, list(_BARE_OF_USE)] = False
    if project:
        table[Land.SEA, [Land.WETLAND, Land.TRANS]] = True
    return table


def needs_state_approval(
    basic_ha: npt.ArrayLike, arable_ha: npt.ArrayLike, other_ha: npt.ArrayLike, params: PermitParams
) -> npt.NDArray[np.bool_]:
    """Tell which projects the State Council approves; the province approves the others.

    Land Administration Law (2019), article 46: any permanent basic farmland, or arable land outside it above
    35 ha, or other land above 70 ha.

    Parameters
    ----------
    basic_ha, arable_ha, other_ha : array_like of float, shape (n,)
        Basic farmland, other arable land and other land that a project takes, ha.
    """
    state = np.asarray(basic_ha) > 0
    state |= np.asarray(arable_ha) > params.state_arable_ha
    state |= np.asarray(other_ha) > params.state_other_ha
    return np.asarray(state, dtype=np.bool_)
