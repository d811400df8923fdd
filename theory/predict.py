"""What theory says before anything is trained: the document behind ``layerproof predict``.

For an ensemble the numbers come from the formulas of :mod:`layerproof.theory.predictions`; for one
grammar they are that grammar's own exact values, with the ensemble's beside them where they exist.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any

import numpy as np

from layerproof.theory.costs import (
    MOST_LEARNER_SECONDS,
    MOST_LEVELS,
    Extent,
    learner_seconds,
    variants,
)
from layerproof.theory.ensembles import DEFAULT, ENSEMBLES, Averages, Ensemble, ensemble_of
from layerproof.theory.ensembles.base import AVERAGED
from layerproof.theory.errors import InputError, whole_number
from layerproof.theory.formatting import figures
from layerproof.theory.formula import Formula
from layerproof.theory.grammar import Grammar, checked_grammar
from layerproof.theory.grammar_checks import is_constant
from layerproof.theory.jsonable import LARGEST_EXACT
from layerproof.theory.latex_text import number_to_latex
from layerproof.theory.population import (
    PatchLaw,
    crossover_samples,
    mean_square_norm,
    mean_square_separation,
    patch_law,
)
from layerproof.theory.predictions import (
    FORMULAS,
    P_MAX,
    PATCHES,
    THRESHOLD,
)
from layerproof.theory.schedule import Chain, chain_of, lemma_11_samples
from layerproof.theory.sheets import PredictionDocument
from layerproof.theory.signals import LABEL, Signal, signal_named, told_unreachable
from layerproof.theory.signals.base import TreeShape
from layerproof.theory.statements.derived.position_sharing import SHARING_GAIN
from layerproof.theory.statements.ren2026.proposition_19 import SEPARATION

LONGEST_NUMBER = 100_000
"""Digits up to which P_max is written out; longer ones are given as a product of powers."""

RESOLVED = 100.0
"""A typical separation is told from rounding where it is larger by this factor."""

DELTA = 0.1
"""Failure probability behind the theorem's sample sizes."""

Level = dict[str, Any]

UNKNOWN_SAMPLES: Level = {"theorem_samples": {"printed": None, "repaired": None}}
"""Where no separation is proven."""


def predict_ensemble(ensemble: Ensemble, signal: Signal = LABEL) -> PredictionDocument:
    """Averages over an ensemble, level by level, and by `accuracy` how far off they may be.

    "exact" for "uniform-first-token", but for signals on ways both up and down the tree
    (`derived.path-law`). For "uniform" it says "leading order": within about 4 % at m = 8, 30 % at
    m = 4 and a factor 1.6 at m = 2 (see :mod:`layerproof.theory.predictions_uniform`). The
    theorem's sample sizes take κ = 1 and ρ^(l) from Proposition 19, which is about the
    uniform-first-token ensemble; in the other one κ has no finite mean; they are infinite where a
    double does not hold them. Of another `signal` than the label there are the levels that it
    teaches, without `threshold` and the theorem's sample sizes: no ρ^(l) is proven for it.
    `sharing_gain` is what a string is worth to a stage that learns from all its patches, in strings
    of which it sees the first (`derived.position-sharing`); null where it is not known.
    Raises InputError for sizes that the ensemble does not have, beyond MOST_LEVELS, and where its
    averages are not known.
    """
    ensemble.check()
    whole_number("levels", ensemble.levels, maximum=MOST_LEVELS)
    averages = signal.averages(ensemble)
    if averages is None:
        raise InputError("ensemble", ensemble.name, "one whose averages are known at these sizes")
    letters = {found.key: getattr(ensemble, found.name) for found in ensemble.size_fields()[:4]}
    sizes = letters | {"n": ensemble.top}
    numbers, of_label = signal.taught(ensemble), signal == LABEL
    samples = _theorem_samples(_ensemble_chain(ensemble, sizes)) if of_label else []
    own = {found.key: getattr(ensemble, found.name) for found in ensemble.own_fields()}
    covered = "" if averages.ensemble == DEFAULT else f" (for {DEFAULT})"
    found = {
        "parameters": letters | {"classes": ensemble.top, "ensemble": ensemble.name} | own,
        "basis": "ensemble",
        "accuracy": averages.accuracy,
        "signal": signal.name,
        "p_max": _p_max(sizes),
        "threshold": THRESHOLD.integer(**sizes) if of_label else None,
        "levels": [
            _ensemble_level(averages, level)
            | (samples[level - 1] if of_label else UNKNOWN_SAMPLES)
            | {"sharing_gain": _sharing_gain(ensemble, level, signal)}
            for level in numbers
        ],
        "unreachable_levels": told_unreachable(signal.unreachable_levels(ensemble)),
        "theorem": {
            "kappa": 1.0,
            "rho": f"R26 Proposition 19{covered}" if of_label else None,
            "delta": DELTA,
        },
    }
    return PredictionDocument(found)


def _ensemble_chain(ensemble: Ensemble, sizes: dict[str, int]) -> Chain:
    """The chain of stages of the label, with the separations of Proposition 19."""
    numbers = range(1, ensemble.levels + 1)
    return Chain(
        patches=tuple(PATCHES.integer(l=level, **sizes) for level in numbers),
        separations=tuple(SEPARATION(l=level, **sizes) for level in numbers),
        kappa=1.0,
        classes=ensemble.top,
        branching=ensemble.branching,
    )


def predict_instance(grammar: Grammar, signal: Signal = LABEL) -> PredictionDocument:
    """One grammar's exact separations, norms, crossovers and theorem sample sizes, by level.

    The theorem's sample sizes are infinite where Assumption 6 fails. `p_max` counts derivations of
    positive probability, which are the strings where the grammar is non-ambiguous (`p_max_counts`);
    it is null where they are too many to be counted. `threshold` is null where symbols have
    different numbers of rules. `learner` gives the multiple X of n m^l at which the layerwise
    learner is predicted to reach a tenth of chance (`derived.instance-threshold`), and
    `learner_samples` what that is at each level: with all levels at X together, and of each level
    alone where the others have plenty. They are infinite where no size is enough, and null where
    Definition 4 fails or there is one label, and where `learner` has the `reason`: it would take
    longer than MOST_LEARNER_SECONDS, or doubles do not tell close posteriors apart. Of own latents
    `target_cost` says how many times the strings they take as they are learned
    (`derived.target-cost`), for each treatment. How the time
    grows with the sizes stands in :mod:`layerproof.theory.costs`. Of another `signal` than the
    label there are the levels that it teaches, without `threshold` and `learner`, which are about
    the label. Raises InputError beyond the limits, and for a signal that teaches no level.
    """
    m = checked_grammar(grammar).rules_per_symbol
    sizes = {
        "V": grammar.vocabulary,
        "m": m,
        "s": grammar.branching,
        "L": grammar.levels,
        "n": grammar.classes,
    }
    chain, of_label = chain_of(grammar, signal), signal == LABEL
    samples = _theorem_samples(chain)
    learner, needed = _learner(grammar, chain) if of_label else _no_learner(grammar)
    learner |= {} if of_label else {"reason": "they are those of the label"}
    averages = _averages_beside(grammar) if of_label else None
    costs = _target_costs(grammar) if signal.name == "own-latent" else {}
    found = {
        "parameters": {key: sizes[key] for key in "VmsL"}
        | {"classes": grammar.classes, "vocabularies": list(grammar.vocabularies)},
        "basis": "instance",
        "digest": grammar.digest,
        "signal": signal.name,
        "p_max": _derivations(grammar, sizes),
        "p_max_counts": "strings" if grammar.is_nonambiguous else "derivations",
        "threshold": THRESHOLD.integer(**sizes) if of_label and m is not None else None,
        "learner": learner,
        "levels": [
            _instance_level(grammar, level, signal)
            | samples[level - chain.first]
            | {"learner_samples": needed[level - 1]}
            | {"sharing_gain": _sharing_gain(grammar, level, signal)}
            | ({"target_cost": costs[level]} if level in costs else {})
            | ({"ensemble": _ensemble_level(averages, level)} if averages else {})
            for level in signal.taught(grammar)
        ],
        "unreachable_levels": told_unreachable(signal.unreachable_levels(grammar)),
        "theorem": {"kappa": chain.kappa, "rho": "exact", "delta": DELTA},
    }
    return PredictionDocument(found)


def _no_learner(grammar: Grammar) -> tuple[dict[str, Any], list[Level]]:
    """What :func:`_learner` gives where nothing is predicted."""
    unknown = {"error": None, "multiple": None, "attainable": None}
    return unknown, [{"together": None, "alone": None}] * grammar.levels


def _averages_beside(grammar: Grammar) -> Averages | None:
    """The averages of the default ensemble at a grammar's sizes, where its laws are uniform too."""
    equal = grammar.probabilities is None and is_constant(grammar.label_prior)
    if grammar.rules_per_symbol is None or grammar.vocabulary is None or not equal:
        return None
    return ENSEMBLES[DEFAULT](
        vocabulary=grammar.vocabulary,
        rules=grammar.rules_per_symbol,
        branching=grammar.branching,
        levels=grammar.levels,
        classes=grammar.classes,
    ).averages()


def _learner(grammar: Grammar, chain: Chain) -> tuple[dict[str, Any], list[Level]]:
    """The error asked for, the X that reaches it, the best accuracy; the samples of each level.

    A `reason` where it is not computed although the hypotheses hold.
    """
    from layerproof.theory import thresholds  # here: a prediction for an ensemble does without them

    error, sizes = thresholds.success_error(grammar), thresholds.stage_sizes(grammar)
    nothing, empty = _no_learner(grammar)
    nothing["error"] = error
    if not (error > 0 and grammar.is_uniform and grammar.is_nonambiguous):
        return nothing, empty
    found, reason = thresholds.InstanceThreshold(grammar, thresholds.FORMULAS), ""
    try:
        hopeless = 1.0 - found.attainable > error  # and then there is nothing to compute
    except InputError as refusal:
        hopeless, reason = False, str(refusal)
    reason = reason or _too_close(grammar, chain) or ("" if hopeless else _too_large(grammar))
    if reason:
        return nothing | {"reason": reason}, empty
    multiple = found.multiple(error)
    told: dict[str, Any] = {"error": error, "multiple": multiple, "attainable": found.attainable}
    if caveat := thresholds.outside_claimed_sizes(grammar):
        told["caveat"] = caveat
    return told, [
        {
            "together": multiple * size,
            "alone": found.multiple(error, level) * size,
        }
        for level, size in enumerate(sizes, start=1)
    ]


def _too_large(grammar: Grammar) -> str:
    """Why the learner's threshold would take too long; empty where it does not."""
    extent = Extent.of(grammar)
    seconds = learner_seconds(extent)
    if seconds <= MOST_LEARNER_SECONDS:
        return ""
    return (
        f"with V = {max(extent.vocabularies)}, L = {extent.levels} and m^s = {variants(extent):.3g}"
        f" variants of a patch it would take about {seconds / 60:.3g} min;"
        f" at most {MOST_LEARNER_SECONDS / 60:.0f} are spent"
    )


def _too_close(grammar: Grammar, chain: Chain) -> str:
    """Why doubles do not tell which posteriors differ; empty where they do."""
    for level in range(1, grammar.levels + 1):
        law = patch_law(grammar, level)
        typical = math.sqrt(mean_square_separation(law))  # nan where there is one parent
        if _least_difference(law) > 2 * law.rounding:
            if typical <= law.rounding:  # all q are one, and so they are at all levels below
                return ""
        elif 0 < chain.separations[level - 1] <= law.rounding or typical < RESOLVED * law.rounding:
            return (
                f"at level {level} posteriors of non-synonyms are closer than"
                f" {law.rounding:.2g}, the rounding of doubles"
            )
    return ""


def _least_difference(law: PatchLaw) -> float:
    """What two posteriors of a uniform grammar differ by, at least, if they differ.

    A parent comes first with probability c/(n m^(l−1)), c a whole number, and q is a vector of
    whole numbers over c. Two over one c differ by √2/c or more, others by 1/(c c').
    """
    rules = law.grammar.mean_rules_per_symbol
    seen = law.probability[law.can_come_first]
    log_c = math.log(float(seen.max()) * law.grammar.classes) + law.level * math.log(rules)
    equal = float(np.ptp(seen)) <= 1e-9 * float(seen.max())
    return math.sqrt(2.0) * math.exp(-log_c) if equal else math.exp(-2.0 * log_c)


def latex_document(document: dict[str, Any]) -> str:
    """The formulas with their sources, and the level table, as a LaTeX fragment."""
    formulas = [
        f"% {formula.title} ({formula.source})\n\\[ {formula.latex()} \\]"
        for formula in _formulas(document)
    ]
    rows = [
        " & ".join(_latex_number(level[key]) for key in _COLUMNS) + r" \\"
        for level in document["levels"]
    ]
    return "\n".join(
        [
            *formulas,
            r"\begin{table}[htbp]",
            r"\centering",
            rf"\caption{{{_caption(document)}}}",
            r"\begin{tabular}{rrrr}",
            r"$l$ & $\mathbb{E}\|q-q'\|^2$ & $\mathbb{E}\|q\|^2$ & $N_\times^{(l)}$ \\ \hline",
            *rows,
            r"\end{tabular}",
            r"\end{table}",
        ]
    )


def _caption(document: dict[str, Any]) -> str:
    """What the table of levels holds, and of which sizes."""
    sizes = ((key, document["parameters"].get(key)) for key in "VmsL")
    told = ", ".join(
        f"${key}$ = {number_to_latex(figures(value))}" for key, value in sizes if value is not None
    )
    kind = "averages over the ensemble" if document["basis"] == "ensemble" else "exact values"
    return f"Separation, norm and crossover samples of every level $l$: {kind} at {told}."


def _formulas(document: dict[str, Any]) -> tuple[Formula, ...]:
    """The label's and what its ensemble adds; those of another signal over an ensemble."""
    averages, shared = None, FORMULAS if document["signal"] == LABEL.name else ()
    if document["basis"] == "ensemble":
        sizes = dict(document["parameters"])
        ensemble = ensemble_of(sizes.pop("ensemble"), sizes)
        averages = signal_named(document["signal"]).averages(ensemble)
    return (*shared, *(averages.formulas if averages else ()))


_COLUMNS = ("level", "mean_square_separation", "mean_square_norm", "crossover_samples")


def _latex_number(value: Any) -> str:
    if isinstance(value, int):
        return f"${value}$"
    if value is None or not math.isfinite(value):
        return r"$\infty$" if value == math.inf else "--"
    mantissa, exponent = f"{value:.4e}".split("e")
    if -3 <= int(exponent) < 6:
        return f"${value:.5g}$"
    return rf"${mantissa}\cdot 10^{{{int(exponent)}}}$"


def _ensemble_level(averages: Averages, level: int) -> Level:
    found = averages.of_level(level)
    return {"level": level} | {name: found.get(name) for name in AVERAGED}


def _target_costs(grammar: Grammar) -> dict[int, dict[str, float]]:
    """By level, what each treatment of own latents costs; none where there are no own latents."""
    from layerproof.theory.latent_schedule import TARGET_NAMES
    from layerproof.theory.target_cost import target_costs

    try:
        found = {target: target_costs(grammar, target) for target in TARGET_NAMES}
    except InputError:
        return {}
    return {
        level: {target: found[target][level - 2].cost for target in TARGET_NAMES}
        for level in range(2, grammar.levels + 1)
    }


def _sharing_gain(shape: TreeShape, level: int, signal: Signal) -> float | None:
    """What learning from all patches is worth to leading order; None where it is not known."""
    ways = signal.ways(shape, level)
    return None if ways is None else SHARING_GAIN(s=shape.branching, l=level, ways=ways)


def _instance_level(grammar: Grammar, level: int, signal: Signal) -> Level:
    law = patch_law(grammar, level, signal=signal)
    separation = mean_square_separation(law)
    return {
        "level": level,
        "mean_square_separation": None if math.isnan(separation) else separation,
        "mean_square_norm": mean_square_norm(law),
        "crossover_samples": None if math.isnan(separation) else crossover_samples(law),
    }


def _theorem_samples(chain: Chain) -> Sequence[Level]:
    """N^(l) of both forms, levels 1 to L; infinite where the theorem or a double has it so."""
    found: list[Level] = [{"printed": math.inf, "repaired": math.inf} for _ in chain.patches]
    with suppress(InputError):
        for level, samples in enumerate(lemma_11_samples(chain, delta=DELTA)):
            found[level] = samples
    return [{"theorem_samples": samples} for samples in found]


def _derivations(grammar: Grammar, sizes: dict[str, Any]) -> int | str | None:
    """How many derivations have positive probability: P_max where all of m per symbol have."""
    laws = [grammar.label_prior, *(row for rows in grammar.probabilities or () for row in rows)]
    if sizes["m"] is not None and all(bool((law > 0).all()) for law in laws):
        return _p_max(sizes)
    try:
        return _count(grammar.derivations())
    except InputError:  # strings are too long
        return None


def _p_max(sizes: dict[str, Any]) -> int | str:
    """P_max, as :func:`_count` has it, or as a product where it has too many digits."""
    s, L, m, n = (sizes[key] for key in ("s", "L", "m", "n"))
    nodes = (s**L - 1) // (s - 1)
    if m > 1 and nodes > LONGEST_NUMBER / math.log10(m):
        return f"{n}*{m}^{_digits(nodes)}"
    return _count(P_MAX.integer(**sizes))


def _count(number: int) -> int | str:
    """A number up to 2^53; beyond, where JSON's readers would round, its digits."""
    return number if number <= LARGEST_EXACT else _digits(number)


def _digits(number: int) -> str:
    """A whole number in decimal digits, however many; str(int) stops at some thousand."""
    return str(Decimal(number))
