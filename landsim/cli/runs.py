"""Runs: the commands check, run and replay."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landsim.cli.guard import INTERRUPTED

if TYPE_CHECKING:
    from landsim.core.errors import Problem
    from landsim.scenario.compose import Source

ScenarioName = Annotated[
    str,
    typer.Argument(metavar="SCENARIO", help="A file, a folder with scenario.yaml, or the name of a shipped scenario."),
]
With = Annotated[list[str] | None, typer.Option("--with", metavar="NAME", help="Named entry of overrides.yaml.")]
Set = Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Any dotted path, after --with.")]
Seed = Annotated[int | None, typer.Option("--seed", min=0, help="Root seed in place of the scenario's.")]
Allow = Annotated[list[Path] | None, typer.Option("--allow", metavar="DIR", help="Folder outside the project to read.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]


def check(scenario: ScenarioName, with_: With = None, set_: Set = None, seed: Seed = None, allow: Allow = None) -> None:
    """Look for every fault of a scenario and its data, and estimate memory and time."""
    from landsim.core.errors import Problems
    from landsim.io.doctor import check_room
    from landsim.scenario.build import prepare

    source = _load(scenario, with_, set_, seed, allow)
    ready = prepare(source, allow or ())
    needed, room = ready.estimate(), Problems()
    check_room(needed, Path("runs"), room)
    _tell_cautions([*ready.cautions, *room.cautions])
    place = ready.place.landscape
    typer.echo(f"{source.scenario.name}: {source.scenario.title or 'no title'}")
    typer.echo(
        f"{place.grid.height} x {place.grid.width} cells of {place.grid.cell_size:g} m, {place.grid.crs or 'no CRS'}, "
        f"{len(place.legend.rows)} classes, layers: {', '.join(sorted(place.layers)) or 'none'}"
    )
    typer.echo(f"A run takes {needed}.")
    typer.echo("No fault found.")


def run(
    scenario: ScenarioName,
    out: Annotated[Path | None, typer.Option(help="Run folder, new or empty; runs/NAME by default.")] = None,
    with_: With = None,
    set_: Set = None,
    seed: Seed = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint of a killed run.")] = False,
    quiet: Quiet = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    allow: Allow = None,
) -> None:
    """Run a scenario and write a run folder."""
    source = _load(scenario, with_, set_, seed, allow)  # first: it imports mesa, which is slow to come after others
    from landsim.cli.progress import watching
    from landsim.cli.show import print_json
    from landsim.cli.summary import show_result, summary
    from landsim.scenario.build import prepare
    from landsim.scenario.run import execute, has_checkpoint, telling_compilation

    folder = out or Path("runs") / "-".join([source.scenario.name, *(with_ or [])])
    try:
        with watching(quiet) as watcher, telling_compilation(watcher):
            ready = prepare(source, allow or ())
            for caution in () if quiet else ready.cautions:
                watcher.say(f"caution: {caution}")
            watcher.say(f"{source.scenario.name}: a run takes {ready.estimate()}")
            result = execute(ready, folder, resume=resume, progress=watcher)
    except KeyboardInterrupt:
        _tell_interrupted(
            folder, has_checkpoint(folder.with_name(folder.name + ".partial")), scenario, with_, set_, seed, allow
        )
        raise typer.Exit(INTERRUPTED) from None
    if json:
        print_json(summary(result))
    elif not quiet:
        show_result(result)


def replay(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")], quiet: Quiet = False, allow: Allow = None
) -> None:
    """Run the manifest of a run again and compare bytes; exit 1 on a difference."""
    from landsim.cli.progress import watching
    from landsim.io.store import open_run
    from landsim.scenario.run import replay as run_again

    with watching(quiet) as watcher:
        different = run_again(open_run(run), allow or (), watcher)
    if different:
        typer.echo(f"{run}: differs in {', '.join(different)}", err=True)
        raise typer.Exit(1)
    if not quiet:
        typer.echo(f"{run}: every byte is the same")


def _load(
    what: str, names: list[str] | None, settings: list[str] | None, seed: int | None, allow: list[Path] | None
) -> Source:
    from landsim.scenario.build import load_or_tell_all

    values = dict(_setting(text) for text in settings or [])
    return load_or_tell_all(what, values if seed is None else {**values, "seed": seed}, names or [], allow or ())


def _setting(text: str) -> tuple[str, Any]:
    """Read PATH=VALUE; the value is a YAML scalar, list or mapping.

    Examples
    --------
    >>> _setting("quota.multiplier=0.5")
    ('quota.multiplier', 0.5)
    """
    import yaml

    path, sign, value = text.partition("=")
    if not sign or not path.strip():
        raise typer.BadParameter(f"{text!r} is not PATH=VALUE", param_hint="--set")
    try:
        return path.strip(), yaml.safe_load(value)
    except yaml.YAMLError:
        raise typer.BadParameter(f"{value!r} is not a YAML value", param_hint="--set") from None


def _tell_cautions(cautions: Sequence[Problem]) -> None:
    for caution in cautions:
        typer.echo(f"caution: {caution}", err=True)


def _tell_interrupted(
    folder: Path, kept: bool, scenario: str, names: list[str] | None, settings: list[str] | None, seed: int | None,
    allow: list[Path] | None,
) -> None:  # fmt: skip
    """Say how an interrupted run is gone on with."""
    if not kept:
        typer.echo("interrupted before the first checkpoint; nothing was kept", err=True)
        return
    words = ["landsim", "run", scenario, "--out", str(folder)]
    for option, values in (("--with", names), ("--set", settings), ("--allow", allow)):
        words += [word for value in values or [] for word in (option, str(value))]
    words += [] if seed is None else ["--seed", str(seed)]
    typer.echo(f"interrupted; resume with: {shlex.join([*words, '--resume'])}", err=True)
