"""Compiled kernels are kept by the state of the sources: a change of any of them asks for a new folder."""

from __future__ import annotations

import os
import subprocess
import sys

from landsim.kernel_cache import sources_digest


def test_digest_changes_with_any_source(tmp_path) -> None:
    floor = tmp_path / "transition"
    floor.mkdir()
    (floor / "race.py").write_text("a = 1\n")
    (floor / "clocks.py").write_text("b = 1\n")
    before = sources_digest(tmp_path)
    assert sources_digest(tmp_path) == before
    (floor / "clocks.py").write_text("b = 22\n")
    assert sources_digest(tmp_path) != before


def test_numba_is_pointed_to_the_folder_unless_the_user_chose_one(tmp_path) -> None:
    show = "import landsim, os; print(os.environ['NUMBA_CACHE_DIR'])"
    bare = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    mine = {**bare, "XDG_CACHE_HOME": str(tmp_path)}
    out = subprocess.run([sys.executable, "-c", show], env=mine, capture_output=True, text=True, check=True).stdout
    assert out.strip() == str(tmp_path / "landsim" / f"kernels-{sources_digest()}")
    chosen = {**mine, "NUMBA_CACHE_DIR": str(tmp_path / "own")}
    out = subprocess.run([sys.executable, "-c", show], env=chosen, capture_output=True, text=True, check=True).stdout
    assert out.strip() == str(tmp_path / "own")
