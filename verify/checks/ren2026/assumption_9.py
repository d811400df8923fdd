"""Assumption 9, measured on trained learners: tokens lie close together, and apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import Field

from layerproof.theory.schedule import multiple_samples, practical
from layerproof.theory.statements.ren2026.assumption_9 import STATEMENT as ASSUMPTION_9
from layerproof.verify.checks.base import (
    Check,
    InstanceParameters,
    Outcome,
    Row,
    Trial,
    at_level,
    theorem_premises,
)
from layerproof.verify.checks.costs import clusters_seconds
from layerproof.verify.checks.practical_schedule import PRACTICAL_SCHEDULE, noisier_than_apart
from layerproof.verify.checks.premises import Answers, Given
from layerproof.verify.measure.projections import PICTURED, projection, projection_chart
from layerproof.verify.verdicts.charts import Picture
from layerproof.verify.verdicts.claims import Frequency
from layerproof.verify.verdicts.verdict import Shown


class TokenEmbeddingParameters(InstanceParameters):
    """A learner trained well enough that the clusters of its embeddings should separate."""

    multiple: float = Field(1024.0, gt=0, description="N^(l) / (n m^l) below the top level")
    top_multiple: float = Field(32.0, gt=0, description="N^(1) / (n m)")
    delta: float = Field(0.1, gt=0, lt=1, description="failure probability allowed")


class TokenEmbeddings(Check[TokenEmbeddingParameters]):
    """Assumption 9: ε̃_S < ρ̃ for the tokens of every level of a trained learner."""

    id = "assumption-9"
    statement = ASSUMPTION_9.id
    needs_theorem_7 = True
    turned_by = (
        "ambiguous-rules",
        "dead-symbol",
        "identical-parents",
        "uncorrelated-rules",
        "merged-clusters",
    )
    may_be_turned_by = ("too-few-samples",)
    quantity = "P[ε̃_S ≥ ρ̃]"
    parameters = TokenEmbeddingParameters
    needs_torch = True
    answers: ClassVar[Answers] = {
        "R26.assumption-9/embeddings": Given("those of a trained learner")
    }

    def trial_seconds(self, parameters: TokenEmbeddingParameters) -> float:
        """Training, and the distances of all strings."""
        return clusters_seconds(parameters.extent)

    def rows(self, parameters: TokenEmbeddingParameters) -> Sequence[Row]:
        """One row for the tokens of every level, from the label (0) up to level L − 1.

        At the leaves the embeddings are one-hot and there is nothing to measure.
        """
        return [{"level": level} for level in range(parameters.depth)]

    def trial(self, parameters: TokenEmbeddingParameters, trial: Trial) -> Outcome:
        """Train one learner; the cluster distances of every level."""
        from layerproof.layerwise.training import train
        from layerproof.verify.measure.invariance import token_clusters
        from layerproof.verify.measure.representations import all_or_some, extreme_distances

        grammar = trial.grammar(parameters)
        premises = theorem_premises(grammar)
        if not any(premises.values()):
            stated = multiple_samples(grammar, parameters.multiple)
            premises[PRACTICAL_SCHEDULE] = noisier_than_apart(grammar, stated)
        if any(premises.values()):
            return Outcome.without(premises)
        samples = multiple_samples(grammar, parameters.multiple * trial.control.samples)
        # The top level has as many distinct strings as there are samples, up to P_max, and its
        # tokens, the labels, are far apart: more samples there cost much and show nothing.
        samples[0] = multiple_samples(grammar, parameters.top_multiple * trial.control.samples)[0]
        training = train(
            grammar,
            practical(grammar, samples_per_level=samples),
            seed=trial.derive("train"),
            device=trial.device,
        )
        merged = (0, 1) if trial.control.merge else None
        distances: dict[str, Any] = {}
        for level in range(grammar.levels):
            found, parents = token_clusters(
                training.learner,
                grammar,
                level,
                seed=trial.derive("measure"),
                limit=all_or_some(grammar, level + 1),
            )
            distances[str(level)] = extreme_distances(found, parents, merged)
            distances[distance_key(level, "partly")] = found.partly
        drawn = {
            distance_key(level, "picture"): projection(
                training.learner, grammar, level, seed=trial.derive("picture")
            )
            for level in range(1, grammar.levels if trial.index < PICTURED else 0)
        }
        return Outcome(distances | drawn, premises)

    def pictures(
        self, parameters: TokenEmbeddingParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Sequence[Picture]:
        """The representations of the first trial that has some.

        Level 0 has none: the labels are their own q, all equally far apart, and no plane is better
        than another.
        """
        key = distance_key(row["level"], "picture")
        points = next((outcome.values[key] for outcome in outcomes if key in outcome.values), None)
        return (projection_chart(row["level"], points),) if points and row["level"] else ()

    def claim(
        self, parameters: TokenEmbeddingParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Frequency:
        """How often the widest cluster is as wide as the closest pair is apart."""
        pairs = at_level(outcomes, row["level"])
        ratios = [inner / outer if outer > 0 else float("inf") for inner, outer in pairs]
        worst = pairs[max(range(len(ratios)), key=ratios.__getitem__)]
        return Frequency(
            failures=sum(ratio >= 1 for ratio in ratios),
            trials=len(ratios),
            delta=parameters.delta,
            worst=dict(Shown(intracluster=worst[0], intercluster=worst[1])),
            unseen=partly(outcomes, row["level"]),
        )


def partly(outcomes: Sequence[Outcome], level: int) -> str:
    """Why extremes at a level are not over all strings, of the first trial where they are not."""
    reasons = (str(outcome.values.get(distance_key(level, "partly"), "")) for outcome in outcomes)
    return next(filter(None, reasons), "")


def distance_key(level: int, what: str) -> str:
    """Where a trial keeps what it found at a level beside the distances."""
    return f"{level}/{what}"


CHECKS = (TokenEmbeddings(),)
