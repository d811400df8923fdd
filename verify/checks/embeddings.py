"""Assumptions on embeddings, measured on trained learners."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from theory.schedule import multiple_samples, practical
from theory.statements.assumption_9 import STATEMENT as ASSUMPTION_9
from verify.checks.base import (
    Check,
    InstanceParameters,
    Outcome,
    Row,
    Trial,
    theorem_premises,
)
from verify.claims import Frequency


class TokenEmbeddingParameters(InstanceParameters):
    """A learner trained well enough that the clusters of its embeddings should separate."""

    multiple: float = Field(1024.0, gt=0, description="N^(l) / (n m^l) below the top level")
    top_multiple: float = Field(32.0, gt=0, description="N^(1) / (n m)")
    delta: float = Field(0.1, gt=0, lt=1, description="failure probability allowed")


class TokenEmbeddings(Check[TokenEmbeddingParameters]):
    """Assumption 9: ε̃_S < ρ̃ for the tokens of every level of a trained learner."""

    id = "assumption-9"
    statement = ASSUMPTION_9.id
    quantity = "P[ε̃_S ≥ ρ̃]"
    parameters = TokenEmbeddingParameters
    needs_torch = True

    def rows(self, parameters: TokenEmbeddingParameters) -> Sequence[Row]:
        """One row for the tokens of every level, from the label (0) up to level L − 1.

        At the leaves the embeddings are one-hot and there is nothing to measure.
        """
        return [{"level": level} for level in range(parameters.depth)]

    def trial(self, parameters: TokenEmbeddingParameters, trial: Trial) -> Outcome:
        """Train one learner; the cluster distances of every level."""
        from layerwise.training import train
        from verify.invariance import cluster_distances

        grammar = trial.grammar(parameters)
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
        distances = {
            str(level): cluster_distances(
                training.learner, grammar, level, seed=trial.derive("measure"), merged=merged
            )
            for level in range(grammar.levels)
        }
        return Outcome(distances, theorem_premises(grammar))

    def claim(
        self,
        parameters: TokenEmbeddingParameters,
        row: Row,
        outcomes: Sequence[Outcome],
        form: str,
    ) -> Frequency:
        """How often the widest cluster is as wide as the closest pair is apart."""
        pairs = [outcome.values[str(row["level"])] for outcome in outcomes]
        ratios = [inner / outer if outer > 0 else float("inf") for inner, outer in pairs]
        worst = pairs[max(range(len(ratios)), key=ratios.__getitem__)]
        return Frequency(
            failures=sum(ratio >= 1 for ratio in ratios),
            trials=len(ratios),
            delta=parameters.delta,
            worst={"intracluster": worst[0], "intercluster": worst[1]},
        )


CHECKS = (TokenEmbeddings(),)
