"""Text: a fit of behavioural parameters as the files of a rule set."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from landsim.calibrate.behaviour.fit import BehaviourFit
from landsim.calibrate.behaviour.space import MEAN_FACTOR, SCATTER, expanded, unit_of

SEARCH, POSTERIOR = "search.csv", "posterior.csv"


def behaviour_rows(fit: BehaviourFit) -> dict[str, dict[str, Any]]:
    """Give the entries of ``behaviour.yaml``: declared path -> ``value, unit, source``, by path.

    The factor of the patch sizes is given as the sizes by class, and not at all where it is 1, so that ``patches.csv``
    stays their home.
    """
    values = {path: v for path, v in fit.values.items() if (path, v) != (MEAN_FACTOR, 1.0)}
    return {
        path: {"value": value, "unit": unit_of(path), "source": _source(fit, path)}
        for path, value in sorted(expanded(fit.params, values).items())
    }


def search_csv(fit: BehaviourFit) -> str:
    """Text of ``search.csv``: a row a trial - number, state, values, terms, J, J of each seed, worth when judged."""
    paths = list(fit.searched)
    terms = list(next((trial.terms for trial in fit.trials if trial.terms), {}))
    seeds = max(len(trial.scores) for trial in fit.trials)
    rows = [
        [
            trial.number, trial.state, *(trial.values[path] for path in paths), *(trial.terms.get(t) for t in terms),
            trial.score if trial.scores else None, *(trial.scores or [None] * seeds), trial.partial,
        ]
        for trial in fit.trials
    ]  # fmt: skip
    return _table(["trial", "state", *paths, *terms, "j", *(f"j_{k + 1}" for k in range(seeds)), "partial"], rows)


def posterior_csv(fit: BehaviourFit) -> str | None:
    """Text of ``posterior.csv``: a row a particle - weight, distance, values; None where no posterior was sampled."""
    found = fit.posterior
    if found is None:
        return None
    columns = zip(found.weights.tolist(), found.distances.tolist(), found.values.tolist(), strict=True)
    return _table(["weight", "distance", *found.paths], ([weight, d, *values] for weight, d, values in columns))


def _source(fit: BehaviourFit, path: str) -> str:
    if path == SCATTER:
        return f"form of the new patches: {fit.scatter.why}" if fit.scatter is not None else "as before"
    return f"search of {len(fit.trials)} trials: {fit.choice.why}"


def _table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Comma-separated text; numbers as they are to the bit, and nothing for None."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(["" if value is None else _cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: Any) -> str:
    return repr(value) if isinstance(value, float) else str(value)
