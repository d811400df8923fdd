"""Assumption 13: patch embeddings of trained learners, and the ones that meet it at equality."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from layerproof.theory.grammar import Grammar
from layerproof.theory.schedule import Schedule, chain_of, lemma_11, multiple_samples, practical
from layerproof.theory.statements.ren2026.assumption_13 import STATEMENT as ASSUMPTION_13
from layerproof.verify.checks.base import (
    Check,
    Outcome,
    Row,
    Trial,
    theorem_premises,
)
from layerproof.verify.checks.premises import Answers, Given
from layerproof.verify.verdicts.claims import Inequality

if TYPE_CHECKING:
    from layerproof.layerwise.network import LayerwiseLearner
    from layerproof.verify.measure.representations import Representations
from layerproof.verify.checks.ren2026.assumption_9 import (
    TokenEmbeddingParameters,
    distance_key,
    partly,
)
from layerproof.verify.checks.ren2026.clusters import ROUNDING
from layerproof.verify.checks.ren2026.constructed import ConstructedParameters, figures_of
from layerproof.verify.verdicts.claims import Identity


class PatchEmbeddingParameters(TokenEmbeddingParameters):
    """And the schedule: a practical one, or the constants of Lemma 11 with all that they imply."""

    schedule: Literal["practical", "lemma-11"] = "practical"

    def patches(self, level: int) -> int:
        """|P_l| of the instance."""
        if self.grammar is not None:
            return len(self.grammar.grammar.patches(level).patch)
        return (self.V if level > 1 else self.classes or self.V) * self.m


OPEN_SPREAD = "the printed assumption leaves ε_S open: every spread meets it"


class PatchEmbeddings(Check[PatchEmbeddingParameters]):
    """Assumption 13 (b) and (c) on a trained learner, read as ε_O ≤ 1/|P_l|.

    The kernel is exact: (a) holds since ψ_σ(h, h) = 1, ⟨Φ, Φ'⟩ = ψ_σ and ‖Φ − Φ'‖² = 2(1 − ψ_σ), so
    that the closest two patches and the widest one tell.
    """

    id = "assumption-13"
    statement = ASSUMPTION_13.id
    turned_by = (
        "ambiguous-rules",
        "dead-symbol",
        "identical-parents",
        "uncorrelated-rules",
        "merged-clusters",
    )
    may_be_turned_by = ("too-few-samples",)
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
        from layerproof.layerwise.training import train
        from layerproof.verify.measure.representations import extreme_distances

        grammar = trial.grammar(parameters)
        premises = theorem_premises(grammar)
        if any(premises.values()):
            return Outcome.without(premises)
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
            found[distance_key(stage.level, "partly")] = representations.partly
            width = 2 * stage.bandwidth**2
            found[distance_key(stage.level, "overlap")] = math.exp(-(apart**2) / width)
            # 1 − e^(−x) without cancellation.
            found[distance_key(stage.level, "spread")] = math.sqrt(
                -2 * math.expm1(-(spread**2) / width)
            )
        return Outcome(found, premises)

    def _schedule(
        self, grammar: Grammar, parameters: PatchEmbeddingParameters, trial: Trial
    ) -> Schedule:
        if parameters.schedule == "lemma-11":
            return lemma_11(chain_of(grammar), "repaired", delta=parameters.delta)
        samples = multiple_samples(grammar, parameters.multiple * trial.control.samples)
        return practical(grammar, samples_per_level=samples)

    def claim(
        self, parameters: PatchEmbeddingParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Inequality:
        """The largest value over all trials."""
        measured = max(
            outcome.values[distance_key(row["level"], row["part"])] for outcome in outcomes
        )
        patches = parameters.patches(row["level"])
        worst = {"patches": patches}
        if (form, row["part"]) == ("printed", "spread"):
            return Inequality(
                measured,
                self.relation(form),
                math.inf,
                len(outcomes),
                cannot_fail=OPEN_SPREAD,
                worst=worst,
            )
        bound = self.formula(form, row["part"])(patches=patches)
        worst |= {"measured / bound": measured / bound}
        unseen = partly(outcomes, row["level"])
        return Inequality(
            measured, self.relation(form), bound, len(outcomes), worst=worst, unseen=unseen
        )


def patch_representations(
    learner: LayerwiseLearner, grammar: Grammar, level: int, *, seed: int
) -> Representations:
    """The level-`level` patches before Φ, over strings below them, all where they are few."""
    import torch

    from layerproof.verify.measure.representations import (
        Representations,
        all_or_some,
        strings_below,
    )

    strings = strings_below(grammar, level, seed=seed, limit=all_or_some(grammar, level))
    with torch.no_grad():
        leaves = torch.from_numpy(strings.leaves).to(learner.device)
        h = learner.embed(leaves, level).flatten(1).to("cpu", torch.float64).numpy()
    return Representations(level, h, strings.patch, strings.weight, strings.partly)


class MetAtEquality(Check[ConstructedParameters]):
    """Assumption 13 on constructed embeddings: each of its three bounds is met exactly."""

    id = "assumption-13-constructed"
    statement = ASSUMPTION_13.id
    turned_by = ("merged-clusters",)
    quantity = "distance from equality in (a), (b) and (c)"
    forms = ("repaired",)
    parameters = ConstructedParameters
    answers: ClassVar[Answers] = {"R26.assumption-13/embeddings": Given("those that are built")}

    def trial(self, parameters: ConstructedParameters, trial: Trial) -> Outcome:
        """How far norm, overlap and spread are from what they were built for."""
        found = []
        for name, built, _ in parameters.built(trial):
            norm, overlap, spread = built.measured()
            # A single patch overlaps with none, and a single embedding has no spread.
            wanted = (
                built.overlap if name["patches"] > 1 else 0.0,
                built.spread if parameters.copies > 1 else 0.0,
            )
            far = max(norm, abs(overlap - wanted[0]), abs(spread - wanted[1]))
            found.append({"deviation": far, **name})
        return Outcome({"found": found})

    def claim(
        self, parameters: ConstructedParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Identity:
        """The largest deviation."""
        found = figures_of(outcomes)
        worst = max(found, key=lambda entry: entry["deviation"])
        return Identity(worst["deviation"], ROUNDING, len(found), worst)


CHECKS = (PatchEmbeddings(), MetAtEquality())
