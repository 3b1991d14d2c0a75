"""Jobs: a run as it travels to a worker, and what came of it as it travels back - plain records that JSON can hold."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

VERSION = "version of landsim"
"""Key of what a job expects: `landsim.scenario.manifest.identity` calls it so too."""

State = Literal["done", "failed", "stopped"]
Cause = Literal["", "input", "fault", "timeout", "memory", "killed", "disk"]

LASTING: tuple[Cause, ...] = ("input",)
"""Causes that another try cannot mend."""


@dataclass(frozen=True)
class Job:
    """A run to be made.

    Attributes
    ----------
    run : str
        Its id: hash of all that decides its bytes.
    folder : str
        Where the run folder is to stand.
    subject : dict
        ``{"scenario": path, "names": [...], "settings": {...}, "point": {...}}``, where the point has the parameters
        of the run and the settings what it shares with others; or ``{"function": name, "values": {...}}``.
    seed : int
        Root seed.
    expected : dict of str to str
        What the worker must find: hashes of the configuration, data and rules, versions.
    keep : tuple of str
        Results that the folder keeps.
    zipped : bool
        Whether its maps are one file.
    timeout, memory : float or None
        Limits, s and MB.
    allow : tuple of str
        Folders outside the project that may be read.
    """

    run: str
    folder: str
    subject: dict[str, Any]
    seed: int
    expected: dict[str, str] = field(default_factory=dict)
    keep: tuple[str, ...] = ()
    zipped: bool = True
    timeout: float | None = None
    memory: float | None = None
    allow: tuple[str, ...] = ()

    def text(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def read(cls, text: str) -> Job:
        """Read what `text` wrote."""
        given = json.loads(text)
        return cls(**{**given, "keep": tuple(given["keep"]), "allow": tuple(given["allow"])})


@dataclass(frozen=True)
class Outcome:
    """What came of one try of a run.

    Attributes
    ----------
    run : str
        Its id.
    state : {"done", "failed", "stopped"}
        Stopped: asked to, so it is no fault and is gone on with later.
    cause : str
        Kind of the failure.
    error : str
        The failure in words.
    details : str
        Traceback or last lines of the worker, for faults inside.
    wall_s : float
        Time of the try, s.
    memory_mb : float
        Resident memory of the worker at the end.
    worker : str
        Host and process.
    """

    run: str
    state: State
    cause: Cause = ""
    error: str = ""
    details: str = ""
    wall_s: float = 0.0
    memory_mb: float = 0.0
    worker: str = ""

    def text(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def read(cls, text: str) -> Outcome:
        """Read what `text` wrote."""
        return cls(**json.loads(text))
