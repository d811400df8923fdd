"""Theorem 7 at its own constants: the chain of Lemma 11, every hypothesis and conclusion by level.

The sample sizes, 10^9 and more, are drawn as counts (exact in law), the kernel is exact (M → ∞) and
the ridge problem is solved by the printed number of gradient-descent steps.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import scipy
from pydantic import Field

from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.population import patch_law
from layerproof.theory.schedule import Schedule, Stage, chain_of, lemma_11
from layerproof.theory.signals import LABEL, Signal
from layerproof.theory.statements.base import FormName
from layerproof.theory.statements.ren2026 import lemma_10
from layerproof.theory.statements.ren2026.lemma_17 import OVERLAP, SPREAD
from layerproof.theory.statements.ren2026.theorem_7 import STATEMENT as THEOREM_7
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Row, Trial
from layerproof.verify.checks.edges import non_synonyms
from layerproof.verify.checks.signal_parameter import levels_taught
from layerproof.verify.verdicts.claims import Claim, Frequency, Inequality, Nothing

if TYPE_CHECKING:
    from layerproof.layerwise.network import LayerwiseLearner

PARTS = ("overlap", "spread", "error")
"""What is judged at a level: the two hypotheses on its patch embeddings, then its conclusion."""


class ChainParameters(InstanceParameters):
    """An instance, and the failure probability that the schedule is made for."""

    V: int = Field(8, ge=1)
    m: int = Field(2, ge=1)
    delta: float = Field(0.1, gt=0, lt=1, description="failure probability of the theorem")
    last_level: int = Field(1, ge=1, description="train from the leaves up to this level")
    features: int | None = Field(None, ge=1, description="M; the exact kernel by default")

    @property
    def target(self) -> Signal:
        """What the stages predict."""
        return LABEL

    @property
    def stages(self) -> range:
        """The levels that are trained: those that the signal teaches, from `last_level` on.

        The leaf level where it teaches none, which a premise then says.
        """
        lowest = levels_taught(self.target, self.shape).start
        return range(min(max(self.last_level, lowest), self.depth), self.depth + 1)


Own = TypeVar("Own", bound=ChainParameters)


class ConstantsOfChain(Check[Own]):
    """‖h − q‖ ≤ ε_*^(l) on every string, at every level, in each of many trainings.

    Rows "overlap" and "spread" are the hypotheses of Lemma 17 on the patch embeddings that the
    levels below have produced, as Lemma 10 bounds them: ε_O ≤ exp(−ρ̃²/(2σ²)) and
    ε_S ≤ √(2(1 − exp(−s ε̃_S²/(2σ²)))), with ε̃_S and ρ̃ measured. Each is divided by what Lemma 17
    asks for, so that 1 is the bound. With random features, ε_O and ε_S are those of the features
    drawn, over all strings; where they are fewer than Lemma 10 asks for, the theorem does not
    apply, and the ratios are told without a verdict.
    """

    forms = ("printed", "repaired")
    quantity = "ratio to bound"
    needs_torch = True

    @abstractmethod
    def schedule(self, grammar: Grammar, parameters: Own, form: FormName) -> Schedule:
        """What the form asks for; InputError where no double holds it."""

    def before(self, parameters: Own, trial: Trial) -> dict[str, str]:
        """The premises that the trial measures before anything is trained."""
        grammar, signal = trial.grammar(parameters), parameters.target
        laws = (patch_law(grammar, level, signal=signal) for level in signal.taught(grammar))
        premises = non_synonyms(laws)
        if any(premises.values()):
            return premises
        try:
            self.schedule(grammar, parameters, trial.form)  # type: ignore[arg-type]
        except InputError as refusal:
            return premises | {"R26.lemma-11": f"There is no such schedule: {refusal}."}
        return premises | {"R26.lemma-11": ""}

    def rows(self, parameters: Own) -> Sequence[Row]:
        """Three rows a level, in the order of the training: from the leaves up."""
        levels = reversed(parameters.stages)
        return [{"level": level, "part": part} for level in levels for part in PARTS]

    def trial(self, parameters: Own, trial: Trial) -> Outcome:
        """Train once at the form's constants; the three ratios of every level."""
        premises = self.before(parameters, trial)
        if any(premises.values()):
            return Outcome.without(premises)
        grammar = trial.grammar(parameters)
        schedule = self.schedule(grammar, parameters, trial.form)  # type: ignore[arg-type]
        return Outcome(_ratios(grammar, schedule, parameters, trial), premises)

    def claim(self, parameters: Own, row: Row, outcomes: Sequence[Outcome], form: str) -> Claim:
        """Hypotheses as inequalities over all trials, the conclusion as a frequency against δ."""
        key = _key(row["level"], row["part"])
        unseen = next(filter(None, (o.values[_partly(key)] for o in outcomes)), "")
        ratios = np.array([outcome.values[key] for outcome in outcomes])
        sizes = [outcome.values[_key(row["level"], "samples")] for outcome in outcomes]
        largest = float(ratios.max())
        evidence = {"largest_ratio": largest, "samples": max(sizes)}
        M, needed = parameters.features, outcomes[0].values[_key(row["level"], "features")]
        if M is not None and needed > M:
            reason = f"M = {M} random features, where Lemma 10 asks for {needed:.1e}"
            return Nothing(f"{reason}; the largest ratio is {largest:.3g}", True, largest)
        if row["part"] == "error":
            failures = int((ratios > 1.0).sum())
            return Frequency(failures, len(ratios), parameters.delta, worst=evidence, unseen=unseen)
        return Inequality(largest, "<=", 1.0, len(ratios), worst=evidence, unseen=unseen)


def _key(level: int, part: str) -> str:
    return f"{level}/{part}"


def _partly(key: str) -> str:
    """Where a trial says why it looked at a part of what the figure of `key` is over."""
    return f"{key}/partly"


def _ratios(
    grammar: Grammar, whole: Schedule, parameters: ChainParameters, trial: Trial
) -> dict[str, Any]:
    from layerproof.layerwise.training import train
    from layerproof.verify.measure.invariance import token_clusters
    from layerproof.verify.measure.representations import all_or_some, extreme_distances, represent

    signal = parameters.target
    chain = chain_of(grammar, signal)
    stages = whole.down_from(parameters.stages[0]).stages
    wide = tuple(replace(stage, features=parameters.features) for stage in stages)
    schedule = replace(whole, stages=wide)
    seed = trial.derive("train")
    learner = train(grammar, schedule, seed=seed, device=trial.device, signal=signal).learner
    found: dict[str, Any] = {}
    for stage in schedule.stages:
        if stage.features is None:
            limit = 1 if stage.level == grammar.levels else all_or_some(grammar, stage.level + 1)
            tokens, parents = token_clusters(learner, grammar, stage.level, seed=seed, limit=limit)
            pair, partly = extreme_distances(tokens, parents), tokens.partly
            overlap, distance = _kernel_tolerances(stage, grammar.branching, *pair)
        else:
            overlap, distance, partly = _feature_tolerances(learner, grammar, stage.level, seed)
        required: dict[str, Any] = {
            "patches": chain.patches[stage.level - chain.first],
            "kappa": chain.kappa,
            "d_y": chain.classes,
            "epsilon": stage.tolerance,
        }
        found[_key(stage.level, "overlap")] = overlap / OVERLAP(**required)
        found[_key(stage.level, "spread")] = distance / SPREAD(**required)
        limit = all_or_some(grammar, stage.level)
        outputs = represent(learner, grammar, stage.level, seed=seed, limit=limit)
        q = patch_law(grammar, stage.level, signal=signal).posterior[outputs.patch]
        error = float(np.linalg.norm(outputs.embedding - q, axis=1).max())
        found[_key(stage.level, "error")] = error / required["epsilon"]
        found[_key(stage.level, "samples")] = stage.samples
        leaf = stage.level == grammar.levels
        width = grammar.vocabularies[-1] if leaf else signal.size(grammar, stage.level + 1)
        found[_key(stage.level, "features")] = _features_needed(
            stage,
            grammar.branching,
            width,
            parameters.delta,
            {"epsilon_O": OVERLAP(**required), "epsilon_S": SPREAD(**required)},
        )
        for part, why in zip(PARTS, (partly, partly, outputs.partly), strict=True):
            found[_partly(_key(stage.level, part))] = why
    return found


def _features_needed(
    stage: Stage, branching: int, width: int, delta: float, tolerances: dict[str, float]
) -> float:
    """M of Lemma 10, repaired, for patch embeddings with these ε_O and ε_S."""
    return lemma_10.FEATURES_REPAIRED(
        d_h=branching * width,
        feature_error=lemma_10.FEATURE_ERROR_REPAIRED(**tolerances),
        radius=math.sqrt(branching),  # of s tokens whose ‖h‖ is at most 1
        sigma=stage.bandwidth,
        delta=delta,
    )


def _kernel_tolerances(
    stage: Stage, branching: int, spread: float, apart: float
) -> tuple[float, float]:
    """(ε_O, ε_S) of the exact kernel at most, where ε̃_S = `spread` and ρ̃ = `apart`."""
    width = 2 * stage.bandwidth**2
    # 1 − e^(−x) without cancellation: the distances are far below the bandwidth.
    distance = math.sqrt(-2 * math.expm1(-branching * spread**2 / width))
    return math.exp(-(apart**2) / width), distance


def _feature_tolerances(
    learner: LayerwiseLearner, grammar: Grammar, level: int, seed: int
) -> tuple[float, float, str]:
    """(ε_O, ε_S) of a layer's random features over strings below its patches; why not over all."""
    import torch

    from layerproof.layerwise.network import FeatureLayer
    from layerproof.verify.measure.representations import strings_below

    layer = learner.layer(level)
    assert isinstance(layer, FeatureLayer)
    strings = strings_below(grammar, level, seed=seed)
    tokens = learner.embed(torch.from_numpy(strings.leaves).to(learner.device), level)
    x = layer.features(tokens.flatten(1)).cpu().numpy()
    same = strings.patch[:, None] == strings.patch[None, :]
    overlap = float(np.abs(x @ x.T).max(where=~same, initial=0.0))
    distance = float(scipy.spatial.distance.cdist(x, x).max(where=same, initial=0.0))
    return overlap, distance, strings.partly


class TheoremConstants(ConstantsOfChain[ChainParameters]):
    """R26's own theorem: the label, and the chain of Lemma 11 from ε_*^(1) down."""

    id = "theorem-7-constants"
    statement = THEOREM_7.id
    turned_by = ("ambiguous-rules", "dead-symbol", "identical-parents")
    parameters = ChainParameters

    def schedule(self, grammar: Grammar, parameters: ChainParameters, form: FormName) -> Schedule:
        """Lemma 11, level by level."""
        return lemma_11(chain_of(grammar), form, delta=parameters.delta)


CHECKS = (TheoremConstants(),)
