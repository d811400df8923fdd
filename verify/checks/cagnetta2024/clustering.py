"""What clustering gains after one gradient step: how the threshold grows where n = m = V."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field

from layerproof.layerwise.walk import Walk
from layerproof.theory.grammar import Grammar
from layerproof.theory.statements.cagnetta2024.clustering import STATEMENT as CLUSTERING
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Parameters, Row, Trial
from layerproof.verify.checks.depth_runs import GrammarFits, threshold_of
from layerproof.verify.checks.edges import distinct_sizes
from layerproof.verify.checks.premises import LEARNABLE, Answers, Given
from layerproof.verify.checks.threshold_runs import ended, geometric_means, learnable
from layerproof.verify.statistics import log_exponent_interval
from layerproof.verify.verdicts.charts import Axis, Chart, Picture, Series
from layerproof.verify.verdicts.claims import Claim, Equality

Floats = NDArray[np.float64]

WALK = Walk(1.5, reach=12.0)
"""At n = m = V clustering needs fewer strings than elsewhere."""


class ClusteringParameters(Parameters):
    """Grammars with n = m = V, as in C24's Fig. 10."""

    vocabularies: Annotated[
        tuple[Annotated[int, Field(ge=2)], ...], AfterValidator(distinct_sizes)
    ] = (10, 16, 24)
    s: int = Field(2, ge=2)
    L: int = Field(2, ge=2)
    strings: int = Field(500, ge=100, description="test strings, none of them trained on")
    margin: float = Field(0.1, gt=0, description="relative margin of the equivalence test")


class ClusteringGain(Check[ClusteringParameters]):
    """The exponent of V in the threshold of one gradient step and clustering, at n = m = V.

    √n m^L grows as V^(L + 1/2), n m^L as V^(L + 1): the margin has to tell them apart.
    """

    id = "clustering-gain"
    statement = CLUSTERING.id
    turned_by = ("ambiguous-rules", "dead-symbol", "uncorrelated-rules")
    quantity = "exponent of N*, n = m = V"
    forms = ("printed", "repaired")
    forms_share_trials = True
    parameters = ClusteringParameters
    about_ensemble = True
    needs_torch = True
    answers: ClassVar[Answers] = {
        **LEARNABLE,
        "ensemble.uniform": Given("the only one that is drawn"),
        "C24.clustering/sizes": Given("n = m = V at every size"),
        "C24.clustering/learner": Given("the one-step learner, and no other"),
    }

    def trial(self, parameters: ClusteringParameters, trial: Trial) -> Outcome:
        """The threshold on one grammar of every size, whose tokens can all be told apart."""
        values: dict[str, float] = {}
        for V in parameters.vocabularies:
            sizes = {"V": V, "m": V, "s": parameters.s, "L": parameters.L, "ensemble": "uniform"}
            instance = InstanceParameters.model_validate(sizes)
            grammar, premises = learnable(instance, trial)
            if any(premises.values()):
                return Outcome.without(premises)
            values[str(V)] = _threshold(parameters, grammar, trial)
        return Outcome(values, premises)

    def claim(
        self, parameters: ClusteringParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Claim:
        """The mean slope of log N* on log V against that of the formula."""
        found = _found(parameters, outcomes)
        predicted = self._predicted(parameters, form, "threshold")
        interval = log_exponent_interval(parameters.vocabularies, found, 0.95)
        exponent = float(np.polyfit(np.log(parameters.vocabularies), np.log(predicted), 1)[0])
        return Equality(interval, exponent, parameters.margin, trials=len(found))

    def pictures(
        self, parameters: ClusteringParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Sequence[Picture]:
        """Thresholds against V, beside both formulas, each scaled to the least V."""
        found = _found(parameters, outcomes)
        V = [float(size) for size in parameters.vocabularies]
        measured = geometric_means("measured", V, found)
        lines = []
        scale_of = {"printed": "m^L", "repaired": "m g^(1−L)"}[form]
        for title, name in ((f"√n {scale_of}", "threshold"), (f"n {scale_of}", "per entry")):
            values = self._predicted(parameters, form, name)
            scale = measured.y[0] / values[0]
            scaled = [float(scale * value) for value in values]
            lines.append(Series(f"{scale:.2f} {title}", V, scaled, role="predicted"))
        return (
            Chart(
                "Threshold of one gradient step and clustering",
                "Where clustering gains √n, the marks follow the line with √n, else that with n.",
                Axis("V = m = n", "log"),
                Axis("N* (distinct strings)", "log"),
                [measured, *lines],
            ),
        )

    def _predicted(self, parameters: ClusteringParameters, form: str, name: str) -> Floats:
        formula = self.formula(form, name)
        sizes = {"s": parameters.s, "L": parameters.L}
        return np.array([formula(n=V, m=V, V=V, **sizes) for V in parameters.vocabularies])


def _threshold(parameters: ClusteringParameters, grammar: Grammar, trial: Trial) -> float:
    from layerproof.layerwise.baselines.one_step import OneStepClustering

    sizes = float(grammar.classes) ** (parameters.L + 1), grammar.derivations()
    start, most = WALK.first(*sizes), WALK.largest(*sizes)
    search = GrammarFits.of(grammar, trial, most, parameters.strings)
    return float(threshold_of(search, OneStepClustering(), start=start, most=most)["threshold"])


def _found(parameters: ClusteringParameters, outcomes: Sequence[Outcome]) -> Floats:
    """N* of every trial and size, (r, k). Raises ThinEvidence where a search did not end."""
    sizes = [str(V) for V in parameters.vocabularies]
    return ended([[outcome.values[V] for V in sizes] for outcome in outcomes])


CHECKS = (ClusteringGain(),)
