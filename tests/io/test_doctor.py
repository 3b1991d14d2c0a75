"""Doctor: every fault before the run, and an estimate that grows with the work."""

from __future__ import annotations

from pathlib import Path

import pytest

from landsim.core.errors import Problems
from landsim.io.doctor import Estimate, Workload, check_room, estimate, examine
from tests.io.conftest import HEIGHT, WIDTH, Project


def test_examine_reads_a_good_catalogue(project: Project) -> None:
    project.load()  # writes data.yaml
    problems = Problems()
    place = examine(project.folder / "data.yaml", problems)
    assert problems.faults == []
    assert place is not None
    work = Workload.of(place, classes=2, years=10, agents=500)
    assert work == Workload(HEIGHT * WIDTH, 1 + 4 + 4, 2, 10, 500)


def test_examine_tells_faults(tmp_path: Path) -> None:
    problems = Problems()
    assert examine(tmp_path / "data.yaml", problems) is None
    assert "data.yaml: missing file" in str(problems.faults[0])


@pytest.mark.parametrize("more", [{"cells": 20_000_000}, {"classes": 7}, {"years": 40}, {"agents": 5_000_000}])
def test_estimate_grows_with_the_work(more: dict[str, int]) -> None:
    base = {"cells": 8_000_000, "layer_bytes": 14, "classes": 4, "years": 10, "agents": 200_000}
    small, large = estimate(Workload(**base)), estimate(Workload(**{**base, **more}))
    assert large.memory > small.memory
    assert large.seconds > small.seconds


def test_estimate_reads_well() -> None:
    text = str(Estimate(1_400_000_000, 300.0, 5_300_000))
    assert text == "about 1.4 GB of memory, 5 min, and 5 MB on disk"
    assert "42 s" in str(Estimate(0, 42.0, 0))


def test_shortage_is_a_caution(tmp_path: Path) -> None:
    problems = Problems()
    check_room(Estimate(10**18, 1.0, 10**18), tmp_path / "not" / "yet", problems)
    assert [p.what for p in problems.cautions] == ["may not suffice", "disk may not suffice"]
    assert problems.faults == []
    check_room(Estimate(1, 1.0, 1), tmp_path, plenty := Problems())
    assert plenty.cautions == []
