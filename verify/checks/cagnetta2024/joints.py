"""C24's signal-to-noise argument: how strongly leaves and labels go together, and when it shows.

All numbers are of the joint law J_μζ = P[μ, ζ] of what is seen at the leaves and the label,
centred: J_μ − p_μ/n. Relative variances are |P| n Σ_μ ‖·‖², |P| the number of values of μ. Tuples
that never occur contribute nothing, so that instances with infinite κ count as well.
"""

from __future__ import annotations

from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from layerproof.theory.grammar import Grammar
from layerproof.theory.population import patch_law
from layerproof.theory.token_laws import first_token_law
from layerproof.verify.checks.base import Trial
from layerproof.verify.checks.derived.ensemble_means import EnsembleParameters

Floats = NDArray[np.float64]


class UniformParameters(EnsembleParameters):
    """C24's ensemble in place of R26's."""

    ensemble: str = "uniform"


def token_joint(grammar: Grammar, level: int) -> Floats:
    """P[first level-`level` token = ν, label = ζ], (V_level, n)."""
    joint: Floats = (grammar.label_prior[:, None] * first_token_law(grammar, level)).T
    return joint


def leaf_joint(grammar: Grammar, seen: str) -> Floats:
    """P[μ, label = ζ] for the first leaf tuple or the first leaf, (values of μ, n)."""
    if seen == "symbol":
        return token_joint(grammar, grammar.levels)
    return patch_law(grammar, grammar.levels).joint


def centred(joint: Floats) -> Floats:
    """J_μ − p_μ/n, for uniform labels."""
    return np.asarray(joint - joint.mean(axis=1, keepdims=True))


def relative_variance(deviation: Floats) -> float:
    """|P| n Σ ‖deviation_μ‖², (|P|, n)."""
    return float(deviation.size * (deviation**2).sum())


class SignalAndNoise(TypedDict):
    """The exact signal of a law, and the squared deviation of one empirical law from it."""

    signal: float
    noise: float


def signal_and_noise(joint: Floats, samples: int, trial: Trial) -> SignalAndNoise:
    """The exact signal, and the squared deviation of one empirical law from it."""
    rng = np.random.default_rng(trial.derive("counts"))
    drawn = max(1, round(samples * trial.control.samples))
    counts = rng.multinomial(drawn, joint.ravel() / joint.sum()).reshape(joint.shape)
    deviation = centred(counts / drawn) - centred(joint)
    return {"signal": relative_variance(centred(joint)), "noise": relative_variance(deviation)}
