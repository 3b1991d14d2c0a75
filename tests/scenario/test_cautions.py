"""Cautions of a check: residents that nobody counted, water that nothing keeps from construction."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from landsim.scenario.build import load_scenario, prepare

LAKES = {"lakes": {"class": "water", "forbid": ["built"]}}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A project in files without lines."""
    from landsim.scenario.new import new_project

    folder = new_project(tmp_path / "city", shape=(60, 60), seed=3)
    change(folder, "scenario.yaml", lines={"erl": False, "pbf": False, "udb": False})
    return folder


def change(folder: Path, name: str, **keys: object) -> None:
    data = yaml.safe_load((folder / name).read_text("utf-8")) | keys
    (folder / name).write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")


def told(folder: Path, about: str, **settings: object) -> list[str]:
    cautions = prepare(load_scenario(folder, dict(settings))).cautions
    return [str(caution) for caution in cautions if about in str(caution)]


def test_a_mask_of_the_template_keeps_water_and_its_loss_is_told(files: Path) -> None:
    assert told(files, "keeps water") == []
    change(files, "data.yaml", masks={})
    (caution,) = told(files, "keeps water")
    assert "100% of it" in caution
    assert "Add masks: {NAME: {class: water, forbid: [built]}}" in caution


def test_a_mask_of_some_built_classes_leaves_the_others(files: Path) -> None:
    change(files, "data.yaml", masks={"lakes": {"class": "water", "forbid": ["urban"]}})
    assert len(told(files, "keeps water")) == 1  # service and industry may still come


def test_a_boundary_protects_what_lies_outside(files: Path) -> None:
    change(files, "data.yaml", masks={})
    assert told(files, "keeps water", **{"lines.udb": True}) == []


def test_without_growth_of_built_land_there_is_nothing_to_tell(files: Path) -> None:
    change(files, "data.yaml", masks={})
    assert told(files, "keeps water", **{"demand": {"mode": "given", "targets": {"forest": {2030: 10**4}}}}) == []


def test_built_stands_for_every_built_class_unless_one_is_called_so(files: Path) -> None:
    place = prepare(load_scenario(files)).place.landscape
    assert place.masks["lakes"][1] == tuple(row.name for row in place.legend.rows if row.built)
    legend = {row.code: {"name": row.name, "model_class": row.model_class.name.lower()} for row in place.legend.rows}
    legend[8]["name"] = "built"
    data = yaml.safe_load((files / "data.yaml").read_text("utf-8"))
    change(files, "data.yaml", landcover={**data["landcover"], "legend": legend})
    assert prepare(load_scenario(files)).place.landscape.masks["lakes"][1] == ("built",)


def test_residents_that_nobody_counted_are_told_with_their_number(files: Path) -> None:
    assert told(files, "residents") == []
    data = yaml.safe_load((files / "data.yaml").read_text("utf-8"))
    del data["layers"]["population"]
    change(files, "data.yaml", layers=data["layers"])
    (caution,) = told(files, "residents")
    ready = prepare(load_scenario(files))
    from landsim.model.model import LandModel

    sizes = LandModel(ready.inputs).households["size"].sum()
    number = float(caution.split("about ")[1].split(" persons")[0].replace(",", ""))
    assert number == pytest.approx(float(sizes), rel=0.02)
    assert "agents: {persons: NUMBER}" in caution
    assert told(files, "residents", **{"agents.persons": 300_000}) == []
    assert told(files, "residents", **{"agents.households": 0}) == []
