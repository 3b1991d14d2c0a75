"""Plan indicators: the 35 items, lights, targets of the user's own and every fault in them."""

from __future__ import annotations

import pytest
import yaml

from landsim.core.errors import InputError
from landsim.io.store import open_run
from landsim.report.page_plan import items, light_of, plan_rows, read_targets, unknown_items
from landsim.report.page_run import named
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
    row = next(row for row in plan_rows(runs, words, read_targets(path)) if row.number == "4")
    value, gap, light = row.ends[0]
    assert (value, light, row.basis) == (words.number(arable), "missed", "given by the user")
    assert gap.startswith("−")
    erl = next(row for row in plan_rows(runs, words) if row.number == "1")
    assert [end[2] for end in erl.ends] == ["met", "met"]


@pytest.mark.parametrize(
    ("value", "sense", "light"),
    [(100, ">=", "met"), (95.1, ">=", "near"), (94, ">=", "missed"), (100, "<=", "met"), (105, "<=", "near"),
     (106, "<=", "missed"), (float("nan"), "<=", "none")],
)  # fmt: skip
def test_lights(value, sense, light):
    assert light_of(value, sense, 100) == light


def test_every_fault_of_a_file_of_targets_is_told_at_once(tmp_path):
    path = tmp_path / "targets.yaml"
    path.write_text(
        "[{item: 77, sense: '>', value: much, valeu: 3}, 5, {item: 4, sense: '<=', value: 3}]", encoding="utf-8"
    )
    with pytest.raises(InputError) as fault:
        read_targets(path)
    told = str(fault.value)
    for words in ("no such item", "no such sense", "no number", "Did you mean 'value'?", "entry 2", "is no target"):
        assert words in told


@pytest.mark.parametrize("text", ["a: [", "just words", "\udcff"])
def test_files_that_hold_no_targets(tmp_path, text):
    path = tmp_path / "targets.yaml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match=r"targets\.yaml"):
        read_targets(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_targets(tmp_path / "none.yaml")
