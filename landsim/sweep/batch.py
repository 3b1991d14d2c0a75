"""Batch: a sweep on a batch system - workers of Dask as jobs, or a job array by a script that people can read."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from landsim.core.errors import InputError, Problem
from landsim.io.atomic import new_file, writing
from landsim.sweep.folders import SweepFolder
from landsim.sweep.hand import ONE_THREAD
from landsim.sweep.on_dask import load_dask
from landsim.sweep.settings import Cluster

CLASSES = {"slurm": "SLURMCluster", "pbs": "PBSCluster", "lsf": "LSFCluster"}
COMMANDS = {"slurm": "sbatch", "pbs": "qsub", "lsf": "bsub"}
WARNING_S = 60
"""Seconds before its end at which a job of an array is asked to stop."""


@contextmanager
def jobs_as_workers(
    settings: Cluster, name: str, folder: SweepFolder, workers: int
) -> Iterator[tuple[Any, Callable[[], None]]]:
    """Ask a batch system for workers of Dask, one a job, by dask-jobqueue.

    Yields
    ------
    client : distributed.Client
    keep_up : callable
        Asks again for workers whose jobs have ended.

    Raises
    ------
    InputError
        If dask-jobqueue is not installed or the batch system is not there.
    """
    distributed = load_dask()
    command = COMMANDS[settings.system]
    if not any(os.access(Path(place) / command, os.X_OK) for place in os.environ.get("PATH", "").split(os.pathsep)):
        mend = "Give the command on a login node, or choose another --executor"
        raise InputError(Problem(command, "no such command", wanted=f"the batch system {settings.system}", mend=mend))
    with writing(folder.logs):
        folder.logs.mkdir(parents=True, exist_ok=True)
    with make_cluster(settings, name, folder) as cluster, distributed.Client(cluster, set_as_default=False) as client:
        cluster.scale(jobs=workers)
        yield client, lambda: cluster.scale(jobs=workers)


def make_cluster(settings: Cluster, name: str, folder: SweepFolder) -> Any:
    """Make the cluster of dask-jobqueue, with no job yet."""
    try:
        import dask_jobqueue
    except ImportError as error:
        mend = "Install it with pip install 'landsim[cluster]'"
        raise InputError(Problem("dask-jobqueue", "is needed here and is not installed", mend=mend)) from error
    payer = {"project": settings.account} if settings.system == "lsf" else {"account": settings.account}
    return getattr(dask_jobqueue, CLASSES[settings.system])(
        queue=settings.queue,
        cores=1,
        processes=1,
        memory=settings.memory,
        walltime=_walltime(settings),
        interface=settings.interface,
        job_name=f"landsim-{name}",
        job_extra_directives=list(settings.directives),
        job_script_prologue=[*settings.prologue, *(f"export {variable}=1" for variable in ONE_THREAD)],
        python=sys.executable,
        log_directory=str(folder.logs),
        scheduler_options={"dashboard": False},
        **payer,
    )


def _walltime(settings: Cluster) -> str:
    """Write the longest time of a job as the system reads it: LSF knows no seconds."""
    text = settings.walltime
    return text.rpartition(":")[0] if settings.system == "lsf" and text.count(":") == 2 else text


def write_array_script(
    settings: Cluster, name: str, folder: SweepFolder, plan: Path, shards: int, allow: Sequence[str | Path] = ()
) -> Path:
    """Write ``sweep.sbatch``, a job array in which each job does its part of the runs.

    Raises
    ------
    InputError
        If the batch system is not SLURM, or the folder cannot be written.
    """
    if settings.system != "slurm":
        mend = "Copy the last lines of a script for slurm into one of your system's arrays"
        raise InputError(Problem("cluster.system", "job arrays are written for slurm only", found=settings.system,
                                 mend=mend))  # fmt: skip
    folder.make()
    with writing(folder.logs):
        folder.logs.mkdir(exist_ok=True)
    path = folder.path / "sweep.sbatch"
    with new_file(path) as aside:
        aside.write_text(array_script(settings, name, folder.path, plan, shards, allow, os.environ), encoding="utf-8")
    return path


def array_script(
    settings: Cluster, name: str, out: Path, plan: Path, shards: int, allow: Sequence[str | Path],
    environment: Mapping[str, str],
) -> str:  # fmt: skip
    """Text of the script of a job array."""
    here = out.resolve()
    words = [sys.executable, "-m", "landsim.cli", "sweep", str(plan), "--out", str(here)]
    words += [word for folder in allow for word in ("--allow", str(Path(folder).resolve()))]
    command = shlex.join(words)
    head = {
        "job-name": f"landsim-{name}",
        "array": f"1-{shards}",
        "ntasks": "1",
        "cpus-per-task": "1",
        "mem": re.sub(r"\s|i?B$", "", settings.memory),
        "time": settings.walltime,
        "partition": settings.queue,
        "account": settings.account,
        "output": f"{here / 'logs'}/%A_%a.txt",
        "signal": f"B:TERM@{WARNING_S}",
    }
    lines = ["#!/bin/bash", f"# Sweep {name}: each job of the array makes its part of the runs that are not there yet."]
    lines += [f"#SBATCH --{key}={value}" for key, value in head.items() if value is not None]
    lines += [f"#SBATCH {directive}" for directive in settings.directives]
    lines += [
        "",
        "# Submit it, again whenever jobs were lost: what is there is not made again.",
        f"#     sbatch {shlex.quote(str(here / 'sweep.sbatch'))}",
        "# When the jobs have ended, gather, and make what is missing, by the same command without --shard:",
        f"#     {command}",
        "",
    ]
    if data := environment.get("LANDSIM_DATA"):
        lines.append(f"export LANDSIM_DATA={shlex.quote(data)}")
    lines += [f"export {variable}=1" for variable in ONE_THREAD]
    lines += [*settings.prologue, f'exec {command} --shard "$SLURM_ARRAY_TASK_ID/{shards}"']
    return "\n".join(lines) + "\n"
