"""Shipped: where the scenarios and rule sets that come with landsim are found, installed or in a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def shipped_root() -> Path:
    """Folder of the shipped scenarios: inside the wheel, or beside the package in a checkout."""
    inside = _PACKAGE / "_shipped" / "scenarios"
    return inside if inside.is_dir() else _PACKAGE.parent / "scenarios"


def shipped_names() -> list[str]:
    """Names of the shipped scenarios."""
    root = shipped_root()
    return sorted(path.parent.name for path in root.glob("*/scenario.yaml")) if root.is_dir() else []


def find_shipped(name: str) -> Path | None:
    """Return the scenario file of a shipped scenario, or None if there is none of that name."""
    if name not in shipped_names():
        return None
    return (shipped_root() / name / "scenario.yaml").resolve()


def shipped_rules() -> list[str]:
    """Names of the studies whose rule sets ship."""
    root = _studies()
    return sorted(path.parent.parent.name for path in root.glob("*/rules/rules.yaml")) if root.is_dir() else []


def find_shipped_rules(name: str) -> Path | None:
    """Return the folder of the rule set of a study that ships, or None if there is none of that name."""
    return (_studies() / name / "rules").resolve() if name in shipped_rules() else None


def _studies() -> Path:
    """Folder of the shipped studies: inside the wheel, or beside the package in a checkout."""
    inside = _PACKAGE / "_shipped" / "calibration"
    return inside if inside.is_dir() else _PACKAGE.parent / "calibration"
