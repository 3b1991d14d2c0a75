"""Study: the frozen, closed record behind study.yaml - a question put to historical land cover."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field

from landsim.calibrate.behaviour.settings import BehaviourParams
from landsim.core.errors import Problems
from landsim.core.params import Params, param
from landsim.io.catalog import Entry, MaskEntry
from landsim.io.closed import parse
from landsim.io.table import read_yaml
from landsim.transition.demand import Cells

FILE_NAME = "study.yaml"
EVERY_CLASS = "all"

Kind = Literal["continuous", "categorical", "source"]
_MEASURED = re.compile(r"(density|present|distance|patch|large|recent|since|growth)_\d+(_s[\d.]+)?|valid_s[\d.]+")
_DERIVED = ("missing_", "category_", "source_", "relative_", "relief_", "smooth_")


def _driver_name(name: str) -> str:
    """Refuse a name that could not be told from that of a measurement, or not be written into a rule set."""
    if not re.fullmatch(r"[^\W\d][\w.-]{0,39}", name):
        raise ValueError("a driver is named by letters, digits, _, . and -, a letter first, 40 at most")
    if _MEASURED.fullmatch(name) or name.startswith(_DERIVED):
        raise ValueError(f"{name} is the name of a measurement; give the driver another one")
    return name


DriverName = Annotated[str, AfterValidator(_driver_name)]
Model = Literal["density", "logit", "forest", "boosting", "mlp", "ensemble"]
DemandMode = Literal["auto", "markov", "logistic", "population", "given"]
Year = Annotated[int, Field(ge=1, le=9999)]
Period = tuple[Year, Year]

MODELS: tuple[Model, ...] = get_args(Model)
"""Potential models that may be candidates, from simple to elaborate."""


def _switch(value: Any) -> Any:
    """Take ``on`` for the defaults of a search, and ``off`` for none."""
    return (
        {"on": BehaviourParams(), True: BehaviourParams(), "off": None, False: None}.get(value, value)
        if isinstance(value, str | bool)
        else value
    )


def _names(value: Any) -> Any:
    """Take one bare name for a list of one."""
    return (value,) if isinstance(value, str) else value


class DriverEntry(Entry):
    """A raster that may explain where change falls; a bare text stands for ``{file: text}``."""

    kind: Kind = Field("continuous", description="source: distance and travel time from its non-zero cells")
    date: Year | None = Field(None, description="year that it describes; None where it does not change")
    unit: str = Field("1", max_length=40, description="unit of its values, for reports")


class StudyDemand(Params):
    """How many cells the classes are to have in years to come."""

    mode: DemandMode = param(
        "auto", doc="auto: the simplest mode that tells the last date of the fit well from the earlier ones"
    )
    targets: dict[str, dict[Year, Cells]] = param({}, unit="cells", doc="class name -> {year: cells}, for mode given")
    horizon: Year | None = param(None, unit="a", doc="last year of the path; None: 30 years after the fit")


class Study(Params):
    """What is fitted, on which maps, and on which it is tested."""

    name: str = param(..., doc="short name, used for the folder", pattern=r"^[A-Za-z0-9_.-]+$", max_length=80)
    title: str = param("", doc="one line for people")
    description: str = param("", doc="the question, the data, and what is assumed")
    landcover: dict[Year, Entry] = param(..., doc="year -> map; all on one grid, that of the first date of the fit")
    legend: Any = param(None, doc="crosswalk name, {code: name}, or .csv; None: the model classes 1..15")
    gains: Annotated[tuple[str, ...], BeforeValidator(_names)] = param(
        ..., doc="classes whose growth is fitted; `all` for every class", min_length=1
    )
    drivers: dict[DriverName, DriverEntry] = param({}, doc="name -> raster that may explain where change falls")
    masks: dict[str, MaskEntry] = param({}, doc="name -> cells in which classes may not arise")
    fit: Period = param(..., unit="a", doc="dates from the first to the second year may be used for fitting")
    test: Period | None = param(None, unit="a", doc="looked at once, with the quantity observed; None tests nothing")
    in_sample: tuple[Period, ...] = param(
        (), unit="a", doc="further periods to be scored after the test, labelled as partly in-sample"
    )
    flicker: Literal["keep", "majority"] = param(
        "keep", doc="majority: a date between two equal ones of the fit is made equal to them"
    )
    districts: Entry | None = param(None, doc="raster of district numbers, for demand per district")
    people: Entry | None = param(None, doc="table year, persons and/or jobs, for demand mode population")
    demand: StudyDemand = StudyDemand()
    models: Annotated[tuple[Model, ...], BeforeValidator(_names)] = param(
        MODELS, doc="candidates for the potential", min_length=1
    )
    behaviour: Annotated[BehaviourParams | None, BeforeValidator(_switch)] = param(
        None, doc="search of behavioural parameters: on, off, or its settings"
    )
    seed: int = param(1, doc="root seed of every draw", ge=0, le=2**62)


@dataclass(frozen=True)
class StudySource:
    """A study and where it came from.

    Attributes
    ----------
    study : Study
        Validated record.
    path : pathlib.Path
        The study file; paths in it are relative to its folder.
    """

    study: Study
    path: Path

    @property
    def folder(self) -> Path:
        """Folder of the study file."""
        return self.path.parent

    @property
    def where(self) -> str:
        """How messages call the file."""
        return self.path.name


def load_study(what: str | Path) -> StudySource:
    """Read a study.

    Parameters
    ----------
    what : str or pathlib.Path
        A file, or a folder with ``study.yaml``.

    Raises
    ------
    InputError
        With every fault of the file; an unknown key comes with the nearest known one.
    """
    problems = Problems()
    source = read_study(what, problems)
    problems.raise_if_any()
    assert source is not None, "a study that cannot be read is a fault"
    return source


def read_study(what: str | Path, problems: Problems) -> StudySource | None:
    """Read a study as `load_study` does, and gather the faults; None after one."""
    path = Path(what)
    if path.is_dir():
        path /= FILE_NAME
    data = read_yaml(path, problems)
    study = None if data is None else parse(Study, data, path.name, problems)
    return None if study is None else StudySource(study, path.resolve())
