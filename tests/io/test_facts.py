"""Facts: a manifest that is whole is sound, and whatever is done to one is told in one short line."""

from __future__ import annotations

from landsim.io.facts import RunFacts, unsound
from landsim.io.hashes import fingerprint
from tests.io.damage import damaged
from tests.io.runs import whole_manifest

WHOLE = {"format": 1, "files": {"events.parquet": "0" * 64}, **whole_manifest()}
HARMLESS = (
    "district_names",
    "format", "name", "title", "description", "rules", "applied", "threads", "versions", "timings", "state_hash",
    "files",
)  # fmt: skip
"""Keys that may lack, or be anything of their kind: texts that are shown, and what is asked for elsewhere."""


def test_a_whole_manifest_is_sound_and_may_say_more() -> None:
    assert unsound(WHOLE) is None
    assert unsound({**WHOLE, "remark": {"mine": [1]}}) is None


def test_every_key_that_a_run_writes_is_asked_for() -> None:
    assert set(RunFacts.model_fields) == set(WHOLE)


def test_damage_is_one_short_line_or_harmless() -> None:
    for case, manifest in damaged(WHOLE):
        told, key = unsound(manifest), case.split()[0]
        if told is None:
            assert key.startswith((*HARMLESS, "rule_set", "home.shipped")), case
        else:
            assert "\n" not in told, case
            assert len(told) < 300, case
            assert key.split(".")[0] in told, case


def test_a_scenario_that_is_not_the_one_that_ran_is_told() -> None:
    for name, key in (("scenario", "config_sha256"), ("catalog", "catalog_sha256")):
        assert unsound({**WHOLE, name: {**WHOLE[name], "more": 1}}) == f"{name} is not what {key} was taken of"
    other = {**WHOLE["scenario"], "shocks": []}
    assert unsound({**WHOLE, "scenario": other, "config_sha256": fingerprint(other)}) is None


def test_what_cannot_be_in_one_run_is_told() -> None:
    assert unsound({**WHOLE, "start": 2010}) == "end 2005 is before start 2010"
    assert unsound({**WHOLE, "versions": {}}) == "versions without that of landsim"
    assert unsound({**WHOLE, "home": {}}) == "home names no place"


def test_of_many_faults_three_are_told_and_the_rest_counted() -> None:
    assert unsound({"format": 1}) == "name is missing; title is missing; description is missing, and 22 more"


def test_endless_levels_are_told() -> None:
    deep: dict[str, object] = {}
    for _ in range(100_000):
        deep = {"x": deep}
    assert unsound({**WHOLE, "catalog": deep}) == "too many levels"
