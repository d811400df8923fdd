"""Assumptions on embeddings, measured on trained learners."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from theory.grammar import Grammar
from theory.schedule import Schedule, chain_of, lemma_11, multiple_samples, practical
from theory.statements.assumption_9 import STATEMENT as ASSUMPTION_9
from theory.statements.assumption_13 import STATEMENT as ASSUMPTION_13
from verify.charts import Picture
from verify.checks.base import (
    Check,
    InstanceParameters,
    Outcome,
    Row,
    Trial,
    theorem_premises,
)
from verify.checks.practical_schedule import PRACTICAL_SCHEDULE, noisier_than_apart
from verify.checks.premises import Answers, Given
from verify.checks.projections import PICTURED, projection, projection_chart
from verify.claims import Frequency, Inequality

if TYPE_CHECKING:
    from layerwise.network import LayerwiseLearner
    from verify.representations import Representations


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
    answers: ClassVar[Answers] = {
        "R26.assumption-9/embeddings": Given("those of a trained learner")
    }

    def rows(self, parameters: TokenEmbeddingParameters) -> Sequence[Row]:
        """One row for the tokens of every level, from the label (0) up to level L − 1.

        At the leaves the embeddings are one-hot and there is nothing to measure.
        """
        return [{"level": level} for level in range(parameters.depth)]

    def trial(self, parameters: TokenEmbeddingParameters, trial: Trial) -> Outcome:
        """Train one learner; the cluster distances of every level."""
        from layerwise.training import train
        from verify.invariance import token_clusters
        from verify.representations import all_or_some, extreme_distances

        grammar = trial.grammar(parameters)
        premises = theorem_premises(grammar)
        if not any(premises.values()):
            stated = multiple_samples(grammar, parameters.multiple)
            premises[PRACTICAL_SCHEDULE] = noisier_than_apart(grammar, stated)
        if any(premises.values()):
            return Outcome({}, premises)
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
            distances[f"{level}/partly"] = found.partly
        drawn = {
            f"{level}/picture": projection(
                training.learner, grammar, level, seed=trial.derive("picture")
            )
            for level in range(1, grammar.levels if trial.index < PICTURED else 0)
        }
        return Outcome(distances | drawn, premises)

    def pictures(
        self,
        parameters: TokenEmbeddingParameters,
        row: Row,
        outcomes: Sequence[Outcome],
        form: str,
    ) -> Sequence[Picture]:
        """The representations of the first trial that has some.

        Level 0 has none: the labels are their own q, all equally far apart, and no plane is better
        than another.
        """
        key = f"{row['level']}/picture"
        points = next((outcome.values[key] for outcome in outcomes if key in outcome.values), None)
        return (projection_chart(row["level"], points),) if points and row["level"] else ()

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
            unseen=partly(outcomes, row["level"]),
        )


def partly(outcomes: Sequence[Outcome], level: int) -> str:
    """Why extremes at a level are not over all strings, of the first trial where they are not."""
    reasons = (str(outcome.values.get(f"{level}/partly", "")) for outcome in outcomes)
    return next(filter(None, reasons), "")


class PatchEmbeddingParameters(TokenEmbeddingParameters):
    """And the schedule: a practical one, or the constants of Lemma 11 with all that they imply."""

    schedule: Literal["practical", "lemma-11"] = "practical"

    def patches(self, level: int) -> int:
        """|P_l| of the instance."""
        if self.grammar is not None:
            return len(Grammar.load(self.grammar).patches(level).patch)
        return (self.V if level > 1 else self.classes or self.V) * self.m


OPEN_SPREAD = "the printed assumption leaves ε_S open: every spread meets it"


class PatchEmbeddings(Check[PatchEmbeddingParameters]):
    """Assumption 13 (b) and (c) on a trained learner, read as ε_O ≤ 1/|P_l|.

    The kernel is exact: (a) holds since ψ_σ(h, h) = 1, ⟨Φ, Φ'⟩ = ψ_σ and ‖Φ − Φ'‖² = 2(1 − ψ_σ), so
    that the closest two patches and the widest one tell.
    """

    id = "assumption-13"
    statement = ASSUMPTION_13.id
    quantity = "largest ⟨x_μ, x_μ'⟩ (overlap), largest ‖x_μ − x'_μ‖ (spread)"
    forms = ("printed", "repaired")
    forms_share_trials = True
    parameters = PatchEmbeddingParameters
    needs_torch = True
    answers: ClassVar[Answers] = {
        "R26.assumption-13/embeddings": Given("those of a trained learner")
    }

    def rows(self, parameters: PatchEmbeddingParameters) -> Sequence[Row]:
        """Two rows a level; at the leaves, which are one-hot, there is no spread to measure."""
        return [
            {"level": level, "part": part}
            for level in range(1, parameters.depth + 1)
            for part in ("overlap", "spread")
            if (level, part) != (parameters.depth, "spread")
        ]

    def trial(self, parameters: PatchEmbeddingParameters, trial: Trial) -> Outcome:
        """Train one learner; overlap and spread of the patches of every level."""
        from layerwise.training import train
        from verify.representations import extreme_distances

        grammar = trial.grammar(parameters)
        premises = theorem_premises(grammar)
        if any(premises.values()):
            return Outcome({}, premises)
        schedule = self._schedule(grammar, parameters, trial)
        learner = train(grammar, schedule, seed=trial.derive("train"), device=trial.device).learner
        merged = (0, 1) if trial.control.merge else None
        found: dict[str, Any] = {}
        for stage in schedule.stages:
            representations = patch_representations(
                learner, grammar, stage.level, seed=trial.derive("measure")
            )
            own = np.eye(len(grammar.patches(stage.level).patch), dtype=np.bool_)
            spread, apart = extreme_distances(representations, own, merged)
            found[f"{stage.level}/partly"] = representations.partly
            width = 2 * stage.bandwidth**2
            found[f"{stage.level}/overlap"] = math.exp(-(apart**2) / width)
            # 1 − e^(−x) without cancellation.
            found[f"{stage.level}/spread"] = math.sqrt(-2 * math.expm1(-(spread**2) / width))
        return Outcome(found, premises)

    def _schedule(
        self, grammar: Grammar, parameters: PatchEmbeddingParameters, trial: Trial
    ) -> Schedule:
        if parameters.schedule == "lemma-11":
            return lemma_11(chain_of(grammar), "repaired", delta=parameters.delta)
        samples = multiple_samples(grammar, parameters.multiple * trial.control.samples)
        return practical(grammar, samples_per_level=samples)

    def claim(
        self,
        parameters: PatchEmbeddingParameters,
        row: Row,
        outcomes: Sequence[Outcome],
        form: str,
    ) -> Inequality:
        """The largest value over all trials."""
        measured = max(outcome.values[f"{row['level']}/{row['part']}"] for outcome in outcomes)
        patches = parameters.patches(row["level"])
        worst = {"patches": patches}
        if (form, row["part"]) == ("printed", "spread"):
            return Inequality(
                measured, "<=", math.inf, len(outcomes), cannot_fail=OPEN_SPREAD, worst=worst
            )
        bound = self.formula(form, row["part"])(patches=patches)
        worst |= {"measured / bound": measured / bound}
        unseen = partly(outcomes, row["level"])
        return Inequality(measured, "<=", bound, len(outcomes), worst=worst, unseen=unseen)


def patch_representations(
    learner: LayerwiseLearner, grammar: Grammar, level: int, *, seed: int
) -> Representations:
    """The level-`level` patches before Φ, over strings below them, all where they are few."""
    import torch

    from verify.representations import Representations, all_or_some, strings_below

    strings = strings_below(grammar, level, seed=seed, limit=all_or_some(grammar, level))
    with torch.no_grad():
        leaves = torch.from_numpy(strings.leaves).to(learner.device)
        h = learner.embed(leaves, level).flatten(1).to("cpu", torch.float64).numpy()
    return Representations(level, h, strings.patch, strings.weight, strings.partly)


CHECKS = (TokenEmbeddings(), PatchEmbeddings())
