"""Blocks: the code blocks of a page of the documentation, in order, and the commands in them."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

SHELL = ("bash", "console")
_FENCE = re.compile(r"^```(\w*)([^\n]*)\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
_NOT_RUN = re.compile(r"# not run by the tests: (\S.*)")
_FILE = re.compile(r"# ([\w./-]+\.(?:yaml|csv))\b")
_WRITE_INTO = re.compile(r"`([\w./-]+\.(?:yaml|csv))`:$")


@dataclass(frozen=True)
class Block:
    """A fenced block: language, what stands behind it, text, the line on which it begins, and the line before."""

    language: str
    facts: str
    text: str
    line: int
    before: str

    @property
    def file(self) -> str | None:
        """File that the block shows: its title, or the name in its first line or at the end of the line before."""
        if self.language != "yaml":
            return None
        title = re.search(r'title="([^"]+)"', self.facts)
        named = title or _FILE.match(self.text) or _WRITE_INTO.search(self.before)
        return named.group(1) if named else None

    @property
    def not_run(self) -> str | None:
        """Reason, in sight of the reader, why nobody runs it here."""
        said = _NOT_RUN.match(self.text)
        return said.group(1) if said else None

    @property
    def commands(self) -> list[list[str]]:
        """Commands of a shell block, split as a shell does, without a prompt."""
        if self.language not in SHELL:
            return []
        lines = self.text.replace("\\\n", " ").splitlines()
        words = [shlex.split(line.removeprefix("$ "), comments=True) for line in lines]
        return [command for command in words if command]


def blocks_of(page: Path) -> list[Block]:
    """Every block of a page, in order."""
    text = page.read_text("utf-8")
    found = []
    for match in _FENCE.finditer(text):
        above = text[: match.start()]
        found.append(Block(*match.groups(), line=above.count("\n") + 1, before=above.rstrip().rpartition("\n")[2]))
    return found
