"""Where compiled kernels are kept: one folder for each state of the sources, so that a stale one is never run.

Numba looks only at the file that a kernel stands in, not at the files whose functions it inlines; after an update that
touched one file of several, it would go on running what was compiled from the old ones.
"""

from __future__ import annotations

import os
import sys
from hashlib import blake2b
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_FLOORS = ("core", "landscape", "indicators", "market", "policy", "transition", "agents")
_VARIABLE = "NUMBA_CACHE_DIR"


def sources_digest(package: Path = _PACKAGE) -> str:
    """Digest of the sources from which kernels are compiled: names, sizes and times of change.

    Returns
    -------
    str
        Sixteen hexadecimal digits.
    """
    digest = blake2b(digest_size=8)
    for floor in _FLOORS:
        for path in sorted((package / floor).rglob("*.py")):
            facts = path.stat()
            digest.update(f"{path.relative_to(package)} {facts.st_size} {facts.st_mtime_ns}".encode())
    return digest.hexdigest()


def cache_folder() -> Path:
    """Folder of this machine and of this state of the sources."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "landsim" / f"kernels-{sources_digest()}"


def keep_kernels_apart() -> None:
    """Point numba to the folder, unless the user has chosen one; without a writable one numba's own rule holds."""
    if _VARIABLE in os.environ:
        return
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return
    os.environ[_VARIABLE] = str(folder)
    if "numba" in sys.modules:
        sys.modules["numba"].config.CACHE_DIR = str(folder)
