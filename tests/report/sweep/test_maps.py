"""Maps of a sweep: their areas are those of the GeoTIFF files, colours darken, and each stands alone in a file."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET

import numpy as np
import pytest
import rasterio

from landsim.report.page.maps import Picture, Swatch
from landsim.report.sweep.maps import EDGES, SHARE_COLOURS, map_notes, sweep_pictures, with_legend
from landsim.report.sweep.view import SweepView
from landsim.report.words import Words
from landsim.sweep.axes import folder_name
from tests.report.page.test_maps import lab


@pytest.fixture(scope="module")
def pictures(swept):
    return dict(sweep_pictures(SweepView(*swept, Words("en"))))


def areas(picture):
    return {entry.name: float(entry.area.replace(",", "")) for entry in picture.legend}


def test_each_base_has_two_maps_and_the_lines_come_last(pictures, swept):
    bases = [f"{kind}-{i}" for i in range(1, len(swept.plan.bases) + 1) for kind in ("change", "agreement")]
    assert list(pictures) == [*bases, "lines-1"]
    assert pictures["change-1"].title == "Share of the runs in which the land changes: trend · calm"


def test_areas_of_the_classes_are_those_of_the_file(pictures, swept):
    base = swept.plan.bases[0]
    with rasterio.open(swept.folder.maps / folder_name(base.labels) / "change.tif") as dataset:
        share, cell_ha = dataset.read(1).astype(float), abs(dataset.transform.a * dataset.transform.e) / 1e4
    shown = areas(pictures["change-1"])
    for low, high in itertools.pairwise((0.0, *EDGES)):
        name = "up to 10 % of the runs" if not low else f"more than {100 * low:g} to {100 * high:g} %"
        cells = int(((share > low + 1e-6) & (share <= high + 1e-6)).sum())
        assert shown.get(name, 0.0) == pytest.approx(cells * cell_ha, abs=0.5), name
    still = sum(area for name, area in shown.items() if name.startswith("never changes"))
    assert still == pytest.approx(int((share == 0.0).sum()) * cell_ha, abs=1.0)


def test_agreement_adds_up_to_the_table(pictures, swept):
    shown = areas(pictures["agreement-1"])
    table = {share.kind: share.ha for share in swept.result.shares if share.base == 0}
    stays = sum(area for name, area in shown.items() if name.startswith("robust: stays"))
    assert stays == pytest.approx(table["robust_stay"], abs=1.0)
    assert shown.get("contested", 0.0) == pytest.approx(table["contested"], abs=0.5)


def test_shares_darken_step_by_step():
    lightness = [lab(colour, np.eye(3))[0] for colour in SHARE_COLOURS[2:]]
    assert lightness == sorted(lightness, reverse=True)
    assert min(a - b for a, b in itertools.pairwise(lightness)) > 10


def test_a_map_that_stands_alone_has_its_legend_in_it():
    tag = 'class="map" viewBox="0 0 1000 500" role="img" aria-label="&lt;x>y" xmlns="http://www.w3.org/2000/svg"'
    svg = f"<svg {tag}></svg>"
    entries = [Swatch("#ffffff", "<a & b>", "1"), Swatch("#000000", "c", "2"), Swatch("#123456", "d", "3", line=True)]
    drawing = with_legend("name", Picture("title", svg, entries), Words("en"))
    tree = ET.fromstring(drawing.svg)
    assert tree.get("aria-label") == "<x>y"
    texts = [node.text for node in tree.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["<a & b>: 1 ha", "c: 2 ha", "d: 3 ha"]
    boxes = list(tree.iter("{http://www.w3.org/2000/svg}rect"))
    assert (len(boxes), len(list(tree.iter("{http://www.w3.org/2000/svg}path")))) == (2, 1)
    assert all(float(box.get("y")) > 500 for box in boxes)
    assert float(tree.get("viewBox").split()[3]) > max(float(box.get("y")) + 20 for box in boxes)


def test_notes_are_of_what_the_maps_leave_out(swept):
    assert map_notes(SweepView(*swept, Words("en"))) == []
