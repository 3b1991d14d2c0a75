"""The card as a page and as JSON."""

from __future__ import annotations

import json

import numpy as np

from landsim.indicators.agreement import validation_card
from landsim.indicators.card_text import card_json, card_markdown


def small_card():
    rng = np.random.default_rng(2)
    maps = [rng.integers(0, 3, (16, 16), dtype=np.uint8) for _ in range(3)]
    return validation_card(*maps)


def large_card():
    rng = np.random.default_rng(2)
    maps = [rng.integers(0, 3, (30, 30), dtype=np.uint8) for _ in range(3)]
    return validation_card(*maps, cell_size=1000.0, built=[1, 2])


def row_of(page, label):
    return next(line for line in page.splitlines() if line.startswith(f"| {label} |"))


def test_page_shows_the_baselines_beside_the_simulation():
    card = small_card()
    page = card_markdown(card, {1: "water", 2: "urban"})
    for label, row in {
        "simulation": card,
        "no change": card["baselines"]["null"],
        "random": card["baselines"]["random"],
        "density ranking": card["baselines"]["density"],
    }.items():
        shown = row_of(page, label)
        assert f"{row['fom']:.4f}" in shown
        assert f" {row['hits']} | {row['misses']} | {row['false_alarms']} | {row['wrong_hits']} " in shown
    assert f"{card['by_class'][2]['fom']:.4f}" in row_of(page, "urban")
    assert row_of(page, "0")


def test_kappa_is_never_alone():
    for line in card_markdown(small_card()).splitlines():
        if "kappa is" in line:
            assert "Kappa simulation" in line
            assert "if nothing changes" in line


def test_tables_are_rectangular_and_each_chinese_term_stands_once():
    page = card_markdown(small_card())
    for table in page.split("\n\n"):
        if table.startswith("|"):
            assert len({line.count("|") for line in table.splitlines()}) == 1
    assert page.count("品质因数") == page.count("零模型分辨率") == 1


def test_page_has_an_interval_for_every_map_and_class():
    card = large_card()
    page = card_markdown(card, {1: "urban"})
    margins = page[page.index("| class, 95 % interval") :]
    for name in ("urban", "0", "2"):
        shown = f"{card['by_class'][1]['interval']['fom'][0]:.4f} to " if name == "urban" else "0."
        assert f"\n| {name} | {shown}" in margins
    assert "So few blocks" not in page
    assert "1,000 samples of 36 square blocks of 5 cells (5 km)" in page
    assert "No intervals" in card_markdown(small_card())


def test_page_shows_the_landscape_of_every_map_in_its_units():
    card = large_card()
    page = card_markdown(card, {1: "urban"})
    for label in ("observed", "simulation", "no change", "random", "density ranking"):
        assert f"| urban, {label} |" in page
    assert "mean patch, ha" in page
    assert f"| {card['landscape']['by_class'][1]['errors']['simulated']['mean']:.4f} |" in page
    assert page.count("建设用地") == 1


def test_page_sets_suitability_beside_the_other_baselines_where_it_is_known():
    rng = np.random.default_rng(2)
    maps = [rng.integers(0, 2, (16, 16), dtype=np.uint8) for _ in range(3)]
    assert "less suitability, observed gain" in card_markdown(validation_card(*maps, scores={1: rng.random((16, 16))}))
    assert "suitability" not in card_markdown(validation_card(*maps))


def test_page_of_a_place_without_change_says_so():
    page = card_markdown(validation_card([1, 1], [1, 1], [1, 1]))
    assert "No class gained a cell." in page
    assert "nan" not in page


def test_json_is_strict_and_keeps_the_numbers():
    card = small_card()
    back = json.loads(json.dumps(card_json(card), allow_nan=False))
    assert back["hits"] == card["hits"]
    assert (
        back["by_class"]["2"]["baselines"]["density"]["observed"]["fom"]
        == (card["by_class"][2]["baselines"]["density"]["observed"]["fom"])
    )
    assert card_json({"a": np.array([1.0, np.inf]), "b": (np.float32(2),)}) == {"a": [1.0, None], "b": [2.0]}
