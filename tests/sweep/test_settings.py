"""The file of a sweep: what may stand in it, and how its faults are told."""

from __future__ import annotations

import pytest

from landsim.core.errors import InputError
from landsim.sweep.settings import load_sweep
from tests.sweep.small import write_sweep


def test_short_forms_stand_for_long_ones(tmp_path) -> None:
    made = load_sweep(write_sweep(tmp_path, scenarios=["demo", "wuhan"], overrides=["compact"], seeds=3)).sweep
    assert made.scenarios == {"demo": "demo", "wuhan": "wuhan"}
    assert made.overrides == {"compact": ("compact",)}
    assert made.seeds == (1, 2, 3)


def test_a_folder_stands_for_the_file_in_it(tmp_path) -> None:
    assert load_sweep(write_sweep(tmp_path).parent).path == tmp_path / "sweep.yaml"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"sedes": 3}, "Did you mean 'seeds'?"),
        ({"seeds": [1, 1]}, "distinct"),
        ({"seeds": 10**12}, "at most 2,000,000 seeds"),
        ({"scenarios": None}, "either scenarios or a function"),
        ({"function": "ishigami"}, "either scenarios or a function"),
        ({"keep": ["landcover"]}, "keep must name indicators"),
        ({"parameters": {"method": "sobol", "of": {"a": [0, 1]}, "size": 60}}, "no power of 2"),
        ({"parameters": {"method": "lhs", "of": {"a": [1, 0]}}}, "[low, high]"),
        ({"parameters": {"method": "lhs", "of": {"a": [0, float("inf")]}}}, "[low, high]"),
        ({"parameters": {"method": "lhs"}}, "needs parameters"),
        ({"parameters": {"of": {"a": [0, 1]}}}, "no method"),
        ({"parameters": {"method": "sample"}}, "needs a file"),
        ({"overrides": {"../up": []}}, "pattern"),
        ({"cluster": {"walltime": "soon"}}, "pattern"),
        ({"cluster": {"walltime": 43200}}, "quote it"),
        ({"cluster": {"queue": "long\n#SBATCH --nodes=9"}}, "control characters"),
        ({"cluster": {"account": "a\u2028b"}}, "control characters"),
        ({"cluster": {"directives": ["--qos=low\n"]}}, "control characters"),
        ({"cluster": {"prologue": ["module load python\r"]}}, "control characters"),
        ({"cluster": {"memory": "3\nGB"}}, "pattern"),
        ({"scenarios": ["p/town", "q/town"]}, "several are called town; give each a label"),
        ({"scenarios": ["a/scenario.yaml", "b/scenario.yaml"]}, "several are called scenario.yaml"),
        ({"scenarios": [5]}, "wanted names"),
        ({"overrides": ["compact", "compact"]}, "several are called compact"),
        ({"parameters": {"method": "grid", "of": {"a": [1], "b": []}}}, "b: no values"),
        ({"parameters": {"file": "t.csv"}}, "the method is none"),
        ({"parameters": {"method": "grid", "of": {"a": [1]}, "file": "t.csv"}}, "the method is grid"),
        ({"questions": {"thresholds": {"urban_ha": {}}}}, "needs min, max or both"),
        ({"questions": {"thresholds": {"urban_ha": {"min": 2, "max": 1}}}}, "min 2 is above max 1"),
        ({"seeds": [2**63]}, "at most 2**62"),
        ({"limits": {"retries": -1}}, "greater than or equal to 0"),
    ],
)
def test_faults_name_the_key_and_what_is_wanted(tmp_path, changes, told) -> None:
    with pytest.raises(InputError) as fault:
        load_sweep(write_sweep(tmp_path, **changes))
    assert told in str(fault.value)
    assert "sweep.yaml" in str(fault.value)
