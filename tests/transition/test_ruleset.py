"""Rule set: demand over the years of a run, windows by class name, and the parameters that it brings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from rulesets import dense_town, ruleset, with_momentum
from worlds import LEGEND, URBAN

from landsim.landscape.legend import Land, Legend, model_row
from landsim.transition.potential import PatchParams
from landsim.transition.ruleset import Behaviour, DemandTable, Surroundings

RULES = ruleset(LEGEND)


def test_a_path_starts_from_the_map_and_grows_as_the_table_does() -> None:
    table = DemandTable(("urban",), (2000, 2010, 2020), np.array([[100], [200], [150]]), "given")
    assert table.path("urban", 2005, 2008, 1000) == {2006: 1010, 2007: 1020, 2008: 1030}
    assert table.path("urban", 2009, 2012, 1000, 2.0) == {2010: 1020, 2011: 1010, 2012: 1000}
    assert table.path("urban", 2010, 2020, 3) == {year: max(3 - 5 * (year - 2010), 0) for year in range(2011, 2021)}
    assert table.path("urban", 2010, 2010, 3) == {}


@pytest.mark.parametrize(
    ("start", "horizon", "covered"), [(2010, 2040, True), (2009, 2040, False), (2010, 2041, False), (2020, 2020, True)]
)
def test_a_table_covers_the_years_between_its_ends(start, horizon, covered) -> None:
    assert RULES.demand.covers(start, horizon) is covered
    assert not DemandTable.none().covers(2010, 2010)


def test_tables_that_do_not_fit_their_names_are_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        DemandTable(("urban",), (2000,), np.zeros((2, 1), np.int64), "given")
    with pytest.raises(ValueError, match="ascend"):
        DemandTable(("urban",), (2001, 2000), np.zeros((2, 1), np.int64), "given")
    around = RULES.surroundings
    with pytest.raises(ValueError, match="shape"):
        replace(around, weights=around.weights[:, 1:])
    with pytest.raises(ValueError, match="radii"):
        replace(around, radii=(0, 2, 5))


def test_a_window_follows_the_names_of_the_map() -> None:
    kernel = RULES.surroundings.kernel("urban", LEGEND)
    assert kernel.shape == (6, 11, 11)
    assert np.flatnonzero(kernel.any(axis=(1, 2))).tolist() == [LEGEND.names.index("urban")]
    other = Legend((model_row(Land.URB_RES, 9, "urban"), model_row(Land.SEA, 12)))
    assert np.array_equal(RULES.surroundings.kernel("urban", other)[0], kernel[LEGEND.names.index("urban")])
    assert RULES.surroundings.names("urban") == ("urban",)


def test_a_class_of_which_nothing_is_known_has_no_window() -> None:
    assert RULES.surroundings.kernel("forest", LEGEND) is None
    assert Surroundings.none().kernel("urban", LEGEND) is None
    silent = replace(RULES.surroundings, weights=RULES.surroundings.weights * 0.0)
    assert silent.kernel("urban", LEGEND) is None


def test_parameters_are_patches_over_the_built_in_ones_under_the_behaviour() -> None:
    found = RULES.parameters()
    assert found["patches.mean"] == {**PatchParams().mean, "urban": 12.5}
    assert (found["patches.spread"], found["patches.compact"], found["engine.scatter"]) == (
        {"urban": 0.7}, {"urban": 2.25}, 0.4,
    )  # fmt: skip
    searched = replace(RULES, behaviour={"patches.compact": Behaviour(0.25, "1", "search")})
    assert searched.parameters()["patches.compact"] == 0.25
    patches = PatchParams(mean=found["patches.mean"], spread=found["patches.spread"], compact=found["patches.compact"])
    assert (patches.of("urban"), patches.of("rural"), patches.of("x")) == (
        (12.5, 0.7, 2.25),
        (2.0, 0.8, 1.5),
        (0, 0.8, 1.5),
    )


def test_the_past_is_the_longest_of_the_potentials() -> None:
    assert RULES.past_years == 0
    assert replace(RULES, potentials={"urban": with_momentum(dense_town(URBAN), 7)}).past_years == 7
    assert RULES.codes_read("urban") == (URBAN,)
