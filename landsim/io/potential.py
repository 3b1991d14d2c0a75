"""Potential files: fitted potentials as text - potential.yaml with recipes and coefficients, and LightGBM's trees."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from landsim.core.errors import Problems
from landsim.io.atomic import new_file
from landsim.io.table import read_text, read_yaml
from landsim.transition.features import Feature, Recipe
from landsim.transition.fitted import Part, Potential
from landsim.transition.flat import ACTIVATIONS, TRANSFORMS, Dense, Flat, Trees
from landsim.transition.ranks import Chance
from landsim.transition.tree_text import feature_names, read_trees

FILE_NAME = "potential.yaml"
MAX_BYTES, MAX_TREE_BYTES = 16_000_000, 64_000_000
"""Largest ``potential.yaml``, which holds the weights of networks, and largest text of trees that is read."""

_VERSION = 1
_MOST_UNITS = 4096
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.+-]+")


def write_potentials(folder: Path, potentials: Mapping[str, Potential]) -> list[Path]:
    """Write the potentials of some classes into a folder.

    Parameters
    ----------
    folder : pathlib.Path
        Exists already.
    potentials : mapping of str to Potential
        By class name.

    Returns
    -------
    list of pathlib.Path
        The files: ``potential.yaml`` and one a tree model.
    """
    texts: dict[str, str] = {}
    classes = {name: _class(name, potential, texts) for name, potential in potentials.items()}
    data = {"version": _VERSION, "classes": classes}
    text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)
    texts[FILE_NAME] = "# Fitted potentials; numbers of features and models in the order of the recipe.\n" + text
    for file, content in texts.items():
        with new_file(folder / file) as aside:
            aside.write_text(content, encoding="utf-8", newline="\n")
    return [folder / file for file in sorted(texts)]


def read_potentials(folder: Path, problems: Problems) -> dict[str, Potential] | None:
    """Read what `write_potentials` wrote; nothing in it is run.

    Parameters
    ----------
    folder : pathlib.Path
    problems : Problems
        Gets every fault, by file and class.

    Returns
    -------
    dict of str to Potential or None
        By class name; None after a fault.
    """
    data = read_yaml(folder / FILE_NAME, problems, most=MAX_BYTES)
    if data is None:
        return None
    if data.get("version") != _VERSION or not isinstance(data.get("classes"), dict) or not data["classes"]:
        problems.add(FILE_NAME, "is not a set of potentials of this version", wanted=f"version: {_VERSION} and classes")
        return None
    before = len(problems.faults)
    found = {str(name): _read_class(str(name), entry, folder, problems) for name, entry in data["classes"].items()}
    return None if len(problems.faults) > before else {name: p for name, p in found.items() if p is not None}


def file_stem(name: str, code: int) -> str:
    """Name of a class as a part of the name of a file; ``class_CODE`` where it holds what file names should not.

    Examples
    --------
    >>> file_stem("urban", 2), file_stem("urban/core", 2)
    ('urban', 'class_2')
    """
    return name if _PLAIN_NAME.fullmatch(name) and not name.startswith(".") else f"class_{code}"


def _class(name: str, potential: Potential, texts: dict[str, str]) -> dict[str, Any]:
    recipes = {
        recipe.name: {
            "past_years": recipe.past_years, "ranked": recipe.ranked,
            "features": [{"name": feature.name, **feature.plain()} for feature in recipe.features],
        } for recipe in potential.recipes
    }  # fmt: skip
    chance = {"rank": _text(potential.chance.rank), "probability": _text(potential.chance.probability)}
    parts = [_part(name, potential, part, texts) for part in potential.parts]
    return {"code": potential.code, "recipes": recipes, "parts": parts, "chance": chance}


def _part(name: str, potential: Potential, part: Part, texts: dict[str, str]) -> dict[str, Any]:
    entry: dict[str, Any] = {"model": part.model, "recipe": part.recipe, "weight": part.weight}
    if part.texts:
        stem = file_stem(name, potential.code)
        files = [f"{stem}.{part.recipe}.{part.model}.{k}.txt" for k in range(1, len(part.texts) + 1)]
        texts.update(zip(files, part.texts, strict=True))
        entry["trees"] = files
    if part.flat.dense.feature.size:
        recipe = next(recipe for recipe in potential.recipes if recipe.name == part.recipe)
        entry["dense"] = _dense(part.flat.dense, recipe)
    return {**entry, "facts": dict(part.facts)} if part.facts else entry


def _dense(dense: Dense, recipe: Recipe) -> dict[str, Any]:
    return {
        "features": " ".join(recipe.names[column] for column in dense.feature),
        "transform": " ".join(TRANSFORMS[kind] for kind in dense.transform),
        **{key: _text(getattr(dense, key)) for key in ("add", "knee", "shift", "scale")},
        "activation": ACTIVATIONS[dense.activation],
        "sizes": dense.sizes.tolist(),
        "weights": _text(dense.weights),
        "bias": _text(dense.bias),
    }


def _read_class(name: str, entry: Any, folder: Path, problems: Problems) -> Potential | None:
    where = f"{FILE_NAME}: classes.{name}"
    try:
        recipes = {key: _read_recipe(str(key), value) for key, value in entry["recipes"].items()}
        parts = tuple(_read_part(part, recipes, folder, problems) for part in entry["parts"])
        chance = Chance(_numbers(entry["chance"]["rank"]), _numbers(entry["chance"]["probability"]))
        kept = tuple(part for part in parts if part is not None)
        return Potential(int(entry["code"]), tuple(recipes.values()), kept, chance) if len(kept) == len(parts) else None
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        lacks = f"lacks {error}" if isinstance(error, KeyError) else str(error)
        problems.add(where, "is not a fitted potential", found=" ".join(lacks.split())[:200])
        return None


def _read_recipe(name: str, entry: Mapping[str, Any]) -> Recipe:
    features = []
    for item in entry["features"]:
        feature = Feature.parse({key: value for key, value in item.items() if key != "name"})
        if item.get("name") != feature.name:
            raise ValueError(f"feature {item.get('name')!r} describes {feature.name!r}")
        features.append(feature)
    return Recipe(name, tuple(features), int(entry["past_years"]), bool(entry["ranked"]))


def _read_part(
    entry: Mapping[str, Any], recipes: Mapping[str, Recipe], folder: Path, problems: Problems
) -> Part | None:
    recipe = recipes[entry["recipe"]]
    texts = _read_texts(entry.get("trees", []), recipe, folder, problems)
    if texts is None:
        return None
    trees = Trees.joined([read_trees(text) for text in texts]).scaled(1.0 / len(texts)) if texts else Trees.none()
    dense = _read_dense(entry["dense"], recipe) if "dense" in entry else Dense.none()
    flat = Flat(len(recipe.features), trees, dense)
    return Part(str(entry["model"]), recipe.name, flat, float(entry["weight"]), texts, entry.get("facts", {}))


def _read_texts(files: Any, recipe: Recipe, folder: Path, problems: Problems) -> tuple[str, ...] | None:
    texts = []
    for file in files:
        if not isinstance(file, str) or not _PLAIN_NAME.fullmatch(file) or file.startswith("."):
            raise ValueError(f"{file!r} is not the name of a file beside {FILE_NAME}")
        text = read_text(folder / file, problems, file, MAX_TREE_BYTES)
        if text is None:
            return None
        if feature_names(text) != list(recipe.names):
            problems.add(file, "was fitted on other features than its recipe names")
            return None
        texts.append(text)
    return tuple(texts)


def _read_dense(entry: Mapping[str, Any], recipe: Recipe) -> Dense:
    sizes = np.array(entry["sizes"], dtype=np.int32)
    if sizes.ndim != 1 or sizes.size < 2 or sizes.min() < 1 or sizes.max() > _MOST_UNITS:
        raise ValueError(f"layers of {entry['sizes']} units")
    columns = [recipe.names.index(name) for name in entry["features"].split()]
    kinds = [TRANSFORMS.index(kind) for kind in entry["transform"].split()]
    add, knee, shift, scale = (_numbers(entry[key]) for key in ("add", "knee", "shift", "scale"))
    if len({len(columns), len(kinds), add.size, knee.size, shift.size, scale.size}) != 1 or (scale <= 0.0).any():
        raise ValueError("an input lacks a number, or has a scale that is not above 0")
    return Dense(
        np.array(columns, np.int32), np.array(kinds, np.uint8), add, knee, shift, scale, sizes,
        _numbers(entry["weights"]), _numbers(entry["bias"]), ACTIVATIONS.index(entry["activation"]),
    )  # fmt: skip


def _text(values: npt.NDArray[np.float64]) -> str:
    """Numbers in as many digits as they need to come back the same."""
    return " ".join(f"{value:.12g}" if float(f"{value:.12g}") == value else repr(value) for value in values.tolist())


def _numbers(text: Any) -> npt.NDArray[np.float64]:
    values = np.array(str(text).split(), dtype=np.float64)
    if not np.isfinite(values).all():
        raise ValueError("a number is not finite")
    return values
