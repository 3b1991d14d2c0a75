"""Study in words: the verdict comes first, every figure beside its baseline, and doubts are told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from landsim.calibrate.run import Fit, calibrate_history
from landsim.report.study.text import study_text, verdict_line
from tests.calibrate.growth import GrownStudy, grown


@pytest.fixture(scope="module")
def fit(tmp_path_factory) -> Fit:
    study = GrownStudy(tmp_path_factory.mktemp("grown"))
    study.save(title="A town by a lake", description="Does slope matter?", in_sample=[[2000, 2020]])
    return calibrate_history(study.history(), lambda fit: "written")


@pytest.fixture(scope="module")
def text(fit: Fit) -> str:
    return study_text(fit)


def section(text: str, head: str) -> str:
    return text.partition(f"## {head}\n")[2].partition("\n## ")[0]


def test_the_verdict_stands_first(fit: Fit, text: str) -> None:
    title, question, verdict = [line for line in text.splitlines() if line][:3]
    assert (title, question) == ("# A town by a lake", "Does slope matter?")
    density = fit.test.as_dict()["baselines"]["density"]["fom"]
    assert verdict == f"**{verdict_line(fit)}**"
    assert f"{fit.test.fom:.4f}" in verdict
    assert f"the rule set beats it, {fit.test.fom / density:.3f} times" in verdict


def test_the_test_has_its_baselines_and_the_simulator_beside_it(fit: Fit, text: str) -> None:
    part = section(text, "The test, looked at once")
    for head in ("figure of merit", "95 %", "density", "random", "AUC (density)"):
        assert head in part
    assert f"{fit.simulated.fom_without_noise:.4f} without scatter" in part
    assert f"{fit.simulated.fom:.4f} on average over 10 seeds" in part
    assert "Kappa simulation" in part
    assert "kappa 0" not in part.lower()  # plain kappa is not printed


def test_every_candidate_is_listed_and_the_chosen_one_marked(fit: Fit, text: str) -> None:
    part = section(text, "How the candidates were compared")
    assert "By forecasts inside the fitting period, crossed with parts of the map (2005-2010; 4 folds)" in part
    assert [f"\n| {name} |" in part for name in ("density", "random")] == [True, True]
    assert "\n| **logit** |" in part
    assert f"Chosen: **logit**, {fit.selections['urban'].reason}." in part


def test_coefficients_importance_demand_and_patches_are_there(text: str) -> None:
    for head in ("Why: what the rules read", "Demand", "Patches", "Behaviour", "What the maps show", "Files"):
        assert section(text, head), head
    assert "| slope |" in text
    assert "urban: slope (" in section(text, "Why: what the rules read")
    assert "Not searched" in section(text, "Behaviour")


def test_in_sample_periods_are_labelled(text: str) -> None:
    assert "2000-2020, partly in-sample" in section(text, "Further periods")


def test_the_same_fit_gives_the_same_text(fit: Fit, text: str) -> None:
    assert study_text(fit) == text
    assert text.endswith("\n")
    assert "nan" not in text
    assert str(fit.history.source.folder) not in text


def test_without_a_test_nothing_is_promised(fit: Fit) -> None:
    text = study_text(replace(fit, test=None, simulated=None, in_sample=()))
    assert "**There is no test period: how the rules foretell is not known.**" in text
    assert not section(text, "The test, looked at once")
    assert not section(text, "Further periods")


def test_a_rule_set_that_does_not_beat_density_is_doubted(fit: Fit, monkeypatch) -> None:
    monkeypatch.setattr("landsim.report.study.text._density_fom", lambda verdict: 0.99)
    assert "does not beat it" in verdict_line(fit)
    assert "do not beat density ranking out of time" in section(study_text(fit), "What to doubt")
    monkeypatch.setattr("landsim.report.study.text._density_fom", lambda verdict: 0.0)
    assert verdict_line(fit).endswith("has 0.0000: the rule set beats it.")


def test_a_study_that_nothing_could_be_judged_on_says_so(tmp_path: Path) -> None:
    study = GrownStudy(tmp_path)
    study.map(2010, grown()[2000])
    study.map(2020, grown()[2000])
    study.save()
    fit = calibrate_history(study.history(), lambda fit: "written")
    text = study_text(fit)
    assert "no fitted class grows where it may: how the rules foretell is not known" in text
    assert "Taken: **density**; nothing is fitted, because too little changed" in text
    assert "urban: nothing beside the density of the class" in text
    assert "nan" not in text
