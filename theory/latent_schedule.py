"""The schedule of a learner that is taught by its own latents, and what its last stage costs."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal, get_args

from layerproof.theory.errors import InputError, whole_number
from layerproof.theory.grammar import Grammar
from layerproof.theory.schedule import Schedule, practical
from layerproof.theory.signals import signal_named
from layerproof.theory.signals.few_labels import few_labels

TargetName = Literal["whitened", "raw", "clustered"]
"""What a stage makes of the latents below before it predicts them; the first unless given."""
TARGET_NAMES: tuple[TargetName, ...] = get_args(TargetName)

MOST_LABELS = 10_000_000
MULTIPLE = 64.0
"""Strings of a stage in units of V m³/(1 − f), unless given."""


def check_own_latents(grammar: Grammar) -> None:
    """Raise InputError where a learner cannot teach itself.

    It needs two levels, two tokens a patch, as many symbols at every level below the label, which
    the embeddings all have for coordinates, and tuples that are no patches: where every tuple is
    one, tokens of a string do not depend on one another in any ensemble that is uniform.
    """
    few_labels(signal_named("own-latent"), grammar)
    if len(set(grammar.vocabularies[1:])) > 1:
        allowed = "one number of symbols at all levels below the label, for own latents"
        raise InputError("vocabularies", list(grammar.vocabularies), allowed)
    for level in range(1, grammar.levels):
        if grammatical_share(grammar, level) >= 1:
            allowed = "f < 1: where every tuple is a patch, no token of a string tells of another"
            raise InputError(f"f at level {level}", 1, allowed)


def grammatical_share(grammar: Grammar, level: int) -> float:
    """f: the share of tuples of level-`level` symbols that are patches."""
    tuples: int = grammar.vocabularies[level] ** grammar.branching
    return len(grammar.patches(level).patch) / tuples


def own_latent_schedule(
    grammar: Grammar,
    labels: int,
    *,
    multiple: float = MULTIPLE,
    samples_per_level: list[int] | None = None,
) -> Schedule:
    """X V m³/(1 − f) strings for every stage above 1, `labels` labelled ones for stage 1.

    Or, in place of X V m³/(1 − f), the samples of levels 1 to L, of which the first is `labels`.
    Raises InputError for numbers out of range, and what :func:`check_own_latents` refuses.
    """
    whole_number("labels", labels, minimum=1, maximum=MOST_LABELS)
    check_own_latents(grammar)
    samples = samples_per_level or [_samples(grammar, multiple)] * grammar.levels
    signal = few_labels(signal_named("own-latent"), grammar)
    found = practical(grammar, samples_per_level=[labels, *samples[1:]], signal=signal)
    return replace(found, name="own-latent")


def few_labels_accuracy(grammar: Grammar, labels: int) -> float | None:
    """What a reader of perfect level-1 tokens reaches on average with so many labelled strings.

    It answers a patch that it has seen by its label, and another by one fixed label, the best one.
    1 − (1 − 1/n)(1 − 1/(nm))^N where rules and labels are equally likely (`derived.few-labels`),
    and exact for others too. None where a patch has two labels.

    >>> from layerproof.theory.ensembles import draw
    >>> grammar = draw("uniform-first-token", V=16, m=4, s=2, L=3, seed=0)
    >>> round(few_labels_accuracy(grammar, 64), 4), round(1 - 15 / 16 * (1 - 1 / 64) ** 64, 4)
    (0.6578, 0.6578)
    """
    whole_number("labels", labels, minimum=1)
    law = grammar.patches(1).law  # (n, |P_1|)
    if ((law > 0).sum(axis=0) > 1).any():
        return None
    joint = grammar.label_prior[:, None] * law
    unseen = joint * (1 - joint) ** labels
    return float(joint.sum() - unseen.sum() + unseen.sum(axis=1).max())


def _samples(grammar: Grammar, multiple: float) -> int:
    if not 0 < multiple < math.inf:
        raise InputError("multiple", multiple, "a positive number")
    f = max(grammatical_share(grammar, level) for level in range(1, grammar.levels))
    count = multiple * grammar.vocabularies[-1] * grammar.mean_rules_per_symbol**3 / (1 - f)
    if count > 10**12:
        raise InputError("multiple", multiple, "so small that a stage has at most 10^12 strings")
    return max(1, math.ceil(count))
