"""The files of a comparison: tables, maps of where building differs, and the figure, in one new folder."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from landsim.io.atomic import new_folder
from landsim.io.geotiff import write_geotiff
from landsim.report.compare.figure import drawable, write_compare_figure
from landsim.report.words import Words
from landsim.scenario.compare import RunComparison


def write_comparison(
    out: Path, comparison: RunComparison, names: tuple[str, str], lang: Literal["zh", "en"] = "en"
) -> list[Path]:
    """Write a comparison.

    Parameters
    ----------
    out : pathlib.Path
        Folder, new or empty.
    comparison : RunComparison
    names : tuple of str
        What A and B are called.
    lang : {"zh", "en"}
        Language of the figure; it is English where this machine has no Chinese font.

    Returns
    -------
    list of pathlib.Path
        ``indicators.csv`` (differences over the seeds), ``pairs.csv`` (values of every pair), ``built_difference.tif``
        (share of the seeds in which a cell is built in B less that in A), ``significant.tif`` (1 where the sign test
        over pairs is significant, 255 outside the study) and ``comparison.png``.

    Raises
    ------
    InputError
        If the folder is occupied or not writable, or the disk is full.
    UsageError
        If there are no words of the language.
    """
    grid = comparison.pairs[0][0].grid
    difference, significant = comparison.built_difference()
    mask = significant.astype("uint8")
    mask[difference != difference] = 255  # not a number: outside the study
    with new_folder(out) as aside:
        for name, table in (("indicators", comparison.table), ("pairs", comparison.values)):
            table.to_csv(aside / f"{name}.csv", index=False, encoding="utf-8-sig", lineterminator="\n")
        write_geotiff(aside / "built_difference.tif", difference, grid, nodata=float("nan"), cog=True)
        write_geotiff(aside / "significant.tif", mask, grid, nodata=255, cog=True)
        write_compare_figure(aside / "comparison.png", comparison, names, Words(drawable(lang)))
    return sorted(out.iterdir())
