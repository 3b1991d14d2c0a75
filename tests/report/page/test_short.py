"""In short: what the first page says is what the run did, and nothing is said of classes that a map cannot tell."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from landsim.landscape.legend import Land, Legend, model_row
from landsim.report.page.plan import PlanRow, basis_table, lights, plan_rows, unknown_items
from landsim.report.page.run import CLASS_OF, ReportedRun
from landsim.report.page.short import missed, sentences, short_table
from landsim.report.words import Words

EN = Words("en")
UNITS = {
    "built_ha": "ha",
    "arable_ha": "ha",
    "population": "persons",
    "erl_intrusion_ha": "ha",
    "pbf_intrusion_ha": "ha",
    "water_built_ha": "ha",
    "green_per_person": "m2/person",
}


def run(end, unmet=(), classes=(Land.ARABLE, Land.URB_RES, Land.GREEN)):
    """A run from 2020 to 2030 whose indicators start at 1000 and end as given."""
    rows = [
        {"year": year, "district": 0, "indicator": name, "value": value, "unit": UNITS[name]}
        for name, last in end.items()
        for year, value in ((2020, 1000.0), (2030, last))
    ]
    folder = SimpleNamespace(
        manifest={"name": "run"},
        years=[2020, 2030],
        indicators=pd.DataFrame(rows),
        unmet=pd.DataFrame(list(unmet), columns=["year", "class", "rule", "ha"]),
        legend=Legend(tuple(model_row(land) for land in classes)),
    )
    return ReportedRun(folder, "run")


@pytest.fixture(autouse=True)
def no_boundary(monkeypatch):
    monkeypatch.setattr("landsim.report.page.short.built_inside", lambda run, words: "")


def row(name, *ends):
    return PlanRow("1", name, "binding", "ha", "1", [("1", "", light) for light in ends], "≥ 1", "a law", "high")


def test_sentences_tell_course_lines_unmet_demand_and_targets():
    made = run(
        {"built_ha": 1091.4, "arable_ha": 998.0, "population": 1080.0, "erl_intrusion_ha": 0.0},
        [(2030, "urban", "zone", 155.0), (2030, "service", "balance", 104.0), (2029, "urban", "quota", 9.0)],
    )
    assert [
        line.replace("\u00a0", " ") for line in sentences(made, [row("Wetland", "missed"), row("Parks", "met")], EN)
    ] == [
        "Construction land goes from 1,000 to 1,091 ha (+9.1 %).",
        "Cropland goes from 1,000 to 998 ha (−0.2 %).",
        "Population goes from 1,000 to 1,080 persons (+8.0 %).",
        "No construction land was added inside the ecological red line.",
        "In 2030, 259 ha of the demand for land stayed unmet. What binds: zoning and control lines (155 ha), "
        "arable balance (104 ha).",
        "Targets of the plan indicators: 1 met, 0 near (expected or advisory, missed by no more than 5 %), "
        "1 missed (Wetland).",
    ]


def test_demand_that_was_met_and_lines_that_were_crossed_are_told():
    end = {"built_ha": 1000.0, "arable_ha": 1000.0, "erl_intrusion_ha": 3.0, "pbf_intrusion_ha": 0.0}
    lines = [line.replace("\u00a0", " ") for line in sentences(run({**end, "water_built_ha": 12.0}), [], EN)]
    assert "In 2030, all demand for land was met." in lines
    assert "3 ha of construction land were added inside the ecological red line." in lines
    assert "No construction land was added inside permanent basic farmland." in lines
    assert "12 ha were built on what was water at the start." in lines
    assert not any("Targets" in line for line in lines)


def test_several_runs_stand_in_one_table_with_what_differs():
    a = run({"built_ha": 1060.0, "arable_ha": 990.0}, [(2030, "urban", "zone", 20.0)])
    b = run({"built_ha": 1040.0, "arable_ha": 1005.0})
    a.name, b.name = "a", "b"
    rows = [row("Wetland", "missed", "near"), row("Parks", "met", "met")]
    table = short_table([a, b], rows, EN)
    told = {line[0]: line[2:] for line in table.rows}
    assert table.head == ["Result", "Unit", "a", "b", "b less a"]
    assert told["New construction land since 2020"] == ["60", "40", "−20"]
    assert told["Change of cropland since 2020"] == ["−10", "5", "+15"]
    assert told["Unmet demand for land in 2030"] == ["20", "0", "−20"]
    assert told["of it bound by: zoning and control lines"] == ["20", "0", "−20"]
    assert told["Targets missed"] == ["1", "0", "−1"]
    assert missed([a, b], rows, EN) == [("a", "Missed: Wetland.")]
    assert missed([a, b], [row("Parks", "missed", "missed")], EN) == [("a, b", "Missed: Parks.")]


def test_of_many_runs_the_values_are_told_and_not_each_difference():
    runs = [run({"built_ha": 1000.0 + i, "arable_ha": 1000.0}) for i in range(5)]
    assert len(short_table(runs, [], EN).head) == 2 + 5


def test_what_a_map_does_not_tell_apart_is_neither_shown_nor_judged():
    end = {"built_ha": 1000.0, "arable_ha": 1000.0, "green_per_person": 0.0}
    known, unknown = run(end), run(end, classes=(Land.ARABLE, Land.URB_RES))
    assert CLASS_OF["green_per_person"] is Land.GREEN
    assert known.tells("green_per_person")
    assert not unknown.tells("green_per_person")
    assert [r.ends[0][2] for r in plan_rows([known], EN) if r.number == "30"] == ["missed"]
    assert [r for r in plan_rows([unknown], EN) if r.number == "30"] == []
    assert any(name.startswith("30 ") for name in unknown_items([unknown], EN))


def test_lights_are_counted_a_run_and_bases_are_told_once():
    rows = [row("A", "met", "missed"), row("B", "none", "near")]
    assert lights(rows, 0) == {"met": ["A"], "near": [], "missed": []}
    assert lights(rows, 1) == {"met": [], "near": ["B"], "missed": ["A"]}
    assert basis_table(rows, EN).rows == [["1, 1", "a law", "high"]]
    assert basis_table([], EN) is None
