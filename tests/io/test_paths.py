"""Paths: what may be read, and the words for what may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from landsim.core.errors import Problems
from landsim.io.paths import Places, resolve


def _resolve(text: str, home: Path, allow: tuple[Path, ...] = ()) -> tuple[Path | None, str]:
    problems = Problems()
    path = resolve(text, Places.of(home, allow), "data.yaml: layers.slope", problems)
    return path, "\n".join(map(str, problems.faults))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("LANDSIM_DATA", raising=False)
    (tmp_path / "home" / "data").mkdir(parents=True)
    (tmp_path / "home" / "data" / "a.tif").write_text("a")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "b.tif").write_text("b")
    return tmp_path / "home"


def test_relative_path_starts_at_the_naming_file(home: Path) -> None:
    assert _resolve("data/a.tif", home) == (home / "data" / "a.tif", "")


@pytest.mark.parametrize("text", ["../elsewhere/b.tif", "/etc/hostname", "data/../../elsewhere/b.tif"])
def test_path_outside_the_project_is_refused(home: Path, text: str) -> None:
    path, fault = _resolve(text, home)
    assert path is None
    assert "data.yaml: layers.slope: path outside the project folder" in fault
    assert text in fault
    assert "--allow" in fault


def test_symbolic_link_that_leads_outside_is_refused(home: Path) -> None:
    (home / "link.tif").symlink_to(home.parent / "elsewhere" / "b.tif")
    assert "outside the project folder" in _resolve("link.tif", home)[1]


def test_loop_of_links_is_no_crash(home: Path) -> None:
    (home / "loop.tif").symlink_to(home / "loop.tif")
    assert _resolve("loop.tif", home)[0] is None


def test_allowed_folder_may_be_read(home: Path) -> None:
    path, fault = _resolve("../elsewhere/b.tif", home, (home.parent / "elsewhere",))
    assert path == home.parent / "elsewhere" / "b.tif"
    assert fault == ""


def test_data_variable_unset_is_said(home: Path) -> None:
    fault = _resolve("${LANDSIM_DATA}/b.tif", home)[1]
    assert "environment variable LANDSIM_DATA is not set" in fault
    assert "export LANDSIM_DATA=" in fault


def test_data_variable_opens_its_folder_only(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDSIM_DATA", str(home.parent / "elsewhere"))
    assert _resolve("${LANDSIM_DATA}/b.tif", home)[0] == home.parent / "elsewhere" / "b.tif"
    assert "outside" in _resolve("${LANDSIM_DATA}/../../etc/passwd", home)[1]


def test_other_variables_are_refused(home: Path) -> None:
    assert "unknown variable" in _resolve("${HOME}/b.tif", home)[1]


def test_missing_file_and_folder_are_told_apart(home: Path) -> None:
    assert "missing file" in _resolve("data/none.tif", home)[1]
    assert "is a folder" in _resolve("data", home)[1]
