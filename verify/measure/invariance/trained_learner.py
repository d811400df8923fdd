"""Per-layer invariance of a trained learner: what exchanging synonyms does to its embeddings.

The layer of level l maps level-l patches to embeddings of level-(l-1) tokens. Its *representations*
of a token are its outputs on all leaf strings below that token (R26 Assumption 9). Nothing here
changes the learner, its training or any global state: strings are drawn from streams of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from layerproof.layerwise.sampling.routes import Patches
from layerproof.layerwise.sampling.strings import sample_signal
from layerproof.layerwise.training import StageRecord, Training, checked_training
from layerproof.theory.errors import InputError
from layerproof.theory.formatting import figures, interval
from layerproof.theory.grammar import Grammar
from layerproof.theory.inflation import noise_inflation
from layerproof.theory.latent_schedule import few_labels_accuracy
from layerproof.theory.population import (
    PatchLaw,
    crossover_samples,
    equally_likely_first,
    patch_law,
)
from layerproof.theory.position_sharing import signal_shared_moments
from layerproof.theory.predictions import SENSITIVITY, count_correction
from layerproof.theory.readable import Readable, Sheet, SheetTable
from layerproof.theory.signals import LABEL, Signal, told_unreachable
from layerproof.theory.signals.few_labels import FewLabels
from layerproof.theory.statements.derived.sensitivity_in_training import SENSITIVITY_INFLATED
from layerproof.verify.measure.representations import (
    MOST_STRINGS,
    Learner,
    Representations,
    extreme_distances,
    represent,
)
from layerproof.verify.measure.synonyms import PairSums, pair_sums
from layerproof.verify.measure.told_apart import ToldApart, told_apart
from layerproof.verify.statistics import Interval, ThinEvidence, binomial_interval
from layerproof.verify.verdicts.layer_columns import (
    FLAG,
    NAMES,
    SENSITIVITY_OF,
    STAGE,
    TOLD_APART,
    cell,
    contradictions,
)

TEST_STRINGS = 10_000
"""Fresh strings that an accuracy is measured on, by default."""


@dataclass(frozen=True)
class LevelInvariance:
    """How invariant the layer of `level` is to exchanging synonyms.

    `intracluster` ε̃_S: largest distance between two representations of one level-(level-1) token.
    `intercluster` ρ̃: smallest between representations of two such tokens (inf for one token).
    `max_error`: largest ‖h - q_μ‖ over patches μ that can come first and strings below them; None
    where the learner made its targets itself, and no law says what they are.
    `sensitivity`: the synonym sensitivity, with `sensitivity_interval` at one learner, by the
    jackknife over parents; None where there is no pair, or too few parents, to take it from, the
    interval also where synonyms differ by rounding alone: the sensitivity is then 0.
    `predicted`: 1/(1 + N/N_×) with the instance's own N_×; None where N is not known, and where
    the signal tells synonyms apart, which no number of samples then makes one.
    `predicted_in_training`: the same with the noise of few samples a patch and of the levels below,
    `derived.sensitivity-in-training` as repaired; None where its hypotheses do not hold.
    `representations`: how many strings were looked at; `exhaustive`: whether that is all of them.
    Where it is not, `intracluster` and `max_error` are lower bounds and `intercluster` an upper.
    `told_apart`: the share of strings that lie nearest to their own token's other patches; None
    where no token has two patches.
    """

    level: int
    intracluster: float
    intercluster: float
    max_error: float | None
    sensitivity: float | None
    sensitivity_interval: Interval | None
    predicted: float | None
    predicted_in_training: float | None
    representations: int
    exhaustive: bool
    told_apart: ToldApart | None = None

    def to_dict(self) -> dict[str, Any]:
        """The level's part of `train --json`."""
        limits = self.sensitivity_interval
        sensitivity = None
        if self.sensitivity is not None:
            sensitivity = {
                "measured": self.sensitivity,
                "interval": None if limits is None else list(limits.limits),
                "predicted": self.predicted,
                "predicted_in_training": self.predicted_in_training,
            }
        return {
            "level": self.level,
            "intracluster": self.intracluster,
            "intercluster": self.intercluster,
            "max_error": self.max_error,
            "synonym_sensitivity": sensitivity,
            **self._accuracy(),
            "representations": self.representations,
            "exhaustive": self.exhaustive,
        }

    def _accuracy(self) -> dict[str, Any]:
        found = self.told_apart
        if found is None:
            return {"accuracy": None, "accuracy_interval": None, "chance": None}
        limits = list(found.limits)
        return {"accuracy": found.share, "accuracy_interval": limits, "chance": found.chance}


@dataclass(frozen=True)
class InvarianceReport(Readable):
    """A trained learner, level by level, and how often it guesses its signal on fresh strings.

    `accuracy` is None where the learner is not trained up to the first level that its signal
    teaches (1 for the label), and for a signal that no string tells; `chance` is what a guess that
    reads nothing reaches. `few_labels_accuracy` is that of perfect level-1 tokens with as many
    labels, where stage 1 alone had labels (`derived.few-labels`). `unreachable_levels` says of the
    levels that the signal does not teach why; `unpredicted`, why no curve S(N) is predicted.
    """

    levels: tuple[LevelInvariance, ...]
    stages: Mapping[int, StageRecord]
    accuracy: Interval | None
    signal: Signal = LABEL
    unreachable_levels: Mapping[int, str] = field(default_factory=dict)
    labels: int | None = None
    chance: float | None = None
    few_labels_accuracy: float | None = None
    unpredicted: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The document of `train --json`; infinities are floats (`layerproof.theory.jsonable`)."""
        right = self.accuracy
        return {
            "accuracy": None if right is None else right.estimate,
            "accuracy_interval": None if right is None else list(right.limits),
            "chance": self.chance,
            "few_labels_accuracy": self.few_labels_accuracy,
            "signal": self.signal.name,
            "labels": self.labels,
            "unpredicted": self.unpredicted or None,
            "levels": [self._level(level) for level in self.levels],
            "unreachable_levels": told_unreachable(self.unreachable_levels),
        }

    def sheet(self) -> Sheet:
        """What `print` and notebooks show: accuracy, two tables, and what contradicts."""
        found = self.to_dict()["levels"]
        limits = None if self.accuracy is None else self.accuracy.limits
        right = None if self.accuracy is None else self.accuracy.estimate
        facts = {
            "signal": self.signal.name,
            "accuracy": f"{figures(right)} {interval(limits)}",
            "chance": figures(self.chance),
        }
        flat = [level | (level["synonym_sensitivity"] or {}) for level in found]
        tables = [
            SheetTable(
                [NAMES[key] for key in keys],
                [[cell(key, level.get(key)) for key in keys] for level in flat],
            )
            for keys in (STAGE, SENSITIVITY_OF, TOLD_APART)
        ]
        missing = [f"Level {level}: {why}" for level, why in self.unreachable_levels.items()]
        notes = [f"{FLAG} {told}" for told in contradictions(found)]
        notes += [self.unpredicted] if self.unpredicted else []
        return Sheet("Invariance of a trained learner", facts, tables, [*notes, *missing])

    def _level(self, level: LevelInvariance) -> dict[str, Any]:
        stage, found = self.stages[level.level], level.to_dict()
        run = {"samples": stage.samples, "seconds": stage.seconds, "loss": stage.loss}
        return {"level": found.pop("level"), **run, **found}


def invariance_report(
    training: Training,
    *,
    seed: int,
    strings: int = TEST_STRINGS,
    limit: int = MOST_STRINGS,
    confidence: float = 0.95,
    progress: Callable[[float], None] = lambda fraction: None,
) -> InvarianceReport:
    """Measure every trained level, and the accuracy on `strings` fresh strings.

    `limit` is about how many leaf strings each level is measured on, where it has more. Every
    interval is at `confidence` by itself. `progress` is told the share of levels that is done.
    Raises InputError for sizes that are not positive.
    """
    learner, grammar = checked_training(training).learner, training.grammar
    signal = training.signal
    stages = {stage.level: stage for stage in training.stages}
    inflation = _inflation(training, seed)
    levels = []
    for done, level in enumerate(sorted(stages), start=1):
        found = level_invariance(
            learner,
            grammar,
            level,
            seed=seed,
            trained_on=TrainedOn(
                stages[level].samples,
                signal,
                training.patches,
                inflation.get(level),
                own_targets=training.target is not None and 1 < level < grammar.levels,
            ),
            limit=limit,
            confidence=confidence,
        )
        levels.append(found)
        progress(done / len(stages))
    right, first = None, signal.taught(grammar)[0]
    told = signal.origins(grammar) or "same strings" not in signal.broken(grammar, first)
    if first in stages and told:
        right = accuracy(
            learner, grammar, signal, strings=strings, seed=seed, confidence=confidence
        )
    missing = signal.unreachable_levels(grammar)
    labels = training.labels
    return InvarianceReport(
        tuple(levels), stages, right, signal, missing, labels,
        chance=None if right is None else _chance(grammar, signal, first),
        few_labels_accuracy=None if labels is None else few_labels_accuracy(grammar, labels),
        unpredicted=_unpredicted(grammar, signal, stages),
    )  # fmt: skip


def _chance(grammar: Grammar, signal: Signal, level: int) -> float:
    """How often the signal has its most frequent value, on the strings that it is told with."""
    if origins := signal.origins(grammar):
        return 1 / len(origins)
    joint = signal.joint(grammar, level)
    return float(joint.sum(axis=0).max() / joint.sum())


def _unpredicted(grammar: Grammar, signal: Signal, levels: Iterable[int]) -> str:
    """Why S(N) = 1/(1 + N/N_×) says nothing of a signal; empty where it may."""
    broken = {level: signal.broken(grammar, level).get("synonym-blind") for level in sorted(levels)}
    where = [str(level) for level, reason in broken.items() if reason]
    if not where:
        return ""
    reason = next(filter(None, broken.values()))
    return (
        f"{signal.name} tells synonyms apart at level{'s' * (len(where) > 1)} {', '.join(where)}:"
        f" {reason}. No S(N) is predicted there, for no number of samples makes them one."
    )


def _inflation(training: Training, seed: int) -> dict[int, float]:
    """I of every level, where the hypotheses of `derived.sensitivity-in-training` hold.

    Patches are equally likely, and the layers have the exact kernel and a signal that breaks no
    premise.
    """
    grammar, schedule, signal = training.grammar, training.schedule, training.signal
    broken = any(signal.broken(grammar, stage.level) for stage in schedule.stages)
    plain = training.patches == "first" and training.target is None and not broken
    exact = all(stage.features is None for stage in schedule.stages)
    if not (plain and exact and grammar.is_uniform and grammar.is_nonambiguous):
        return {}
    if not all(equally_likely_first(patch_law(grammar, s.level)) for s in schedule.stages):
        return {}
    try:
        return noise_inflation(grammar, schedule, signal=signal, seed=seed)
    except InputError:  # patches have too many variants
        return {}


@dataclass(frozen=True)
class TrainedOn:
    """What the layer of a level was trained on: that many samples of a signal.

    A layer trained on all `patches` is compared with the mean law over positions. `inflation` is I
    of :mod:`layerproof.theory.inflation`, where it is known. With `own_targets`, the samples showed
    what the learner had made of the signal itself, and nothing is predicted.
    """

    samples: int | None
    signal: Signal = LABEL
    patches: Patches = "first"
    inflation: float | None = None
    own_targets: bool = False


def level_invariance(
    learner: Learner,
    grammar: Grammar,
    level: int,
    *,
    seed: int,
    trained_on: TrainedOn | None = None,
    limit: int = MOST_STRINGS,
    confidence: float = 0.95,
) -> LevelInvariance:
    """Measure the layer of `level` (1, …, L), which was `trained_on` these samples.

    Without them nothing is predicted, and the signal is the label. A layer trained on all patches
    is compared with the mean law over positions. Nothing is predicted for a signal that tells
    synonyms apart, nor for all patches and one whose noise over positions is not known. Raises
    InputError for a level that is not trained.
    """
    given = trained_on or TrainedOn(None)
    found = represent(learner, grammar, level, seed=seed, limit=limit)
    shared = given.patches == "all"
    law = patch_law(grammar, level, None if shared else 0, given.signal)
    sums = pair_sums(law, found.embedding, found.patch, found.weight)
    intracluster, intercluster = extreme_distances(found, law.parent_mask)
    predicted = in_training = None
    crossover = None if given.own_targets else _crossover(law)
    if given.samples is not None and crossover is not None:
        predicted = SENSITIVITY(N=given.samples, crossover=crossover)
        if given.inflation is not None:
            in_training = SENSITIVITY_INFLATED(
                N=given.samples, crossover=crossover, inflation=given.inflation,
                count_correction=count_correction(given.samples, 1.0 / len(law.patch)),
            )  # fmt: skip
    try:
        sensitivity = sums.sensitivity
    except ThinEvidence:
        sensitivity = None
    return LevelInvariance(
        level=level,
        intracluster=intracluster,
        intercluster=intercluster,
        max_error=None if given.own_targets else _max_error(found, law),
        sensitivity=sensitivity,
        sensitivity_interval=_interval_or_none(sums, confidence),
        predicted=None if sensitivity is None else predicted,
        predicted_in_training=None if sensitivity is None else in_training,
        representations=len(found.embedding),
        exhaustive=found.exhaustive,
        told_apart=told_apart(found, law, confidence),
    )


def _crossover(law: PatchLaw) -> float | None:
    """N_× of the curve 1/(1 + N/N_×), where noise alone keeps synonyms apart; None elsewhere."""
    if "synonym-blind" in law.signal.broken(law.grammar, law.level):
        return None
    if law.position is not None:
        return crossover_samples(law)
    try:
        return signal_shared_moments(law.grammar, law.level, law.signal).crossover
    except InputError:
        return None


def cluster_distances(
    learner: Learner,
    grammar: Grammar,
    level: int,
    *,
    seed: int,
    limit: int = MOST_STRINGS,
    merged: tuple[int, int] | None = None,
) -> tuple[float, float]:
    """(ε̃_S, ρ̃) of the level-`level` tokens, level 0, …, L (R26 Assumption 9).

    At level L tokens are one-hot: ε̃_S = 0, ρ̃ = √2. `merged` is for the negative control: the
    second token is measured as if the learner had given it the representations of the first. Where
    there are more than `limit` strings ε̃_S is a lower bound and ρ̃ an upper one.
    """
    return extreme_distances(
        *token_clusters(learner, grammar, level, seed=seed, limit=limit), merged
    )


def token_clusters(
    learner: Learner, grammar: Grammar, level: int, *, seed: int, limit: int = MOST_STRINGS
) -> tuple[Representations, NDArray[np.bool_]]:
    """What `extreme_distances` takes for the level-`level` tokens, level 0, …, L."""
    if level == grammar.levels:
        tokens = np.eye(grammar.vocabularies[-1])
        every = np.arange(len(tokens))
        found = Representations(level + 1, tokens, every, np.ones(len(tokens)))
        return found, np.eye(len(tokens), dtype=bool)
    found = represent(learner, grammar, level + 1, seed=seed, limit=limit)
    return found, grammar.patches(level + 1).law.T > 0


def synonym_mean_squares(
    learner: Learner,
    grammar: Grammar,
    level: int,
    *,
    seed: int,
    limit: int = MOST_STRINGS,
    law: PatchLaw | None = None,
) -> tuple[float, float]:
    """Mean ‖h_μ - h_μ'‖² over pairs of synonyms and of non-synonyms, of the layer of `level`.

    Pairs of level-`level` patches that can come first, each counted alike, and averaged over
    independent leaf strings below the two patches, by their probabilities: what the levels below
    add is in it. Without bias where strings are sampled, since two patches' samples are
    independent.

    Pairs are those of `law`, by default the law of the first patch. Raises ThinEvidence where there
    is no pair of one of the two kinds.
    """
    found = represent(learner, grammar, level, seed=seed, limit=limit)
    sums = pair_sums(law or patch_law(grammar, level), found.embedding, found.patch, found.weight)
    return sums.synonyms, sums.non_synonyms


def accuracy(
    learner: Learner,
    grammar: Grammar,
    signal: Signal = LABEL,
    *,
    strings: int = TEST_STRINGS,
    seed: int,
    confidence: float = 0.95,
) -> Interval:
    """The share of fresh strings whose signal has the largest output, with its exact interval.

    The output is that of the first level that the signal teaches: of the label, of the whole
    string. The strings come from a stream that no stage of training draws from. Raises InputError
    where `strings` is not positive or the learner is not trained up to that level.
    """
    right, level = 0, signal.taught(grammar)[0]
    if level == 1 and isinstance(signal, FewLabels):
        signal = LABEL
    width = grammar.leaves_below(level)
    fresh = sample_signal(grammar, strings, signal, level, seed=seed, device=learner.device)
    with torch.no_grad():
        for leaves, values in fresh:
            guess = learner.embed(leaves[:, :width], level - 1)[:, 0].argmax(dim=1)
            right += int((guess == values).sum())
    return binomial_interval(right, strings, confidence)


def _max_error(found: Representations, law: PatchLaw) -> float:
    first = law.can_come_first[found.patch]
    error = found.embedding[first] - law.posterior[found.patch[first]]
    return float(np.sqrt(np.sum(error**2, axis=1)).max())


def _interval_or_none(sums: PairSums, confidence: float) -> Interval | None:
    try:
        return sums.interval(confidence)
    except ThinEvidence:
        return None
