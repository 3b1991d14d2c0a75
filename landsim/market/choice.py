"""Choice of a place: sampled, corrected logit with hard capacity, for movers of any kind.

Each mover compares its present place with `ChoiceParams.sample` draws from the vacant ones (q ~ vacant ** exponent),
corrects for the sampling (McFadden 1978), proposes to the best, and a place with too many proposals keeps those who
are willing to pay most.  Everybody proposes at once, so nothing depends on the order in which movers are stored.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from landsim.core.draws import stream_key
from landsim.core.parallel import each
from landsim.core.params import Params, param
from landsim.market.choice_kernels import OFFER, SLOT, fill_slots, rank_alternatives
from landsim.market.contest_kernels import give_places

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]


R = TypeVar("R", bound="Menu | Tastes | Movers")
_CHUNK = 8192  # movers ranked at a time by one thread
_MENU, _TASTES, _MOVERS = "i4 f4 i4 f4 f4", "f8 f8 f8", "i8 u1 i4 i2 f4 f4"


class ChoiceParams(Params):
    """How many places a mover looks at, and how a contested place is given."""

    sample: int = param(30, doc="places drawn for the choice set of a mover", ge=1, le=1000)
    exponent: float = param(0.7, doc="chance of being looked at ~ vacant places ** exponent", ge=0, le=2)
    rounds: int = param(5, doc="proposals a mover can make in a year", ge=1, le=100)


class Menu(NamedTuple):
    """What is on offer.

    Attributes
    ----------
    free : numpy.ndarray of int32, shape (n_sites,)
        Vacant places a site; a site without any can be stayed at, not moved to.
    cost : numpy.ndarray of float32, shape (n_sites,)
        Price of using one unit of the site (unit chosen by the caller, e.g. CNY/m2/a).
    block : numpy.ndarray of int32, shape (n_sites,)
        Block of the site.
    appeal : numpy.ndarray of float32, shape (n_segments, n_blocks)
        Utility of all that does not depend on price or on the place of work.
    minutes : numpy.ndarray of float32, shape (n_centres, n_blocks)
        One-way travel time, min.
    """

    free: Ints
    cost: Floats
    block: Ints
    appeal: Floats
    minutes: Floats


class Tastes(NamedTuple):
    """Coefficients of utility, one a segment.

    Attributes
    ----------
    cost, minute, stay : numpy.ndarray of float64, shape (n_segments,)
        Utility of one unit of ``cost * load``, of one minute of travel, and of not moving.
    """

    cost: Doubles
    minute: Doubles
    stay: Doubles


class Movers(NamedTuple):
    """Who chooses.

    Attributes
    ----------
    ident : numpy.ndarray of int64, shape (n,)
        Ids; they name the draws and break ties.
    segment : numpy.ndarray of uint8, shape (n,)
        Row of `Tastes` and of `Menu.appeal`.
    current : numpy.ndarray of int32, shape (n,)
        Site held now; -1 is none.
    centre : numpy.ndarray of int16, shape (n,)
        Row of `Menu.minutes`; -1 travels nowhere.
    load : numpy.ndarray of float32, shape (n,)
        Units used over income: ``cost * load`` is the share of income that a site takes.
    worth : numpy.ndarray of float32, shape (n,)
        Money that one unit of utility is worth to the mover.
    """

    ident: npt.NDArray[np.int64]
    segment: npt.NDArray[np.uint8]
    current: Ints
    centre: npt.NDArray[np.int16]
    load: Floats
    worth: Floats


class Lottery(NamedTuple):
    """The vacant sites as an alias table (Walker 1977; Vose 1991).

    Attributes
    ----------
    slots : numpy.ndarray of records (keep, alias), shape (n_vacant,)
        Chance that a drawn slot keeps its own offer, and the slot whose offer it gives otherwise.
    offers : numpy.ndarray of records (site, block, cost, log_rate), shape (n_vacant,)
        Row on the menu, block, cost, and ln(sample * q), by which the score of a drawn site is corrected.
    """

    slots: npt.NDArray[Any]
    offers: npt.NDArray[Any]


class Outcome(NamedTuple):
    """What became of the movers; all arrays of shape (n,).

    Attributes
    ----------
    site : numpy.ndarray of int32
        Site held after the choice; -1 is in the queue.
    moved : numpy.ndarray of bool
        Took a place other than the present one.
    refusals : numpy.ndarray of uint8
        Proposals that were turned down because the place was full.
    """

    site: Ints
    moved: npt.NDArray[np.bool_]
    refusals: npt.NDArray[np.uint8]

    @property
    def queue(self) -> npt.NDArray[np.bool_]:
        """Movers left without any place, bool, shape (n,)."""
        return self.site < 0

    @property
    def outbid(self) -> npt.NDArray[np.bool_]:
        """Movers who were turned down and stay where they are, bool, shape (n,)."""
        return (self.refusals > 0) & ~self.moved & (self.site >= 0)


def choose(
    movers: Movers, menu: Menu, tastes: Tastes, params: ChoiceParams, *, seed: int, stream: str, year: int
) -> Outcome:
    """Let every mover choose a place, all at once, under hard capacity.

    Parameters
    ----------
    movers, menu, tastes : Movers, Menu, Tastes
        Who chooses, among what, and how it is valued: ``V = cost * load * tastes.cost + minutes * tastes.minute
        + appeal + tastes.stay * [site is current]``.
    params : ChoiceParams
        Sample size, exponent and rounds.
    seed, stream, year : int, str, int
        Name of the draws; mover and alternative complete it.

    Returns
    -------
    Outcome
        Places left in this call are not given to others: they come to the market with the next menu.
    """
    movers, menu, tastes = _plain(movers, _MOVERS), _plain(menu, _MENU), _plain(tastes, _TASTES)
    lottery = open_lottery(menu, params)
    ranked, bids = shortlist(movers, menu, tastes, lottery, params, seed=seed, stream=stream, year=year)
    return settle(movers, menu.free, ranked, bids)


def _plain(record: R, dtypes: str) -> R:
    """Give a record the types, order and writability for which the kernel is compiled; arrays that have them stay."""
    arrays = zip(record, dtypes.split(), strict=True)
    return type(record)(*(np.require(array, kind, ["C", "W"]) for array, kind in arrays))


def open_lottery(menu: Menu, params: ChoiceParams) -> Lottery:
    """Build the alias table of the sites that have vacant places.

    With no more vacant sites than `ChoiceParams.sample` every mover sees all of them and no correction is due.
    """
    site = np.flatnonzero(menu.free > 0)
    offers = np.zeros(site.size, dtype=OFFER)
    offers["site"], offers["block"], offers["cost"] = site, menu.block[site], menu.cost[site]
    slots = np.ones(site.size, dtype=SLOT)
    if site.size > params.sample:
        weight = menu.free[site].astype(np.float64) ** params.exponent
        chance = weight / weight.sum()
        offers["log_rate"] = np.log(params.sample * chance)
        fill_slots(chance * site.size, slots)
    return Lottery(slots, offers)


def shortlist(
    movers: Movers,
    menu: Menu,
    tastes: Tastes,
    lottery: Lottery,
    params: ChoiceParams,
    *,
    seed: int,
    stream: str,
    year: int,
) -> tuple[Ints, Doubles]:
    """Rank the best alternatives of every mover.

    Returns
    -------
    ranked : numpy.ndarray of int32, shape (n, rounds)
        Sites in falling order of score, the present one among them; -1 where the list has ended.
    bids : numpy.ndarray of float64, shape (n, rounds)
        Willingness to pay ``(V - mean V of the looks) * worth``: what a place is worth to the mover beyond the usual
        one, in money, without taste draw and without sampling correction.  A utility that every place gives, or that
        only the mover has, counts nothing.
    """
    n = movers.ident.size
    ranked = np.full((n, params.rounds), -1, dtype=np.int32)
    bids = np.zeros((n, params.rounds), dtype=np.float64)
    name = (*stream_key(seed, stream), np.uint32(year))

    def rank(first: int) -> None:
        rows = slice(first, first + _CHUNK)
        rank_alternatives(name, params.sample, movers, menu, tastes, *lottery, first, ranked[rows], bids[rows])

    each(rank, range(0, n, _CHUNK))
    return ranked, bids


def settle(movers: Movers, free: Ints, ranked: Ints, bids: Doubles) -> Outcome:
    """Give places in rounds: every unplaced mover proposes, a full site keeps the highest bids (ties by id).

    Who is refused strikes the site and proposes to the next on the list; who has a place and runs out of list stays.
    """
    site = movers.current.copy()
    moved = np.zeros(site.size, dtype=np.bool_)
    refusals = np.zeros(site.size, dtype=np.uint8)
    give_places(movers.ident, movers.current, ranked, bids, free.copy(), site, moved, refusals)
    return Outcome(site, moved, refusals)
