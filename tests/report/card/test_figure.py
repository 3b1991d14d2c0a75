"""The picture of a validation card: every shape and number of classes, true colours, and no trace left behind."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.image import imread

from landsim.core.errors import InputError
from landsim.indicators.agreement import compare
from landsim.indicators.maps import read_trio
from landsim.landscape.grid import Grid
from landsim.report.card.figure import card_figure, write_card_figure
from landsim.report.card.map import (
    FALSE_ALARM,
    HIT,
    KINDS,
    MISS,
    OUTSIDE_MAP,
    PIXELS_AT_MOST,
    STILL,
    STILL_BUILT,
    WRONG_HIT,
    image_of,
    kinds_of_cells,
    length_text,
)  # fmt: skip


def place(shape, classes, cell_size=500.0, seed=1):
    """A comparison of random maps and its grid."""
    rng = np.random.default_rng(seed)
    start, observed = rng.integers(1, classes + 1, (2, *shape), dtype=np.uint8)
    simulated = np.where(rng.random(shape) < 0.5, observed, start)
    grid = Grid(*shape, (cell_size, 0.0, 0.0, 0.0, -cell_size, 0.0))
    return compare(read_trio(start, observed, simulated), cell_size=cell_size, built=[1], samples=50), grid


def boxes(figure):
    """What each axes covers on the page, with titles and labels, in pixels."""
    renderer = figure.canvas.get_renderer()
    return [axis.get_tightbbox(renderer) for axis in figure.axes]


SHAPES = [
    *((30, 30, 1), (30, 30, 15), (90, 12, 2), (200, 3, 12), (12, 90, 12), (3, 200, 1)),
    *((1, 1, 1), (1, 40, 2), (40, 1, 2), (50, 30, 12)),
]


@pytest.mark.parametrize("name", ["a long name of a class, number {}", "一个很长的地类名称，编号为 {}，还要更长"])
@pytest.mark.parametrize(("height", "width", "classes"), SHAPES)
def test_everything_is_on_the_page_and_nothing_overlaps(height, width, classes, name):
    comparison, grid = place((height, width), classes)
    names = {code: name.format(code) for code in range(1, 16)}
    figure = card_figure(comparison, grid, "place 2000-2010", names, [1], ["A sentence that must be read. " * 12])
    assert len(figure.axes) == 8
    page = figure.bbox
    covered = boxes(figure)
    for box in covered:
        assert box.x0 >= page.x0 - 1
        assert box.x1 <= page.x1 + 1
        assert box.y0 >= page.y0 - 1
    for i, one in enumerate(covered):
        for other in covered[i + 1 :]:
            shared = [min(one.x1, other.x1) - max(one.x0, other.x0), min(one.y1, other.y1) - max(one.y0, other.y0)]
            assert min(shared) < 4
    legend = figure.legends[0].get_window_extent(figure.canvas.get_renderer())
    assert legend.x1 <= page.x1
    assert legend.y0 >= max(box.y1 for box in covered[:4]) - 4


def texts(figure):
    return [text.get_text() for axis in figure.axes for text in (axis.title, axis._left_title, *axis.get_yticklabels())]


def drawn(comparison, grid, path):
    """The card of Chinese names, written where a letter that is not there is an error."""
    args = (comparison, grid, "小城 2000-2010 $x", {1: "耕地", 2: "城镇", 3: "urban"}, [1], ["这里有一句话"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_card_figure(path, *args)
        figure = card_figure(*args)
        figure.canvas.draw()
    return texts(figure), figure.texts[0].get_text()


def test_chinese_names_are_drawn_where_there_is_a_font_for_them(tmp_path, chinese_font):
    shown, title = drawn(*place((20, 20), 3), tmp_path / "card.png")
    assert {"耕地", "城镇", "urban"} <= set(shown)
    assert title == "小城 2000-2010 $x"


def test_classes_are_told_by_code_where_there_is_no_font_for_their_names(tmp_path, no_chinese_font):
    shown, title = drawn(*place((20, 20), 3), tmp_path / "card.png")
    assert {"code 1", "code 2", "urban"} <= set(shown)
    assert title == "#1 2000-2010 $x"
    assert not any("\u4e00" <= sign <= "\u9fff" for text in shown for sign in text)


def test_kinds_of_cells():
    trio = read_trio([0, 1, 0, 0, 0, 0, 9], [0, 1, 1, 1, 0, 1, 1], [0, 1, 1, 0, 1, 2, 1], nodata=9)
    kinds = kinds_of_cells(trio, trio.simulated, built=[1])
    assert kinds.tolist() == [[STILL, STILL_BUILT, HIT, MISS, FALSE_ALARM, WRONG_HIT, OUTSIDE_MAP]]


def test_a_small_map_is_drawn_cell_by_cell():
    image = image_of(np.array([[HIT, OUTSIDE_MAP]], dtype=np.uint8))
    assert image[0, 0].tolist() == [round(255 * part) for part in to_rgb(KINDS[HIT][1])]
    assert image[0, 1].tolist() == [255, 255, 255]


def test_a_large_map_keeps_the_mean_colour_of_its_cells():
    kinds = np.random.default_rng(1).integers(0, 7, (2 * PIXELS_AT_MOST + 2, 9), dtype=np.uint8)
    image = image_of(kinds)
    assert image.shape == (-(-kinds.shape[0] // 3), 3, 3)
    palette = 255 * np.array([(1.0, 1.0, 1.0), *(to_rgb(colour) for _, colour in KINDS.values())])
    whole = kinds[: kinds.shape[0] // 3 * 3]
    expected = palette[whole].reshape(-1, 3, 3, 3, 3).mean(axis=(1, 3))
    assert np.abs(image[: len(expected)].astype(float) - expected).max() <= 0.51


def test_the_file_is_whole_the_same_each_time_and_leaves_no_state(tmp_path):
    comparison, grid = place((30, 40), 3)
    before = dict(sys.modules["matplotlib"].rcParams)
    for name in ("a.png", "b.png"):
        write_card_figure(tmp_path / name, comparison, grid, "place", {1: "urban"}, [1])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png"]
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert imread(tmp_path / "a.png").ndim == 3
    assert dict(sys.modules["matplotlib"].rcParams) == before
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or not pyplot.get_fignums()


def test_a_place_that_cannot_be_written_is_one_clear_error(tmp_path):
    comparison, grid = place((8, 8), 2)
    with pytest.raises(InputError, match="not writable"):
        write_card_figure(tmp_path / "missing" / "card.png", comparison, grid, "place")


@pytest.mark.parametrize(("length", "text"), [(10, "10 m"), (900, "900 m"), (1920, "1.9 km"), (61440, "61 km")])
def test_lengths_are_told_in_m_or_km(length, text):
    assert length_text(length) == text
