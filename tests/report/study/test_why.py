"""Why: the picture has a bar for what matters and a curve for each strong measurement, and can be drawn of nothing."""

from __future__ import annotations

import math
import warnings
from pathlib import Path

import pytest

from landsim.calibrate.explain import Curve, Explanation, Importance
from landsim.report.study.why import BARS, why_figure, write_why_figure

FEW = Explanation(
    0.25,
    (Importance("slope", 2, 0.12), Importance("density of urban", 9, 0.05), Importance("noise", 1, -0.001)),
    (Curve("slope", "slope", (0.0, 5.0, 10.0), (0.2, 0.1, 0.01)),),
)
MANY = Explanation(
    0.25,
    tuple(Importance(f"driver {k}", 1, 0.1 / (k + 1)) for k in range(20)),
    tuple(Curve(f"driver_{k}", f"driver {k}", (0.0, 1.0), (0.1, 0.2)) for k in range(6)),
)
NOTHING = Explanation(math.nan, (), ())


def drawn(figure) -> list:
    return [axes for axes in figure.get_axes() if axes.axison]


def test_bars_and_curves_of_a_class() -> None:
    bars, curve = drawn(why_figure({"urban": FEW}, {"slope": "deg"}))
    assert [text.get_text() for text in bars.get_yticklabels()] == ["density of urban", "slope"]
    assert sorted(patch.get_width() for patch in bars.patches) == [0.05, 0.12]
    assert curve.get_xlabel() == "slope, deg"
    assert curve.get_lines()[0].get_ydata().tolist() == [0.2, 0.1, 0.01]


def test_the_longest_bars_alone_are_drawn_and_all_six_curves() -> None:
    axes = drawn(why_figure({"urban": MANY}, {}))
    assert len(axes) == 7
    assert len(axes[0].patches) == BARS


def test_a_row_a_class() -> None:
    assert len(drawn(why_figure({"urban": FEW, "service": MANY}, {}))) == 9


@pytest.mark.parametrize("found", [{}, {"urban": NOTHING}, {"urban": Explanation(0.2, FEW.importance[2:], ())}])
def test_nothing_to_show_is_said(found, tmp_path: Path) -> None:
    figure = why_figure(found, {})
    texts = [text.get_text() for axes in figure.get_axes() for text in axes.texts]
    assert all("density is read" in " ".join(text.split()) for text in texts)
    assert len(texts) == len(found)
    assert all("nan" not in axes.get_xlabel() for axes in figure.get_axes())
    write_why_figure(tmp_path / "why.png", found, {})
    assert (tmp_path / "why.png").read_bytes().startswith(b"\x89PNG")


CHINESE = Explanation(
    0.25,
    (Importance("坡度", 2, 0.12), Importance("density of 城镇", 9, 0.05)),
    (Curve("坡度", "坡度", (0.0, 5.0, 10.0), (0.2, 0.1, 0.01)),),
)


def shown_of_chinese(path: Path) -> tuple[list[str], str]:
    """Names of the bars and the title of a picture in Chinese, drawn where a letter that is not there is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_why_figure(path, {"城镇": CHINESE}, {"坡度": "deg"})
        figure = why_figure({"城镇": CHINESE}, {"坡度": "deg"})
        figure.canvas.draw()
    bars, curve = drawn(figure)
    title = figure.subfigs[0].get_suptitle()
    return [*(text.get_text() for text in bars.get_yticklabels()), curve.get_xlabel()], title


def test_chinese_names_are_drawn_where_there_is_a_font_for_them(tmp_path: Path, chinese_font: None) -> None:
    names, title = shown_of_chinese(tmp_path / "why.png")
    assert names == ["density of 城镇", "坡度", "坡度, deg"]
    assert title == "What the growth of 城镇 is read from"


def test_names_without_a_font_are_numbered_and_the_picture_says_so(tmp_path: Path, no_chinese_font: None) -> None:
    names, title = shown_of_chinese(tmp_path / "why.png")
    assert sorted(names) == ["#1", "#1, deg", "density of #2"] or names == ["density of #1", "#2", "#2, deg"]
    assert title.startswith("What the growth of #")
    assert "are numbered" in title


def test_the_same_explanation_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one.png", "two.png"):
        write_why_figure(tmp_path / name, {"urban": FEW}, {})
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    assert b"matplotlib" not in (tmp_path / "one.png").read_bytes().lower()
