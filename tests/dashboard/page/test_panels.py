"""Words, charts, gauges and downloads: in both languages, with the numbers of the run."""

from __future__ import annotations

import ast
import io
import re
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rasterio
import solara
import yaml
from driven import Driven
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

import landsim.dashboard
from landsim.core.errors import InputError
from landsim.dashboard.downloads import View, map_geotiff, map_png, report_html, tables_csv, tables_xlsx
from landsim.dashboard.layers import picture
from landsim.dashboard.levers import levers
from landsim.dashboard.page.charts import (
    gauges,
    indicator_label,
    indicator_names,
    series_option,
    series_words,
    unmet_option,
)
from landsim.dashboard.page.widgets import box, component, text
from landsim.dashboard.runs.history import Window
from landsim.dashboard.runs.track import Track
from landsim.dashboard.words import say, term, unit_text
from landsim.policy.permission import CONDITIONS, OVERLAYS
from landsim.policy.restriction import TRANSITION
from landsim.report.compare.figure import drawable
from landsim.scenario.build import load_scenario
from landsim.scenario.run import run
from landsim.transition.conversion import Rule
from landsim.transition.events import KINDS

HOME = Path(landsim.dashboard.__file__).parent
TABLES = yaml.safe_load((HOME / "words.yaml").read_text("utf-8"))
CODE = "\n".join(path.read_text("utf-8") for path in HOME.rglob("*.py"))


@pytest.fixture
def track(controller: Driven) -> Track:
    controller.opened("small")
    controller.pull("quota.multiplier", 0.5)
    found = controller.stepped(4).track
    assert found is not None
    return found


def test_every_text_is_there_in_both_languages() -> None:
    for table in TABLES.values():
        for key, pair in table.items():
            assert isinstance(key, str)
            assert len(pair) == 2
            assert all(isinstance(text, str) and text for text in pair), key
    braces = {key: [set(re.findall(r"\{(\w+)\}", text)) for text in pair] for key, pair in TABLES["page"].items()}
    assert all(english == chinese for english, chinese in braces.values())


def test_every_text_that_the_page_asks_for_is_known() -> None:
    asked = {
        node.args[1].value
        for node in ast.walk(ast.parse(CODE.replace("from __future__ import annotations", "")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say" and len(node.args) > 1
        if isinstance(node.args[1], ast.Constant)
    }
    assert len(asked) > 60
    assert asked <= set(TABLES["page"])


def test_levers_and_their_groups_have_names_in_both_languages() -> None:
    for one in levers():
        named = term("zh", one.path, "")
        assert named != one.path, one.path
        assert re.search(r"[一-鿿]", named)
        assert f"{one.group}_group" in TABLES["terms"]


def test_words_fall_back_to_what_they_name() -> None:
    assert say("zh", "no such key") == "no such key"
    assert term("en", "some_new_lever", "its meaning") == "its meaning"
    assert term("zh", "some_new_lever") == "some new lever"
    assert (unit_text("zh", "1"), unit_text("zh", "ha"), unit_text("en", "x/y")) == ("", "公顷", "x/y")


def test_a_chart_has_the_values_of_the_indicator(track: Track) -> None:
    option = series_option([("A", track), ("B", track.kept())], "built_ha", "en", 2022)
    values = [round(track.value("built_ha", year) or 0, 3) for year in range(2020, 2025)]
    assert option["xAxis"]["data"] == ["2020", "2021", "2022", "2023", "2024"]
    assert [round(value, 3) for value in option["series"][0]["data"]] == pytest.approx(values, rel=1e-5)
    assert option["series"][1]["lineStyle"]["type"] == "dashed"
    assert option["series"][0]["markLine"]["data"] == [{"xAxis": "2022"}]
    assert option["title"]["text"] == "Construction land (ha)"


def test_a_missing_value_is_a_gap(track: Track) -> None:
    track.add(2024, [(2024, 0, "lcrpgr", float("nan"), "1")], [])
    assert series_option([("A", track)], "lcrpgr", "en", 2024)["series"][0]["data"][-1] is None


def test_indicators_of_a_run_have_names(track: Track) -> None:
    names = indicator_names(track)
    assert names[0] == "built_ha"
    assert "pace_used_ha" not in names
    assert indicator_label("zh", "population") == "人口"


def test_bars_of_unmet_demand_sum_to_the_table(track: Track) -> None:
    option = unmet_option(track, "en")
    drawn = sum(sum(bar["data"]) for bar in option["series"])
    assert drawn == pytest.approx(sum(row[4] for row in track.unmet()), abs=0.1)
    assert drawn > 0
    assert {bar["name"] for bar in option["series"]} <= {term("en", f"{rule}_rule") for rule in (
        "quota", "balance", "pace", "zone", "no_land")}  # fmt: skip


def test_gauges_say_how_much_of_a_limit_is_used(track: Track) -> None:
    found = {one.key: one for one in gauges(track, 2024, "en")}
    used, quota = track.value("quota_used_ha", 2024), track.value("quota_ha", 2024)
    assert used is not None
    assert quota
    assert found["gauge_quota"].share == pytest.approx(used / quota)
    assert found["gauge_pace"].text == "no limit in force"
    assert found["gauge_erl"].tone == "good"


def test_the_gauges_of_a_finished_run_do_not_claim_that_there_was_no_limit(controller: Driven, folder: Path) -> None:
    run(load_scenario(folder / "small", {"horizon": 2021}), folder / "runs" / "done")
    track = controller.opened("runs/done").track
    found = {one.key: one for one in gauges(track, 2021, "en")}
    assert found["gauge_quota"].share is not None
    kept = {name for name in ("pace_used_ha", "bank_ha") if track.value(name, 2021) is not None}
    for key, name in (("gauge_pace", "pace_used_ha"), ("gauge_bank", "bank_ha")):
        assert (found[key].text == "not kept in a run folder") == (name not in kept)


def test_every_name_of_the_rules_is_there_in_both_languages() -> None:
    named = {f"{row}_row" for row in (*OVERLAYS, TRANSITION)} | {f"{name}_condition" for name in CONDITIONS.names()}
    named |= {f"{rule.name.lower()}_rule" for rule in Rule} | {f"{kind}_kind" for kind in KINDS}
    assert named <= set(TABLES["terms"])
    for name in named:
        assert re.search(r"[一-鿿]", TABLES["terms"][name][1]), name


def test_every_unit_of_a_lever_is_known_in_chinese() -> None:
    for unit in {one.unit for one in levers()} - {"1", "", "year"}:
        assert unit_text("zh", unit) != unit or unit.isupper(), unit


def test_a_chart_is_told_to_those_who_do_not_see_it(track: Track) -> None:
    words = series_words(series_option([("A", track)], "built_ha", "en", 2024))
    assert words.startswith("Construction land (ha): A 2020 ")
    assert ", 2024 " in words


def _read(content: bytes) -> tuple[np.ndarray, Any]:
    with rasterio.MemoryFile(content) as file, file.open() as data:
        return data.read(1), data


def test_a_map_is_downloaded_as_it_is(track: Track) -> None:
    with rasterio.MemoryFile(map_geotiff(View(track, "landcover", 2023))) as file, file.open() as data:
        assert np.array_equal(data.read(1), track.history.at(2023))
        assert data.transform.to_gdal()[1] == 250.0
        assert data.colormap(1)[8][:3] == (242, 183, 1)
    assert np.array_equal(_read(map_geotiff(View(track, "slope", 2023)))[0], track.statics["slope"])
    assert set(np.unique(_read(map_geotiff(View(track, "change", 2023)))[0])) <= set(range(8))
    assert View(track, "landcover", 2023).file_name("tif") == "small_landcover_2023.tif"
    assert View(track, "slope", 2023).file_name("tif") == "small_slope.tif"


def test_the_difference_is_downloaded_where_it_is_shown(track: Track) -> None:
    other = track.kept()
    other.history = type(track.history)(2020, track.history.first)
    view = View(track, "landcover", 2024, other)
    assert view.file_name("tif") == "small_difference_2024.tif"
    built = track.legend.built
    new = built[track.history.at(2024)] & ~built[track.history.at(2020)]
    assert np.array_equal(_read(map_geotiff(view))[0] == 3, new)


@pytest.mark.parametrize(("lang", "layer"), [("en", "landcover"), ("zh", "slope"), ("en", "erl")])
def test_a_picture_to_hand_out_has_all_that_a_reader_needs(track: Track, lang: str, layer: str) -> None:
    drawn: list[Any] = []
    with pytest.MonkeyPatch.context() as patched, warnings.catch_warnings():
        warnings.filterwarnings("error", message="Glyph")
        patched.setattr(Figure, "savefig", lambda self, *_, **__: drawn.append(self))
        map_png(View(track, layer, 2024), ("udb", "erl"), lang)
        said = drawable(lang)
    texts = [text.get_text() for text in drawn[0].findobj(Text)]
    shown = picture(track, layer, 2024, Window(0, 0, 40, 40), said)
    assert any("A small city" in text and term(said, layer) in text for text in texts)
    assert any("km" in text or " m" in text for text in texts), "scale"
    assert any(text.strip() == "N" for text in texts), "north"
    assert say(said, "uncalibrated") in texts
    assert {term(said, "udb"), term(said, "erl")} <= set(texts)
    if shown.ramp is None:
        assert shown.legend[0].label in texts
    else:
        assert any(text.startswith("≤ ") for text in texts)


def test_a_picture_is_a_png_of_the_colours_of_the_page(track: Track) -> None:
    image = np.asarray(Image.open(io.BytesIO(map_png(View(track, "landcover", 2024), (), "en"))).convert("RGB"))
    urban = next(row for row in track.legend.rows if row.name == "urban")
    wanted = [int(urban.colour[i : i + 2], 16) for i in (1, 3, 5)]
    assert (image == wanted).all(axis=2).sum() > 500


def test_tables_are_downloaded_whole(track: Track) -> None:
    archive = zipfile.ZipFile(io.BytesIO(tables_csv([("one", track)])))
    table = pd.read_csv(io.BytesIO(archive.read("indicators.csv")), encoding="utf-8-sig")
    assert len(table) == len(track.indicator_rows())
    book = pd.read_excel(io.BytesIO(tables_xlsx([("one", track)])), sheet_name=None)
    assert set(book) == {"indicators", "unmet", "legend"}
    assert book["unmet"]["ha"].sum() == pytest.approx(sum(row[4] for row in track.unmet()))


def test_tables_of_two_runs_say_which_is_which(track: Track) -> None:
    archive = zipfile.ZipFile(io.BytesIO(tables_csv([("one", track), ("other", track.kept())])))
    table = pd.read_csv(io.BytesIO(archive.read("indicators.csv")), encoding="utf-8-sig")
    assert table.columns[0] == "run"
    assert table["run"].value_counts().to_dict() == dict.fromkeys(("one", "other"), len(track.indicator_rows()))


def test_a_report_of_a_live_run_and_of_a_finished_one_beside_it(controller: Driven, folder: Path) -> None:
    run(load_scenario(folder / "small", {"horizon": 2021}), folder / "runs" / "done")
    controller.opened("small")
    controller.stepped()
    other = Driven(controller.shelf, keep=False)
    try:
        other.opened("runs/done")
        alone = report_html([controller.call], "zh").decode()
        both = report_html([controller.call, other.call], "en").decode()
    finally:
        other.close()
        assert other.join(60.0)
    assert "done" in both
    assert "done" not in alone


def test_without_a_report_a_sentence_says_so(controller: Driven, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    controller.opened("small")
    monkeypatch.setitem(sys.modules, "landsim.report.page.write", None)
    with pytest.raises(InputError, match="has no report"):
        report_html([controller.call], "en")


def test_a_fault_inside_a_part_of_the_page_is_a_sentence_in_its_place() -> None:
    @component
    def Breaks(number: int) -> None:
        with box("whole"):
            text(f"before {number}")
            raise ZeroDivisionError("by hand")

    told = []
    for _ in range(2):
        _, drawn = solara.render(Breaks(7), handle_error=False)
        told += [
            one.unsafe_innerHTML for one in drawn.find(solara.widgets.HTML).widgets if "Details" in one.unsafe_innerHTML
        ]
        drawn.close()
    assert len(told) == 2
    assert told[0].startswith("internal fault: ZeroDivisionError: by hand. Details: ")
    assert told[0] == told[1], "the same fault has one log"
    log = Path(told[0].rpartition("Details: ")[2])
    assert "by hand" in log.read_text("utf-8")
    log.unlink()
