"""Facts: what the manifest of a run (run.json) must say of it, as records that every reader of runs asks first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from landsim.io.hashes import fingerprint

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Mark = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8,128}$")]
Said = Annotated[str, StringConstraints(min_length=1)]
FileName = Annotated[str, StringConstraints(pattern=r"^[^/\x00]{1,255}$")]
Place = Annotated[str, StringConstraints(pattern=r"^[^\x00]{1,4096}$")]
Line = Literal["erl", "pbf", "udb"]
Year = Annotated[int, Field(ge=1, le=9999)]

_TOLD = 3
_HASHED = (("scenario", "config_sha256"), ("catalog", "catalog_sha256"))


class _Facts(BaseModel):
    """A record as JSON gives it; keys that it does not know are let be, because a later version may write more."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, allow_inf_nan=False)


class _Lines(_Facts):
    erl: bool
    pbf: bool
    udb: bool


class _Shock(_Facts):
    year: Year
    path: Said
    value: Any


class _Scenario(_Facts):
    lines: _Lines
    shocks: list[_Shock]


class _Home(_Facts):
    shipped: Said | None = None
    folder: Place | None = None
    from_run: Place | None = None

    @model_validator(mode="after")
    def _is_somewhere(self) -> _Home:
        if self.shipped is None and self.folder is None:
            raise ValueError("names no place")
        return self


class _RuleSet(_Facts):
    study: Said
    files: dict[FileName, Digest]
    home: _Home


class _Datum(_Facts):
    key: Said
    file: Said
    sha256: Digest
    source: str
    licence: str


class _Demanded(_Facts):
    year: Year
    cells: Annotated[int, Field(ge=0)]
    of: Annotated[str, Field(alias="class")]


class RunFacts(_Facts):
    """What every run of a scenario says of itself, by the keys of run.json."""

    format: int
    name: Said
    title: str
    description: str
    rules: Said
    rule_set: _RuleSet | None = None
    start: Year
    end: Year
    seed: Annotated[int, Field(ge=0, le=2**62)]
    applied: list[str]
    constructed_lines: list[Line]
    district_names: dict[Annotated[str, StringConstraints(pattern=r"^[0-9]{1,9}$")], str] = {}
    scenario: _Scenario
    scenario_file: FileName
    config_sha256: Digest
    catalog: dict[str, Any]
    catalog_file: Place
    catalog_sha256: Digest
    home: _Home
    data: list[_Datum]
    permission_sha256: Digest
    versions: dict[str, str]
    wall_s: Annotated[float, Field(ge=0)]
    timings: dict[str, Annotated[float, Field(ge=0)]]
    threads: Annotated[int, Field(ge=1)]
    state_hash: dict[str, Mark]
    demanded: list[_Demanded]
    files: dict[str, Digest]

    @model_validator(mode="after")
    def _agree(self) -> RunFacts:
        if self.end < self.start:
            raise ValueError(f"end {self.end} is before start {self.start}")
        if "landsim" not in self.versions:
            raise ValueError("versions without that of landsim")
        return self


def unsound(manifest: Mapping[str, Any]) -> str | None:
    """Tell in one line what is wrong with a manifest; None where nothing is.

    Parameters
    ----------
    manifest : mapping of str to object
        What run.json holds.
    """
    try:
        RunFacts.model_validate(dict(manifest))
        lost = [f"{name} is not what {key} was taken of" for name, key in _HASHED if _differs(manifest, name, key)]
    except ValidationError as error:
        lost = [_told(detail) for detail in error.errors(include_url=False, include_input=False)]
    except RecursionError:
        lost = ["too many levels"]
    if not lost:
        return None
    more = f", and {len(lost) - _TOLD} more" if len(lost) > _TOLD else ""
    return "; ".join(lost[:_TOLD]) + more


def _differs(manifest: Mapping[str, Any], name: str, key: str) -> bool:
    return bool(fingerprint(manifest[name]) != manifest[key])


def _told(detail: Any) -> str:
    """Write one of pydantic's complaints with the place of it, in words that do without pydantic's own."""
    place = ".".join(str(step)[:60] for step in detail["loc"])
    if detail["type"] == "missing":
        return f"{place} is missing"
    if detail["type"] == "value_error":
        return (f"{place} " if place else "") + str(detail["msg"]).removeprefix("Value error, ")
    if detail["type"] in ("model_type", "dict_type"):
        return f"{place} should be an object"
    if detail["type"] == "string_pattern_mismatch":
        return f"{place} has not the form of its kind"
    return f"{place} {str(detail['msg']).removeprefix('Input ').removeprefix('String ')}"
