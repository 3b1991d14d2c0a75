"""Rule set files: the same numbers come back, the same bytes go out, and every fault of every file is told."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from rulesets import dense_town, ruleset
from worlds import LEGEND

from landsim.core.errors import InputError, Problems
from landsim.io.ruleset import (
    BEHAVIOUR,
    DEMAND,
    FACTS,
    NEIGHBOURHOOD,
    PATCHES,
    demand_csv,
    parse_demand,
    parse_neighbourhood,
    parse_patches,
    patches_csv,
    read_ruleset,
    rule_hashes,
    write_ruleset,
)
from landsim.transition.features import Feature
from landsim.transition.ruleset import Behaviour, DemandTable, DriverFact, RuleSet, Surroundings

RULES = ruleset(LEGEND)


def same(one: RuleSet, two: RuleSet) -> bool:
    """Whether every field has the same content, arrays bit by bit."""
    plain = {f.name for f in fields(RuleSet)} - {"potentials", "demand", "surroundings"}
    tables = [
        np.array_equal(getattr(a, f.name), getattr(b, f.name), equal_nan=f.name in ("factor", "weights"))
        for a, b in ((one.demand, two.demand), (one.surroundings, two.surroundings))
        for f in fields(a)
    ]
    pairs = zip(one.potentials.items(), two.potentials.items(), strict=True)
    potentials = [a[0] == b[0] and plain_potential(a[1]) == plain_potential(b[1]) for a, b in pairs]
    return all(getattr(one, name) == getattr(two, name) for name in plain) and all(tables + potentials)


def plain_potential(potential) -> list:
    """What of a potential made by hand there is to compare."""
    numbers = [potential.chance.rank, potential.chance.probability, *(p.flat.dense.weights for p in potential.parts)]
    return [potential.code, potential.recipes, *(array.tolist() for array in numbers)]


def read(folder) -> RuleSet:
    problems = Problems()
    found = read_ruleset(folder, problems)
    problems.raise_if_any()
    assert found is not None
    return found


def faults(folder) -> list[str]:
    problems = Problems()
    assert read_ruleset(folder, problems) is None
    return [str(fault) for fault in problems.faults]


@pytest.fixture
def folder(tmp_path):
    write_ruleset(tmp_path / "rules", RULES)
    return tmp_path / "rules"


def spoil(folder, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new))


def test_what_is_written_is_read_and_written_again_to_the_same_bytes(folder, tmp_path) -> None:
    again = read(folder)
    assert same(again, RULES)
    write_ruleset(tmp_path / "again", again)
    assert rule_hashes(tmp_path / "again") == rule_hashes(folder)
    assert sorted(rule_hashes(folder)) == sorted([BEHAVIOUR, DEMAND, FACTS, NEIGHBOURHOOD, PATCHES, "potential.yaml"])


def test_odd_numbers_and_names_come_back_too(tmp_path) -> None:
    odd = np.array([[[0.1 + 0.2, -1e-17, 1.0 / 3.0]] * len(LEGEND.names)])
    rules = ruleset(
        LEGEND,
        surroundings=replace(RULES.surroundings, weights=odd, factor=odd),
        drivers={
            **RULES.drivers,
            "soil": DriverFact("categorical", "1", 1.0, 3.0, (1, 2, 3)),
            "no": DriverFact("source", "yes", 0.0, 1e-5),
        },
        behaviour={
            "engine.floor": Behaviour(1.0 / 3.0, "1", "a: #'\"\n"),
            "patches.mean": Behaviour({"urban": 0.1 + 0.2}, "ha", "patches of one year"),
        },
    )
    write_ruleset(tmp_path, rules)
    assert same(read(tmp_path), rules)


def test_empty_tables_are_a_rule_set_too(tmp_path) -> None:
    rules = ruleset(LEGEND, demand=DemandTable.none(), patches={}, surroundings=Surroundings.none(), behaviour={})
    write_ruleset(tmp_path, rules)
    assert same(read(tmp_path), rules)
    assert read(tmp_path).parameters() == {}


def test_writing_anew_takes_the_trees_of_the_old_set_away(folder) -> None:
    (folder / "urban.static.forest.1.txt").write_text("tree\n")
    write_ruleset(folder, RULES)
    assert not list(folder.glob("*.txt"))


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path) -> None:
    (tmp_path / "rules").write_text("in the way")
    with pytest.raises(InputError, match="not writable"):
        write_ruleset(tmp_path / "rules", RULES)


@pytest.mark.parametrize("file", [FACTS, DEMAND, PATCHES, NEIGHBOURHOOD, BEHAVIOUR, "potential.yaml"])
def test_a_missing_file_is_told(folder, file) -> None:
    (folder / file).unlink()
    (fault,) = faults(folder)
    assert fault.startswith(f"{file}: missing file")


def test_all_faults_of_all_files_are_told_at_once(folder) -> None:
    for file in (DEMAND, PATCHES, NEIGHBOURHOOD):
        (folder / file).write_text("a,b\n1,2\n")
    spoil(folder, FACTS, "version: 1", "version: 9")
    (folder / "potential.yaml").write_text("version: 1\nclasses: {urban: 3}\n")
    (folder / BEHAVIOUR).write_text("engine.scater: {value: 1, unit: '1', source: ''}\n")
    told = faults(folder)
    assert [fault.split(":")[0] for fault in told] == [
        FACTS, "potential.yaml", DEMAND, PATCHES, NEIGHBOURHOOD, BEHAVIOUR,
    ]  # fmt: skip
    assert "Did you mean engine.scatter?" in told[-1]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("fit: [2000, 2010]", "fit: [2010, 2000]", "does not ascend"),
        ("cell_size_m: 250.0", "cell_size_m: -1", "greater than 0"),
        ("model_class: urb_res", "model_class: urbres", "no such model class"),
        ("code: 2, name: urban", "code: 1, name: urban", "a code stands there twice"),
        ("study: small_town", "study: small town", "pattern"),
        ("kind: continuous", "kind: smooth", "continuous"),
        ("low: 0.0", "low: .inf", "finite"),
        ("high: 40.0", "hihg: 40.0", "Did you mean 'high'?"),
        ("class: water", "class: watr", "class 'watr' is not in the legend"),
    ],
)
def test_a_fault_of_the_facts_names_its_key(folder, old, new, told) -> None:
    spoil(folder, FACTS, old, new)
    assert any(told in fault and fault.startswith(FACTS) for fault in faults(folder))


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (DEMAND, "2020,urban,600", "2020,urban,six", "line 3"),
        (DEMAND, "2020,urban,600", "2010,urban,600", "given twice"),
        (DEMAND, "2020,urban,600,logistic", "2020,urban,600,markov", "incomplete"),
        (DEMAND, "2020,urban", "2020,town", "incomplete"),
        (PATCHES, "urban,12.5", "urban,-1", "line 2"),
        (PATCHES, "urban,12.5", "urban,nan", "line 2"),
        (PATCHES, "urban,12.5", "town,12.5", "class 'town'"),
        (NEIGHBOURHOOD, "urban,urban,1,3,77,1", "urban,urban,1,3,77,", "line"),
        (NEIGHBOURHOOD, "urban,urban,1,3,77,1\n", "", "incomplete"),
        (BEHAVIOUR, "value: 0.4", "value: 9", "engine.scatter: value"),
        (BEHAVIOUR, "unit: '1'", "unit: m", "another unit"),
        (BEHAVIOUR, "source:", "sauce:", "Did you mean 'source'?"),
        ("potential.yaml", "code: 2", "code: 3", "is not that of rules.yaml"),
    ],
)
def test_a_fault_of_a_table_names_its_line(folder, file, old, new, told) -> None:
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1))
    assert any(told in fault and fault.startswith(file) for fault in faults(folder))


def test_a_potential_reads_only_drivers_and_codes_that_the_facts_name(folder) -> None:
    write_ruleset(folder, ruleset(LEGEND, drivers={}))
    (fault,) = faults(folder)
    assert "reads a driver that is not in rules.yaml; found slope" in fault
    write_ruleset(folder, ruleset(LEGEND, potentials={"urban": dense_town(77)}))
    told = faults(folder)
    assert any("reads a code" in fault for fault in told)
    assert any("code: is not that" in fault for fault in told)


def test_the_texts_of_a_fit_are_read_as_they_are() -> None:
    problems = Problems()
    demand = parse_demand("year,class,cells,mode\n2010,urban,5,markov\n2011,urban,7,markov\n", DEMAND, problems)
    assert demand is not None
    assert parse_demand(demand_csv(demand), DEMAND, problems).path("urban", 2010, 2011, 100) == {2011: 102}
    patches = parse_patches(
        "class,mean_ha,spread,compact,patches,outlying,edge,infill\nurban,1.5e+06,0.5,1,3,0,0,1\n", PATCHES, problems
    )
    assert patches is not None
    assert patches["urban"].mean_ha == 1.5e6
    assert parse_patches(patches_csv(patches), PATCHES, problems) == patches
    around = parse_neighbourhood(
        "gained,class,ring,enrichment,count,weight\nurban,water,1,,4,0\nurban,water,2,1.5,4,-0.5\n", "n", problems
    )
    assert around is not None
    assert np.isnan(around.factor[0, 0, 0])
    assert around.weights.tolist() == [[[0.0, -0.5]]]
    assert not problems.faults


def test_a_feature_keeps_its_place(folder) -> None:
    (recipe,) = read(folder).potentials["urban"].recipes
    assert recipe.features[1] == Feature("driver", driver="slope")
