"""How a check answers the hypotheses of its statement, and the answers that many checks share.

A premise is a condition with an id; why it fails on an instance is a sentence, empty where it
holds. Nothing is judged where one fails.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from layerproof.theory.assumptions import AssumptionReport, assumptions
from layerproof.theory.grammar import Grammar
from layerproof.theory.population import equally_likely_first, patch_law
from layerproof.theory.thresholds import outside_claimed_sizes

UNIFORM_FIRST_TOKEN = "uniform-first-token"
UNIFORM = "uniform"


@dataclass(frozen=True, eq=False)
class Instance:
    """What a premise is measured on: the parameters, the form, and the grammar that they give."""

    parameters: Any
    form: str
    draw: Callable[[], Grammar]

    @cached_property
    def grammar(self) -> Grammar:
        """The trial's grammar, drawn or read when it is first asked for."""
        return self.draw()

    @property
    def drawn(self) -> Grammar | None:
        """The grammar where some premise has asked for it: large ones are not drawn for nothing."""
        return self.__dict__.get("grammar")

    @cached_property
    def report(self) -> AssumptionReport:
        """Definition 4 and Assumption 6 on the grammar."""
        return assumptions(self.grammar)

    def sentences(self, identifier: str) -> str:
        """Why Definition 4 or a part of Assumption 6 fails."""
        return " ".join(self.report.failures[identifier])


Why = Callable[[Instance], str]


@dataclass(frozen=True)
class OnParameters:
    """Measured on parameters and form: nothing is drawn where it fails."""

    why: Why


@dataclass(frozen=True)
class OnGrammar:
    """Measured on the grammar of each trial, before anything is trained on it."""

    why: Why


@dataclass(frozen=True)
class InTrial:
    """Measured by the trial on what it builds or trains: its outcome has a premise of this id."""


@dataclass(frozen=True)
class Given:
    """Met by everything that the check can look at, whatever its parameters; `reason` says how."""

    reason: str


Answer = OnParameters | OnGrammar | InTrial | Given
Answers = Mapping[str, Answer | tuple[Answer, ...]]
"""Premise → how it is answered, by all of several answers where one is not enough."""


def drawn_from(name: str, *, weighted: bool = False, file: bool = False) -> OnParameters:
    """Whether the grammars are draws of the ensemble `name`.

    With `weighted`, also of the same rules under Zipf's law; with `file`, or one grammar of a file,
    whose own laws are then used.
    """

    def why(instance: Instance) -> str:
        found = instance.parameters
        if found.grammar is not None:
            told = f"how a grammar was drawn is not seen from it; the ensemble is {name}"
            return "" if file else told
        if found.ensemble != name:
            return f"grammars are drawn from the ensemble {found.ensemble}, not from {name}"
        if (found.zipf or found.label_zipf) and not weighted:
            return (
                f"rules or labels have Zipf's weights; in the ensemble {name} they have equal ones"
            )
        return ""

    return OnParameters(why)


def even(instance: Instance) -> str:
    """Whether rules and labels are equally likely, rules of one number, no patch of two parents.

    Definition 4, but that there may be more or fewer labels than tokens, as in every ensemble.
    """
    grammar = instance.grammar
    if grammar.probabilities is not None or (grammar.label_prior != grammar.label_prior[0]).any():
        return "the rules of a symbol, or the labels, are not equally likely"
    if grammar.rules_per_symbol is None or grammar.vocabulary is None:
        return "levels differ in their number of tokens, or symbols in their number of rules"
    return non_ambiguous(instance)


def first_tokens_even(instance: Instance) -> str:
    """Whether a grammar could be a draw of the uniform-first-token ensemble.

    Besides :func:`even`, every token of a level is the first one of equally many patches. So it is
    on every draw, until a control changes it.
    """
    if why := even(instance):
        return why
    for level, rules in enumerate(instance.grammar.rules, start=1):
        first = np.concatenate([patches[:, 0] for patches in rules])
        counts = np.bincount(first, minlength=instance.grammar.vocabularies[level])
        if counts.min() < counts.max():
            return (
                f"Level {level}: tokens come first in {counts.min()} to {counts.max()} patches; in"
                " the uniform-first-token ensemble all do in equally many."
            )
    return ""


def non_ambiguous(instance: Instance) -> str:
    """Whether no patch has two parents; nothing else of Definition 4."""
    if instance.grammar.is_nonambiguous:
        return ""
    return next(r for r in instance.report.failures["R26.definition-4"] if "ambiguous" in r)


def definition_4(instance: Instance) -> str:
    """Definition 4 in full, sentence by sentence."""
    grammar = instance.grammar
    # The report looks at the laws of all levels, which takes long on large grammars.
    if grammar.is_uniform and grammar.is_nonambiguous:
        return ""
    return instance.sentences("R26.definition-4") or "the grammar is not uniform and non-ambiguous"


def kappa_is_one(instance: Instance) -> str:
    """Whether all patches of every level come first with one probability."""
    if not first_tokens_even(instance):
        return ""  # equal numbers of equal rules, all the way down
    for level in range(1, instance.grammar.levels + 1):
        law = patch_law(instance.grammar, level)
        if not (law.can_come_first.all() and equally_likely_first(law)):
            found = instance.report.levels[level - 1].kappa
            return f"Level {level}: κ is {found:.10g}, and has to be 1."
    return ""


def at_least_as_stated(instance: Instance) -> str:
    """Whether N is no less than the N of the form, of which it is `multiple` times."""
    multiple = instance.parameters.multiple
    return "" if multiple >= 1 else f"N is {multiple:g} of what the statement asks for"


SHARED: Answers = {
    "R26.definition-3": Given("a grammar is checked when it is made"),
    "R26.definition-4": OnGrammar(definition_4),
    "R26.assumption-6a": OnGrammar(lambda instance: instance.sentences("R26.assumption-6a")),
    "R26.assumption-6b": OnGrammar(lambda instance: instance.sentences("R26.assumption-6b")),
    "R26.assumption-9": InTrial(),
    "R26.assumption-13": InTrial(),
    "grammar.non-ambiguous": OnGrammar(non_ambiguous),
    "kappa.one": OnGrammar(kappa_is_one),
    "ensemble.uniform-first-token": (
        drawn_from(UNIFORM_FIRST_TOKEN),
        OnGrammar(first_tokens_even),
    ),
    "ensemble.uniform": (drawn_from(UNIFORM), OnGrammar(even)),
    "rules.zipf": Given("rules and labels are weighted by the exponents of the parameters"),
    "sizes.threshold": OnGrammar(lambda instance: outside_claimed_sizes(instance.grammar)),
    "samples.independent": Given("counts and strings are drawn from their law, independently"),
    "layers.trained": Given("the stages below get 1024 n m^l samples, or more by their own needs"),
    "training.practical": Given("the practical schedule, at the N^(l) of the statement"),
    "vector.centred": Given("vectors are built with sum 0"),
    "sizes.delta": Given("δ is the least that the reading with C, or the repaired bound, allows"),
    "ridge": Given("λ_W is 1/|P_l|, a constant of the check"),
    "descent.from-zero": Given("the descent begins at W = 0"),
}
"""Answers of every check that gives none of its own."""

LEARNABLE: Answers = {
    "R26.definition-4": InTrial(),
    "R26.assumption-6a": InTrial(),
    "R26.assumption-6b": InTrial(),
}
"""Of checks that draw until a grammar meets all three, and say so where none does."""

NOTHING_DRAWN = "no grammar is drawn: the law itself is listed"
