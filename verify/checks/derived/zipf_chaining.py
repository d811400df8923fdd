"""Whether chaining works where rules are not equally likely."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from layerproof.theory.population import (
    PatchLaw,
    patch_law,
)
from layerproof.theory.schedule import practical
from layerproof.theory.statements.derived.zipf_chaining import STATEMENT as CHAINING
from layerproof.theory.thresholds import stage_sizes, success_error
from layerproof.verify.checks.base import (
    Check,
    InstanceParameters,
    Outcome,
    Outcomes,
    Row,
    Trial,
)
from layerproof.verify.checks.derived.uneven_sensitivity import _whole, needed
from layerproof.verify.checks.edges import non_synonyms, two_labels, uncounted
from layerproof.verify.checks.ren2026.theorem_7 import LearnerError, failures_to_learn
from layerproof.verify.verdicts.claims import Claim


class ChainingParameters(InstanceParameters):
    """A whole training run; `sizes` "uniform" is the rule of uniform grammars, N = X n m^l."""

    X: float = Field(16.0, gt=0, description="multiple of what each stage needs")
    sizes: Literal["instance", "uniform"] = "instance"
    delta: float = Field(0.1, gt=0, lt=1, description="failure probability allowed")
    strings: int = Field(2000, ge=1, description="fresh test strings a trial")


class Chained(LearnerError):
    """The test error of one learner, and its samples by level."""

    samples: list[int]


class ZipfChaining(Check[ChainingParameters]):
    """Whether layers trained one after another still learn a grammar with Zipf weights."""

    id = "zipf-chaining"
    statement = CHAINING.id
    turned_by = ("ambiguous-rules", "dead-symbol", "identical-parents")
    quantity = "P[error ≥ chance/10]"
    parameters = ChainingParameters
    needs_torch = True

    def trial(self, parameters: ChainingParameters, trial: Trial) -> Outcome[Chained]:
        """Train one learner on a fresh instance and test it on fresh strings."""
        from layerproof.layerwise.training import train
        from layerproof.verify.measure.invariance import accuracy

        grammar = trial.grammar(parameters)
        laws = [patch_law(grammar, level) for level in range(1, grammar.levels + 1)]
        premises = two_labels(grammar) | non_synonyms(laws)
        if any(premises.values()):
            return Outcome.without(premises)
        asked = [self._samples(parameters, law) for law in laws]
        many = (uncounted(law.level, N) for law, N in zip(laws, asked, strict=True))
        if reason := next(filter(None, many), ""):
            return Outcome.without({CHAINING.id: reason})
        samples = [_whole(N * trial.control.samples) for N in asked]
        schedule = practical(grammar, samples_per_level=samples)
        training = train(grammar, schedule, seed=trial.derive("train"), device=trial.device)
        found = accuracy(
            training.learner, grammar, strings=parameters.strings, seed=trial.derive("test")
        )
        values: Chained = {
            "error": 1.0 - found.estimate,
            "limit": success_error(grammar),
            "samples": samples,
        }
        return Outcome(values)

    def _samples(self, parameters: ChainingParameters, law: PatchLaw) -> float:
        grammar = law.grammar
        if parameters.sizes == "uniform":
            return parameters.X * stage_sizes(grammar)[law.level - 1]
        need = needed(law)
        return self.formula("printed", "samples")(
            multiple=parameters.X,
            crossover=need["crossover"],
            kappa=need["seen"] / len(law.patch),
            patches=len(law.patch),
        )

    def claim(
        self, parameters: ChainingParameters, row: Row, outcomes: Outcomes[Chained], form: str
    ) -> Claim:
        """How often the error stays above a tenth of chance."""
        total = [sum(outcome.values["samples"]) for outcome in outcomes]
        return failures_to_learn(outcomes, parameters.delta, mean_samples=float(np.mean(total)))


CHECKS = (ZipfChaining(),)
