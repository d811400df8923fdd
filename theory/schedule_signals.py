"""The schedule of Theorem 7 for signals: what a signal's separations ask of every level."""

from __future__ import annotations

import math
from typing import Any

from layerproof.theory.errors import InputError
from layerproof.theory.formula import Formula
from layerproof.theory.grammar import Grammar
from layerproof.theory.schedule import LEAF_SEPARATION, Schedule, Stage, chain_of, check_chain
from layerproof.theory.signals import Signal
from layerproof.theory.statements.base import FormName
from layerproof.theory.statements.derived import theorem_7_signal as theorem
from layerproof.theory.statements.ren2026 import lemma_11, lemma_15, lemma_17

CONSTANT = 2000.0
"""C of the printed form: what Lemma 11 prints under the root of ε_*."""

PRINTED = {"tolerance": theorem.TOLERANCE, "level samples": theorem.LEVEL_SAMPLES}
REPAIRED = {
    "tolerance": theorem.TOLERANCE_REPAIRED,
    "level samples": theorem.LEVEL_SAMPLES_REPAIRED,
}


def theorem_7_signal(
    grammar: Grammar,
    signal: Signal,
    form: FormName,
    *,
    delta: float = 0.1,
    constant: float = CONSTANT,
    formulas: dict[str, Formula] | None = None,
) -> Schedule:
    """The stages that `derived.theorem-7-signal` asks for, at the levels that the signal teaches.

    ε^(l) and N^(l) are the statement's own (`formulas` by name, in place of those of the form),
    σ and T those of Lemmas 11 and 17 for them; the kernel is exact. `constant` is C of the printed
    form. Raises InputError where the grammar is not (V, m)-uniform, where κ is infinite or a
    separation zero, and where a sample size is larger than a double holds.
    """
    chain = chain_of(grammar, signal)
    check_chain(chain, delta, 0.09)
    if grammar.vocabulary is None or grammar.rules_per_symbol is None:
        raise InputError("grammar", "uneven", "one V and one m at all levels (Definition 4)")
    found = formulas or (PRINTED if form == "printed" else REPAIRED)
    shared: dict[str, Any] = {
        "V": grammar.vocabulary,
        "m": grammar.rules_per_symbol,
        "s": grammar.branching,
        "L": grammar.levels,
        "kappa": chain.kappa,
        "d_y": chain.classes,
        "delta": delta,
        "C": constant,
        "least_separation": min(chain.separations),
    }
    levels = range(chain.first, grammar.levels + 1)
    values = [
        shared | {"patches": patches, "rho": rho}
        for patches, rho in zip(chain.patches, chain.separations, strict=True)
    ]
    for one in values:
        one["epsilon"] = found["tolerance"](**one)
    stages = [
        _stage(level, one, below, form, found["level samples"])
        for level, one, below in zip(levels, values, [*values[1:], None], strict=True)
    ]
    return Schedule(f"theorem-7-signal, {form}", tuple(stages))


def _stage(
    level: int,
    values: dict[str, Any],
    below: dict[str, Any] | None,
    form: FormName,
    samples: Formula,
) -> Stage:
    """One stage, from its own letters and those of the level below; None at the leaves."""
    repaired = form == "repaired"
    apart = LEAF_SEPARATION if below is None else below["rho"]
    spread = 0.0 if below is None else below["epsilon"]
    count = samples(**values)
    if math.isinf(count):
        raise InputError(f"N at level {level}", count, "a number that a double holds")
    bandwidth = lemma_11.BANDWIDTH_REPAIRED if repaired else lemma_11.BANDWIDTH
    step = lemma_15.STEP_SIZE_REPAIRED if repaired else lemma_15.STEP_SIZE
    tokens = values | {"rho": apart, "token_separation": apart - 2 * spread}
    return Stage(
        level=level,
        samples=math.ceil(count),
        features=None,
        bandwidth=bandwidth(**tokens),
        ridge=lemma_17.RIDGE(**values),
        solver="gradient-descent",
        step_size=step(**values),
        steps=math.ceil(lemma_17.STEPS(**values)),
        tolerance=values["epsilon"],
    )
