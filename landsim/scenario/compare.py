"""Compare: paired differences of indicators and of land between two runs, or two folders of runs with shared seeds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landsim.indicators import paired
from landsim.indicators.intervals import t_interval
from landsim.io.cube import CHUNK
from landsim.scenario.pairs import Pair, match

if TYPE_CHECKING:
    import pandas as pd

KEYS = ["year", "district", "indicator", "unit"]
SIGNIFICANT = 0.05

Plane = npt.NDArray[Any]


@dataclass(frozen=True)
class RunComparison:
    """What differs between B and A, pair by pair.

    Attributes
    ----------
    pairs : list of (RunFolder, RunFolder)
        Runs of A and B with the same seed.
    cautions : list of str
        What a reader should know: runs without a partner, unlike seeds.
    """

    pairs: Sequence[Pair]
    cautions: Sequence[str]

    def __repr__(self) -> str:
        return f"RunComparison(seeds={self.seeds}, years={self.years[0]}..{self.years[-1]})"

    @property
    def seeds(self) -> list[int]:
        """Seeds of the pairs, those of A."""
        return [int(a.manifest["seed"]) for a, _ in self.pairs]

    @property
    def years(self) -> list[int]:
        """Years of the runs."""
        return self.pairs[0][0].years

    @cached_property
    def values(self) -> pd.DataFrame:
        """Every indicator of every pair: seed, year, district, indicator, unit, a, b, difference (b - a)."""
        import pandas as pd

        frames = []
        for seed, (a, b) in zip(self.seeds, self.pairs, strict=True):
            both = a.indicators.merge(b.indicators, on=KEYS, suffixes=("_a", "_b"))
            both.insert(0, "seed", seed)
            frames.append(both.rename(columns={"value_a": "a", "value_b": "b"}))
        table = pd.concat(frames, ignore_index=True)
        table["difference"] = table["b"] - table["a"]
        return table[["seed", *KEYS, "a", "b", "difference"]]

    @cached_property
    def one_sided(self) -> list[str]:
        """Indicators that the runs of one side alone know, which no row can compare."""
        sides: list[set[str]] = [set(), set()]
        for pair in self.pairs:
            for known, run in zip(sides, pair, strict=True):
                known.update(run.indicators["indicator"].unique())
        return sorted(sides[0] ^ sides[1])

    @cached_property
    def table(self) -> pd.DataFrame:
        """Differences over the seeds, one row a year, district and indicator.

        Columns: `KEYS`, ``pairs`` (with a value on both sides), ``a``, ``b`` (means), ``difference``, ``low``, ``high``
        (95 %, Student's t), ``boot_low``, ``boot_high`` (bootstrap over pairs), ``cohen_d``, ``p`` (paired t-test),
        ``p_holm`` (corrected for all indicators of the year and district), ``significant``.
        """
        known = self.values.dropna(subset=["difference"])
        parts = [_statistics(part) for _, part in _of_equal_pairs(known)]
        return _corrected(parts)

    def at_end(
        self, district: int = 0, indicators: Sequence[str] | None = None, summed: Sequence[str] = ()
    ) -> pd.DataFrame:
        """Rows of `table` of the last year.

        Parameters
        ----------
        district : int
            0 is the whole city.
        indicators : sequence of str, optional
            Indicators wanted, chosen before looking; Holm's correction then counts these alone.
        summed : sequence of str
            Of these, flows of a year such as money paid: their rows are of the sum over all years simulated, of the
            pairs that know every one of them.
        """
        table = self.table
        chosen = (table["year"] == self.years[-1]) & (table["district"] == district)
        if indicators is not None:
            chosen &= table["indicator"].isin(list(indicators))
        flows = chosen & table["indicator"].isin(list(summed))
        sums = self._sums(district, table.loc[flows, "indicator"].tolist()) if flows.any() else []
        return _corrected([table[chosen & ~flows], *sums])

    def _sums(self, district: int, indicators: Sequence[str]) -> list[pd.DataFrame]:
        """Statistics of the sums of flows over the years simulated, under the last year."""
        values, years = self.values, self.years[1:]
        rows = values[(values["district"] == district) & values["indicator"].isin(list(indicators))]
        known = rows[rows["year"].isin(years)].dropna(subset=["difference"])
        groups = known.groupby(["seed", "district", "indicator", "unit"], observed=True)
        whole = groups[["a", "b"]].sum()[groups.size() == len(years)].reset_index()
        whole["year"], whole["difference"] = self.years[-1], whole["b"] - whole["a"]
        return [_statistics(part) for _, part in _of_equal_pairs(whole)]

    def built_difference(self, year: int | None = None) -> tuple[Plane, Plane]:
        """Where building is likelier in B than in A.

        Parameters
        ----------
        year : int, optional
            The last one where not given.

        Returns
        -------
        difference : numpy.ndarray of float32, shape (height, width)
            Share of the seeds in which a cell is built up in B less that in A, -1..1; NaN outside the study.
        significant : numpy.ndarray of bool, shape (height, width)
            By the exact sign test over pairs at 5 %, which takes at least six pairs; nothing is with fewer.

        Raises
        ------
        InputError
            If the runs have no map of the year.
        """
        first = self.pairs[0][0]
        difference = np.full(first.grid.shape, np.nan, dtype=np.float32)
        significant = np.zeros(first.grid.shape, dtype=np.bool_)
        chances = paired.sign_chances(len(self.pairs))
        for rows in _row_slices(first.grid.height):
            up, down, valid = self._signs(self.years[-1] if year is None else year, rows)
            share = (up.astype(np.float32) - down) / np.float32(len(self.pairs))
            difference[rows] = np.where(valid, share, np.float32(np.nan))
            significant[rows] = chances[up, down] <= SIGNIFICANT
        return difference, significant

    def _signs(self, year: int, rows: slice) -> tuple[Plane, Plane, Plane]:
        """Pairs in which a cell is built in B alone and in A alone, uint16, and whether it is land of the study."""
        legend = self.pairs[0][0].legend
        shape = (rows.stop - rows.start, self.pairs[0][0].grid.width)
        up, down = np.zeros((2, *shape), dtype=np.uint16)
        valid = np.ones(shape, dtype=np.bool_)
        for a, b in self.pairs:
            codes = [run.maps([year], rows)[0] for run in (a, b)]
            built = [legend.built[plane] for plane in codes]
            up += built[1] & ~built[0]
            down += built[0] & ~built[1]
            valid &= codes[0] != legend.nodata
        return up, down, valid


def compare(a: str | Path, b: str | Path) -> RunComparison:
    """Set B against A: two run folders, or two folders of runs that are paired by seed.

    Runs with the same seed share their draws, so that a difference within a pair is policy and not noise.

    Parameters
    ----------
    a, b : str or pathlib.Path

    Raises
    ------
    InputError
        If a run is missing, damaged or of another version, or the runs cannot be paired.
    """
    return RunComparison(*match(a, b))


def _of_equal_pairs(known: pd.DataFrame) -> Iterator[tuple[Any, pd.DataFrame]]:
    """Sort the values into tables in which every row key has a value in the same pairs."""
    counts = known.groupby(KEYS, observed=True)["seed"].transform("size")
    yield from known.groupby(counts)


def _statistics(part: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    count = int(part.groupby(KEYS, observed=True).size().iloc[0])
    ordered = part.sort_values([*KEYS, "seed"], kind="stable")
    keys = ordered[KEYS].iloc[::count].reset_index(drop=True)
    a, b, difference = (ordered[name].to_numpy().reshape(-1, count) for name in ("a", "b", "difference"))
    mean, low, high = t_interval(difference)
    boot_low, boot_high = paired.bootstrap_interval(difference)
    figures = {
        "pairs": count,
        "a": a.mean(axis=1),
        "b": b.mean(axis=1),
        "difference": mean,
        "low": low,
        "high": high,
        "boot_low": boot_low,
        "boot_high": boot_high,
        "cohen_d": paired.cohen_d(difference),
        "p": paired.t_chance(difference),
    }
    return pd.concat([keys, pd.DataFrame(figures)], axis=1)


def _corrected(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Put the parts together and correct the chances of each year and district for the number of indicators."""
    import pandas as pd

    empty = pd.DataFrame(columns=[*KEYS, "pairs", "a", "b", "difference", "p"])
    table = pd.concat(parts, ignore_index=True) if parts else empty
    table = table.sort_values(KEYS, kind="stable").reset_index(drop=True)
    table["p_holm"] = table.groupby(["year", "district"])["p"].transform(lambda p: paired.holm(p.to_numpy()))
    table["significant"] = table["p_holm"] <= SIGNIFICANT
    return table


def _row_slices(height: int) -> Iterator[slice]:
    return (slice(top, min(top + CHUNK, height)) for top in range(0, height, CHUNK))
