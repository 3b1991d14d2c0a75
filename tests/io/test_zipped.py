"""What a run folder keeps: any part of the results, and the maps as one file with the same content."""

from __future__ import annotations

from zipfile import ZipFile

import numpy as np
import pytest

from landsim.core.errors import InputError
from landsim.io.store import CUBE, EVENTS, INDICATORS, RESULTS, UNMET, Keeping, RunWriter, differences, open_run
from landsim.io.zipped import ZIPPED_CUBE
from tests.io.runs import YEARS, record


def kept(folder, *results, zipped=False):
    return open_run(RunWriter(folder, keeping=Keeping(results or RESULTS, zipped)).finish(record()))


def test_maps_in_one_file_are_the_maps_of_the_folder(tmp_path) -> None:
    folder, file = kept(tmp_path / "folder"), kept(tmp_path / "file", zipped=True)
    assert sorted(path.name for path in file.path.iterdir()) == sorted(
        [ZIPPED_CUBE, EVENTS, INDICATORS, UNMET, "run.json"]
    )
    assert (file.years, file.grid, file.legend) == (folder.years, folder.grid, folder.legend)
    for year in YEARS:
        np.testing.assert_array_equal(file.landcover_at(year), folder.landcover_at(year))
    np.testing.assert_array_equal(file.layer_at_start("erl"), folder.layer_at_start("erl"))
    assert file.dataset.equals(folder.dataset)


def test_equal_maps_give_equal_bytes_and_nothing_of_the_clock(tmp_path) -> None:
    a, b = (kept(tmp_path / name, zipped=True) for name in "ab")
    assert differences(a.path, b.path) == []
    assert a.manifest["files"] == b.manifest["files"]
    with ZipFile(a.path / ZIPPED_CUBE) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.testzip() is None


@pytest.mark.parametrize("results", [(INDICATORS,), (UNMET, INDICATORS), (CUBE,), (EVENTS, INDICATORS)])
def test_only_what_is_kept_is_written_and_the_rest_is_told(tmp_path, results) -> None:
    run = kept(tmp_path / "run", *results)
    assert {path.name for path in run.path.iterdir()} == {*results, "run.json"}
    assert Keeping.of(run.manifest) == Keeping(tuple(name for name in RESULTS if name in results))
    readers = {
        EVENTS: lambda: run.events,
        UNMET: lambda: run.unmet,
        INDICATORS: lambda: run.indicators,
        CUBE: lambda: run.years,
    }
    for name, read in readers.items():
        if name in results:
            assert len(read()) > 0
        else:
            with pytest.raises(InputError, match="was not kept by this run"):
                read()


def test_runs_that_keep_other_parts_differ(tmp_path) -> None:
    a, b = kept(tmp_path / "a"), kept(tmp_path / "b", INDICATORS, UNMET, zipped=True)
    assert differences(a.path, b.path) == [CUBE, EVENTS]
