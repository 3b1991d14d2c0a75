"""Where a sweep's scheduler and its files become the limit: many simulated workers on a real Dask scheduler.

Usage: python benchmarks/scheduler.py [--workers 10,100,1000] [--runs-a-worker 100] [--seconds 0] [--files 4]

Weak scaling: the runs grow with the workers.  The scheduler is a process of its own; workers are real Dask workers over
TCP, many in each of a few host processes, and a run is a stub that waits for `--seconds` without a thread.  The client
is that of `landsim sweep`: same ledger, same window of tasks.  ``runs_per_s`` is what the whole path carries;
``scheduler_cpu_s`` over ``wall_s`` tells how busy the scheduler is; ``busy_workers_at_60s`` is how many workers it
would keep busy with runs of a minute, and ``efficiency`` is how much of the workers' time went into runs, where these
take time at all.  ``files`` creates the folders and files that so many runs leave.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from landsim.sweep.dask_worker import tell_begun
from landsim.sweep.folders import SweepFolder
from landsim.sweep.jobs import Job, Outcome
from landsim.sweep.ledger import Ledger, Watcher
from landsim.sweep.limits import memory_mb

HERE = Path(__file__).resolve().parent
PATIENCE_S = 300.0

AS_ALONE = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "5s",
    "distributed.admin.tick.cycle": "60s",
    "distributed.admin.system-monitor.interval": "60s",
}
"""Settings of the simulated workers: each looks at itself a hundred times a second, which is nothing on a machine of
its own, and all that there is where a thousand share two cores."""


async def stub(text: str) -> str:
    """What a simulated worker does with a job: tell that it begins, and wait as long as its subject says."""
    job = Job.read(text)
    tell_begun(job.run)
    await asyncio.sleep(float(job.subject["values"]["seconds"]))
    return Outcome(job.run, "done").text()


async def host(address: str, count: int) -> None:
    """Keep many workers alive in this process, until the scheduler closes them."""
    import dask
    from distributed import Worker

    dask.config.set(AS_ALONE)
    async with asyncio.TaskGroup() as group:
        for i in range(count):
            group.create_task(_work(Worker(address, nthreads=1, name=f"{os.getpid()}-{i}", dashboard=False,
                                           memory_limit=0, heartbeat_interval="30s")))  # fmt: skip
            if i % 20 == 19:
                await asyncio.sleep(0.1)


async def _work(worker: Any) -> None:
    async with worker:
        await worker.finished()


@contextmanager
def cluster(folder: Path, workers: int, hosts: int) -> Iterator[tuple[str, int]]:
    """Start a scheduler and the hosts of its workers; gives its address and process id."""
    file = folder / f"scheduler-{workers}.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])}
    words = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
    processes = [subprocess.Popen([*words, "--no-dashboard", "--scheduler-file", str(file)], env=environment, **quiet)]
    try:
        _wait(file.is_file)
        address = json.loads(file.read_text())["address"]
        shares = [workers // hosts + (i < workers % hosts) for i in range(hosts)]
        for share in filter(None, shares):
            words = [sys.executable, str(HERE / "scheduler.py"), "--host-of", address, "--workers", str(share)]
            processes.append(subprocess.Popen(words, env=environment, **quiet))
        yield address, processes[0].pid
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _wait(fact: Any) -> None:
    until = time.monotonic() + PATIENCE_S
    while not fact():
        if time.monotonic() > until:
            raise SystemExit("the cluster did not come up")
        time.sleep(0.1)


def carried(folder: Path, workers: int, runs: int, seconds: float, hosts: int) -> dict[str, Any]:
    """Carry out so many stubs by so many workers."""
    import scheduler as itself  # by its name, so that tasks name the stub and do not carry it
    from distributed import Client

    from landsim.sweep.on_dask import on_dask

    jobs = [
        Job(f"{i:08d}", str(folder / "runs" / f"{i:08d}"), {"function": "pause", "values": {"seconds": seconds}}, i)
        for i in range(runs)
    ]
    with cluster(folder, workers, hosts) as (address, pid), Client(address, set_as_default=False) as client:
        _wait(lambda: len(client.nthreads()) >= workers)
        ledger = Ledger(jobs, SweepFolder(folder), 0, Watcher())
        before, began, mine = _cpu(pid), time.perf_counter(), time.process_time()
        on_dask(ledger, client, body=itself.stub)
        wall, busy = time.perf_counter() - began, _cpu(pid) - before
        cpu, memory = time.process_time() - mine, memory_mb(pid)
    if ledger.done != runs:
        raise SystemExit(f"{ledger.done} of {runs} runs came back")
    found = {
        "case": f"scheduler_{workers}", "workers": workers, "runs": runs, "run_s": seconds, "wall_s": round(wall, 2),
        "cpu_s": round(cpu, 2), "scheduler_cpu_s": round(busy, 2), "scheduler_mb": round(memory, 1),
        "runs_per_s": round(runs / wall, 1), "busy_workers_at_60s": int(60 * runs / wall),
    }  # fmt: skip
    return found | ({"efficiency": round(runs * seconds / workers / wall, 3)} if seconds else {})


def _cpu(pid: int) -> float:
    """Processor time of a process, s."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def files(folder: Path, runs: int, count: int) -> dict[str, Any]:
    """Create the folders of runs as they are made: aside, with some files, and renamed when whole."""
    began, cpu = time.perf_counter(), time.process_time()
    place = SweepFolder(folder / "many")
    for i in range(runs):
        target = place.run(f"{i * 2654435761 % 2**32:08x}")
        aside = target.with_name(target.name + ".partial")
        aside.mkdir(parents=True)
        for k in range(count):
            (aside / f"{k}.parquet").write_bytes(b"x" * 2000)
        aside.rename(target)
    made = time.perf_counter() - began
    listed = time.perf_counter()
    total = sum(1 for _ in place.path.rglob("*"))
    return {
        "case": "files", "runs": runs, "files_a_run": count, "inodes": total, "wall_s": round(made, 4),
        "cpu_s": round(time.process_time() - cpu, 2), "runs_per_s": round(runs / made, 1),
        "list_s": round(time.perf_counter() - listed, 2),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", default="10,100,1000", help="numbers of workers, one case each")
    parser.add_argument("--runs-a-worker", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=0.0, help="length of a stubbed run")
    parser.add_argument("--files", type=int, default=4, help="files that a run leaves")
    parser.add_argument("--hosts", type=int, default=2, help="processes that hold the workers")
    parser.add_argument("--host-of", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.host_of:
        asyncio.run(host(given.host_of, int(given.workers)))
        return
    sizes = [int(text) for text in given.workers.split(",")]
    with tempfile.TemporaryDirectory(prefix="landsim-scheduler-") as name:
        for workers in sizes:
            runs = workers * given.runs_a_worker
            print(json.dumps(carried(Path(name), workers, runs, given.seconds, given.hosts)), flush=True)
        print(json.dumps(files(Path(name), sizes[-1] * given.runs_a_worker, given.files)))


if __name__ == "__main__":
    main()
