"""Settings: what a server was started with, the same for all of its pages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from landsim.dashboard.shelf import Shelf


@dataclass(frozen=True)
class Settings:
    """What a server was started with.

    Attributes
    ----------
    shelf : Shelf
        The folder of the server.
    start : str or None
        What a new page opens at once, as `Shelf.find` takes it.
    """

    shelf: Shelf
    start: str | None = None


_current = [Settings(Shelf(Path.cwd()))]


def current() -> Settings:
    """Settings of this server."""
    return _current[0]


def use(settings: Settings) -> None:
    """Set them, before the first page is asked for."""
    _current[0] = settings
