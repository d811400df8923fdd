"""One training and its test error, and the threshold of one grammar: what scaling checks share."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from layerproof.theory.errors import InputError
from layerproof.theory.formula import Formula
from layerproof.theory.grammar import Grammar
from layerproof.theory.schedule import practical
from layerproof.theory.signals import LABEL, Signal
from layerproof.theory.sizes import Sizes
from layerproof.theory.thresholds import InstanceThreshold, stage_sizes, success_error
from layerproof.verify.checks.base import InstanceParameters, Trial, theorem_premises
from layerproof.verify.statistics import ThinEvidence, mean_interval
from layerproof.verify.statistics.thresholds import ThresholdSearch, search_threshold
from layerproof.verify.verdicts.charts import Series

if TYPE_CHECKING:
    from layerproof.layerwise.network import LayerwiseLearner

MOST_DRAWS = 50
"""Grammars drawn until one meets the premises. Assumption 6 fails where two parents share q, which
small V and m make likely."""

START = 4.0
"""The X at which the walk for a threshold begins."""


def learnable(
    parameters: InstanceParameters, trial: Trial, signal: Signal = LABEL
) -> tuple[Grammar, dict[str, str]]:
    """The first of the trial's grammars that meets Definition 4 and Assumption 6; its premises.

    Assumption 6 (b) is that of `signal`.

    So thresholds are those of the ensemble given that the theorem applies. Where none of
    MOST_DRAWS does, the premises say why the last one does not; one is drawn where no draw can
    meet Definition 4. A file is taken as it is.
    """
    if parameters.grammar is not None:
        found = trial.grammar(parameters)
        return found, theorem_premises(found, signal)
    weighted = parameters.zipf or parameters.label_zipf
    hopeless = weighted or parameters.classes not in (None, parameters.V)
    for attempt in range(1 if hopeless else MOST_DRAWS):
        found = parameters.family.draw(trial.derive("grammar", *_size(parameters), attempt))
        found = trial.control.grammar(found, trial.derive("control", attempt))
        premises = theorem_premises(found, signal)
        if not any(premises.values()):
            break
    return found, premises


def _size(parameters: InstanceParameters) -> tuple[int | str, ...]:
    """What names the draws: all but the exponents, on which the rules do not depend."""
    found = parameters.family
    whole = (getattr(found, size.name) or 0 for size in Sizes.size_fields() if size.whole)
    return (*whole, *(f"{key}={value}" for key, value in sorted(parameters.own.items())))


def trained(
    grammar: Grammar, multiples: Sequence[float], trial: Trial, *path: str | int
) -> LayerwiseLearner:
    """The learner after N^(l) = multiples[l − 1] · n m^l samples, in single precision.

    Which costs a third of double precision here, and moves no output by more than about 10⁻⁵.
    """
    import torch

    from layerproof.layerwise.training import train

    samples = sample_sizes(grammar, multiples, trial)
    schedule = practical(grammar, samples_per_level=samples)
    seed = trial.derive("train", *path)
    return train(grammar, schedule, seed=seed, device=trial.device, dtype=torch.float32).learner


def test_error(
    learner: LayerwiseLearner, grammar: Grammar, strings: int, trial: Trial, *path: str | int
) -> float:
    """The share of fresh strings that are labelled wrongly."""
    from layerproof.verify.measure.invariance import accuracy

    seed = trial.derive("test", *path)
    return 1.0 - accuracy(learner, grammar, strings=strings, seed=seed).estimate


def sample_sizes(grammar: Grammar, multiples: Sequence[float], trial: Trial) -> list[int]:
    """Whole N^(l), less where the control takes some away."""
    return [
        max(1, math.ceil(multiple * size * trial.control.samples))
        for multiple, size in zip(multiples, stage_sizes(grammar), strict=True)
    ]


def predicted_multiple(grammar: Grammar, formulas: Mapping[str, Formula]) -> float:
    """The X at which `derived.instance-threshold` predicts a tenth of chance."""
    return InstanceThreshold(grammar, formulas).multiple(success_error(grammar))


def threshold(
    grammar: Grammar,
    trial: Trial,
    strings: int,
    *path: str | int,
    given: Callable[[float], Sequence[float]] | None = None,
) -> ThresholdSearch:
    """The X at which the test error is a tenth of chance (C24's criterion), by the stated rule.

    `given` turns X into the multiples of all levels: X at each of them by default.
    """
    spread = given if given is not None else lambda X: [X] * grammar.levels

    def error(X: float) -> float:
        name = (*path, f"{X:.6g}")
        learner = trained(grammar, spread(X), trial, *name)
        return test_error(learner, grammar, strings, trial, *name)

    if success_error(grammar) <= 0.0:
        raise InputError("classes", grammar.classes, "at least two labels")
    return search_threshold(error, START, success_error(grammar))


def ended(found: ArrayLike) -> NDArray[np.float64]:
    """Thresholds N*, a row a trial and a column a size, as they are.

    Raises ThinEvidence where a search did not end: 0 and inf are no thresholds.
    """
    thresholds = np.asarray(found, dtype=np.float64)
    lost = int((~np.isfinite(thresholds) | (thresholds <= 0.0)).sum())
    if lost:
        reason = f"{lost} of {thresholds.size} thresholds lie beyond the sizes that were tried"
        raise ThinEvidence(reason, trials=len(thresholds))
    return thresholds


def geometric_means(name: str, x: ArrayLike, found: NDArray[np.float64]) -> Series:
    """The measured series of geometric means over trials of `found` (r, k), at `x` (k,)."""
    means = [mean_interval(np.log(column), 0.95) for column in found.T]
    return Series(
        name,
        np.asarray(x, dtype=np.float64).tolist(),
        [math.exp(mean.estimate) for mean in means],
        [math.exp(mean.low) for mean in means],
        [math.exp(mean.high) for mean in means],
    )
