"""The kinds of synthetic city: what sets a plain, a basin, a chain of cities, a valley and a coast apart."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """The lie of the land and the size of the cities.

    Uplands rise where ``base + across * v**2 + behind * (1 - u) + rough * noise`` is positive, for u in [0, 1]
    along the main river downstream and v in [-1, 1] across it.

    Attributes
    ----------
    relief : float
        Height of the uplands on a map of 24 km, m.
    base, across, behind, rough : float
        Coefficients of the uplands.
    cores : int
        Cities of the first rank.
    primacy : float
        How many times a core exceeds its place in the rank-size order.
    urban_share : float
        Urban share of the land at the first date.
    red_line_share : float
        Share of the natural land that the ecological red line has to take.
    coastal : bool
        Whether the river ends in the sea.
    """

    relief: float
    base: float
    across: float
    behind: float
    rough: float
    cores: int
    primacy: float
    urban_share: float
    red_line_share: float
    coastal: bool = False


KINDS: dict[str, Kind] = {
    "plain": Kind(220.0, -1.15, 0.35, 0.15, 0.45, 1, 2.5, 0.032, 0.35),
    "monocentric": Kind(520.0, -0.75, 0.75, 0.45, 0.42, 1, 3.0, 0.032, 0.45),
    "polycentric": Kind(420.0, -0.70, 0.30, 0.35, 0.55, 3, 1.6, 0.034, 0.45),
    "valley": Kind(750.0, -0.45, 1.75, 0.10, 0.25, 1, 2.0, 0.022, 0.50),
    "coastal": Kind(450.0, -0.80, 0.35, 0.95, 0.45, 1, 2.5, 0.032, 0.45, coastal=True),
}
