"""What a report reads of a sweep: its axes and their labels, its indicators and units, and one run of each base."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from landsim.io.store import RunFolder, open_run
from landsim.landscape.legend import model_legend
from landsim.report.words import Words
from landsim.sweep.analysis import weighed
from landsim.sweep.axes import AS_IS, AXES
from landsim.sweep.bases import Base
from landsim.sweep.conduct import Result
from landsim.sweep.folders import SweepFolder
from landsim.sweep.maps import CHANGES, CONTESTED, KINDS, STAYS, Share
from landsim.sweep.plan import Plan
from landsim.sweep.plan import Row as PlanRow

if TYPE_CHECKING:
    import pandas as pd

Labels = Mapping[str, str]
Key = tuple[str, ...]
Row = dict[str, Any]


class Land(NamedTuple):
    """Land of a base by how far its runs agree, ha: what stays and what changes in most of them, and the rest."""

    runs: int
    stays: float
    changes: float
    contested: float

    @property
    def agreed(self) -> float:
        """Robust land."""
        return self.stays + self.changes

    @property
    def total(self) -> float:
        """All land."""
        return self.agreed + self.contested


class SweepView:
    """A sweep as its report sees it.

    Parameters
    ----------
    plan : Plan
    folder : SweepFolder
    result : Result
        What came of it; tables that are not there are empty.
    words : Words
    """

    def __init__(self, plan: Plan, folder: SweepFolder, result: Result, words: Words) -> None:
        self.plan, self.folder, self.result, self.words = plan, folder, result, words
        self.sweep = plan.sweep
        self.sizes = {axis: list(dict.fromkeys(base.labels[axis] for base in plan.bases)) for axis in AXES}
        self.varying = [axis for axis in AXES if len(self.sizes[axis]) > 1]

    def frame(self, name: str) -> pd.DataFrame:
        """Give a table of the analysis, empty where there is none."""
        import pandas as pd

        return self.result.tables.get(name, pd.DataFrame())

    def rows(self, name: str) -> list[Row]:
        """Give a table of the analysis as records."""
        return [{str(key): value for key, value in row.items()} for row in self.frame(name).to_dict("records")]

    # Names -----------------------------------------------------------------------------------------------------------

    def label(self, label: str) -> str:
        """Name of a label: the user's own, or a word for what is not varied."""
        return self.words("sweep.as_is") if label == AS_IS else label

    def name(self, labels: Labels, axes: Sequence[str] = AXES) -> str:
        """Name of a base: its labels on those of some axes that vary, or the scenario where none does."""
        shown = [self.label(labels[axis]) for axis in self.varying if axis in axes]
        if not shown and labels["scenario"] != AS_IS:
            shown = [labels["scenario"]]
        return " · ".join(shown) or self.words("sweep.all_runs")

    @cached_property
    def names(self) -> list[str]:
        """Indicators that are weighed, of those that the runs have."""
        return weighed(self.sweep.questions, self.units)

    @cached_property
    def units(self) -> dict[str, str]:
        """Unit of each indicator that some run has."""
        frame = self.frame("yearly")
        if not len(frame):
            return {}
        first = frame.drop_duplicates("indicator")
        return dict(zip(first["indicator"].astype(str), first["unit"].astype(str), strict=True))

    def unit(self, name: str) -> str:
        """Unit of an indicator in the language."""
        return self.words.unit(self.units[name])

    def indicator(self, name: str) -> str:
        """Name of an indicator; of one of a land class with the name of the class."""
        if name in self.words.table["indicators"]:
            return self.words.indicator(name)
        for kind in self.words.table["class_indicators"]:
            land = name.removeprefix(f"{kind}_")
            if land in self.classes:
                return self.words(f"class_indicators.{kind}", name=self.classes[land])
        return name.replace("_", " ")

    def heading(self, name: str) -> str:
        """Name of an indicator with its unit."""
        unit = self.unit(name)
        return f"{self.indicator(name)} ({unit})" if unit else self.indicator(name)

    @cached_property
    def classes(self) -> dict[str, str]:
        """Names of land classes by those in the tables: of the model, and of the legends of the runs' maps."""
        legends = [model_legend(), *(run.legend for run in self.samples.values() if "landcover" in self.sweep.keep)]
        return {row.name: self.words.land(row, legend) for legend in legends for row in legend.rows}

    # Bases -----------------------------------------------------------------------------------------------------------

    @cached_property
    def done(self) -> list[PlanRow]:
        """Rows of the plan whose runs are in the tables."""
        import pandas as pd

        table = pd.read_parquet(self.folder.tables / "runs.parquet", columns=["number", "state"])
        return [self.plan.rows[number] for number in table.loc[table["state"] == "done", "number"]]

    @cached_property
    def counted(self) -> Counter[int]:
        """Finished runs of each base, by its number."""
        return Counter(row.base for row in self.done)

    @cached_property
    def samples(self) -> dict[int, RunFolder]:
        """First finished run of each base, by its number; none where a function stands in place of scenarios."""
        first = {row.base: row.run for row in reversed(self.done)}
        runs = {} if self.sweep.function else {base: first[base] for base in sorted(first)}
        return {base: open_run(self.folder.run(run)) for base, run in runs.items()}

    def base_of(self, labels: Labels) -> Base:
        """Give the base that has these labels."""
        return next(b for b in self.plan.bases if all(b.labels[axis] == label for axis, label in labels.items()))

    @property
    def across(self) -> str | None:
        """Axis that tables spread over columns: strategies, or what else varies first; None where nothing does."""
        return "override" if "override" in self.varying else next(iter(self.varying), None)

    @cached_property
    def columns(self) -> list[str]:
        """Labels on the axis of the columns."""
        return self.sizes[self.across or "override"]

    def column(self, label: str) -> str:
        """Heading of a column."""
        return self.label(label) if self.across else self.name(self.plan.bases[0].labels)

    def groups(self) -> Iterator[tuple[str, list[Base]]]:
        """Yield the combinations of the axes that are not in columns: their name, and a base a column."""
        across = self.across or "override"
        others = [axis for axis in AXES if axis != across]
        for combination in itertools.product(*(self.sizes[axis] for axis in others)):
            labels = dict(zip(others, combination, strict=True))
            name = self.name(labels, others) if len(self.varying) > 1 else ""
            yield name, [self.base_of({**labels, across: label}) for label in self.columns]

    @cached_property
    def land(self) -> dict[int, Land]:
        """Robust and contested land of each base that has maps, by its number."""
        kinds: dict[int, dict[str, Share]] = {}
        for share in self.result.shares:
            kinds.setdefault(share.base, {})[share.kind] = share
        names = [KINDS[code] for code in (STAYS, CHANGES, CONTESTED)]
        return {base: Land(found[names[0]].runs, *(found[name].ha for name in names)) for base, found in kinds.items()}

    # Values ----------------------------------------------------------------------------------------------------------

    @cached_property
    def years(self) -> tuple[int, int]:
        """First and last year of the runs; (0, 0) where there are none."""
        frame = self.frame("yearly")
        return (int(frame["year"].min()), int(frame["year"].max())) if len(frame) else (0, 0)

    @cached_property
    def ends(self) -> dict[int, list[str]]:
        """Names of the bases by their last year, where not all runs end in one; a base may have several."""
        named: dict[int, list[str]] = {}
        for row in self.rows("ends"):
            for year in dict.fromkeys((int(row["shortest"]), int(row["longest"]))):
                named.setdefault(year, []).append(self.name(row))
        return dict(sorted(named.items())) if len(named) > 1 else {}

    def course(self, base: Base, name: str) -> pd.DataFrame:
        """Rows of the yearly table of a base and an indicator, by year."""
        return self._courses.get((*base.labels.values(), name), self.frame("yearly").head(0))

    def last(self, base: Base, name: str) -> Row | None:
        """Last year's row of a base and an indicator; None where no run has it."""
        course = self.course(base, name)
        return {str(key): value for key, value in course.iloc[-1].items()} if len(course) else None

    @cached_property
    def _courses(self) -> dict[Key, pd.DataFrame]:
        frame = self.frame("yearly")
        if not len(frame):
            return {}
        chosen = frame[frame["indicator"].isin(self.names)].sort_values("year", kind="stable")
        parts = chosen.groupby([*AXES, "indicator"], sort=False, observed=True)
        return {tuple(map(str, key)): part for key, part in parts}
