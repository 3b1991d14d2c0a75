"""Start-up: how long a user waits before anything happens, each case in processes of its own.

Usage: python benchmarks/startup.py [--repeats 5]

Prints one flat JSON line a case, seconds of the quickest of some processes: importing the package, asking for help, a
list, the libraries of a run (`import_run`), and the demo city built up to its first year (`demo_to_first_year`: the
imports, reading or making the map, the kernels from their cache, and the first year itself).  What they need is
compiled or cached by a first process that is not counted.  `python` is the interpreter alone.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

from measure import emit

ROOT = Path(__file__).resolve().parents[1]
CASES = {
    "python": ["-c", "pass"],
    "import_landsim": ["-c", "import landsim"],
    "help": ["-m", "landsim.cli", "--help"],
    "list_scenarios": ["-m", "landsim.cli", "list", "scenarios"],
    "import_run": ["-c", "import landsim.scenario.run"],
    "demo_to_first_year": ["-c", "import landsim; landsim.build(landsim.load_scenario('demo')).step()"],
}


def run_once(words: list[str]) -> tuple[float, float]:
    """Run a process to its end; wall and processor seconds."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    used, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL, env=environment)
    wall, now = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime


def main() -> None:
    """Run every case several times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    repeats: int = parser.parse_args().repeats
    for case, words in CASES.items():
        run_once(words)
        walls, cpus = zip(*(run_once(words) for _ in range(repeats)), strict=True)
        emit({"case": case, "wall_s": min(walls), "cpu_s": min(cpus), "processes": repeats})


if __name__ == "__main__":
    main()
