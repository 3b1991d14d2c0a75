"""What every test shares: real data, Hypothesis profiles, a plotting back end without a screen."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.required import IN_CI, lacking

os.environ.setdefault("MPLBACKEND", "Agg")

# The first call of a kernel compiles it, so no example is held to a deadline.
settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("dev"), derandomize=True, database=None, print_blob=True)
settings.load_profile("ci" if IN_CI else "dev")


@pytest.fixture(scope="session")
def landsim_data() -> Path:
    """Folder of the real land-cover histories; without it a test skips, but fails under CI=true."""
    named = os.environ.get("LANDSIM_DATA")
    if named and Path(named).is_dir():
        return Path(named)
    reason = f"LANDSIM_DATA names no folder ({named})" if named else "LANDSIM_DATA is not set: no real data here"
    lacking(reason)
