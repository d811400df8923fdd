"""What a trained denoiser has learned, as one document: estimates with their intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from torch import Tensor

from layerproof.layerwise.denoising import MaskingProcess
from layerproof.layerwise.generators import DenoiserTraining, random_shares
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.population import crossover_samples, patch_law
from layerproof.theory.signals import signal_named
from layerproof.verify.measure.generation import (
    Examiner,
    Prices,
    ValidRules,
    copies,
    share_of_the_law,
    valid_rules,
)
from layerproof.verify.statistics import (
    Interval,
    ThinEvidence,
    binomial_interval,
    mean_interval,
    ratio_interval,
)

CONFIDENCE = 0.95
EXAMINED, MADE = 4000, 2000
"""Fresh strings for the losses, and strings that are made."""
REVERSE_STEPS = 50
"""Of the reverse process of uniform and of Gaussian noise."""

SCHEMA = "layerproof/generation/1"
SIGNAL = "token"
"""What tells the patches of a level apart first: the nearest token outside."""


def generation_report(training: DenoiserTraining, seed: int) -> dict[str, Any]:
    """Losses, levels and generated strings of a training; everything random comes from `seed`."""
    plan, descent = training.plan, training.descent
    examiner = Examiner.of(training, seed)
    masking = isinstance(plan.process, MaskingProcess)
    lowest = descent.lowest
    return {
        "schema": SCHEMA,
        "grammar_digest": plan.grammar.digest,
        "seed": plan.seed,
        "noise": plan.noise,
        "loss": plan.objective.help,
        "unit": plan.objective.unit,
        "body": plan.body.name,
        "width": plan.body.width,
        "strings": None if plan.strings is None else len(plan.strings),
        "steps": descent.step,
        "best_step": None if lowest is None else lowest.step,
        "stopped_early": descent.stalled,
        "device": str(training.device),
        "history": [
            {"step": held.step, "loss": held.loss, "held_out": held.held_out}
            for held in descent.history
        ],
        "losses": _losses(examiner.losses(EXAMINED)),
        "levels": _levels(examiner) if masking else None,
        "generated": _generated(examiner, plan.strings),
    }


def _losses(prices: Prices) -> dict[str, Any]:
    return {
        "trained": _mean(prices.trained),
        "exact": _mean(prices.exact),
        "null": _mean(prices.null),
        "excess": _mean(prices.excess),
        "share_of_exact": _ratio(prices.excess, prices.exact),
    }


def _levels(examiner: Examiner) -> list[dict[str, Any]]:
    return [
        {
            "level": level,
            "strings_needed": needed(examiner.grammar, level),
            "excess": _mean(prices.excess),
            "null_excess": _mean(prices.missing),
            "missed": _ratio(prices.excess, prices.missing),
        }
        for level, prices in enumerate(examiner.levels(EXAMINED // 4), 1)
    ]


def needed(grammar: Grammar, level: int) -> float | None:
    """About from how many strings the rules of a level can be learned; None where none tells.

    A rule of level l speaks of tokens that show only as patches of level l + 1, which have to be
    grouped by parents first: the nearest token outside does that from its crossover on, V
    m^(L−l+2)/(1 − f) over the ensemble. That of this grammar is given. Tokens of leaf patches show
    themselves: the rules of level L only have to be seen, of which V m strings are enough.
    """
    if level == grammar.levels:
        return float(len(grammar.patches(level).patch))
    try:
        law = patch_law(grammar, level + 1, signal=signal_named(SIGNAL))
    except InputError:
        return None
    return float(crossover_samples(law))


def _generated(examiner: Examiner, strings: Tensor | None) -> dict[str, Any]:
    grammar = examiner.grammar
    made = examiner.strings(MADE, REVERSE_STEPS)
    trained = valid_rules(grammar, made)
    exact = valid_rules(grammar, examiner.exact_strings(MADE, REVERSE_STEPS))
    null: Sequence[tuple[float | None, float | None]]
    null = random_shares(grammar) or [(None, None)] * grammar.levels
    levels = [
        {
            "level": level,
            "valid": _valid(ours),
            "valid_exact": _valid(best),
            "valid_null": one,
            "whole": _share(ours.whole),
            "whole_exact": _share(best.whole),
            "whole_null": whole,
        }
        for level, (ours, best, (one, whole)) in enumerate(
            zip(trained, exact, null, strict=True), 1
        )
    ]
    found: dict[str, Any] = {"strings": MADE, "levels": levels, "copied": None}
    if strings is not None:
        law = share_of_the_law(grammar, strings)
        found["copied"] = _share(copies(made, strings)) | {"exact": law}
    return found


def _valid(rules: ValidRules) -> dict[str, Any]:
    """Valid patches among those that were asked; strings are independent, patches are not."""
    if not rules.asked.any():
        return {"estimate": None, "interval": None}
    if (rules.valid == rules.asked).all():  # nothing varies: strings that are wholly right
        share = binomial_interval(int(rules.asked.astype(bool).sum()), _asked(rules), CONFIDENCE)
        return {"estimate": 1.0, "interval": list(share.limits)}
    return _ratio(rules.valid, rules.asked)


def _asked(rules: ValidRules) -> int:
    return int((rules.asked > 0).sum())


def _mean(samples: ArrayLike) -> dict[str, Any]:
    return _told(lambda: mean_interval(samples, CONFIDENCE))


def _ratio(numerators: ArrayLike, denominators: ArrayLike) -> dict[str, Any]:
    return _told(lambda: ratio_interval(numerators, denominators, CONFIDENCE))


def _share(hits: ArrayLike) -> dict[str, Any]:
    found = np.asarray(hits)
    return _told(lambda: binomial_interval(int(found.sum()), len(found), CONFIDENCE))


def _told(interval: Callable[[], Interval]) -> dict[str, Any]:
    try:
        found = interval()
    except ThinEvidence as error:
        return {"estimate": error.estimate, "interval": None}
    limits = None if found.thin else list(found.limits)
    return {"estimate": found.estimate, "interval": limits}
