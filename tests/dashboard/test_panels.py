"""Words, charts, gauges and downloads: in both languages, with the numbers of the run."""

from __future__ import annotations

import ast
import io
import re
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
import yaml
from driven import Driven
from PIL import Image

import landsim.dashboard
from landsim.core.errors import InputError
from landsim.dashboard import downloads
from landsim.dashboard.charts import gauges, indicator_label, indicator_names, series_option, unmet_option
from landsim.dashboard.history import Window
from landsim.dashboard.layers import picture
from landsim.dashboard.levers import levers
from landsim.dashboard.track import Track
from landsim.dashboard.words import say, term, unit_text

HOME = Path(landsim.dashboard.__file__).parent
TABLES = yaml.safe_load((HOME / "words.yaml").read_text("utf-8"))
CODE = "\n".join(path.read_text("utf-8") for path in HOME.glob("*.py"))


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


def test_a_map_is_downloaded_as_it_is(track: Track) -> None:
    with rasterio.MemoryFile(downloads.map_geotiff(track, "landcover", 2023)) as file, file.open() as data:
        assert np.array_equal(data.read(1), track.history.at(2023))
        assert data.transform.to_gdal()[1] == 250.0
        assert data.colormap(1)[8][:3] == (242, 183, 1)
    with rasterio.MemoryFile(downloads.map_geotiff(track, "slope", 2023)) as file, file.open() as data:
        assert np.array_equal(data.read(1), track.statics["slope"])
    with rasterio.MemoryFile(downloads.map_geotiff(track, "change", 2023)) as file, file.open() as data:
        assert set(np.unique(data.read(1))) <= set(range(8))
    shown = picture(track, "landcover", 2023, Window(0, 0, 40, 40), "en")
    assert Image.open(io.BytesIO(downloads.map_png(shown))).size == (40, 40)
    assert downloads.file_name(track, "landcover", 2023, "tif") == "small_landcover_2023.tif"
    assert downloads.file_name(track, "slope", 2023, "tif") == "small_slope.tif"


def test_tables_are_downloaded_whole(track: Track) -> None:
    archive = zipfile.ZipFile(io.BytesIO(downloads.tables_csv(track)))
    table = pd.read_csv(io.BytesIO(archive.read("indicators.csv")), encoding="utf-8-sig")
    assert len(table) == len(track.indicator_rows())
    book = pd.read_excel(io.BytesIO(downloads.tables_xlsx(track)), sheet_name=None)
    assert set(book) == {"indicators", "unmet", "legend"}
    assert book["unmet"]["ha"].sum() == pytest.approx(sum(row[4] for row in track.unmet()))


def test_without_a_report_a_sentence_says_so(controller: Driven, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    controller.opened("small")
    monkeypatch.setitem(sys.modules, "landsim.report.page", None)
    with pytest.raises(InputError, match="has no report"):
        controller.call(lambda run: downloads.report_html(run, "en"))
