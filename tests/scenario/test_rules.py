"""Rule sets in scenarios: found, compared with the place, under the scenario's own settings, and kept with the run."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from rulesets import linear, ruleset

import landsim
from landsim.core.errors import InputError
from landsim.io.ruleset import BEHAVIOUR, DEMAND, write_ruleset
from landsim.io.store import differences, open_run
from landsim.landscape.synthetic import synthetic_city
from landsim.model.model import LandModel
from landsim.scenario import shipped
from landsim.scenario.build import load_or_tell_all, load_scenario, prepare
from landsim.scenario.run import Progress, replay
from landsim.transition.features import Feature
from landsim.transition.ruleset import Behaviour, ClassFact, Surroundings

CITY = synthetic_city(shape=(40, 40), cell_size=250.0, seed=7, start=2020)
LEGEND = CITY.landscape.legend
URBAN = LEGEND.row("urban").code
RULES = ruleset(LEGEND)
RANKING = {
    "rules": "rules", "agents.households": 0, "agents.firms": 0, "agents.farms": 0, "demand.mode": "fitted",
    "engine.scatter": 0, "engine.neighbourhood": 0, "engine.economics": 0, "patches.mean": {}, "quota.mode": "off",
    "pace.mode": "off", "balance.mode": "off", "lines.erl": False, "lines.pbf": False, "lines.udb": False,
}  # fmt: skip
FITTED = {"rules": "rules"}


class Killed(BaseException):
    """Ends a run as a kill does."""


class Killer(Progress):
    """Kills a run at the end of a year."""

    def __init__(self, year: int) -> None:
        self.fatal = year

    def end_year(self, year: int) -> None:
        if year == self.fatal:
            raise Killed


def keep(project, rules=RULES, name="rules"):
    write_ruleset(project / name, rules)
    return project / name


def told(project, settings=FITTED, **more) -> list[str]:
    with pytest.raises(InputError) as caught:
        prepare(load_scenario(project, settings, **more))
    return [str(problem) for problem in caught.value.problems]


def cautions(project, settings=FITTED) -> list[str]:
    return [str(caution) for caution in prepare(load_scenario(project, settings)).cautions]


def test_a_folder_is_found_read_and_used(project) -> None:
    keep(project)
    ready = prepare(load_scenario(project, FITTED))
    assert ready.inputs.rules.ruleset.study == "small_town"
    assert list(ready.inputs.rules.drivers) == ["slope"]
    races = LandModel(ready.inputs).engine.gained
    assert [race.name for race in races if race.fitted] == ["urban"]


def test_later_settings_win_over_the_rule_set(project) -> None:
    keep(project)
    scenario = load_scenario(project, FITTED).scenario
    assert scenario.engine.scatter == 0.4
    assert scenario.patches.of("urban") == (12.5, 0.7, 2.25)
    assert scenario.patches.of("rural") == (2.0, 0.8, 1.5)
    text = (project / "scenario.yaml").read_text()
    (project / "scenario.yaml").write_text(text + "rules: rules\nengine: {scatter: 0.5}\npatches: {compact: 1.0}\n")
    (project / "overrides.yaml").write_text("even: {engine.scatter: 0.6, patches.spread: {urban: 0.1}}\n")
    own = load_scenario(project).scenario
    assert (own.engine.scatter, own.patches.of("urban")) == (0.5, (12.5, 0.7, 1.0))
    assert own.patches.of("rural")[2] == 1.0
    named = load_scenario(project, names=["even"]).scenario
    assert (named.engine.scatter, named.patches.of("urban")) == (0.6, (12.5, 0.1, 1.0))
    last = load_scenario(project, {"engine.scatter": 0.7, "patches.mean": {}}, names=["even"]).scenario
    assert (last.engine.scatter, last.patches.of("urban")[0], last.patches.mean) == (0.7, 0.0, {})


def test_behaviour_wins_over_the_patches_of_the_same_rule_set(project) -> None:
    keep(project, replace(RULES, behaviour={"patches.compact": Behaviour(0.5, "1", "searched")}))
    patches = load_scenario(project, FITTED).scenario.patches
    assert (patches.compact, patches.spread) == (0.5, {"urban": 0.7})


def test_an_override_may_choose_the_rule_set(project) -> None:
    keep(project)
    keep(project, replace(RULES, study="other", behaviour={}), "others")
    (project / "overrides.yaml").write_text("other: {rules: others}\n")
    source = load_scenario(project, FITTED, names=["other"])
    assert source.rules.ruleset.study == "small_town"
    source = load_scenario(project, names=["other"])
    assert (source.rules.ruleset.study, source.scenario.engine.scatter) == ("other", 1.0)


def test_a_run_that_ranks_converts_the_top_cells(project) -> None:
    keep(project)
    source = load_scenario(project, RANKING)
    result = landsim.run(source)
    first, last = (result.landcover.sel(year=year).to_numpy().ravel() for year in (2020, 2023))
    plane = prepare(source).inputs.rules.plane(CITY.landscape, "urban").ravel()
    top = np.lexsort((np.arange(plane.size), -plane))[:60]
    assert np.array_equal(np.flatnonzero((last == URBAN) & (first != URBAN)), np.sort(top))


@pytest.mark.parametrize(
    ("named", "fault"),
    [
        ("ruls", "no rule set there"),
        ("../elsewhere", "outside the project folder"),
        ("${LANDSIM_DATE}/rules", "unknown variable"),
        (".", "no rule set there"),
    ],
)
def test_a_rule_set_that_is_not_there_is_told(project, named, fault) -> None:
    (message,) = told(project, {"rules": named})
    assert message.startswith("scenario.yaml: rules: ")
    assert fault in message


def test_the_folder_of_the_study_is_not_that_of_its_rules(project) -> None:
    keep(project, name="calibration/town/rules")
    (message,) = told(project, {"rules": "calibration/town"})
    assert "Did you mean calibration/town/rules?" in message
    assert prepare(load_scenario(project, {"rules": "calibration/town/rules"})).inputs.rules is not None


def test_a_rule_set_elsewhere_needs_to_be_allowed(project, tmp_path) -> None:
    keep(tmp_path)
    settings = {"rules": "../rules"}
    told(project, settings)
    source = load_scenario(project, settings, allow=[tmp_path / "rules"])
    assert prepare(source).inputs.rules is not None


def test_the_name_of_a_study_that_ships_is_enough(project, tmp_path, monkeypatch) -> None:
    studies = tmp_path / "studies"
    keep(tmp_path, name="studies/small_town/rules")
    monkeypatch.setattr(shipped, "_studies", lambda: studies)
    assert shipped.shipped_rules() == ["small_town"]
    source = load_scenario(project, {"rules": "small_town"})
    assert source.rules.shipped == "small_town"
    (message,) = told(project, {"rules": "smal_town"})
    assert "Did you mean 'small_town'?" in message
    landsim.run(source, out=tmp_path / "run")
    made = open_run(tmp_path / "run").manifest["rule_set"]
    assert made["home"] == {"shipped": "small_town"}
    assert replay(open_run(tmp_path / "run")) == []
    keep(project, replace(RULES, study="mine"), "small_town")
    assert load_scenario(project, {"rules": "small_town"}).rules.ruleset.study == "mine"


def test_faults_of_rules_scenario_and_data_come_together(project) -> None:
    folder = keep(project)
    (folder / DEMAND).unlink()
    (folder / BEHAVIOUR).write_text("engine.scatter: {value: -1, unit: '1', source: ''}\n")
    (project / "data.yaml").write_text("landcover: {file: gone.tif}\n")
    messages = told(project)
    assert [any(part in message for message in messages) for part in ("demand.csv", "engine.scatter", "gone.tif")] == [
        True, True, True,
    ]  # fmt: skip
    with pytest.raises(InputError) as caught:
        load_or_tell_all(project, {**FITTED, "horizn": 2023}, [])
    messages = [str(problem) for problem in caught.value.problems]
    assert [any(part in message for message in messages) for part in ("horizn", "demand.csv", "gone.tif")] == [
        True, True, True,
    ]  # fmt: skip


def test_fitted_demand_without_rules_is_refused(project) -> None:
    (message,) = told(project, {"demand.mode": "fitted"})
    assert "fitted demand needs a rule set" in message


def test_fitted_demand_ends_with_its_table(project) -> None:
    keep(project)
    (message,) = told(project, {**FITTED, "demand.mode": "fitted", "horizon": 2045})
    assert "wanted 2020 to 2045" in message
    assert "End the run in 2040" in message
    assert prepare(load_scenario(project, {**FITTED, "horizon": 2045})).inputs.rules is not None


def changed_legend(**rows) -> tuple[ClassFact, ...]:
    return tuple(rows.get(row.name, row) for row in RULES.legend)


@pytest.mark.parametrize(
    ("legend", "found"),
    [
        ({"urban": ClassFact(8, "town", "urb_res")}, "code 8 is 'urban'"),
        ({"urban": ClassFact(77, "urban", "urb_res")}, "code 8"),
        ({"urban": ClassFact(77, "town", "urb_res")}, "no such class"),
        ({"water": ClassFact(66, "water", "water")}, "code 6"),
    ],
)
def test_a_legend_that_does_not_fit_is_refused(project, legend, found) -> None:
    name, code = next((row.name, row.code) for key, row in legend.items())
    gained = name if "urban" in legend else "urban"
    potentials = {gained: linear(code if "urban" in legend else URBAN, {Feature("density", 8, 3.0): 1.0})}
    rows = changed_legend(**legend)
    if "urban" in legend:
        potentials = {gained: linear(code, {Feature("density", code, 3.0): 1.0})}
    empty = replace(RULES, legend=rows, potentials=potentials, patches={}, surroundings=Surroundings.none())
    empty = replace(
        empty, demand=type(RULES.demand).none(), masks=tuple(replace(m, forbid=(gained,)) for m in RULES.masks)
    )
    keep(project, empty)
    (message,) = told(project)
    assert f"class {name!r} of the rule set does not fit the legend; found {found}" in message


def test_classes_that_the_rules_do_not_need_may_differ(project) -> None:
    keep(
        project,
        replace(RULES, legend=changed_legend(grass=ClassFact(99, "steppe", "grass")), surroundings=Surroundings.none()),
    )
    assert prepare(load_scenario(project, FITTED)).inputs.rules is not None


def test_another_model_class_is_a_caution(project) -> None:
    keep(project, replace(RULES, legend=changed_legend(urban=ClassFact(8, "urban", "urb_ind"))))
    assert any("another model class" in caution for caution in cautions(project))


@pytest.mark.parametrize(("metres", "outcome"), [(251.0, ""), (300.0, "caution"), (400.0, "fault"), (100.0, "fault")])
def test_cells_of_another_size(project, metres, outcome) -> None:
    keep(project, replace(RULES, cell_size=metres))
    if outcome == "fault":
        (message,) = told(project)
        assert "fitted to cells of another size" in message
    else:
        assert any("cells of another size" in caution for caution in cautions(project)) == bool(outcome)


def test_a_run_says_what_is_calibrated(project, tmp_path) -> None:
    folder = keep(project)
    whole = landsim.run(load_scenario(project, RANKING), out=tmp_path / "whole").manifest
    assert whole["rules"] == "calibrated: small_town"
    assert whole["rule_set"]["study"] == "small_town"
    assert set(whole["rule_set"]["files"]) == {path.name for path in folder.iterdir()}
    part = landsim.run(load_scenario(project, FITTED)).manifest
    assert part["rules"] == "calibrated: small_town; by built-in rules: rural, service, industry"
    assert part["scenario"]["engine"]["scatter"] == 0.4
    assert part["scenario"]["patches"]["mean"]["urban"] == 12.5
    none = landsim.run(load_scenario(project)).manifest
    assert (none["rules"], none["rule_set"]) == ("UNCALIBRATED", None)


def test_the_stamps_follow_the_rules() -> None:
    from landsim.cli.summary import stamps

    made = {"constructed_lines": []}
    assert "UNCALIBRATED" in stamps({**made, "rules": "UNCALIBRATED"})[0]
    assert stamps({**made, "rules": "calibrated: small_town"}) == []
    (line,) = stamps({**made, "rules": "calibrated: small_town; by built-in rules: rural"})
    assert "by built-in rules: rural" in line
    assert "UNCALIBRATED" not in line


def test_rules_for_no_class_that_grows_are_a_caution(project) -> None:
    keep(project)
    settings = {**FITTED, "demand": {"mode": "given", "targets": {"forest": {2023: 10**6}}}}
    assert any("no class that may grow" in caution for caution in cautions(project, settings))


def test_a_killed_run_goes_on_to_the_same_bytes_with_the_same_rules_only(project, tmp_path) -> None:
    folder = keep(project)
    source = load_scenario(project, FITTED)
    landsim.run(source, out=tmp_path / "whole")
    with pytest.raises(Killed):
        landsim.run(source, out=tmp_path / "run", progress=Killer(2022))
    text = (folder / DEMAND).read_text()
    (folder / DEMAND).write_text(text.replace("600", "601"))
    with pytest.raises(InputError, match=r"rules demand.csv has changed"):
        landsim.run(load_scenario(project, FITTED), out=tmp_path / "run", resume=True)
    (folder / DEMAND).write_text(text)
    landsim.run(load_scenario(project, FITTED), out=tmp_path / "run", resume=True)
    assert differences(tmp_path / "whole", tmp_path / "run") == []


def test_a_replay_needs_the_rules_as_they_were(project, tmp_path) -> None:
    folder = keep(project)
    (project / "deep").mkdir()
    (project / "data.yaml").rename(project / "deep" / "data.yaml")
    landsim.run(load_scenario(project, {**RANKING, "data": "deep/data.yaml"}), out=tmp_path / "run")
    assert replay(open_run(tmp_path / "run")) == []
    text = (folder / BEHAVIOUR).read_text()
    (folder / BEHAVIOUR).write_text(text.replace("0.4", "0.5"))
    with pytest.raises(InputError, match=r"rules behaviour.yaml has changed"):
        replay(open_run(tmp_path / "run"))
    (folder / BEHAVIOUR).write_text(text)
    folder.rename(project / "moved")
    with pytest.raises(InputError, match="folder of the rules is not there"):
        replay(open_run(tmp_path / "run"))


def test_a_run_from_before_rule_sets_is_replayed(project, tmp_path) -> None:
    landsim.run(load_scenario(project), out=tmp_path / "run")
    manifest = json.loads((tmp_path / "run" / "run.json").read_text())
    del manifest["rule_set"]
    (tmp_path / "run" / "run.json").write_text(json.dumps(manifest))
    assert replay(open_run(tmp_path / "run")) == []


def test_the_estimate_knows_the_chances(project) -> None:
    keep(project)
    with_rules, without = (prepare(load_scenario(project, settings)).estimate() for settings in (FITTED, {}))
    assert with_rules.memory >= without.memory


def test_a_run_with_rules_loads_no_library_of_models(project) -> None:
    keep(project)
    code = (
        "import sys, landsim\n"
        f"landsim.run(landsim.load_scenario({str(project)!r}, overrides={{'rules': 'rules', 'horizon': 2021}}))\n"
        "assert not {'lightgbm', 'sklearn', 'optuna'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
