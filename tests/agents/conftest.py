"""A toy town and its four households."""

from __future__ import annotations

import pytest

from landsim.agents.population import Population
from tests.agents.toy_town import Town


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.fixture
def homes(town) -> Population:
    return town.households
