"""A real SLURM of one node on this machine, without systemd: its own keys, ports, folders and daemons."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
PROGRAMS = ("munged", "slurmctld", "slurmd", "sinfo", "sbatch", "scancel", "squeue")
CORES = 2

CONFIGURATION = """\
ClusterName=landsim
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CryptoType=crypto/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=2,sched_interval=2
KillWait=5
InactiveLimit=0
MinJobAge=300
SlurmctldTimeout=30
SlurmdTimeout=60
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} RealMemory=8000 State=UNKNOWN
PartitionName=work Nodes={host} Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
"""


class NoSlurmError(Exception):
    """SLURM cannot be started here, and why."""


def lacking() -> str | None:
    """Tell why SLURM cannot be started here; None where it can be tried."""
    if missing := [name for name in PROGRAMS if shutil.which(name, path=PATH) is None]:
        return f"SLURM is not installed here ({', '.join(missing)}): tests/install.sh"
    if os.getuid() != 0:
        return "SLURM's daemons are started by root, and these tests do not run as root"
    return None


@contextmanager
def one_node() -> Iterator[dict[str, str]]:
    """Start the daemons and stop them again; gives the environment in which sbatch and the others find them.

    Raises
    ------
    NoSlurmError
        If they do not start.
    """
    if reason := lacking():
        raise NoSlurmError(reason)
    with tempfile.TemporaryDirectory(prefix="landsim-slurm-") as name:
        folder = Path(name)
        daemons: list[subprocess.Popen[bytes]] = []
        try:
            yield _start(folder, daemons)
        finally:
            _stop(daemons)


def _start(folder: Path, daemons: list[subprocess.Popen[bytes]]) -> dict[str, str]:
    folder.chmod(0o755)
    for name in ("state", "spool"):
        (folder / name).mkdir()
    key = folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    configuration = folder / "slurm.conf"
    host = socket.gethostname().partition(".")[0]
    controller, node = _free_ports()
    text = CONFIGURATION.format(host=host, controller=controller, node=node, folder=folder, cores=CORES)
    configuration.write_text(text, encoding="utf-8")
    environment = {**os.environ, "PATH": PATH, "SLURM_CONF": str(configuration)}
    files = [f"--{kind}={folder / name}" for kind, name in (
        ("key-file", "munge.key"), ("socket", "munge.socket"), ("pid-file", "munged.pid"),
        ("log-file", "munged.log"), ("seed-file", "munged.seed"),
    )]  # fmt: skip
    for words in (
        ["munged", "--foreground", "--force", *files],
        ["slurmctld", "-D", "-i", "-f", str(configuration)],
        ["slurmd", "-D", "-f", str(configuration)],
    ):
        program = shutil.which(words[0], path=PATH)
        assert program is not None
        with (folder / f"{words[0]}.out").open("wb") as log:
            daemons.append(
                subprocess.Popen([program, *words[1:]], env=environment, stdout=log, stderr=log, start_new_session=True)
            )
        time.sleep(0.5)
    _wait_until_idle(environment, folder, daemons)
    return environment


def _wait_until_idle(environment: dict[str, str], folder: Path, daemons: list[subprocess.Popen[bytes]]) -> None:
    for _ in range(150):
        if any(daemon.poll() is not None for daemon in daemons):
            break
        told = subprocess.run(
            ["sinfo", "--noheader", "--format=%t"], env=environment, capture_output=True, text=True, check=False
        )
        if told.stdout.strip() == "idle":
            return
        time.sleep(0.2)
    logs = "\n".join(
        f"{path.name}: {path.read_text(errors='replace')[-1500:]}" for path in sorted(folder.glob("*.log"))
    )
    raise NoSlurmError(f"SLURM's daemons are installed and do not start:\n{logs}")


def _stop(daemons: list[subprocess.Popen[bytes]]) -> None:
    for daemon in reversed(daemons):
        if daemon.poll() is None:
            daemon.send_signal(signal.SIGTERM)
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()


def _free_ports() -> list[int]:
    """Two ports that nobody listens on."""
    with socket.socket() as a, socket.socket() as b:
        for one in (a, b):
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in (a, b)]
