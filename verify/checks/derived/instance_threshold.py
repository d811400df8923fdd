"""The threshold of one grammar against its prediction."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypedDict

import numpy as np
import scipy
from numpy.typing import NDArray
from pydantic import Field

from layerproof.theory.formula import Formula
from layerproof.theory.grammar import Grammar
from layerproof.theory.population import patch_law
from layerproof.theory.statements.derived.instance_threshold import STATEMENT as INSTANCE
from layerproof.theory.thresholds import (
    FORMULAS,
    closest_pair_samples,
    stage_sizes,
)
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Outcomes, Row, Trial
from layerproof.verify.checks.edges import synonyms, two_labels
from layerproof.verify.checks.premises import LEARNABLE
from layerproof.verify.checks.threshold_runs import learnable, predicted_multiple, threshold
from layerproof.verify.statistics import ThinEvidence, mean_interval
from layerproof.verify.verdicts.charts import Axis, Chart, Picture, Series
from layerproof.verify.verdicts.claims import Claim, Equality, Frequency

Floats = NDArray[np.float64]

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Of the ratio measured/predicted, for the report."""


class InstanceThresholdParameters(InstanceParameters):
    """Grammars of one size, each with its own prediction."""

    strings: int = Field(1000, ge=100, description="test strings of each training")
    margin: float = Field(0.25, gt=0, description="relative margin of the mean ratio")
    factor: float = Field(1.5, gt=1, description="a grammar fails where the ratio is further off")
    delta: float = Field(0.1, gt=0, lt=1, description="share of grammars that may fail")


class GrammarThreshold(TypedDict):
    """The threshold of one grammar: measured, and as each form predicts it."""

    grammar: str
    measured: float
    repaired: float
    printed: float


class InstanceThresholds(Check[InstanceThresholdParameters]):
    """X measured over X predicted, grammar by grammar."""

    id = "instance-threshold"
    statement = INSTANCE.id
    turned_by = ("ambiguous-rules", "dead-symbol", "identical-parents")
    quantity = "N* measured / predicted"
    forms = ("printed", "repaired")
    parameters = InstanceThresholdParameters
    needs_torch = True
    forms_share_trials = True
    answers = LEARNABLE

    def rows(self, parameters: InstanceThresholdParameters) -> Sequence[Row]:
        """The logarithm's mean, and how many grammars are far off."""
        return [{"part": "mean of the log"}, {"part": f"off by {parameters.factor:g}"}]

    def trial(
        self, parameters: InstanceThresholdParameters, trial: Trial
    ) -> Outcome[GrammarThreshold]:
        """One grammar: predicted from its laws, measured by training."""
        grammar, premises = learnable(parameters, trial)
        premises |= two_labels(grammar) | synonyms(grammar)
        if any(premises.values()):
            return Outcome.without(premises)
        formulas = {name: self.formula("repaired", name) for name in FORMULAS}
        values: GrammarThreshold = {
            "grammar": grammar.digest[:12],
            "measured": threshold(grammar, trial, parameters.strings, "joint").threshold,
            "repaired": predicted_multiple(grammar, formulas),
            "printed": _of_closest_pairs(grammar, self.formula("printed", "closest")),
        }
        return Outcome(values, premises)

    def claim(
        self,
        parameters: InstanceThresholdParameters,
        row: Row,
        outcomes: Outcomes[GrammarThreshold],
        form: str,
    ) -> Claim:
        """Whether the ratio is 1, in the mean and grammar by grammar."""
        log_ratio = _log_ratios(outcomes, form)
        if row == self.rows(parameters)[0]:
            margin = math.log1p(parameters.margin)
            interval = mean_interval(log_ratio, 0.95)
            return Equality(interval, 0.0, margin, trials=len(log_ratio), absolute=True)
        worst = int(np.abs(log_ratio).argmax())
        return Frequency(
            failures=int((np.abs(log_ratio) > math.log(parameters.factor)).sum()),
            trials=len(log_ratio),
            delta=parameters.delta,
            worst={
                "grammar": outcomes[worst].values["grammar"],
                "ratio": float(np.exp(log_ratio[worst])),
                "quantiles": _quantiles(np.exp(log_ratio)),
                "spread of log ratio": float(log_ratio.std(ddof=1)) if len(log_ratio) > 1 else 0.0,
                "spread of log N*": _spread([o.values["measured"] for o in outcomes]),
            },
        )

    def pictures(
        self,
        parameters: InstanceThresholdParameters,
        row: Row,
        outcomes: Outcomes[GrammarThreshold],
        form: str,
    ) -> Sequence[Picture]:
        """Measured against predicted, and the distribution of the ratio."""
        if row != self.rows(parameters)[0]:
            return ()
        log_ratio = np.sort(_log_ratios(outcomes, form))
        x = [_predicted(outcome.values, form) for outcome in outcomes]
        y = [float(outcome.values["measured"]) for outcome in outcomes]
        ends = [min(x), max(x)]
        shares = [(i + 0.5) / len(log_ratio) for i in range(len(log_ratio))]
        return (
            Chart(
                "Threshold of each grammar, measured and predicted",
                "Every mark is a grammar; it lies on the line where the prediction is exact.",
                Axis("predicted X", "log"),
                Axis("measured X", "log"),
                [Series("grammars", x, y), Series("equal", ends, ends, role="predicted")],
            ),
            Chart(
                "Distribution of measured over predicted",
                "The share of grammars whose ratio is no larger.",
                Axis("measured / predicted"),
                Axis("share of grammars"),
                [Series("grammars", np.exp(log_ratio).tolist(), shares)],
            ),
        )


def _of_closest_pairs(grammar: Grammar, formula: Formula) -> float:
    """The X at which every level has N_ρ samples."""
    sizes = enumerate(stage_sizes(grammar), start=1)
    return max(
        closest_pair_samples(patch_law(grammar, level), formula) / size for level, size in sizes
    )


def _predicted(found: GrammarThreshold, form: str) -> float:
    return found["printed"] if form == "printed" else found["repaired"]


def _log_ratios(outcomes: Outcomes[GrammarThreshold], form: str) -> Floats:
    if not all(_predicted(outcome.values, form) > 0.0 for outcome in outcomes):
        raise ThinEvidence("a threshold of 0 is predicted: nothing is noisy", trials=len(outcomes))
    ratio = np.array([o.values["measured"] / _predicted(o.values, form) for o in outcomes])
    if not (np.isfinite(ratio) & (ratio > 0.0)).all():
        raise ThinEvidence("a threshold lies beyond the sizes that were tried", trials=len(ratio))
    return np.asarray(np.log(ratio))


def _quantiles(ratio: Floats) -> list[dict[str, float]]:
    """Quantiles with exact 95 % intervals from order statistics; open ends are left out."""
    found = []
    for p in QUANTILES:
        limits = scipy.stats.quantile_test(ratio, p=p).confidence_interval(0.95)
        entry = {"p": p, "ratio": float(np.quantile(ratio, p))}
        ends = {"low": float(limits.low), "high": float(limits.high)}
        found.append(entry | {name: end for name, end in ends.items() if math.isfinite(end)})
    return found


def _spread(values: Sequence[float]) -> float:
    return float(np.log(values).std(ddof=1)) if len(values) > 1 else 0.0


CHECKS = (InstanceThresholds(),)
