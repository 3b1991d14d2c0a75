"""Params: frozen, closed parameter records whose every field carries unit, source, confidence and bounds."""

from __future__ import annotations

from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Discriminator, Field, model_validator
from pydantic.fields import FieldInfo

Confidence = Literal["V", "H", "M", "L", "A"]

_PROVENANCE_KEYS = {"value", "unit", "source", "confidence"}


def param(
    default: Any,
    *,
    unit: str = "1",
    doc: str,
    source: str = "modelling assumption",
    confidence: Confidence = "A",
    lever: bool = False,
    free: tuple[float, float] | None = None,
    **bounds: Any,
) -> Any:
    """Declare one field of a `Params` record.

    Parameters
    ----------
    default : object
        Value used where a scenario says nothing.
    unit : str
        Unit symbol, ``"1"`` for a pure number.
    doc : str
        Meaning in one line.
    source : str
        Law, paper or reason behind the default.
    confidence : {"V", "H", "M", "L", "A"}
        V verified text, H well established, M right in structure, L weakly remembered, A assumption.
    lever : bool
        Shown as a policy lever.
    free : tuple of float or None
        Prior range if the field may be calibrated.
    **bounds
        ``ge, gt, le, lt`` as pydantic knows them.
    """
    extra: dict[str, Any] = {
        "unit": unit,
        "source": source,
        "confidence": confidence,
        "lever": lever,
        "free": list(free) if free else None,
    }
    return Field(default, description=doc, json_schema_extra=extra, validate_default=True, **bounds)


class Params(BaseModel):
    """A frozen, closed record: an unknown key is an error, a value may carry its provenance.

    A number may be written plainly or as ``{value, unit, source, confidence}``; a unit that differs
    from the declared one is refused, because nothing is converted silently.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=False)

    @model_validator(mode="before")
    @classmethod
    def _unwrap_provenance(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {key: _plain(cls.model_fields.get(key), value) for key, value in data.items()}


def _plain(field: FieldInfo | None, value: Any) -> Any:
    """Take the bare value out of ``{value, unit, source, confidence}``."""
    if value is False and field is not None and "off" in get_args(field.annotation):
        return "off"  # YAML takes the bare word for a boolean
    if field is None or not isinstance(value, dict) or "value" not in value or set(value) - _PROVENANCE_KEYS:
        return value
    declared = facts(field)["unit"]
    given = value.get("unit", declared)
    if given != declared:
        raise ValueError(f"unit {given!r} given, but this number is in {declared!r}")
    return value["value"]


def facts(field: FieldInfo) -> dict[str, Any]:
    """Unit, source, confidence, lever, free range, default and meaning of a field, as plain data."""
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    return {
        "default": field.default,
        "unit": extra.get("unit", "1"),
        "doc": field.description or "",
        "source": extra.get("source", ""),
        "confidence": extra.get("confidence", ""),
        "lever": bool(extra.get("lever", False)),
        "free": extra.get("free"),
        "bounds": [str(bound) for bound in field.metadata if not isinstance(bound, Discriminator)],
    }


def describe(record: type[BaseModel], prefix: str = "") -> list[dict[str, Any]]:
    """List every leaf field under a record type with its dotted path and facts.

    Examples
    --------
    >>> class Growth(Params):
    ...     rate: float = param(0.01, unit="1/a", doc="yearly growth", ge=0)
    >>> describe(Growth)[0]["path"], describe(Growth)[0]["unit"]
    ('rate', '1/a')
    """
    rows: list[dict[str, Any]] = []
    for name, field in record.model_fields.items():
        path = f"{prefix}{name}"
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            rows.extend(describe(inner, path + "."))
        else:
            rows.append({"path": path, **facts(field)})
    return rows
