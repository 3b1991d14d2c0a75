"""The study of the demo, whole: the same bytes as those that are kept, on the versions that made them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import landsim

DEMO = Path(__file__).parents[2] / "calibration" / "demo"

pytestmark = pytest.mark.study


def test_the_demo_gives_the_committed_bytes(tmp_path: Path) -> None:
    shutil.copytree(DEMO / "data", tmp_path / "demo" / "data")
    shutil.copy(DEMO / "study.yaml", tmp_path / "demo")
    landsim.calibrate(tmp_path / "demo")
    made, kept = (json.loads((folder / "fit.json").read_text("utf-8")) for folder in (tmp_path / "demo", DEMO))
    assert made["chosen"] == kept["chosen"]
    assert made["test"]["fom"] == pytest.approx(kept["test"]["fom"], rel=0.05)
    if made["versions"] != kept["versions"]:
        pytest.skip("other versions of the libraries: figures were compared, bytes may differ")
    for path in sorted(DEMO.rglob("*")):
        if path.is_file() and path.name != "make_data.py" and path.suffix != ".png":
            assert (tmp_path / "demo" / path.relative_to(DEMO)).read_bytes() == path.read_bytes(), path.name
