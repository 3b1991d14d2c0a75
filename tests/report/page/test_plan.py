"""Plan indicators: the 35 items, lights, targets of the user's own and every fault in them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import yaml

from landsim.core.errors import InputError
from landsim.io.store import open_run
from landsim.report.page.plan import items, light_of, plan_rows, read_targets, unknown_items
from landsim.report.page.run import named
from landsim.report.words import Words


@pytest.fixture
def runs(two_runs):
    return named([open_run(path) for path in two_runs])


def test_there_are_35_items_each_with_names_and_a_type():
    assert [item["item"] for item in items()] == list(range(1, 36))
    assert {item["type"] for item in items()} == {"B", "E", "S"}
    assert all(item["en"] and item["zh"] for item in items())
    targets = [item["target"] for item in items() if "target" in item]
    assert all(target["sense"] in (">=", "<=") and ("start" in target) != ("value" in target) for target in targets)
    assert all(target["confidence"] in "VHMLA" for target in targets)


def test_known_and_unknown_items_are_all_of_them(runs):
    words = Words("zh")
    rows, unknown = plan_rows(runs, words), unknown_items(runs, words)
    numbers = [int(row.number) for row in rows] + [int(text.split()[0]) for text in unknown]
    assert sorted(numbers) == list(range(1, 36))
    assert all(len(row.ends) == 2 for row in rows)


def test_a_row_gives_value_target_gap_and_light(runs, tmp_path):
    path = tmp_path / "targets.yaml"
    arable = runs[0].value("arable_ha", runs[0].end) / 100
    path.write_text(yaml.safe_dump([{"item": 4, "sense": ">=", "value": arable * 1.2}]), encoding="utf-8")
    words = Words("en")
    row = next(row for row in plan_rows(runs, words, read_targets(path, runs)) if row.number == "4")
    value, gap, light = row.ends[0]
    assert (value, light, row.basis) == (words.number(arable), "missed", "given by the user")
    assert gap.startswith("−")
    erl = next(row for row in plan_rows(runs, words) if row.number == "1")
    assert [end[2] for end in erl.ends] == ["met", "met"]


@pytest.mark.parametrize(("item", "light"), [(4, "missed"), (15, "near")])
def test_what_binds_is_met_or_missed_and_never_near(runs, tmp_path, item, light):
    path = tmp_path / "targets.yaml"
    chosen = next(row for row in items() if row["item"] == item)
    value = runs[0].value(chosen["indicator"], runs[0].end) * float(chosen.get("factor", 1.0)) * 1.02
    path.write_text(yaml.safe_dump([{"item": item, "sense": ">=", "value": value}]), encoding="utf-8")
    rows = plan_rows(runs, Words("en"), read_targets(path, runs))
    assert next(row for row in rows if row.number == str(item)).ends[0][2] == light


@pytest.mark.parametrize(
    ("value", "sense", "light"),
    [(100, ">=", "met"), (95.1, ">=", "near"), (94, ">=", "missed"), (100, "<=", "met"), (105, "<=", "near"),
     (106, "<=", "missed"), (float("nan"), "<=", "none")],
)  # fmt: skip
def test_lights(value, sense, light):
    assert light_of(value, sense, 100) == light


def test_every_fault_of_a_file_of_targets_is_told_at_once(runs, tmp_path):
    path = tmp_path / "targets.yaml"
    path.write_text(
        "[{item: 77, sense: '>', value: much, valeu: 3}, 5, {item: 4, sense: '<=', value: 3},"
        " {item: 4, sense: '>=', value: 2}, {item: 2, sense: '<=', value: 1}, {item: true, sense: '<=', value: 1}]",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as fault:
        read_targets(path, runs)
    told = str(fault.value)
    for words in (
        "no such item", "no such sense", "no number", "Did you mean 'value'?", "entry 2", "is no target",
        "entry 4: item 4 has a target already, in entry 3", "entry 5: no run knows this item", "found True",
    ):  # fmt: skip
        assert words in told
    assert len(fault.value.problems) == 8


def test_an_item_that_one_run_of_several_knows_may_have_a_target(runs, tmp_path):
    path = tmp_path / "targets.yaml"
    path.write_text("[{item: 15, sense: '<=', value: 3}]", encoding="utf-8")
    blind = SimpleNamespace(units={"built_ha": "ha"})
    assert list(read_targets(path, [blind, runs[0]])) == [15]
    with pytest.raises(InputError, match="no run knows this item; found 15; wanted one of the items 5"):
        read_targets(path, [blind])


@pytest.mark.parametrize("text", ["a: [", "just words", "\udcff"])
def test_files_that_hold_no_targets(runs, tmp_path, text):
    path = tmp_path / "targets.yaml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match=r"targets\.yaml"):
        read_targets(path, runs)
    with pytest.raises(InputError, match=r"none\.yaml: missing file"):
        read_targets(tmp_path / "none.yaml", runs)
