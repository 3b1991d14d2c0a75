"""Charts of a sweep: one legend without complaints, letters of one size, and every indicator and base in its place."""

from __future__ import annotations

import re
import warnings
import xml.etree.ElementTree as ET

import pytest

from landsim.report.sweep import bars as sweep_bars
from landsim.report.sweep import charts as sweep_charts
from landsim.report.sweep.difference_chart import difference_charts
from landsim.report.sweep.drawing import draw_panels
from landsim.report.sweep.view import SweepView
from landsim.report.words import LANGUAGES, Words
from landsim.sweep.conduct import Way
from tests.report.conftest import sweep_into
from tests.sweep.small import of_function


def texts(drawing):
    """Texts of a drawing in the order in which they are drawn."""
    return [node.text for node in ET.fromstring(drawing.svg).iter("{http://www.w3.org/2000/svg}text")]


@pytest.fixture(scope="module", params=LANGUAGES)
def drawn(request, swept):
    """All charts of a sweep, drawn with every warning an error, and their view."""
    view = SweepView(*swept, Words(request.param))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        charts = [
            sweep_charts.years_chart(view), sweep_charts.convergence_chart(view), *difference_charts(view),
            sweep_bars.variance_chart(view), sweep_bars.regret_chart(view), sweep_bars.satisficing_chart(view),
        ]  # fmt: skip
    return view, {chart.name: chart for chart in charts}


def test_every_question_has_its_chart(drawn):
    _, charts = drawn
    assert set(charts) == {"years", "convergence", "differences", "variance", "regret", "satisficing"}
    for chart in charts.values():
        assert chart.title.split("，")[0] in ET.fromstring(chart.svg).get("aria-label")
        assert re.search(r"[a-z]_[a-z]", " ".join(filter(None, texts(chart)))) is None


def test_each_indicator_has_a_panel_with_its_unit_and_one_legend_names_the_bases(drawn):
    view, charts = drawn
    shown = texts(charts["years"])
    for name in view.names:
        assert shown.count(view.heading(name)) == 1
    for base in view.plan.bases:
        assert shown.count(view.name(base.labels)) == 1
    wanted = view.words("sweep.charts.wanted", precision="2")
    assert texts(charts["convergence"]).count(wanted) == 1


def test_all_charts_have_one_width_so_that_letters_have_one_size(drawn):
    _, charts = drawn
    assert len({ET.fromstring(chart.svg).get("viewBox").split()[2] for chart in charts.values()}) == 1


def test_rows_of_a_chart_are_named_once(drawn):
    view, charts = drawn
    for name in view.names:
        assert texts(charts["differences"]).count(view.indicator(name)) == 1
    assert {"calm", "boom", "small"}.isdisjoint(texts(charts["regret"]))
    assert texts(charts["satisficing"]).count("tight") == 1


def test_no_panels_and_a_panel_without_entries_draw_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert texts(draw_panels("none", "Nothing", {}, Words("en"))) == []
        bare = draw_panels("bare", "One", {"panel": lambda axis: axis.plot([1, 2], [1, 2])}, Words("en"))
    assert "panel" in texts(bare)
    assert "legend_1" not in bare.svg


@pytest.mark.parametrize(("method", "size", "bars"), [("sobol", 8, 6), ("morris", 4, 3)])
def test_sensitivity_has_a_bar_a_parameter_and_index(tmp_path, method, size, bars):
    ranges = {name: [-3.0, 3.0] for name in ("x1", "x2", "x3")}
    design = {"method": method, "size": size, "of": ranges}
    made = sweep_into(of_function(tmp_path, "ishigami", parameters=design), tmp_path / "out", Way("serial"))
    view = SweepView(*made, Words("zh"))
    chart = sweep_bars.sensitivity_chart(view, made.plan.bases[0])
    assert [text for text in texts(chart) if text in ranges] == ["x1", "x2", "x3"]
    filled = re.findall(r"<path [^>]*clip-path=[^>]*style=\"fill: (?:url|#)", chart.svg)
    assert len(filled) >= bars
    assert sweep_charts.years_chart(view) is None
