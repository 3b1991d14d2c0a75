"""Batch: a sweep on a batch system - workers of Dask as jobs, or a job array by a script that people can read."""

from __future__ import annotations

import math
import os
import re
import shlex
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from landsim.core.errors import InputError, Problem
from landsim.io.atomic import new_file, writing
from landsim.io.paths import DATA_VARIABLE
from landsim.sweep.batch_jobs import COMMANDS, JobWatch
from landsim.sweep.folders import SweepFolder
from landsim.sweep.hand import ONE_THREAD
from landsim.sweep.ledger import Watcher
from landsim.sweep.on_dask import load_dask
from landsim.sweep.settings import Cluster

CLASSES = {"slurm": "SLURMCluster", "pbs": "PBSCluster", "lsf": "LSFCluster"}
WARNING_S = 60
"""Seconds before its end at which a job of an array is asked to stop."""

USUAL_ARRAY = 1000
"""Largest job of an array where SLURM's MaxArraySize is as it ships, 1001."""

_MEGABYTES = {"k": 1 / 1024, "K": 1 / 1024, "M": 1, "G": 1024, "T": 1024**2}
_ASK_S = 10.0


@contextmanager
def jobs_as_workers(
    settings: Cluster, name: str, folder: SweepFolder, workers: int, watcher: Watcher
) -> Iterator[tuple[Any, Callable[[], None]]]:
    """Ask a batch system for workers of Dask, one a job, by dask-jobqueue.

    Yields
    ------
    client : distributed.Client
    keep_up : callable
        Asks again for workers whose jobs have ended, as `JobWatch.keep_up`.

    Raises
    ------
    InputError
        If dask-jobqueue is not installed, the batch system is not there, or the scheduler cannot be started.
    """
    distributed = load_dask()
    command = COMMANDS[settings.system]
    if not any(os.access(Path(place) / command, os.X_OK) for place in os.environ.get("PATH", "").split(os.pathsep)):
        mend = "Give the command on a login node, or choose another --executor"
        raise InputError(Problem(command, "no such command", wanted=f"the batch system {settings.system}", mend=mend))
    with writing(folder.logs):
        folder.logs.mkdir(parents=True, exist_ok=True)
    watch = JobWatch(settings, folder.logs, workers, watcher)
    with (
        make_cluster(settings, name, folder, watch) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        watch.begin(cluster)
        yield client, watch.keep_up


def make_cluster(settings: Cluster, name: str, folder: SweepFolder, watch: JobWatch) -> Any:
    """Make the cluster of dask-jobqueue, with no job yet.

    Raises
    ------
    InputError
        If dask-jobqueue is not installed, or its scheduler cannot be started.
    """
    try:
        import dask_jobqueue
    except ImportError as error:
        mend = "Install it with pip install 'landsim[cluster]'"
        raise InputError(Problem("dask-jobqueue", "is needed here and is not installed", mend=mend)) from error
    logs = folder.logs.resolve()
    _refuse_control(logs)
    payer = {"project": settings.account} if settings.system == "lsf" else {"account": settings.account}
    kind = getattr(dask_jobqueue, CLASSES[settings.system])
    options = dict(
        queue=settings.queue,
        cores=1,
        processes=1,
        memory=settings.memory,
        walltime=_walltime(settings),
        interface=settings.interface,
        job_name=f"landsim-{name}",
        job_extra_directives=[*_logged(settings.system, logs), *settings.directives],
        job_script_prologue=[*settings.prologue, *_exports(os.environ)],
        python=shlex.quote(sys.executable),
        scheduler_options={"dashboard": False},
        job_cls=watch.watched(kind.job_cls),
        **payer,
    )
    try:
        return kind(**options)
    except (OSError, RuntimeError, ValueError) as error:
        mend = "Mend cluster.interface, or give no interface"
        raise InputError(Problem("cluster", "the Dask scheduler does not start", found=str(error), mend=mend)) from None


def _logged(system: str, logs: Path) -> list[str]:
    """Head lines that name the logs; dask-jobqueue writes its own without quotes."""
    names = {
        "slurm": [f"--output={_quoted(_no_pattern(logs) + '/%j.txt')}"],
        "pbs": ["-j oe", f"-o {_quoted(f'{logs}/')}"],
        "lsf": [f"-o {_quoted(f'{logs}/%J.txt')}"],
    }
    return names[system]


def _no_pattern(path: Path) -> str:
    """Write a path such that SLURM expands nothing in it."""
    return str(path).replace("%", "%%")


def _quoted(text: str) -> str:
    """Quote a value in the head of a script where it is more than one plain word; no shell reads it."""
    plain = re.fullmatch(r"[\w@%+=:,./-]*", text)
    return text if plain else '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def _exports(environment: Mapping[str, str]) -> list[str]:
    """Shell lines that give a job the folder of the data and one thread."""
    data = environment.get(DATA_VARIABLE, "").strip()
    lines = [f"export {DATA_VARIABLE}={shlex.quote(str(Path(data).resolve()))}"] if data else []
    return lines + [f"export {variable}=1" for variable in ONE_THREAD]


def _refuse_control(*paths: Path) -> None:
    """Refuse paths of more than one line, which would end a line of a script in its middle."""
    for path in paths:
        if any(unicodedata.category(letter) == "Cc" for letter in str(path)):
            mend = "Choose another folder"
            raise InputError(Problem("script of a job", "a path with control characters", found=repr(str(path)),
                                     mend=mend))  # fmt: skip


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
        If the batch system is not SLURM, a path has control characters, or the folder cannot be written.
    """
    if settings.system != "slurm":
        mend = "Copy the last lines of a script for slurm into one of your system's arrays"
        raise InputError(Problem("cluster.system", "job arrays are written for slurm only", found=settings.system,
                                 mend=mend))  # fmt: skip
    _refuse_control(folder.path.resolve(), plan, *(Path(place).resolve() for place in allow))
    folder.make()
    with writing(folder.logs):
        folder.logs.mkdir(exist_ok=True)
    path = folder.path / "sweep.sbatch"
    with new_file(path) as aside:
        text = array_script(settings, name, folder.path, plan, shards, allow, os.environ)
        caution = array_caution(shards)
        aside.write_text(text + (f"# caution: {caution}\n" if caution else ""), encoding="utf-8")
    return path


def array_caution(shards: int) -> Problem | None:
    """Caution against an array with more jobs than SLURM takes here, or usually where it cannot be asked."""
    asked = _array_limit()
    most = USUAL_ARRAY if asked is None else asked
    if shards <= most:
        return None
    whose = "usual limit of SLURM" if asked is None else "limit of SLURM here"
    wanted = f"at most {most} jobs, the {whose} (MaxArraySize {most + 1})"
    return Problem("--script", "more jobs than an array may have", wanted=wanted, found=str(shards))


def _array_limit() -> int | None:
    """Largest number of a job in an array, as SLURM tells it; None where it cannot be asked."""
    try:
        told = subprocess.run(
            ["scontrol", "show", "config"], capture_output=True, text=True, timeout=_ASK_S, check=True
        ).stdout
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    found = re.search(r"^MaxArraySize\s*=\s*(\d+)", told, re.MULTILINE)
    return int(found[1]) - 1 if found else None


def _whole_megabytes(memory: str) -> str:
    """Write a memory as SLURM reads it: whole numbers only, in units of 1024.

    Examples
    --------
    >>> _whole_megabytes("1.5GB")
    '1536M'
    """
    number, unit = re.findall(r"[\d.]+|[kKMGT]", memory)
    return f"{math.ceil(float(number) * _MEGABYTES[unit])}M"


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
        "mem": _whole_megabytes(settings.memory),
        "time": settings.walltime,
        "partition": settings.queue,
        "account": settings.account,
        "output": f"{_no_pattern(here / 'logs')}/%A_%a.txt",
        "signal": f"B:TERM@{WARNING_S}",
    }
    lines = ["#!/bin/bash", f"# Sweep {name}: each job of the array makes its part of the runs that are not there yet."]
    lines += [f"#SBATCH --{key}={_quoted(value)}" for key, value in head.items() if value is not None]
    lines += [f"#SBATCH {directive}" for directive in settings.directives]
    lines += [
        "",
        "# Submit it, again whenever jobs were lost: what is there is not made again.",
        f"#     sbatch {shlex.quote(str(here / 'sweep.sbatch'))}",
        "# When the jobs have ended, gather, and make what is missing, by the same command without --shard:",
        f"#     {command}",
        "",
    ]
    lines += [*_exports(environment), *settings.prologue, f'exec {command} --shard "$SLURM_ARRAY_TASK_ID/{shards}"']
    return "\n".join(lines) + "\n"
