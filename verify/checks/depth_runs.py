"""One learner on one grammar's strings: test errors over sizes, and where they cross."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from layerproof.theory.grammar import Grammar
from layerproof.theory.thresholds import success_error
from layerproof.verify.checks.base import Trial
from layerproof.verify.statistics.thresholds import RATIO, REACH, search_threshold

if TYPE_CHECKING:
    from layerproof.layerwise.baselines import Baseline
    from layerproof.layerwise.labelled_strings import Strings


@dataclass(frozen=True)
class Run:
    """One fit: test error, seconds, and whether the loss was low before the steps ran out."""

    error: float
    seconds: float
    converged: bool = True


@dataclass
class GrammarFits:
    """The strings of one grammar, and every fit made on them so far.

    The training sets are nested, and no test string is in any of them.
    """

    grammar: Grammar
    trial: Trial
    train: Strings
    test: Strings
    runs: dict[tuple[str, int], Run] = field(default_factory=dict)

    @classmethod
    def of(cls, grammar: Grammar, trial: Trial, most: int, strings: int) -> GrammarFits:
        """Draw `most` strings to train on and at most `strings` others to test on.

        Under a control's label noise, that share of the training labels is replaced by uniform
        ones.
        """
        from layerproof.layerwise.baselines.data import split, with_label_noise
        from layerproof.layerwise.labelled_strings import Strings

        parts = split(grammar, most, strings, seed=trial.derive("strings", grammar.digest))
        noisy = with_label_noise(
            parts.train.labels,
            trial.control.label_noise,
            grammar.classes,
            seed=trial.derive("label noise"),
        )
        return cls(grammar, trial, Strings(parts.train.leaves, noisy), parts.test)

    def run(self, learner: Baseline, samples: int) -> Run:
        """Fit to the first `samples` strings, once for every learner and size."""
        key = learner.name, samples
        if key not in self.runs:
            self.runs[key] = fit(
                learner, self.grammar, self.train.rows(0, samples), self.test, self.trial
            )
        return self.runs[key]


def fit(learner: Baseline, grammar: Grammar, strings: Strings, test: Strings, trial: Trial) -> Run:
    """Fit one learner, in its own precision, and test it."""
    import torch

    from layerproof.layerwise.baselines.base import error_on

    seed = trial.derive("fit", learner.name, len(strings))
    started = time.perf_counter()
    fitted = learner.fit(grammar, strings, seed=seed, device=torch.device(trial.device))
    seconds = time.perf_counter() - started
    return Run(error_on(fitted, test), seconds, fitted.converged)


def threshold_of(
    search: GrammarFits, learner: Baseline, *, start: float, most: int, step: float = RATIO
) -> Mapping[str, Any]:
    """The N at which a learner's test error is `level`, a tenth of chance; the errors on the way.

    The walk of :func:`layerproof.verify.statistics.thresholds.search_threshold` from `start`,
    ending after one size on either side. Nothing above `most` is tried: a learner that fails there,
    or starts there and fails, has the threshold inf.
    """
    level, top = success_error(search.grammar), min(start, float(most))

    def error(size: float) -> float:
        return search.run(learner, max(search.grammar.levels, min(most, round(size)))).error

    above = error(top) > level
    room = math.floor(math.log(most / top) / math.log(step)) if above else REACH
    found = search_threshold(error, top, level, ratio=step, beyond=1, reach=room)
    sizes = [round(size) for size in found.sizes]
    runs = [search.runs[learner.name, size] for size in sizes]
    return {
        "threshold": found.threshold,
        "level": level,
        "sizes": sizes,
        "errors": list(found.errors),
        "seconds": [run.seconds for run in runs],
        "converged": [run.converged for run in runs],
    }


def bounds(found: Mapping[str, Any]) -> tuple[float, float]:
    """Between which sizes a threshold lies: a search that did not end knows one side only."""
    threshold, sizes = found["threshold"], found["sizes"]
    if threshold == 0.0:
        return 1.0, float(sizes[0])
    if math.isinf(threshold):
        return float(sizes[-1]), math.inf
    return float(threshold), float(threshold)


def best_known(found: Mapping[str, Any]) -> float:
    """The threshold, or the bound where one is known."""
    low, high = bounds(found)
    return low if math.isinf(high) else high
