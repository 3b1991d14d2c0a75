"""The synthetic city: determinism, layers, hard rules of the control lines, history, roads, odd shapes, every kind."""

from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from landsim.core.errors import InputError
from landsim.landscape.access import LOCAL, MOTORWAY, TRUNK
from landsim.landscape.landscape import LAYERS
from landsim.landscape.legend import BUILT, URBAN, WATERY, Land
from landsim.landscape.synthetic import KINDS, GrowthParams, SyntheticCity, synthetic_city
from landsim.landscape.synthetic.canvas import Canvas
from landsim.landscape.synthetic.growth import fixed_effects, neighbour_density
from landsim.landscape.synthetic.settlements import CITY, TOWN, VILLAGE
from landsim.landscape.synthetic.terrain import make_terrain

EIGHT = np.ones((3, 3), dtype=np.int8)


@cache
def city(kind: str = "monocentric", side: int = 120, seed: int = 7) -> SyntheticCity:
    return synthetic_city(kind, (side, side), 100.0, seed)


def is_any(landcover: npt.NDArray[np.uint8], classes: tuple[Land, ...]) -> npt.NDArray[np.bool_]:
    return np.isin(landcover, classes)


def check_layers(made: SyntheticCity) -> None:
    place = made.landscape
    assert set(place.layers) == set(LAYERS)
    for name, layer in place.layers.items():
        assert layer.dtype.name == LAYERS[name].dtype, name
        assert layer.shape == place.grid.shape, name
        assert layer.flags.c_contiguous, name
        assert np.isfinite(layer).all(), name
        assert LAYERS[name].outside(layer) == 0, name
    assert place.landcover.dtype == np.uint8
    assert place.valid.all()
    assert place.layers["district"].min() == place.layers["town"].min() == 1


def check_hard_rules(made: SyntheticCity) -> None:
    land, layers, mandates = made.landscape.landcover, made.landscape.layers, made.truth["mandates"]
    erl, pbf, udb, slope = (layers[name] for name in ("erl", "pbf", "udb", "slope"))
    for_building = (udb == 1) | (udb == 2)
    urban = is_any(land, URBAN)
    assert not ((erl > 0) & (pbf > 0)).any(), "R1"
    assert not (for_building & (erl > 0)).any(), "R2"
    assert not ((udb == 1) & (pbf > 0)).any(), "R3"
    assert np.count_nonzero(udb == 2) <= 0.15 * np.count_nonzero(udb == 1), "R4"
    assert np.count_nonzero(for_building) <= 1.3 * np.count_nonzero(urban), "R5"
    arable = (land == Land.ARABLE) & (erl == 0)
    assert np.count_nonzero(pbf) >= mandates["pbf"] >= 0.8 * np.count_nonzero(arable), "R6"
    assert np.count_nonzero(erl) >= mandates["erl"], "R7"
    assert is_any(land[erl == 2], (Land.FOREST, Land.GRASS, Land.WETLAND, Land.WATER)).all(), "R8"
    assert not ((slope > 25.0) & (for_building | (pbf > 0))).any(), "R9"
    assert (udb[urban] == 1).all()
    assert (land[pbf > 0] == Land.ARABLE).all()
    assert slope[pbf > 0].max(initial=0.0) <= 15.0
    assert not is_any(land, BUILT)[erl > 0].any()


def check_history(made: SyntheticCity) -> None:
    maps = list(made.history.values())
    np.testing.assert_array_equal(maps[-1], made.landscape.landcover)
    for before, after in pairwise(maps):
        was_built = is_any(before, BUILT)
        np.testing.assert_array_equal(before[was_built], after[was_built])
        changed = before != after
        assert is_any(after, BUILT)[changed].all()
        assert not is_any(before, WATERY)[changed].any()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_whole(kind: str) -> None:
    made = city(kind)
    check_layers(made)
    check_hard_rules(made)
    check_history(made)
    present = set(np.unique(made.landscape.landcover))
    assert present >= {Land.ARABLE, Land.FOREST, Land.WATER, Land.WETLAND, Land.GRASS, *URBAN, Land.RURAL, Land.TRANS}
    assert (Land.SEA in present) == (kind == "coastal")
    assert {1, 2} == set(np.unique(made.landscape.layers["erl"])) - {0}
    assert set(np.unique(made.landscape.layers["udb"])) == {0, 1, 2, 3}
    for name in ("paddy", "hazard", "water_source", "heritage"):
        assert made.landscape.layers[name].any(), name
    assert set(np.unique(made.landscape.layers["road"])) >= {0, LOCAL, TRUNK, MOTORWAY}


@given(
    shape=st.tuples(st.integers(1, 33), st.integers(1, 33)),
    kind=st.sampled_from(list(KINDS)),
    cell=st.sampled_from([30.0, 100.0, 250.0, 1000.0]),
    seed=st.integers(0, 2**31),
)
@settings(max_examples=60, deadline=None)
def test_odd_shapes_are_whole(shape: tuple[int, int], kind: str, cell: float, seed: int) -> None:
    made = synthetic_city(kind, shape, cell, seed)
    assert made.landscape.grid.shape == shape
    assert made.landscape.grid.cell_size == pytest.approx(cell)
    check_layers(made)
    check_hard_rules(made)
    check_history(made)
    assert made.settlements.residents.sum() == pytest.approx(made.landscape.layers["population"].sum(), rel=1e-5)


def test_equal_arguments_give_equal_bytes() -> None:
    one, two = (synthetic_city("valley", (60, 45), 100.0, 11) for _ in range(2))
    assert one.truth == two.truth
    for year, land in one.history.items():
        assert land.tobytes() == two.history[year].tobytes()
    for name, layer in one.landscape.layers.items():
        assert layer.tobytes() == two.landscape.layers[name].tobytes(), name
    other = synthetic_city("valley", (60, 45), 100.0, 12)
    assert other.landscape.landcover.tobytes() != one.landscape.landcover.tobytes()


def test_the_river_never_climbs() -> None:
    canvas = Canvas((120, 120), 100.0, 7)
    for kind in KINDS.values():
        terrain = make_terrain(canvas, kind)
        course = terrain.elevation.ravel()[terrain.main]
        on_land = ~terrain.sea.ravel()[terrain.main]
        assert (np.diff(course[on_land]) <= 1e-4).all()
        assert terrain.river.ravel()[terrain.main[on_land]].all()
        edges = np.divmod(terrain.main[[0, -1]], 120)
        assert all(r in (0, 119) or c in (0, 119) or terrain.sea[r, c] for r, c in zip(*edges, strict=True))


def test_roads_join_all_towns_and_villages() -> None:
    for kind in KINDS:
        made = city(kind)
        road, table = made.landscape.layers["road"], made.settlements
        main, _ = ndimage.label((road >= TRUNK) | (road == LOCAL), structure=EIGHT)
        assert np.unique(main.ravel()[table.cell]).tolist() == [main.ravel()[table.cell[0]]]
        trunk, _ = ndimage.label(np.isin(road, (TRUNK, MOTORWAY)), structure=EIGHT)
        towns = trunk.ravel()[table.cell[table.tier != VILLAGE]]
        assert towns[0] > 0
        assert (towns == towns[0]).all()


def test_roads_are_unbroken_lines_in_the_road_layer() -> None:
    made = city()
    width = made.landscape.grid.width
    for road in made.roads:
        rows, cols = np.divmod(road.cells, width)
        assert max(np.abs(np.diff(rows)).max(), np.abs(np.diff(cols)).max()) <= 1
        assert (made.landscape.layers["road"].ravel()[road.cells] >= road.road_class).all()
        course = road.course(width)
        np.testing.assert_allclose(course[[0, -1]], np.stack([rows, cols], axis=1)[[0, -1]])


def test_districts_join_whole_townships() -> None:
    layers = city("polycentric").landscape.layers
    pairs = np.unique(np.stack([layers["town"].ravel(), layers["district"].ravel()]), axis=1)
    assert pairs.shape[1] == layers["town"].max()
    assert np.unique(layers["district"]).tolist() == [1, 2, 3, 4]
    for district in (1, 2, 3, 4):
        assert ndimage.label(layers["district"] == district, structure=EIGHT)[1] == 1


def test_people_live_on_built_land_and_the_city_is_largest() -> None:
    made = city()
    people, table = made.landscape.layers["population"], made.settlements
    homes = is_any(made.landscape.landcover, (Land.RURAL, *URBAN))
    np.testing.assert_array_equal(people > 0, homes)
    assert table.residents.argmax() == 0
    assert table.tier[0] == CITY
    median = {tier: np.median(table.residents[table.tier == tier]) for tier in (CITY, TOWN, VILLAGE)}
    assert median[CITY] > median[TOWN] > median[VILLAGE]


def test_paddies_and_grades_lie_where_they_can() -> None:
    place = city().landscape
    layers, arable = place.layers, place.landcover == Land.ARABLE
    assert (layers["quality"][arable] > 0).all()
    assert arable[layers["paddy"] > 0].all()
    assert set(np.unique(layers["quality"][arable])) == set(range(1, 11))
    assert layers["slope"][arable & (layers["quality"] <= 3)].mean() < layers["slope"][arable].mean()


def test_history_grows_at_the_true_rate() -> None:
    made = city()
    urban = [np.count_nonzero(is_any(land, (*URBAN, Land.GREEN))) for land in made.history.values()]
    assert list(made.history) == [2000, 2010, 2020]
    rate = made.truth["growth"]["yearly_gain"]
    assert urban[1] == round(urban[0] * (1 + rate) ** 10)
    assert urban[2] == round(urban[0] * (1 + rate) ** 20)


def test_growth_follows_the_true_predictor() -> None:
    made = city(side=160)
    canvas, truth = Canvas((160, 160), 100.0, 7), GrowthParams(**made.truth["growth"])
    layers, first, last = made.landscape.layers, made.history[2000], made.history[2020]
    table = made.settlements
    towns = canvas.mask(table.cell[table.tier != VILLAGE])
    fixed = fixed_effects(
        truth,
        layers["slope"],
        canvas.distance(towns),
        canvas.distance(canvas.mask(table.cell[table.tier == CITY])),
        canvas.distance(np.isin(layers["road"], (TRUNK, MOTORWAY))),
    )
    score = fixed + truth.density * neighbour_density(canvas, truth, is_any(first, (*URBAN, Land.GREEN)))
    gained = is_any(last, URBAN) & ~is_any(first, BUILT)
    kept = ~is_any(last, BUILT) & ~is_any(first, WATERY)
    rank = np.concatenate([score[gained], score[kept]]).argsort().argsort()[: np.count_nonzero(gained)]
    auc = (rank.mean() - 0.5 * (rank.size - 1)) / np.count_nonzero(kept)
    assert 0.8 < auc < 0.99


def test_a_growth_of_ones_own_and_other_dates() -> None:
    still = synthetic_city(shape=(30, 30), start=2015, history=(2005, 2015), growth=GrowthParams(yearly_gain=0.0))
    assert list(still.history) == [2005, 2015]
    assert (is_any(still.history[2005], URBAN) == is_any(still.history[2015], URBAN)).all()
    single = synthetic_city(shape=(30, 30), start=2015, history=(2015,))
    assert single.history[2015].tobytes() == single.landscape.landcover.tobytes()


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(InputError, match="Did you mean 'coastal'"):
        synthetic_city("costal")
    with pytest.raises(ValueError, match="expected positive"):
        synthetic_city(shape=(0, 5))
    for dates in ((2010, 2000, 2020), (2000, 2010)):
        with pytest.raises(ValueError, match="ascending dates"):
            synthetic_city(shape=(5, 5), history=dates)
