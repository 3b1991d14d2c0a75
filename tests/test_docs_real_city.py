"""The guide to one's own city holds on real land cover: where growth goes, and that its strategy makes a difference."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import yaml

from landsim.scenario.build import load_scenario, prepare
from tests import reader as reading
from tests.blocks import Block, blocks_of
from tests.downloads import write_real_downloads
from tests.reader import Reader

PAGE = Path(__file__).parents[1] / "docs" / "your-own-city.md"
CELL_HA = 9.0
WATER, CROPLAND, URBAN = 5, 1, 8


def _coarse(block: Block) -> Block:
    """The same step on cells of 300 m; reports and maps are for the test of the page itself."""
    lines = block.text.replace("--res 30 ", "--res 300 ").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(("landsim report", "landsim export"))]
    return replace(block, text="".join(kept)) if block.language == "bash" else block


@pytest.fixture(scope="module")
def city(landsim_data, tmp_path_factory) -> Path:
    """Folder of somebody who has followed the guide from top to bottom on Wuhan."""
    folder = tmp_path_factory.mktemp("wuhan")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "BRIEF", {"horizon": 2027})
        patch.setattr(reading, "write_downloads", lambda to: write_real_downloads(to, landsim_data / "wuhan_plus_300m"))
        reader = Reader(folder)
        reader.open(folder, patch)
        for block in blocks_of(PAGE):
            reader.follow(_coarse(block))
    return folder


def _new_urban(city: Path, run: str) -> pd.Series:
    """Hectares that became urban, by the class before."""
    events = pd.read_parquet(city / "runs" / run / "events.parquet")
    built = events[(events["layer"] == "lu") & (events["to"] == URBAN)]
    return built.groupby("from").size() * CELL_HA


def test_growth_goes_to_land_and_not_into_the_lakes(city) -> None:
    new = _new_urban(city, "trend")
    assert new.sum() > 5_000
    assert new.get(WATER, 0.0) == 0.0
    assert new[CROPLAND] > 0.5 * new.sum()


def test_the_strategy_of_the_guide_makes_a_difference_from_its_year_on(city) -> None:
    tables = {run: pd.read_parquet(city / "runs" / run / "indicators.parquet") for run in ("trend", "tight")}
    urban = {
        run: t[(t["indicator"] == "urban_ha") & (t["district"] == 0)].set_index("year")["value"]
        for run, t in tables.items()
    }
    assert urban["trend"][2024] == urban["tight"][2024]
    after = {run: values[2027] - values[2024] for run, values in urban.items()}
    assert 0 < after["tight"] < 0.6 * after["trend"]


def test_the_check_says_nothing_of_open_water(city) -> None:
    data = yaml.safe_load((city / "mycity" / "data.yaml").read_text("utf-8"))
    told = [str(caution) for caution in prepare(load_scenario(city / "mycity")).cautions]
    assert not [caution for caution in told if "construction" in caution or "residents" in caution]
    del data["masks"]
    (city / "mycity" / "open.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    told = [str(caution) for caution in prepare(load_scenario(city / "mycity", {"data": "open.yaml"})).cautions]
    (caution,) = [caution for caution in told if "construction" in caution]
    assert "keeps water from construction; found 1" in caution
    assert "100% of it" in caution
