"""QGIS itself opens what is exported: raster and polygon styles, names, CRS and values."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from landsim.io.export import export_run
from landsim.io.store import open_run
from tests.io.runs import make_run
from tests.required import IN_CI

PYTHON = shutil.which("python3", path="/usr/bin") or "python3"

LOOK = """
import json, sys
from qgis.core import QgsApplication, QgsProject, QgsRasterLayer, QgsVectorLayer
application = QgsApplication([], False)
application.initQgis()
folder = sys.argv[1]
raster = QgsRasterLayer(folder + "/cog/landcover_2005.tif", "land")
classes = {int(c.value): (c.label, c.color.name()) for c in raster.renderer().classes()}
layers = {n: QgsVectorLayer(f"{folder}/gpkg/run.gpkg|layername={n}", n, "ogr") for n in ("changes", "districts", "erl")}
default = {n: layer.renderer().type() for n, layer in layers.items()}
lines = {c.value(): c.label() for c in layers["erl"].renderer().categories()}
message, styled = layers["changes"].loadNamedStyle(folder + "/gpkg/changes.qml")
categories = {c.value(): (c.label(), c.symbol().color().name()) for c in layers["changes"].renderer().categories()}
print("FOUND" + json.dumps({
    "raster": raster.isValid(), "renderer": raster.renderer().type(), "crs": raster.crs().authid(),
    "size": [raster.width(), raster.height()], "classes": classes, "styled": styled,
    "layers": {n: [layer.isValid(), layer.featureCount(), layer.crs().authid()] for n, layer in layers.items()},
    "default": default, "lines": lines,
    "renderer_of_changes": layers["changes"].renderer().type(), "categories": categories,
}))
application.exitQgis()
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What QGIS says about an exported run."""
    if subprocess.run([PYTHON, "-c", "import qgis.core"], capture_output=True).returncode:
        if IN_CI and shutil.which("qgis"):
            pytest.fail("QGIS is installed but its Python is not")
        pytest.skip("QGIS is not on this machine: apt-get install python3-qgis")
    folder: Path = tmp_path_factory.mktemp("qgis")
    run = open_run(make_run(folder / "run"))
    for form in ("cog", "gpkg"):
        export_run(run, form, [2003, 2005], folder / form)
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": "", "XDG_RUNTIME_DIR": str(folder)}
    done = subprocess.run(
        [PYTHON, "-c", LOOK, str(folder)], capture_output=True, text=True, env=environment, timeout=300
    )
    line = next((line for line in done.stdout.splitlines() if line.startswith("FOUND")), None)
    assert line is not None, done.stderr
    return json.loads(line.removeprefix("FOUND"))


def test_the_raster_has_its_colours_names_and_crs(seen: dict) -> None:
    assert seen["raster"]
    assert (seen["renderer"], seen["crs"], seen["size"]) == ("paletted", "EPSG:32649", [270, 300])
    assert len(seen["classes"]) == 9
    label, colour = seen["classes"]["8"]
    assert label.endswith("urban")
    assert colour == "#e24290"


def test_the_vectors_open_and_the_style_fits_them(seen: dict) -> None:
    assert all(valid and count > 0 and crs == "EPSG:32649" for valid, count, crs in seen["layers"].values())
    assert seen["styled"]
    assert seen["renderer_of_changes"] == "categorizedSymbol"
    assert seen["categories"]["8"][1] == "#e24290"


def test_the_styles_inside_the_geopackage_are_taken_up_by_themselves(seen: dict) -> None:
    assert seen["default"] == {"changes": "categorizedSymbol", "districts": "singleSymbol", "erl": "categorizedSymbol"}
    assert seen["lines"]["1"] == "生态保护红线 ecological red line"
