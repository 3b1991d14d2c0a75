"""Where compiled kernels are kept: one folder for each state of the sources, so that a stale one is never run.

Numba looks only at the file that a kernel stands in, not at the files whose functions it inlines; after an update that
touched one file of several, it would go on running what was compiled from the old ones.
"""

from __future__ import annotations

import os
import re
import sys
from hashlib import blake2b
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_FLOORS = ("core", "landscape", "indicators", "market", "policy", "transition", "agents")
_VARIABLE = "NUMBA_CACHE_DIR"
_NUMBA = re.compile(r"^(?:from|import) numba\b", re.MULTILINE)
_IMPORT = re.compile(r"^\s*(?:from|import) (landsim[\w.]*)", re.MULTILINE)


def sources_digest(package: Path = _PACKAGE) -> str:
    """Digest of the sources from which kernels are compiled: names, sizes and times of change.

    Returns
    -------
    str
        Sixteen hexadecimal digits.
    """
    digest = blake2b(digest_size=8)
    for path in kernel_sources(package):
        facts = path.stat()
        digest.update(f"{path.relative_to(package)} {facts.st_size} {facts.st_mtime_ns}".encode())
    return digest.hexdigest()


def kernel_sources(package: Path = _PACKAGE) -> list[Path]:
    """Files that hold kernels, and all that these import from landsim, directly or not, in the order of their names."""
    paths = (path for floor in _FLOORS for path in (package / floor).rglob("*.py"))
    texts = {_module(path, package): (path, path.read_text(encoding="utf-8")) for path in paths}
    found, ahead = set[str](), [name for name, (_, text) in texts.items() if _NUMBA.search(text)]
    while ahead:
        name = ahead.pop()
        if name in texts and name not in found:
            found.add(name)
            ahead += _IMPORT.findall(texts[name][1])
    return [texts[name][0] for name in sorted(found)]


def _module(path: Path, package: Path) -> str:
    """Dotted name of a file of the package, as others import it."""
    parts = path.relative_to(package).with_suffix("").parts
    return ".".join(("landsim", *(parts[:-1] if parts[-1] == "__init__" else parts)))


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
