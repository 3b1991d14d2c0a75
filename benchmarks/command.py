"""A whole command: wall seconds and peak memory of `landsim run` in a process of its own.

Usage: python benchmarks/command.py [--scenario wuhan] [--repeats 2] [--set PATH=VALUE]...

Prints one flat JSON line: the quickest of some runs, since the first one may compile, and the largest peak of all but
the first.  Scenarios of real cities need the folder that the environment variable LANDSIM_DATA names; without it the
script says so and measures nothing.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import emit

ROOT = Path(__file__).resolve().parents[1]
SHIPPED_DATA = ("demo",)
"""Scenarios that need no real data."""


def run_once(words: list[str]) -> dict[str, float]:
    """Run the command to its end; wall and processor seconds and the peak of memory."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    with tempfile.TemporaryDirectory(prefix="landsim-bench-") as folder:
        begun = time.perf_counter()
        command = [sys.executable, "-m", "landsim.cli", "run", *words, "--out", f"{folder}/run", "--quiet"]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return {"wall_s": wall, "cpu_s": used.ru_utime + used.ru_stime, "peak_rss_bytes": used.ru_maxrss * 1024}


def main() -> None:
    """Run the command several times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenario", default="wuhan")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--set", action="append", default=[], help="a value of the scenario; repeatable")
    chosen = parser.parse_args()
    if chosen.scenario not in SHIPPED_DATA and not os.environ.get("LANDSIM_DATA"):
        print(f"{chosen.scenario}: not measured, LANDSIM_DATA is not set", file=sys.stderr)
        return
    words = [chosen.scenario, *(word for value in chosen.set for word in ("--set", value))]
    runs = [run_once(words) for _ in range(chosen.repeats)]
    peak = max(run["peak_rss_bytes"] for run in runs[1:] or runs)
    emit({"case": f"run_{chosen.scenario}", **min(runs, key=lambda run: run["wall_s"]), "peak_rss_bytes": peak})


if __name__ == "__main__":
    main()
