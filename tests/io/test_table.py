"""Tables: YAML and CSV as data, nothing executed, nothing blown up."""

from __future__ import annotations

from pathlib import Path

import pytest

from landsim.core.errors import Problems
from landsim.io import table
from landsim.io.table import parse_csv, read_csv, read_yaml


def _faults(tmp_path: Path, text: str | bytes) -> str:
    path = tmp_path / "scenario.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    problems = Problems()
    assert read_yaml(path, problems) is None
    return "\n".join(map(str, problems.faults))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [1, 2", "scenario.yaml: is not YAML"),
        ("- 1\n- 2", "is not a mapping; found list"),
        ("a: !!python/object/apply:os.system ['true']", "is not YAML"),
        ("a: &x [1]\nb: [*x, *x]", "holds YAML aliases"),
        ("a: 1\nb: {c: 1, c: 2}", "scenario.yaml: c: key given twice; found again in line 2"),
        (b"a: \xff\xfe", "is not UTF-8"),
        ("a: " + "[" * 100_000, "is nested too deeply; wanted at most 40 levels"),
    ],
)
def test_bad_yaml_is_one_clear_fault(tmp_path: Path, text: str | bytes, words: str) -> None:
    assert words in _faults(tmp_path, text)


def test_size_is_checked_before_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MAX_YAML_BYTES", 10)
    assert "file is too large; found 12 bytes" in _faults(tmp_path, "a: 123456789")


def test_missing_file_is_said(tmp_path: Path) -> None:
    problems = Problems()
    assert read_yaml(tmp_path / "none.yaml", problems) is None
    assert "none.yaml: missing file" in str(problems.faults[0])


def test_empty_yaml_is_an_empty_mapping(tmp_path: Path) -> None:
    path = tmp_path / "empty.yaml"
    path.write_text("# nothing\n")
    assert read_yaml(path, Problems()) == {}


def test_csv_with_byte_order_mark_and_blanks(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("\ufeffcode, name\n1, 城\n".encode())
    assert read_csv(path, Problems()) == [{"code": "1", "name": "城"}]


def test_short_rows_are_empty_text() -> None:
    assert parse_csv("a,b\n1\n") == [{"a": "1", "b": ""}]
