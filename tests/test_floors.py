"""Imports point one way: each floor sees only those below it, and the science opens no file and plots nothing."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = [
    {"core"},
    {"landscape"},
    {"indicators", "market", "policy", "transition"},
    {"agents"},
    {"model"},
    {"io"},
    {"scenario"},
    {"calibrate", "sweep"},
    {"report"},
    {"dashboard"},
    {"cli"},
]
ROOTS = {"landsim", "landsim.kernel_cache"}  # the front door, which the whole package enters by
LEVEL = {package: level for level, packages in enumerate(FLOORS) for package in packages}
SCIENCE = set().union(*FLOORS[:5])
SHELL_ONLY = {
    *("csv", "datetime", "fiona", "geopandas", "io", "json", "matplotlib", "netCDF4", "openpyxl", "os", "pathlib"),
    *("pickle", "pyarrow", "pyogrio", "rasterio", "requests", "shutil", "socket", "tempfile", "toml", "urllib", "yaml"),
    *("rich", "solara", "typer", "xarray", "zarr"),
}


def _name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {_name(path): ast.parse(path.read_text("utf-8")) for path in sorted((ROOT / "landsim").rglob("*.py"))}


def _imports(tree: ast.Module) -> set[str]:
    """Every dotted name that a module imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


IMPORTS = {name: _imports(tree) for name, tree in MODULES.items()}


def _package(module: str) -> str | None:
    """The floor's package that a module stands in; None for what is not ours or is the root itself."""
    parts = module.split(".")
    return parts[1] if parts[0] == "landsim" and len(parts) > 1 and parts[1] in LEVEL else None


@pytest.mark.parametrize("module", [name for name in MODULES if name not in ROOTS])
def test_a_module_sees_its_own_package_and_the_floors_below(module: str) -> None:
    own = _package(module)
    assert own is not None, f"{module} stands on no floor"
    seen = {name: _package(name) for name in IMPORTS[module] if name.split(".")[0] == "landsim"}
    root = {name for name, package in seen.items() if package is None}
    upward = {name for name, package in seen.items() if package not in (None, own) and LEVEL[package] >= LEVEL[own]}
    assert not upward
    # landsim.calibrate is a verb of the front door as well, and passes the call on to it
    assert root <= {"landsim.__version__", *(["landsim"] if module == "landsim.calibrate" else [])}


@pytest.mark.parametrize("module", [name for name in MODULES if _package(name) in SCIENCE])
def test_the_science_opens_no_file_and_plots_nothing(module: str) -> None:
    calls = {
        node.func.id
        for node in ast.walk(MODULES[module])
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not {name.split(".")[0] for name in IMPORTS[module]} & SHELL_ONLY
    assert "open" not in calls


def _sees(module: str) -> set[str]:
    """Other modules of ours that must be there before a module is: those imported at its top."""
    top = [node for node in MODULES[module].body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = _imports(ast.Module(top, []))
    return ({name if name in MODULES else name.rpartition(".")[0] for name in names} & set(MODULES)) - {module}


def test_no_two_modules_import_each_other() -> None:
    sees = {module: _sees(module) for module in MODULES}
    assert not [(a, b) for a, seen in sees.items() for b in seen if a < b and a in sees[b]]


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("landsim.dashboard.runs")])
def test_the_runs_of_a_page_know_of_no_browser(module: str) -> None:
    assert not {name for name in IMPORTS[module] if name.startswith(("solara", "reacton", "landsim.dashboard.page"))}
