"""Network: a small multi-layer perceptron by scikit-learn, kept as tables of coefficients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landsim.calibrate.models.base import Fitted, Samples, lacking, one_thread
from landsim.calibrate.models.inputs import inputs_of, standard
from landsim.transition.features import Recipe
from landsim.transition.flat import ACTIVATIONS, Flat, Trees

_SEEDS = 1 << 31


@dataclass(frozen=True)
class MlpModel:
    """One hidden layer of twice as many units as inputs, up to a limit; learnt without weights, the prior put right.

    Attributes
    ----------
    units : int
        Hidden units at most.
    penalty : float
        Of the squared weights.
    rounds : int
        Passes over the samples.
    """

    units: int = 32
    penalty: float = 1e-3
    rounds: int = 40
    name: str = "mlp"

    def fit(self, samples: Samples, recipe: Recipe, seed: int) -> Fitted:
        """Train the network."""
        try:
            from sklearn.neural_network import MLPClassifier
        except ImportError as error:
            raise lacking("scikit-learn") from error
        inputs = inputs_of(recipe)
        hidden = min(self.units, 2 * len(recipe.features))
        network = MLPClassifier((hidden,), "relu", alpha=self.penalty, max_iter=self.rounds, random_state=seed % _SEEDS)
        with one_thread():
            z, shift, scale = standard(inputs.read(samples.x))
            network.fit(z, samples.gained)
        bias = [np.array(layer, dtype=np.float64) for layer in network.intercepts_]
        bias[-1] = bias[-1] + samples.drawn.shift
        dense = inputs.dense(shift, scale, network.coefs_, bias, ACTIVATIONS.index("relu"))
        facts = {"units": hidden, "rounds": int(network.n_iter_), "loss": float(f"{network.loss_:.6g}")}
        return Fitted(Flat(len(recipe.features), Trees.none(), dense), facts)
