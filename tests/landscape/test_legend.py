"""Legend: the sixteen model classes, a user's own codes, look-up tables and unknown codes."""

from __future__ import annotations

import re

import numpy as np
import pytest

from landsim.core.errors import InputError
from landsim.landscape.legend import BUILT, URBAN, WATERY, Land, Legend, model_legend, model_row


@pytest.fixture
def own() -> Legend:
    """A map with its own codes: 10 urban, 20 lake, 30 fields, and 255 outside."""
    rows = (model_row(Land.URB_RES, 10), model_row(Land.WATER, 20, "lake"), model_row(Land.ARABLE, 30))
    return Legend(rows, nodata=255)


def test_there_are_sixteen_model_classes_with_nodata_zero() -> None:
    assert [int(land) for land in Land] == list(range(16))
    assert Land.NODATA == 0


def test_the_model_legend_is_named_in_two_languages_and_coloured_once_a_class() -> None:
    legend = model_legend()
    assert legend.codes.tolist() == list(range(1, 16))
    assert len(set(legend.names)) == len({row.name_zh for row in legend.rows}) == 15
    assert len({row.colour for row in legend.rows}) == 15
    for row in legend.rows:
        assert re.fullmatch(r"[a-z_]+", row.name)
        assert re.fullmatch(r"[\u4e00-\u9fff]+", row.name_zh)
        assert re.fullmatch(r"#[0-9a-f]{6}", row.colour)


def test_built_up_land_is_called_urban_and_groups_do_not_overlap() -> None:
    assert model_legend().row("urban").model_class is Land.URB_RES
    assert set(URBAN) < set(BUILT)
    assert not set(BUILT) & set(WATERY)


def test_flags_follow_the_model_class() -> None:
    legend = model_legend()
    assert {Land(code) for code in np.flatnonzero(legend.built)} == set(BUILT)
    assert {Land(code) for code in np.flatnonzero(legend.water)} == set(WATERY)
    assert np.flatnonzero(legend.arable).tolist() == [Land.ARABLE]


def test_tables_of_a_users_own_codes(own: Legend) -> None:
    landcover = np.array([[10, 20], [30, 255]], dtype=np.uint8)
    assert own.model_class[landcover].tolist() == [[Land.URB_RES, Land.WATER], [Land.ARABLE, Land.NODATA]]
    assert own.built[landcover].tolist() == [[True, False], [False, False]]
    assert own.model_class.dtype == np.uint8


def test_the_table_of_the_model_legend_is_the_identity() -> None:
    assert model_legend().model_class[:16].tolist() == list(range(16))


def test_unknown_codes_are_listed_with_their_counts(own: Legend) -> None:
    counts = np.bincount(np.array([10, 30, 7, 7, 0, 255]), minlength=256)
    assert own.unknown(counts) == {0: 1, 7: 2}


def test_a_class_is_found_by_name_and_by_model_class(own: Legend) -> None:
    assert own.row("lake").code == 20
    assert own.code_of(Land.ARABLE) == 30
    assert own.code_of(Land.FOREST) is None


def test_a_misspelt_class_is_a_user_fault_that_gives_the_nearest(own: Legend) -> None:
    with pytest.raises(InputError, match=r"no class named 'urbn'.*Did you mean 'urban'\?"):
        own.row("urbn")
