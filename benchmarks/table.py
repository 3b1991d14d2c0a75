"""Table: run every benchmark of a plan, keep their lines, and show them in one table with what they must show together.

Usage: python benchmarks/table.py [PLAN] [--out benchmarks/latest.jsonl]

A plan is a text file with one script of its folder and its options a line.  Targets are shown, met or not; only a
script that is missing, fails or prints no JSON line where it should makes this fail.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from targets import Record, targets

HERE = Path(__file__).resolve().parent
console = Console(width=110, highlight=False)


def plan_of(path: Path) -> list[list[str]]:
    """The words of every line of a plan that is not a comment."""
    lines = [line.split("#")[0].strip() for line in path.read_text("utf-8").splitlines()]
    return [shlex.split(line) for line in lines if line]


def run(folder: Path, words: list[str]) -> tuple[list[Record], bool]:
    """Run one script; its lines, each with the name of the script and its options, and whether it ended well."""
    done = subprocess.run([sys.executable, str(folder / words[0]), *words[1:]], stdout=subprocess.PIPE, text=True)
    try:
        printed = [json.loads(line) for line in done.stdout.splitlines()]
    except ValueError:
        return [], False
    return [{"script": words[0], "options": " ".join(words[1:]), **record} for record in printed], not done.returncode


def run_all(folder: Path, plan: list[list[str]]) -> tuple[list[Record], list[str]]:
    """Run a plan, telling what is being done; all lines, and the scripts that failed."""
    records, failed, begun = [], [], time.monotonic()
    for number, words in enumerate(plan, 1):
        line = " ".join(words)
        console.print(f"[{number}/{len(plan)}] {time.monotonic() - begun:4.0f} s  {line}", markup=False)
        found, ended = run(folder, words)
        records += found
        if not ended:
            failed.append(line)
    return records, failed


def _number(value: Any, digits: int = 3) -> str:
    """A figure with few digits; nothing for nothing."""
    if value is None:
        return ""
    whole = isinstance(value, int) or abs(value) >= 10**digits
    return f"{value:.0f}" if whole else f"{value:.{digits}g}"


def _row(record: Record) -> list[str]:
    """The cells of one line of the table."""
    copies = record.get("plane_copies_per_year", record.get("plane_copies"))
    peak = record.get("peak_rss_bytes")
    held, household = record.get("bytes_per_cell"), record.get("bytes_per_household")
    return [
        Path(record["script"]).stem,
        record["case"],
        *(_number(record.get(key)) for key in ("size", "threads", "converted_cells", "wall_s")),
        _number(copies),
        _number(held) if household is None else f"{_number(household)}/home",
        _number(None if peak is None else peak / 1e6),
        _number(record.get("ratio")),
    ]


def show(records: list[Record]) -> None:
    """Print one table of all lines and one of the targets."""
    table = Table(
        title="Benchmarks (copies: of one year for the engine's years, else of the whole case; ratio: to the baseline)"
    )
    table.add_column("script")
    table.add_column("case", no_wrap=True)
    for name in ("size", "threads", "converted", "seconds", "copies", "B/cell", "peak MB", "ratio"):
        table.add_column(name, justify="right")
    for record in records:
        table.add_row(*_row(record))
    console.print(table)
    aims = Table(title="Targets")
    for name in ("what", "found", "target", ""):
        aims.add_column(name, justify="right" if name == "found" else "left")
    said = {True: "met", False: "NOT MET", None: "not measured"}
    for target in targets(records):
        aims.add_row(target.name, _number(target.found), target.aim, said[target.met])
    console.print(aims)


def main() -> None:
    """Run the plan, keep the lines, show the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plan", nargs="?", type=Path, default=HERE / "plan.txt")
    parser.add_argument("--out", type=Path, default=HERE / "latest.jsonl")
    chosen = parser.parse_args()
    records, failed = run_all(chosen.plan.resolve().parent, plan_of(chosen.plan))
    chosen.out.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    show(records)
    if failed:
        sys.exit("failed: " + "; ".join(failed))


if __name__ == "__main__":
    main()
