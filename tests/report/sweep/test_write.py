"""The report of a sweep: self-contained, the same in HTML and Markdown, in both languages, plain about what lacks."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from landsim.core.errors import UsageError
from landsim.report.sweep.write import write_sweep_report
from landsim.report.words import LANGUAGES, Words
from landsim.sweep.axes import AXES
from landsim.sweep.conduct import Way
from landsim.sweep.maps import KINDS
from tests.report.conftest import sweep_into
from tests.report.page.test_write import Reading
from tests.sweep.small import city, of_function, write_sweep

SECTIONS = (
    "answers", "asked", "outcomes", "differences", "maps", "convergence", "variance", "regret", "satisficing", "method",
)  # fmt: skip
RANGES = {name: [-3.0, 3.0] for name in ("x1", "x2", "x3")}


def report(made, lang="en"):
    """Write the report of a sweep; its page and its Markdown."""
    page = write_sweep_report(*made, lang)
    return page.read_text("utf-8"), page.with_name("report.md").read_text("utf-8")


def unescaped(text):
    """Take the marks of Markdown away."""
    return re.sub(r"\\(.)", r"\1", text.replace("**", ""))


@pytest.fixture(scope="module")
def reports(swept):
    """Page and Markdown by language, and the bytes of every file."""
    found = {}
    for lang in LANGUAGES:
        page, text = report(swept, lang)
        found[lang] = page, text, {path.name: path.read_bytes() for path in swept.folder.report.iterdir()}
    return found


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_page_is_whole_and_asks_for_nothing(reports, lang):
    page, _, _ = reports[lang]
    read = Reading(page)
    assert len(page.encode()) < 3_000_000
    assert not {"script", "link", "iframe", "object", "b"} & set(read.tags)
    links = [value for name, value in read.attributes if name in ("src", "href", "xlink:href")]
    assert all(link.startswith(("#", "data:image/png;base64,")) for link in links)
    assert not re.search(r"url\((?!#)|@import|@font-face", page)
    assert "default-src 'none'" in page
    ids = [value for name, value in read.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert [name for name in ids if name in SECTIONS] == list(SECTIONS)
    targets = {value[1:] for name, value in read.attributes if name in ("href", "xlink:href") and value.startswith("#")}
    assert targets <= set(ids)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_section_speaks_the_language(reports, lang):
    words, text = Words(lang), Reading(reports[lang][0]).text
    other = Words("en" if lang == "zh" else "zh")
    for section in SECTIONS:
        assert words(f"sweep.sections.{section}") in text
        assert other(f"sweep.sections.{section}") not in text
    assert words("stamps.uncalibrated") in text
    assert f'lang="{words("language")}"' in reports[lang][0]
    assert words.indicator("built_ha") in text
    assert words("class_indicators.area_ha", name="林地" if lang == "zh" else "") in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_name_of_the_inside_is_on_the_page(reports, swept, lang):
    text = Reading(re.sub(r"<style>.*?</style>", "", reports[lang][0], flags=re.DOTALL)).text
    inside = {name for name in swept.result.tables["yearly"]["indicator"] if "_" in name}
    inside |= {name for name in KINDS.values() if "_" in name}
    inside |= {f"_{axis}" for axis in AXES} | {"as_is", "p_holm", "q05"} | set(swept.plan.runs)
    assert [name for name in sorted(inside) if name in text] == []
    assert text.count("override") == 0
    alt = [value for name, value in Reading(reports[lang][0]).attributes if name == "aria-label"]
    assert [told for told in alt if re.search(r"[a-z]_[a-z]", told)] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_markdown_says_the_same_as_the_page(reports, lang):
    page, text, files = reports[lang]
    page = re.sub(r'<figure class="sheet">.*?</figure>', "", page, flags=re.DOTALL)  # files, whose legends are drawn
    plain = " ".join(unescaped(text).split())
    cells = re.findall(r"<t[hd](?: [^>]*)?>(.*?)</t[hd]>", page)
    told = re.findall(r"<(?:li|h1|h2|caption|p)(?: class=\"(?:small|stamp|facts)\")?>(?!<a)(.*?)</", page)
    assert len(cells) > 100
    assert len(told) > 20
    missing = [cell for cell in (*cells, *told) if Reading(f"<p>{cell}</p>").text not in plain]
    assert missing in ([], [Words(lang)("method.pdf")])
    assert set(re.findall(r"!\[.*?\]\((.*?)\)", text)) | {"report.html", "report.md"} == set(files)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_figures_stand_alone_with_words_and_fonts(reports, lang):
    drawn = {name: data.decode() for name, data in reports[lang][2].items() if name.endswith(".svg")}
    assert {"years.svg", "differences.svg", "convergence.svg", "variance.svg", "regret.svg", "satisficing.svg",
            "change-1.svg", "agreement-1.svg", "lines-1.svg"} <= set(drawn)  # fmt: skip
    for name, text in drawn.items():
        tree = ET.fromstring(text)
        assert tree.get("role") == "img", name
        assert tree.get("aria-label"), name
        assert "Noto Sans CJK SC" in text
    assert (">北</text>" if lang == "zh" else ">N</text>") in drawn["change-1.svg"]
    assert Words(lang).indicator("built_ha") in drawn["years.svg"]
    assert ("满足" if lang == "zh" else "keep all thresholds") in ET.fromstring(drawn["satisficing.svg"]).get(
        "aria-label"
    )


def test_maps_of_the_page_have_legend_scale_north_and_areas(reports, swept):
    maps = re.findall(r'<figure class="sheet">.*?</figure>', reports["zh"][0], flags=re.DOTALL)
    assert len(maps) == 2 * len(swept.plan.bases) + 1  # share and agreement of each, and the lines
    area = swept.result.shares[0].ha
    for drawn in maps:
        assert drawn.count('class="swatch') == drawn.count('class="area"') >= 2
        assert "公里" in drawn or " 米<" in drawn
    shown = re.findall(r"稳定不变的(?:非)?建设用地 <span class=\"area\">([\d,.]+)", maps[1])
    assert sum(float(text.replace(",", "")) for text in shown) == pytest.approx(area, rel=1e-3)


def test_the_page_has_one_heading_and_tables_have_scopes(reports):
    page = reports["en"][0]
    read = Reading(page)
    assert read.tags.count("h1") == 1
    heads = re.findall(r"<th(?: [^>]*)?>", page)
    assert heads
    assert all('scope="' in head for head in heads)


def test_what_users_wrote_is_escaped(reports):
    page, text, _ = reports["en"]
    assert "Growth &lt;b&gt;or&lt;/b&gt; cropland &amp; grain?" in page
    assert "# Growth \\<b\\>or\\</b\\> cropland & grain?" in text


def test_the_order_of_runs_and_a_second_writing_change_no_byte(swept, reports, tmp_path):
    path = swept.plan.source.path
    for part in (2, 1):
        sweep_into(path, tmp_path / "out", Way("serial", shard=(part, 2)))
    made = sweep_into(path, tmp_path / "out")
    assert made.result.ledger.total == 0
    write_sweep_report(*made, "zh")
    assert {file.name: file.read_bytes() for file in made.folder.report.iterdir()} == reports["zh"][2]


def test_failures_are_told_with_cause_seeds_and_error(tmp_path):
    structures = {"whole": {"x1": 1.0, "x2": 1.0, "x3": 1.0}, "lacking": {"x1": 1.0, "x2": 1.0}}
    made = sweep_into(of_function(tmp_path, "ishigami", structures=structures, seeds=3), tmp_path / "out")
    page, text = report(made)
    assert '<p class="stamp">Failed: 3 of 6 runs (input: 3). They are in no number of this page.</p>' in page
    assert "| lacking | input | 3 | 1–3 | 1 | function ishigami: needs the parameter 'x3'. |" in text
    assert "3 of 6 runs have ended" in text
    page, _ = report(made, "zh")
    assert "失败的模拟" in page
    assert "输入有误" in page


def test_a_sweep_whose_runs_all_failed_has_a_report(tmp_path):
    made = sweep_into(of_function(tmp_path, "ishigami", seeds=2), tmp_path / "out")
    page, text = report(made)
    assert "No run has ended" in page
    assert "## Runs that failed" in text
    assert "## Outcomes" not in text


@pytest.mark.parametrize(
    ("method", "size", "index"), [("sobol", 16, "total index ST"), ("morris", 6, "mean absolute effect µ*"),
                                  ("lhs", 48, "first-order index S1"), ("grid", 0, "")],
)  # fmt: skip
def test_a_sweep_of_a_function_has_sensitivity_and_no_maps(tmp_path, method, size, index):
    design = {"method": method, "of": RANGES} | ({"size": size} if size else {})
    made = sweep_into(of_function(tmp_path, "ishigami", parameters=design), tmp_path / "out")
    page, text = report(made)
    assert 'class="map"' not in page
    assert "as_is" not in page
    assert ("## Sensitivity" in text) == bool(index)
    assert index in unescaped(text)
    assert (made.folder.report / "sensitivity.svg").is_file() == bool(index)


def test_a_single_run_says_that_it_is_one_draw(tmp_path):
    path = write_sweep(city(tmp_path / "town"), seeds=1, overrides=None)
    made = sweep_into(path, tmp_path / "out")
    page, text = report(made)
    assert "One run is one draw of chance" in page
    assert "1 run ·" in text
    assert "±" not in re.sub(r".*How to read.*|.*Mean ± half.*", "", text)
    assert not (made.folder.report / "agreement-1.svg").exists()
    assert (made.folder.report / "change-1.svg").is_file()


@pytest.mark.parametrize(
    ("lang", "told"),
    [("en", "nothing is said about differences between the strategies: that takes two seeds"),
     ("zh", "因此不比较各策略的差异；至少需要两个种子")],
)  # fmt: skip
def test_one_seed_of_two_strategies_says_why_no_difference_is_told(tmp_path, lang, told):
    path = write_sweep(city(tmp_path / "town"), seeds=1, keep=["indicators"])
    page, text = report(sweep_into(path, tmp_path / "out"), lang)
    assert told in page
    assert told in text
    assert not re.search(r"\bnan\b", page)
    assert Words(lang)("sweep.sections.differences") not in text


@pytest.mark.parametrize(
    ("lang", "told"),
    [("en", "its own last year, so differences, variance and regret compare unlike spans: 2021 (trend)"),
     ("zh", "均按各自的末年计算，差异、方差分解和后悔值因此比较的是不同时长的结果：2021 年（trend）")],
)  # fmt: skip
def test_strategies_of_different_last_years_show_their_own(tmp_path, lang, told):
    town = city(tmp_path / "town")
    (town / "overrides.yaml").write_text("long: {horizon: 2022}\n")
    questions = {"indicators": ["built_ha"]}
    path = write_sweep(
        town, seeds=2, overrides={"trend": [], "long": ["long"]}, keep=["indicators"], questions=questions
    )
    made = sweep_into(path, tmp_path / "out")
    _, text = report(made, lang)
    assert told in unescaped(text)
    (row,) = [line for line in text.splitlines() if line.count("|") > 7 and " 2021 " in line]
    assert " 2022 " in row
    assert len(made.result.tables["variance"])
    assert "found 2021, 2022" in str(made.result.cautions[0])


def test_runs_without_maps_have_a_report_with_names_of_classes(tmp_path):
    asked = {"indicators": ["area_ha_forest"]}
    path = write_sweep(city(tmp_path / "town"), seeds=2, overrides=None, keep=["indicators"], questions=asked)
    page, text = report(sweep_into(path, tmp_path / "out"), "zh")
    assert "面积：林地" in text
    assert 'class="map"' not in page


def test_a_language_without_words_leaves_the_report_as_it_is(swept, reports):
    before = sorted(path.name for path in swept.folder.report.iterdir())
    with pytest.raises(UsageError, match="no report in the language"):
        write_sweep_report(*swept, "fr")
    assert sorted(path.name for path in swept.folder.report.iterdir()) == before
