"""The validation card: known answers, a plain second reading, invariances, and what bad input gets."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from landsim.core.errors import InputError
from landsim.indicators.agreement import validation_card
from landsim.indicators.card_text import card_json, card_markdown
from tests.indicators import plain_oracles as plain

PARTS = ("hits", "misses", "false_alarms", "wrong_hits")


def digits(text):
    return [int(digit) for digit in text if digit != " "]


@st.composite
def trios(draw, classes=4, side=7):
    """Three small maps of one shape."""
    shape = draw(st.tuples(st.integers(1, side), st.integers(1, side)))
    maps = npst.arrays(np.uint8, shape, elements=st.integers(0, classes - 1))
    return draw(maps), draw(maps), draw(maps)


def same(found, expected):
    return found == pytest.approx(expected, abs=1e-12, nan_ok=True)


def test_k01_figure_of_merit_of_two_classes():
    card = validation_card([0] * 10, digits("1111000000"), digits("1100100000"))
    assert [card[part] for part in PARTS] == [2, 2, 1, 0]
    assert card["fom"] == 0.4
    assert card["by_class"][1]["fom"] == 0.4


def test_k02_figure_of_merit_of_three_classes():
    card = validation_card([1] * 6 + [2] * 6, digits("331121 233222"), digits("313131 232322"))
    assert [card[part] for part in PARTS] == [2, 2, 2, 1]
    expected = {
        "fom": 0.285714,
        "user": 0.4,
        "producer": 0.4,
        "quantity": 0.083333,
        "allocation": 0.333333,
        "kappa": 0.368421,
        "kappa_simulation": 0.189189,
        "kappa_transition": 0.837838,
        "kappa_transloc": 0.225806,
    }
    assert {name: card[name] for name in expected} == pytest.approx(expected, abs=1e-6)
    assert card["quantity"] + card["allocation"] == pytest.approx(0.416667, abs=1e-6)


@given(trios())
def test_every_measure_equals_its_plain_reading(trio):
    x, o, s = (plane.ravel().tolist() for plane in trio)
    card = validation_card(*trio)
    hits, misses, alarms, wrong = plain.change_parts(x, o, s)
    assert [card[part] for part in PARTS] == [hits, misses, alarms, wrong]
    assert same(card["fom"], plain.divide(hits, hits + misses + alarms + wrong))
    assert same(card["producer"], plain.divide(hits, hits + misses + wrong))
    assert same(card["user"], plain.divide(hits, hits + alarms + wrong))
    quantity, allocation, agreement, chance = plain.disagreements(o, s)
    assert same([card["quantity"], card["allocation"], card["agreement"]], [quantity, allocation, agreement])
    if chance < 1 - 1e-9:
        assert same(card["kappa"], (agreement - chance) / (1 - chance))


@given(trios())
def test_kappa_simulation_equals_its_plain_reading_and_the_product_of_its_parts(trio):
    card = validation_card(*trio)
    agreement, chance, best = plain.kappa_simulation_parts(*(plane.ravel().tolist() for plane in trio))
    if chance < 1 - 1e-9:
        assert card["kappa_simulation"] == pytest.approx((agreement - chance) / (1 - chance), abs=1e-9)
        assert card["kappa_transition"] == pytest.approx((best - chance) / (1 - chance), abs=1e-9)
    if best - chance > 1e-9:
        product = card["kappa_transition"] * card["kappa_transloc"]
        assert product == pytest.approx(card["kappa_simulation"], abs=1e-9)


@given(trios())
def test_quantity_and_allocation_add_to_the_whole_error(trio):
    card = validation_card(*trio)
    for row in (card, *card["baselines"].values()):
        assert row["quantity"] + row["allocation"] == pytest.approx(1 - row["agreement"], abs=1e-12)


@given(trios(), st.permutations([3, 17, 100, 254]))
def test_measures_do_not_know_the_codes(trio, codes):
    """All but the order of ties, which is by code, is the same under other codes."""
    table = np.array(codes, dtype=np.uint8)
    card, other = (validation_card(*maps) for maps in (trio, [table[plane] for plane in trio]))
    for name in (*PARTS, "fom", "quantity", "allocation", "kappa", "kappa_simulation", "kappa_transloc"):
        assert same(other[name], card[name])
    assert {codes[code] for code in card["by_class"]} == set(other["by_class"])
    for code, gain in card["by_class"].items():
        assert same(other["by_class"][codes[code]]["fom"], gain["fom"])
        for kind in ("random", "density"):
            rows, same_rows = (c["by_class"][k]["baselines"][kind] for c, k in ((card, code), (other, codes[code])))
            assert [same_rows[q]["hits"] for q in same_rows] == [rows[q]["hits"] for q in rows]


@given(trios())
def test_a_perfect_map_has_no_error(trio):
    start, observed, _ = trio
    card = validation_card(start, observed, observed)
    assert card["misses"] == card["false_alarms"] == card["wrong_hits"] == 0
    assert card["fom"] == 1.0 or (start == observed).all()
    assert card["quantity"] == card["allocation"] == 0.0


def test_no_change_anywhere_gives_nan_and_none_in_json():
    card = validation_card(np.ones((3, 3), np.uint8), np.ones((3, 3), np.uint8), np.ones((3, 3), np.uint8))
    assert math.isnan(card["fom"])
    assert math.isnan(card["kappa_simulation"])
    assert card["by_class"] == card["toc"] == {}
    text = json.dumps(card_json(card), allow_nan=False)
    assert json.loads(text)["fom"] is None


@given(trios(classes=3, side=3), st.integers(1, 3), st.sampled_from([None, 30.0, 5000.0]), st.integers(0, 2))
def test_no_card_is_refused_for_being_small_or_without_change(trio, classes, cell_size, same):
    """One cell, one class, no change observed or simulated: NaN where a denominator is 0, and a page all the same."""
    start, observed, simulated = (plane % classes for plane in trio)
    if same:
        observed, simulated = (start, start) if same == 1 else (start, simulated)
    card = validation_card(start, observed, simulated, cell_size=cell_size, built=[1], samples=20)
    assert math.isnan(card["fom"]) == bool((start == observed).all() and (start == simulated).all())
    assert set(card["landscape"]["by_class"]) == {int(k) for plane in (start, observed, simulated) for k in plane.flat}
    json.dumps(card_json(card), allow_nan=False)
    assert "nan" not in card_markdown(card)


@given(trios())
def test_chance_alone_never_passes_for_skill(trio):
    """Where rounding is all that is left beside chance, a kappa has no value instead of a wild one."""
    card = validation_card(*trio, samples=0)
    for row in (card, *card["baselines"].values()):
        for name in ("kappa", "kappa_simulation", "kappa_transition", "kappa_transloc"):
            assert math.isnan(row[name]) or abs(row[name]) < 1e6


@given(trios(), st.integers(0, 2**32 - 1))
def test_nodata_and_mask_leave_out_the_same_cells(trio, seed):
    start, observed, simulated = (plane + 1 for plane in trio)
    inside = np.random.default_rng(seed).random(start.shape) < 0.7
    inside.flat[0] = True
    holed = [np.where(inside, plane, 0) for plane in (start, observed, simulated)]
    masked = validation_card(start, observed, simulated, mask=inside)
    plain_parts = plain.change_parts(*(plane[inside].tolist() for plane in (start, observed, simulated)))
    assert [masked[part] for part in PARTS] == plain_parts
    skipped = validation_card(*holed, nodata=0)
    for name in (*PARTS, "quantity", "allocation", "cells"):
        assert same(skipped[name], masked[name])


def test_other_integer_types_and_several_nodata_values_are_read():
    maps = [np.array([digits(text)], dtype=np.int16) for text in ("0000", "1100", "1010")]
    for plane in maps:
        plane[0, 3] = -9999
    maps[1] = np.concatenate([maps[1], [[300, 0, 0, 0]]], axis=1)
    maps[0], maps[2] = (np.concatenate([plane, [[0, 0, 0, 0]]], axis=1) for plane in (maps[0], maps[2]))
    card = validation_card(*maps, nodata=[-9999, 300])
    assert (card["hits"], card["misses"], card["false_alarms"], card["cells"]) == (1, 1, 1, 6)


def test_candidates_bound_gains_but_not_the_measures_of_all_classes():
    start, observed, simulated = [0] * 6, digits("110000"), digits("101000")
    allowed = [True, True, False, True, True, False]
    card = validation_card(start, observed, simulated, candidates=allowed)
    assert card["false_alarms"] == 1
    gain = card["by_class"][1]
    assert (gain["hits"], gain["misses"], gain["false_alarms"], gain["candidates"]) == (1, 1, 0, 4)
    named = validation_card(start, observed, simulated, candidates={1: allowed})
    assert named["by_class"] == card["by_class"]
    elsewhere = validation_card(start, observed, simulated, candidates={0: allowed})
    assert elsewhere["by_class"][1]["candidates"] == 6


def test_same_seed_same_card_other_seed_other_luck():
    rng = np.random.default_rng(5)
    maps = [rng.integers(0, 3, (40, 40), dtype=np.uint8) for _ in range(3)]
    first, again, other = (validation_card(*maps, seed=seed) for seed in (1, 1, 2))
    assert card_json(first) == card_json(again)
    assert first["baselines"]["random"]["hits"] != other["baselines"]["random"]["hits"]
    assert first["baselines"]["density"] == other["baselines"]["density"]


@pytest.mark.parametrize(
    ("maps", "options", "error"),
    [
        (([0, 1], [0, 1, 1], [0, 1]), {}, ValueError),
        (([0.5, 1.0], [0, 1], [0, 1]), {}, ValueError),
        (([0, 1], [0, 1], [0, 1]), {"mask": [True]}, ValueError),
        (([0, 0], [1, 1], [1, 1]), {"candidates": [True]}, ValueError),
        (([0, 1], [0, 1], [0, -1]), {}, InputError),
        (([0, 1], [0, 300], [0, 1]), {}, InputError),
        (([0, 1], [0, 255], [0, 1]), {}, InputError),
        (([0, 1], [0, 9], [0, 1]), {"classes": [0, 1]}, InputError),
        (([0, 0], [0, 0], [0, 0]), {"nodata": 0}, InputError),
    ],
)
def test_bad_input_is_refused(maps, options, error):
    with pytest.raises(error):
        validation_card(*maps, **options)
