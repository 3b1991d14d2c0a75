"""Rules that hold for every file: a subject, a size, no unsafe loading, nothing of one machine, a quick start."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import landsim

ROOT = Path(__file__).parents[1]
LONGEST = 450
HEAVY = {"geopandas", "matplotlib", "mesa", "numba", "pandas", "rasterio", "scipy", "solara", "xarray", "zarr"}


def _committed() -> list[Path]:
    """Files that are in the repository or would be added to it."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return [path for top in ("landsim", "tests", "docs") for path in (ROOT / top).rglob("*.*")]
    paths = [ROOT / name for name in listed.split("\0") if name]
    return [path for path in paths if path.is_file()]


COMMITTED = _committed()
PYTHON = [path for path in COMMITTED if path.suffix == ".py"]
OURS = [path for path in PYTHON if path.is_relative_to(ROOT / "landsim")]


def _id(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PYTHON, ids=_id)
def test_the_first_line_of_a_file_says_its_subject(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.startswith('"""')
    subject = (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]
    assert len(subject) > 15
    assert subject.endswith(".")


@pytest.mark.parametrize("path", PYTHON, ids=_id)
def test_no_file_is_long(path: Path) -> None:
    assert path.read_text("utf-8").count("\n") <= LONGEST


@pytest.mark.parametrize("path", OURS, ids=_id)
def test_nothing_is_unpickled_and_yaml_is_loaded_safely(path: Path) -> None:
    calls = {
        ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)
    }
    unsafe = {"pickle.load", "pickle.loads", "yaml.load", "yaml.load_all", "yaml.unsafe_load", "eval", "exec"}
    assert not calls & unsafe


def test_committed_files_name_no_package_index_and_no_path_of_a_machine() -> None:
    # Put together here, so that this file does not name them either.
    index = ["pypi" + ".org", "python" + "hosted", "/simple" + "/", "deb." + "debian", "registry." + "npmjs"]
    home = r"(?<![\w.$}*/-])/(?:work|root|home|Users|mnt)/\w"
    told = re.compile("|".join([*map(re.escape, index), home]))
    found = {}
    for path in COMMITTED:
        text = path.read_bytes().decode("utf-8", errors="replace")
        if "\0" not in text and (hit := told.search(text)):
            found[_id(path)] = hit.group()
    assert not found


def test_constraints_are_names_and_numbers_that_cover_every_dependency() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line) for line in lines)
    assert lines == sorted(lines)
    pinned = {line.partition("==")[0] for line in lines}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    names = {re.split(r"[<>=\[]", wanted)[0].lower() for group in groups for wanted in group} - {"landsim"}
    assert names <= pinned


def test_every_dependency_has_its_reason_beside_it() -> None:
    lines = (ROOT / "pyproject.toml").read_text("utf-8").splitlines()
    requirements = [line for line in lines if re.match(r'    "[A-Za-z0-9-]+[<>=]', line)]
    assert len(requirements) > 20
    assert all(re.search(r'",\s+# \w', line) for line in requirements)


def test_the_version_is_one() -> None:
    assert f"version: {landsim.__version__}\n" in (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"## {landsim.__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_links_in_the_documents_lead_somewhere() -> None:
    dead = []
    for page in (path for path in COMMITTED if path.suffix == ".md"):
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text("utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                dead.append(f"{_id(page)}: {target}")
    assert not dead


def _loaded_by(code: str) -> set[str]:
    """Top-level packages that stand in sys.modules after a fresh interpreter has run `code`."""
    report = "\nimport sys; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code + report], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_importing_landsim_loads_nothing_heavy() -> None:
    loaded = _loaded_by("import landsim; dir(landsim)")
    assert "landsim" in loaded
    assert not loaded & (HEAVY | {"numpy", "pydantic", "yaml"})


def test_help_loads_nothing_heavy() -> None:
    loaded = _loaded_by(
        "import sys; sys.argv = ['landsim', '--help']\n"
        "from landsim.cli import main\n"
        "try: main()\n"
        "except SystemExit as stop: assert not stop.code"
    )
    assert "landsim" in loaded
    assert not loaded & HEAVY


@pytest.mark.parametrize("name", [name for name in landsim.__all__ if name != "__version__"])
def test_a_public_name_is_found_where_it_is_said_to_be(name: str) -> None:
    assert callable(getattr(landsim, name))
    assert name in dir(landsim)


def test_an_unknown_public_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'runn'"):
        landsim.runn  # noqa: B018
