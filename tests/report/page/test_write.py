"""The report page: self-contained, complete in both languages, true to the run, and plain about bad input."""

from __future__ import annotations

import json
import re
import shutil
import warnings
from html.parser import HTMLParser

import pytest

import landsim
from landsim.core.errors import InputError
from landsim.indicators.record import CITY
from landsim.io.hashes import fingerprint
from landsim.io.store import open_run
from landsim.report.page.charts import FONTS, lines, stacked
from landsim.report.page.run import short_names
from landsim.report.page.tables import GROUPS
from landsim.report.page.write import write_report
from landsim.report.words import LANGUAGES, Words
from tests.report.conftest import FEW

SECTIONS = ("question", "maps", "land", "indicators", "plan", "quota", "lines", "unmet", "events", "stamps", "method")
VOID = {"meta", "br", "img", "image", "path", "use", "rect", "link", "input", "hr"}


class Reading(HTMLParser):
    """Tags, attributes and text of a page; complains about tags that do not close."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.words, self.open = [], [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def pages(two_runs, tmp_path_factory):
    """Pages by language and number of runs."""
    folder = tmp_path_factory.mktemp("pages")
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "Glyph")
        return {
            (lang, n): write_report(two_runs[:n], folder / f"{lang}{n}.html", lang).read_text("utf-8")
            for lang in LANGUAGES
            for n in (1, 2)
        }


@pytest.mark.parametrize("which", [("zh", 1), ("en", 1), ("zh", 2), ("en", 2)])
def test_a_page_is_whole_and_asks_for_nothing(pages, which):
    page = pages[which]
    read = Reading(page)
    assert len(page.encode()) < 5_000_000
    assert not {"script", "link", "iframe", "object"} & set(read.tags)
    links = [value for name, value in read.attributes if name in ("src", "href", "xlink:href")]
    assert links
    assert all(link.startswith(("#", "data:image/png;base64,")) for link in links)
    assert not re.search(r"url\((?!#)|@import|@font-face", page)
    assert "default-src 'none'" in page
    ids = [value for name, value in read.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert set(SECTIONS) <= set(ids)
    targets = {value[1:] for name, value in read.attributes if name in ("href", "xlink:href") and value.startswith("#")}
    assert targets <= set(ids)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_section_speaks_the_language(pages, lang):
    words, text = Words(lang), Reading(pages[lang, 2]).text
    for section in SECTIONS:
        assert words(f"sections.{section}") in text
    other = Words("en" if lang == "zh" else "zh")
    assert not [s for s in SECTIONS if other(f"sections.{s}") in text]
    assert words("stamps.uncalibrated") in text
    assert f'lang="{words("language")}"' in pages[lang, 2]


def test_charts_hold_text_in_fonts_that_readers_have(pages):
    svgs = re.findall(r'<svg class="chart".*?</svg>', pages["zh", 2], flags=re.DOTALL)
    assert len(svgs) >= 7
    fonts = {font for svg in svgs for font in re.findall(r"font-family: ([^;\"]*)", svg)}
    assert fonts == {FONTS.replace('"', "'")}
    assert all("<text" in svg and "font:" not in svg for svg in svgs)
    assert any("建设用地" in svg for svg in svgs)


def test_numbers_are_those_of_the_runs(pages, two_runs):
    words, text = Words("en"), Reading(pages["en", 2]).text
    for path in two_runs:
        run = open_run(path)
        table = run.indicators[(run.indicators["district"] == CITY) & (run.indicators["year"] == run.years[-1])]
        values = table.set_index("indicator")
        for name in ("built_ha", "form_compactness", "population", "grain", "service_value", "eq3"):
            shown = words.alike([float(values.at[name, "value"])], str(values.at[name, "unit"]))[0]
            assert shown in text, name
        assert run.manifest["config_sha256"] in text
        assert run.manifest["state_hash"][str(run.years[-1])] in text


def test_every_group_of_indicators_has_rows(pages):
    words, text = Words("zh"), Reading(pages["zh", 1]).text
    for group, names in GROUPS.items():
        assert words(f"groups.{group}") in text
        assert words.indicator(names[0]) in text


def test_the_first_part_answers_the_question(pages):
    one, two = (re.search(r'<section id="question">.*?</section>', pages["en", n], re.DOTALL).group() for n in (1, 2))
    assert [one.index(text) for text in ("In short", 'class="chart"', "What was set")] == sorted(
        one.index(text) for text in ("In short", 'class="chart"', "What was set")
    )
    for told in (
        "Construction land goes from",
        "of the demand for land stayed unmet. What binds:",
        "Targets of the plan",
    ):
        assert told in one
    text = Reading(two).text
    for told in ("New construction land since 2020", "of it bound by:", "Targets met", "tight less trend"):
        assert told in text


def test_rules_that_bind_are_told_in_plain_words(pages, two_runs):
    for lang in LANGUAGES:
        words, text = Words(lang), Reading(pages[lang, 2]).text
        bound = {rule for path in two_runs for rule in open_run(path).unmet["rule"].unique()}
        assert bound
        assert all(words(f"rule_means.{rule}") in text for rule in bound)


def test_lights_are_explained_and_each_basis_is_told_once(pages):
    text = Reading(pages["en", 1]).text
    assert "it is missed by no more than 5 % of the target" in text
    assert text.count("Modelling assumption: not below the start;") == 1
    assert re.search(r"1, 3 Opinions on the three control lines, 2019: the area does not shrink high", text)


def test_a_chinese_page_says_what_the_scenario_says_in_chinese(two_runs, tmp_path):
    shutil.copytree(two_runs[0], tmp_path / "run")
    made = json.loads((tmp_path / "run" / "run.json").read_text("utf-8"))
    made["scenario"] |= {"title_zh": "我的城市", "description_zh": "如果"}
    made["config_sha256"] = fingerprint(made["scenario"])
    (tmp_path / "run" / "run.json").write_text(json.dumps(made), encoding="utf-8")
    chinese, english = (
        write_report([tmp_path / "run"], tmp_path / "page.html", lang).read_text("utf-8") for lang in ("zh", "en")
    )
    assert "<h1>我的城市</h1>" in chinese
    assert "<p>如果</p>" in chinese
    assert "我的城市" not in english


def test_eight_runs_stand_side_by_side_with_their_lights(two_runs, tmp_path):
    page = write_report([*two_runs] * 4, tmp_path / "page.html", "en").read_text("utf-8")
    assert len(page.encode()) < 5_000_000
    assert page.count('<figure class="sheet') == 2 + 16 + 7
    plan = re.search(r'<table class="plan short">.*?</table>', page, flags=re.DOTALL).group()
    assert len(re.findall("<th ", plan.partition("</tr>")[0])) == 6 + 8
    assert plan.count('class="n light') == 8 * plan.count('class="kind-of"')


def test_a_run_of_no_year_has_one_map_and_marks_its_values(two_runs, tmp_path):
    landsim.run(landsim.load_scenario(two_runs[0].parent / "city", {**FEW, "horizon": 2020}), out=tmp_path / "run")
    page = write_report([tmp_path / "run"], tmp_path / "page.html", "en").read_text("utf-8")
    assert page.count('<figure class="sheet') == 2  # the land, and the lines
    assert "2020–2020" in page
    assert "<use " in re.search(r'<svg class="chart".*?</svg>', page, flags=re.DOTALL).group()


def test_what_differs_between_runs_is_shown(pages):
    text = Reading(pages["en", 2]).text
    assert "quota.multiplier" in text
    assert "Difference in 2023: tight against trend" in text
    assert "tight less trend" in text
    assert "Policy levers that differ from the defaults" in Reading(pages["en", 1]).text


def test_maps_have_legend_scale_north_and_areas(pages):
    maps = re.findall(r'<figure class="sheet.*?</figure>', pages["zh", 2], flags=re.DOTALL)
    assert len(maps) == 7  # start, lines, end and change of each, difference
    for drawn in maps:
        assert drawn.count("data:image/png") == 1
        assert "公里" in drawn or " 米<" in drawn
        assert ">北</text>" in drawn
        assert drawn.count('class="swatch') == drawn.count('class="area"') >= 2
        assert "image-rendering" in pages["zh", 2]


def test_the_same_runs_give_the_same_bytes(two_runs, tmp_path):
    a, b = (write_report(two_runs, tmp_path / f"{i}.html", "zh").read_bytes() for i in range(2))
    assert a == b


def test_what_a_scenario_says_of_itself_is_escaped(two_runs, tmp_path):
    shutil.copytree(two_runs[0], tmp_path / "run")
    manifest = json.loads((tmp_path / "run" / "run.json").read_text("utf-8"))
    manifest |= {"title": "<script>alert(1)</script>", "description": '"><b onload=x>', "name": "<i>&"}
    (tmp_path / "run" / "run.json").write_text(json.dumps(manifest), encoding="utf-8")
    page = write_report([tmp_path / "run"], tmp_path / "page.html", "en").read_text("utf-8")
    read = Reading(page)
    assert not {"script", "i", "b"} & set(read.tags)
    assert "<script>alert(1)</script>" in read.text


def broken(run, folder, case):
    """Make a folder that is no whole run, in one of several ways."""
    if case == "missing":
        return folder / "nowhere"
    if case == "not a run":
        (folder / case).mkdir()
        return folder / case
    made = folder / case
    shutil.copytree(run, made)
    if case == "incomplete":
        (made / "unmet.parquet").unlink()
    elif case == "another version":
        manifest = json.loads((made / "run.json").read_text("utf-8"))
        (made / "run.json").write_text(json.dumps({**manifest, "format": 99}), encoding="utf-8")
    elif case == "no manifest":
        (made / "run.json").write_text("{", encoding="utf-8")
    return made


@pytest.mark.parametrize("case", ["missing", "not a run", "incomplete", "another version", "no manifest"])
def test_a_folder_that_is_no_whole_run_is_one_sentence_and_no_page(two_runs, tmp_path, case):
    with pytest.raises(InputError) as fault:
        write_report([two_runs[0], broken(two_runs[0], tmp_path, case)], tmp_path / "page.html", "en")
    assert len(fault.value.problems) == 1
    assert not (tmp_path / "page.html").exists()


def test_no_runs_and_too_many_are_refused(two_runs, tmp_path):
    for runs in ([], [two_runs[0]] * 9):
        with pytest.raises(InputError, match="1 to 8"):
            write_report(runs, tmp_path / "page.html", "en")


@pytest.mark.parametrize("place", ["folder.html", "page.txt", "run/run.json", "run/page.html"])
def test_a_page_takes_the_place_of_nothing_else(two_runs, tmp_path, place):
    (tmp_path / "folder.html").mkdir()
    shutil.copytree(two_runs[0], tmp_path / "run")
    before = sorted(path.read_bytes() for path in (tmp_path / "run").iterdir() if path.is_file())
    with pytest.raises(InputError, match=r"Choose another --out"):
        write_report([tmp_path / "run"], tmp_path / place, "en")
    assert sorted(path.read_bytes() for path in (tmp_path / "run").iterdir() if path.is_file()) == before


@pytest.mark.parametrize(
    ("svg", "shown"),
    [
        (lines("t", "ha", {"run": ([2020, 2021], [1.0, 2.0])}), {"2020", "2021"}),
        (stacked("t", "ha", [2021], {"part": [3.0]}), {"2021"}),
    ],
)
def test_a_single_year_has_whole_years(svg, shown):
    assert set(re.findall(r">(20\d\d[.\d]*)</text>", svg)) == shown


def test_names_of_runs_are_as_short_as_tells_them_apart(tmp_path):
    assert short_names([tmp_path / "as_usual" / "1", tmp_path / "strict" / "1"]) == ["as_usual/1", "strict/1"]
    assert short_names([tmp_path / "a", tmp_path / "b"]) == ["a", "b"]
    assert short_names([tmp_path / "a", tmp_path / "a"]) == ["a (1)", "a (2)"]


def test_a_place_that_cannot_be_written_is_an_error(two_runs, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="not writable"):
        write_report(two_runs[:1], tmp_path / "file" / "page.html", "en")
