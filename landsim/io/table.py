"""Tables: YAML and CSV read as data, with limits on size and nothing executed."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import yaml

from landsim.core.errors import Problems

MAX_YAML_BYTES = 1_000_000
MAX_CSV_BYTES = 16_000_000
"""Largest files that are read."""

MAX_DEPTH = 40
"""Deepest nesting of a YAML file: the parser's time grows with its square."""


def read_yaml(
    path: Path, problems: Problems, where: str | None = None, most: int | None = None
) -> dict[str, Any] | None:
    """Read a YAML mapping; anchors and repeated keys are refused.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    problems : Problems
        Gets the faults.
    where : str or None
        How messages call the file; its name by default.
    most : int or None
        Largest file that is read, bytes; None takes `MAX_YAML_BYTES`.

    Returns
    -------
    dict or None
        None after a fault; an empty file is an empty mapping.
    """
    where = where or path.name
    text = read_text(path, problems, where, MAX_YAML_BYTES if most is None else most)
    if text is None:
        return None
    try:
        if not _is_plain(text, where, problems):
            return None
        data = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        problems.add(where, "is not YAML", found=_first_lines(error))
        return None
    if data is None:
        return {}
    if not isinstance(data, dict):
        problems.add(where, "is not a mapping", found=type(data).__name__, wanted="key: value lines")
        return None
    return data


def read_csv(path: Path, problems: Problems, where: str | None = None) -> list[dict[str, str]] | None:
    """Read a CSV file with a header row; one dict a row, or None after a fault."""
    where = where or path.name
    text = read_text(path, problems, where, MAX_CSV_BYTES)
    return None if text is None else parse_csv(text)


def parse_csv(text: str) -> list[dict[str, str]]:
    """Rows of a CSV text with a header, names and values stripped of blanks."""
    rows = csv.DictReader(io.StringIO(text))
    return [{str(key).strip(): str(value or "").strip() for key, value in row.items()} for row in rows]


def read_text(path: Path, problems: Problems, where: str, most: int) -> str | None:
    """Read a UTF-8 text whose size is checked first."""
    if not path.is_file():
        problems.add(where, "missing file", found=str(path))
        return None
    size = path.stat().st_size
    if size > most:
        problems.add(where, "file is too large", found=f"{size} bytes", wanted=f"at most {most}")
        return None
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        problems.add(where, "is not UTF-8 text", mend="Save it again with the encoding UTF-8")
    except OSError as error:
        problems.add(where, "cannot be read", found=error.strerror)
    return None


def _is_plain(text: str, where: str, problems: Problems) -> bool:
    """Refuse aliases, which can blow a small file up, deep nests, and repeated keys, of which YAML keeps the last."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent):
            problems.add(where, "holds YAML aliases (*name)", mend="Write the values out")
            return False
        if depth > MAX_DEPTH:
            problems.add(where, "is nested too deeply", wanted=f"at most {MAX_DEPTH} levels")
            return False
    repeated = _repeated_keys(yaml.compose(text, Loader=yaml.SafeLoader))
    for key, line in repeated:
        problems.add(f"{where}: {key}", "key given twice", found=f"again in line {line}")
    return not repeated


def _repeated_keys(node: yaml.Node | None) -> list[tuple[str, int]]:
    if isinstance(node, yaml.SequenceNode):
        return [found for item in node.value for found in _repeated_keys(item)]
    if not isinstance(node, yaml.MappingNode):
        return []
    found: list[tuple[str, int]] = []
    seen: set[str] = set()
    for key, value in node.value:
        name = str(key.value)
        if name in seen:
            found.append((name, key.start_mark.line + 1))
        seen.add(name)
        found.extend(_repeated_keys(value))
    return found


def _first_lines(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
