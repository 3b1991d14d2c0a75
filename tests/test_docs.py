"""The documents hold: what they show is run, and what is named in them exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from landsim.calibrate.study import Study
from landsim.cli import app
from landsim.io.catalog import Catalog
from landsim.landscape.legend import Land
from landsim.model.phases import PHASE_NAMES
from landsim.scenario.schema import Scenario
from landsim.sweep.settings import Sweep
from tests.blocks import SHELL, Block, blocks_of
from tests.reader import TOOLS, Reader, parse, why_elsewhere

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
COVERAGE = (ROOT / "docs" / "coverage.md").read_text("utf-8")
PAGES = sorted(path for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
BLOCKS = {
    path.name: blocks_of(path) for path in [ROOT / "README.md", ROOT / "README.zh.md", *(ROOT / "docs").glob("*.md")]
}
SHOWN = {name: blocks for name, blocks in BLOCKS.items() if blocks and name != "README.zh.md"}
"""Pages that are followed; the Chinese README shows what the other one shows."""
COMMANDS = [(name, words) for name, blocks in BLOCKS.items() for block in blocks for words in block.commands]
OURS = {" ".join(words): words[1:] for _, words in COMMANDS if words[0] == "landsim"}
LANGUAGES = {*SHELL, "python", "yaml", "text", ""}


def _on_real_data(block: Block) -> bool:
    return "LANDSIM_DATA" in block.text or any("wuhan" in word for words in block.commands for word in words)


@pytest.fixture(scope="module")
def reader(tmp_path_factory) -> Reader:
    return Reader(tmp_path_factory.mktemp("shelf"))


@pytest.mark.parametrize("name", SHOWN)
def test_what_a_page_shows_can_be_done_from_top_to_bottom(name, reader, tmp_path, monkeypatch) -> None:
    reader.open(tmp_path, monkeypatch)
    for block in SHOWN[name]:
        if not _on_real_data(block):
            reader.follow(block)
    outs = [words[words.index("--out") + 1] for page, words in COMMANDS if page == name and "--out" in words]
    expected = [out for out in outs if not any(f"--out {out}" in line for line in _not_done(name))]
    assert [out for out in expected if not (tmp_path / out).exists()] == []


def _not_done(name: str) -> list[str]:
    """Command lines of a page that the test above leaves out."""
    blocks = [(block, words) for block in SHOWN[name] for words in block.commands]
    return [" ".join(words) for block, words in blocks if _on_real_data(block) or block.not_run or why_elsewhere(words)]


@pytest.mark.parametrize("name", [name for name, blocks in SHOWN.items() if any(map(_on_real_data, blocks))])
def test_what_a_page_shows_of_real_cities_can_be_done(name, landsim_data, reader, tmp_path, monkeypatch) -> None:
    reader.open(tmp_path, monkeypatch)
    monkeypatch.setenv("LANDSIM_DATA", str(landsim_data))
    for block in filter(_on_real_data, SHOWN[name]):
        reader.follow(block)
    assert (tmp_path / "runs" / "wuhan_300m" / "validation" / "card.md").is_file()


def test_the_chinese_readme_shows_the_same_commands_code_and_figures() -> None:
    english, chinese = BLOCKS["README.md"], BLOCKS["README.zh.md"]
    assert [block.commands for block in chinese if block.commands] == [b.commands for b in english if b.commands]
    code = [[ast.dump(ast.parse(b.text)) for b in page if b.language == "python"] for page in (english, chinese)]
    assert code[0] == code[1]
    figures = [set(re.findall(r"\b0\.\d{3}\b", page)) for page in (README, (ROOT / "README.zh.md").read_text("utf-8"))]
    assert figures[1] <= figures[0]


def test_every_command_is_shown_and_every_other_program_known() -> None:
    assert {words[0] for words in OURS.values()} == set(get_command(app).commands)
    assert {words[0] for _, words in COMMANDS} <= {"landsim", "make", "export", "source", "sbatch", *TOOLS}


@pytest.mark.parametrize("line", OURS)
def test_a_command_that_is_shown_parses(line: str) -> None:
    assert parse(OURS[line]).params


def test_an_option_that_does_not_exist_is_seen() -> None:
    with pytest.raises(Exception, match="No such option: --ouput"):
        parse(["run", "demo", "--ouput", "runs"])


def test_a_block_that_is_not_run_says_why_and_a_file_is_known_by_its_name(tmp_path) -> None:
    fence, page = "`" * 3, tmp_path / "page.md"
    shown = f"{fence}yaml\nname: a\n{fence}\n\n{fence}bash\n# not run by the tests: too dear\nrm x\n{fence}\n"
    page.write_text(f"Write into `a/study.yaml`:\n\n{shown}")
    assert [(block.file, block.not_run, block.commands) for block in blocks_of(page)] == [
        ("a/study.yaml", None, []),
        (None, "too dear", [["rm", "x"]]),
    ]


@pytest.mark.parametrize("name", SHOWN)
def test_blocks_have_a_language_and_yaml_has_keys_that_exist(name: str) -> None:
    known = {key for record in (Scenario, Study, Catalog, Sweep) for key in record.model_fields}
    assert {block.language for block in SHOWN[name]} <= LANGUAGES
    for block in SHOWN[name]:
        if block.language == "yaml" and not (block.file or "").endswith("overrides.yaml"):
            assert set(yaml.safe_load(block.text)) <= known, f"{name}, line {block.line}"


def test_targets_of_make_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    wanted = {words[1] for _, words in COMMANDS if words[0] == "make"}
    assert {"demo", "test"} <= wanted <= set(re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text("utf-8"))
    assert [t for t in targets if "://" not in t and not (page.parent / t).exists()] == []


def test_pictures_are_small_and_of_the_kind_they_say() -> None:
    shown = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert "docs/images/demo.png" in shown
    for name in shown:
        picture = (ROOT / name).read_bytes()
        assert picture.startswith(b"\x89PNG")
        assert len(picture) < 400_000


def test_facets_name_modules_that_exist() -> None:
    facets = [line.split("|") for line in README.splitlines() if re.match(r"\| (organ|layout|coord|implem)", line)]
    assert len(facets) == 4
    for facet in facets:
        modules = re.findall(r"`([^`]+)`", facet[3])
        assert modules
        assert all(any((ROOT / "landsim").glob(name.rstrip("/"))) for name in modules)


def test_every_element_is_covered_once_and_names_a_test_that_exists() -> None:
    rows = [line.split(" | ") for line in COVERAGE.splitlines() if re.match(r"\| S\d\d ", line)]
    assert [row[0] for row in rows] == [f"| S{i:02d}" for i in range(1, 59)]
    states = [row[2] for row in rows]
    counts = [states.count(state) for state in ("realised", "first form", "not yet")]
    assert sum(counts) == 58
    assert "{} are realised, {} have a first form, {} are not there yet".format(*counts) in COVERAGE
    for row, state in zip(rows, states, strict=True):
        named = re.findall(r"\[`(test_\w+)`\]\(\.\./(tests/[\w/.]+)\)", row[-1])
        assert bool(named) == (state != "not yet"), row[0]
        assert all(f"def {test}(" in (ROOT / file).read_text("utf-8") for test, file in named)


def test_the_model_page_has_the_phases_of_the_code() -> None:
    page = (ROOT / "docs" / "model.md").read_text("utf-8")
    assert tuple(re.findall(r"^\| \d+ \| ([a-z ]+) \|", page, flags=re.MULTILINE)) == PHASE_NAMES


def test_the_page_of_the_model_tells_its_deviations_and_the_number_of_classes() -> None:
    page = (ROOT / "docs" / "model.md").read_text("utf-8")
    assert "## 4 Deviations from the domain formulas" in page
    assert "Sixteen model classes" in page
    assert len(Land) == 16
