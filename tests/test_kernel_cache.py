"""Compiled kernels are kept by the state of the sources: a change of any of them asks for a new folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from landsim.kernel_cache import kernel_sources, sources_digest


def test_digest_changes_with_every_source_of_a_kernel_and_no_other(tmp_path) -> None:
    floor = tmp_path / "transition"
    floor.mkdir()
    (floor / "race.py").write_text("from numba import njit\nfrom landsim.transition.clocks import B\n")
    (floor / "clocks.py").write_text("from landsim.transition.rules import B\n")
    (floor / "rules.py").write_text("B = 1\n")
    (floor / "engine.py").write_text("import landsim.transition.race\n")
    assert [path.name for path in kernel_sources(tmp_path)] == ["clocks.py", "race.py", "rules.py"]
    before = sources_digest(tmp_path)
    (floor / "engine.py").write_text("import landsim.transition.race as race\n")
    assert sources_digest(tmp_path) == before
    (floor / "rules.py").write_text("B = 22\n")
    assert sources_digest(tmp_path) != before


def test_every_import_of_a_kernel_file_names_its_module() -> None:
    """`from landsim import x` and relative imports would be overlooked."""
    for path in kernel_sources():
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s*from (?:landsim|\.\S*) import", text, re.MULTILINE), path


def test_numba_is_pointed_to_the_folder_unless_the_user_chose_one(tmp_path) -> None:
    show = "import landsim, os; print(os.environ['NUMBA_CACHE_DIR'])"
    bare = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    mine = {**bare, "XDG_CACHE_HOME": str(tmp_path)}
    out = subprocess.run([sys.executable, "-c", show], env=mine, capture_output=True, text=True, check=True).stdout
    assert out.strip() == str(tmp_path / "landsim" / f"kernels-{sources_digest()}")
    chosen = {**mine, "NUMBA_CACHE_DIR": str(tmp_path / "own")}
    out = subprocess.run([sys.executable, "-c", show], env=chosen, capture_output=True, text=True, check=True).stdout
    assert out.strip() == str(tmp_path / "own")
