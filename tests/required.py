"""Required: what a machine has not is a reason to skip a test, and under CI=true a failure."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

IN_CI = os.environ.get("CI", "").lower() == "true"


def lacking(reason: str) -> NoReturn:
    """Skip where something can be missing, and fail where it is required."""
    if IN_CI:
        pytest.fail(reason)
    pytest.skip(reason)
