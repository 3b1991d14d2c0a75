"""A SLURM for the tests of this folder: started once, skipped with a reason where it cannot, required if CI=true."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.one_node import NoSlurmError, one_node
from tests.required import lacking


@pytest.fixture(scope="session")
def slurm() -> Iterator[dict[str, str]]:
    """Environment in which a SLURM of one node answers."""
    try:
        with one_node() as environment:
            yield environment
    except NoSlurmError as reason:
        lacking(str(reason))
