"""Definitions 3 and 4, and Assumption 6 as a whole, on small instances that can be enumerated.

Definition 3 is a way to draw strings: what the package computes of its law, and what it samples, is
compared with a list of all derivations. Definition 4 is a property of a grammar: every part of it
is read off the grammar's rules and laws in rational arithmetic, also those of symbols that no
string has, and its consequence, that synonyms share q, off the list.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from pydantic import Field

from layerproof.theory.enumeration import (
    MOST_DERIVATIONS,
    Enumeration,
    enumerate_derivations,
)
from layerproof.theory.errors import InputError
from layerproof.theory.exact_law import ExactLaw, spread, square_root
from layerproof.theory.grammar import Grammar
from layerproof.theory.population import PatchLaw, joint_rounding, patch_law
from layerproof.theory.statements.ren2026.definition_4 import DEFINITION_3, DEFINITION_4
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Row, Trial, at_level
from layerproof.verify.statistics import compare_counts_with_law
from layerproof.verify.verdicts.claims import Claim, Identity, Nothing, SameLaw


class SmallParameters(InstanceParameters):
    """An instance of few derivations: n m^((s^L − 1)/(s − 1)) of them."""

    V: int = Field(3, ge=1, description="vocabulary size")
    m: int = Field(2, ge=1, description="rules per symbol")


class StringParameters(SmallParameters):
    """And how many strings are drawn, in each trial, to compare their law with the list."""

    strings: int = Field(4000, ge=1, description="sampled strings a trial")


class StringLaw(Check[StringParameters]):
    """Definition 3: first-patch laws by matrix products, and sampled strings, against the list."""

    id = "definition-3"
    statement = DEFINITION_3.id
    quantity = "law of the string and of its first patches"
    parameters = StringParameters
    needs_torch = True

    def rows(self, parameters: StringParameters) -> Sequence[Row]:
        """The first patches of every level, then whole strings with their labels."""
        levels = range(1, parameters.depth + 1)
        return [*({"of": "first patches", "level": level} for level in levels), {"of": "strings"}]

    def trial(self, parameters: StringParameters, trial: Trial) -> Outcome:
        """The largest deviation of a level's law, and the p-value of the sampled strings."""
        grammar = trial.grammar(parameters)
        listed = _listed(grammar)
        if listed is None:
            return Outcome({})
        values: dict[str, Any] = {"derivations": len(listed.derivations)}
        for level in range(1, grammar.levels + 1):
            law = patch_law(grammar, level)
            values[str(level)] = (_deviation(law, listed), joint_rounding(grammar, level))
        values["strings"] = _string_counts(grammar, listed, parameters.strings, trial)
        return Outcome(values)

    def claim(
        self, parameters: StringParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Claim:
        """The largest deviation over the trials; or all strings of all trials in one test.

        Each grammar's cells are cells of their own, and each has the same share of the strings.
        That every grammar's number of strings is fixed makes the test conservative, by one degree
        of freedom a trial.
        """
        if not all(outcome.values for outcome in outcomes):
            return TOO_LONG
        if row["of"] == "strings":
            counts = [count for outcome in outcomes for count in outcome.values["strings"][0]]
            law = [share for outcome in outcomes for share in outcome.values["strings"][1]]
            shares = np.array(law) / len(outcomes)
            return SameLaw(compare_counts_with_law(counts, shares, 0.95), trials=len(outcomes))
        found = at_level(outcomes, row["level"])
        deviation, rounding = max(found, key=lambda pair: pair[0] / pair[1])
        return Identity(deviation, rounding, examined=len(outcomes))


TOO_LONG = Nothing("the grammar has too many derivations to list", premise_failed=True)


def _can_be_listed(grammar: Grammar) -> bool:
    try:
        return grammar.derivations() <= MOST_DERIVATIONS
    except InputError:
        return False


def _listed(grammar: Grammar) -> Enumeration | None:
    """All derivations; None where they are too many."""
    try:
        return enumerate_derivations(grammar)
    except InputError:
        return None


def _deviation(law: PatchLaw, listed: Enumeration) -> float:
    """The largest |P[μ, ζ] − the listed one| over all patches and labels."""
    joint = listed.first_patches(law.level)
    worst = Fraction(0)
    for index, row in enumerate(law.joint):
        exact = joint.get(law.tokens(index), {})
        for label, value in enumerate(row):
            worst = max(worst, abs(Fraction(float(value)) - exact.get(label, Fraction(0))))
    missing = set(joint).difference(law.tokens(index) for index in range(len(law.patch)))
    return max(float(worst), float(len(missing)))


def _string_counts(
    grammar: Grammar, listed: Enumeration, strings: int, trial: Trial
) -> tuple[list[int], list[float]]:
    """How often each listed string was drawn with each label, and its listed probability.

    A string that is not on the list is counted in a last cell of probability 0.
    """
    from layerproof.layerwise.sampling.strings import sample_strings

    cells = {key: index for index, key in enumerate(listed.strings)}
    counts = [0] * (len(cells) + 1)
    for leaves, labels in sample_strings(grammar, strings, seed=trial.derive("strings")):
        for string, label in zip(leaves.tolist(), labels.tolist(), strict=True):
            counts[cells.get((tuple(string), label), len(cells))] += 1
    return counts, [*(float(share) for share in listed.strings.values()), 0.0]


class UniformNonAmbiguous(Check[SmallParameters]):
    """Definition 4, part by part, and what it is there for from the list of derivations."""

    id = "definition-4"
    statement = DEFINITION_4.id
    alike_on_one_grammar = True
    turned_by = ("ambiguous-rules",)
    quantity = "deviation from Definition 4"
    parameters = SmallParameters

    def rows(self, parameters: SmallParameters) -> Sequence[Row]:
        """The number of patches of every level, then each of the other parts.

        Without what needs the list of derivations, where a file's grammar has too many of them.
        """
        levels = range(1, parameters.depth + 1)
        file = parameters.grammar
        parts = PARTS if file is None or _can_be_listed(file.grammar) else PARTS[:-1]
        return [
            *({"part": "patches", "level": level} for level in levels),
            *({"part": part} for part in parts),
        ]

    def trial(self, parameters: SmallParameters, trial: Trial) -> Outcome:
        """Each part's deviation: 0 where it holds."""
        grammar = trial.grammar(parameters)
        listed = _listed(grammar)
        law = ExactLaw(grammar)
        tables = [law.patches(level) for level in range(1, grammar.levels + 1)]
        rules = [shares for level in law.rules for shares in level]
        values: dict[str, Any] = {
            f"patches {level}": len(table) for level, table in enumerate(tables, start=1)
        }
        values["V"] = max(grammar.vocabularies[1:])
        values["m"] = max(map(len, rules))
        values["vocabularies of one size"] = len(set(grammar.vocabularies)) - 1
        values["labels equally likely"] = spread(law.labels)
        values["m rules a symbol"] = max(map(len, rules)) - min(map(len, rules))
        values["rules equally likely"] = max(map(spread, rules))
        values["one parent a patch"] = max(map(_shared, tables))
        if listed is not None:
            values["synonyms share q"] = _synonym_spread(listed, tables)
        return Outcome({name: _double(value) for name, value in values.items()})

    def claim(
        self, parameters: SmallParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Claim:
        """The largest deviation over the trials, in rational arithmetic.

        A rule that is listed with probability 0 is one of its symbol's rules, and not equally
        likely; its patch is not in P_l.
        """
        name, predicted = row["part"], 0.0
        if not all(name == "patches" or name in outcome.values for outcome in outcomes):
            return TOO_LONG
        if name == "patches":
            name = f"patches {row['level']}"
            V, m = (int(outcomes[0].values[size]) for size in ("V", "m"))
            predicted = self.formula(form, "patches")(l=row["level"], V=V, m=m, n=V)
        found = [outcome.values[name] for outcome in outcomes]
        worst = max(found, key=lambda value: abs(value - predicted))
        return Identity(abs(worst - predicted), 0.0, examined=len(found), worst={"found": worst})


PARTS = (
    "vocabularies of one size",
    "labels equally likely",
    "m rules a symbol",
    "rules equally likely",
    "one parent a patch",
    "synonyms share q",
)
"""All parts of Definition 4 but the number of patches, and what it is there for, that synonyms
share their posterior."""

Table = Mapping[tuple[int, ...], Mapping[int, Fraction]]


def _double(deviation: Fraction | float) -> float:
    """The nearest double, and not 0 where the deviation is not."""
    return float(deviation) or (sys.float_info.min if deviation else 0.0)


def _shared(table: Table) -> int:
    """How many patches have several parents."""
    return sum(len(parents) > 1 for parents in table.values())


def _synonym_spread(listed: Enumeration, tables: Sequence[Table]) -> float:
    """The largest ‖q_μ − q_μ'‖ over patches with a common parent that come first."""
    worst = 0.0
    for level, table in enumerate(tables, start=1):
        joint = listed.first_patches(level)
        groups: dict[int, list[tuple[Fraction, ...]]] = {}
        for patch, counts in joint.items():
            total = sum(counts.values())
            q = tuple(
                counts.get(label, Fraction(0)) / total for label in range(listed.grammar.classes)
            )
            for parent in table[patch]:
                groups.setdefault(parent, []).append(q)
        for group in groups.values():
            worst = max(worst, max(_distance(q, group[0]) for q in group))
    return worst


def _distance(q: Sequence[Fraction], other: Sequence[Fraction]) -> float:
    return square_root(sum(((a - b) ** 2 for a, b in zip(q, other, strict=True)), Fraction(0)))


CHECKS = (StringLaw(), UniformNonAmbiguous())
