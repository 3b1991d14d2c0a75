"""Errors that name who, what, where, wanted, found and how to mend, and gather before they raise."""

from __future__ import annotations

from dataclasses import dataclass, field


class LandsimError(Exception):
    """Base of every error that landsim raises on purpose."""

    exit_code = 3


@dataclass(frozen=True)
class Problem:
    """One fault or caution in what the user gave.

    Attributes
    ----------
    where : str
        File, key or layer that is at fault, e.g. ``"scenario.yaml: layers.slope"``.
    what : str
        The fault in a few words.
    wanted, found : str or None
        What was expected, and what stands there.
    mend : str or None
        How to put it right.
    """

    where: str
    what: str
    wanted: str | None = None
    found: str | None = None
    mend: str | None = None

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}"
        if self.found is not None:
            text += f"; found {self.found}"
        if self.wanted is not None:
            text += f"; wanted {self.wanted}"
        text = text.rstrip(".") + "."
        if self.mend:
            text += f" {self.mend}" if self.mend.endswith(("?", ".")) else f" {self.mend}."
        return text


class InputError(LandsimError):
    """Faults in what the user gave: files, keys, values.  Exit code 1, never a traceback."""

    exit_code = 1

    def __init__(self, problems: list[Problem] | Problem) -> None:
        self.problems = [problems] if isinstance(problems, Problem) else list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class BusyError(InputError):
    """Another process works on the same thing; waiting for it mends this."""


class DiskError(InputError):
    """The disk is full or a place is not writable; the same call goes on once that is mended."""


class CheckpointError(InputError):
    """What a killed run left is damaged, or was made from something else; without it the run can begin anew."""


class UsageError(LandsimError):
    """A command was called in a way that it does not know.  Exit code 2."""

    exit_code = 2


class InternalError(LandsimError):
    """An invariant of landsim itself does not hold.  Exit code 3."""

    exit_code = 3


@dataclass
class Problems:
    """Gathers every fault before raising, so that a user mends a file once.

    Examples
    --------
    >>> problems = Problems()
    >>> problems.add("scenario.yaml: horizon", "is before start", wanted=">= 2020", found="2010")
    >>> len(problems.faults)
    1
    """

    faults: list[Problem] = field(default_factory=list)
    cautions: list[Problem] = field(default_factory=list)

    def add(
        self, where: str, what: str, *, wanted: object = None, found: object = None, mend: str | None = None
    ) -> None:
        """Record a fault; the work cannot go on once all faults are known."""
        self.faults.append(_problem(where, what, wanted, found, mend))

    def warn(
        self, where: str, what: str, *, wanted: object = None, found: object = None, mend: str | None = None
    ) -> None:
        """Record a caution; the work can go on."""
        self.cautions.append(_problem(where, what, wanted, found, mend))

    def extend(self, other: Problems) -> None:
        """Take over the faults and cautions of another gathering."""
        self.faults.extend(other.faults)
        self.cautions.extend(other.cautions)

    def raise_if_any(self) -> None:
        """Raise one `InputError` that carries every fault.

        Raises
        ------
        InputError
            If at least one fault was recorded.
        """
        if self.faults:
            raise InputError(self.faults)


def _problem(where: str, what: str, wanted: object, found: object, mend: str | None) -> Problem:
    return Problem(where, what, None if wanted is None else str(wanted), None if found is None else str(found), mend)
