"""How much of uniform noise can be read up to a level, counted exactly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Row, Trial
from layerproof.verify.verdicts.claims import Claim, Identity, Nothing

ROUNDINGS = 8.0
"""Of a power or a logarithm and what is under it, in units of 2^-52 of the exponent."""


class NoiseShortcut(Check[InstanceParameters]):
    """Strings below every symbol, counted as whole numbers, over all tuples of leaves."""

    id = "noise-shortcut"
    statement = "derived.noise-shortcut"
    alike_on_one_grammar = True
    quantity = "log P[noise can be read], log-ratio of data and noise"
    parameters = InstanceParameters

    def rows(self, parameters: InstanceParameters) -> Sequence[Row]:
        """One row a level above the leaves; whether what is read is uniform; the divergence."""
        levels = range(1, parameters.depth)
        return [
            *({"of": "passes", "level": level} for level in levels),
            *({"of": "uniform", "level": level} for level in levels),
            {"of": "divergence"},
        ]

    def trial(self, parameters: InstanceParameters, trial: Trial) -> Outcome:
        """Logarithms of exact shares, and how the number of strings differs between symbols."""
        grammar = trial.grammar(parameters)
        length, size = grammar.input_length, grammar.vocabularies[-1]
        values: dict[str, object] = {
            "sizes": {
                "V": grammar.classes, "m": grammar.rules_per_symbol, "s": grammar.branching,
                "L": grammar.levels,
            }
        }  # fmt: skip
        for level in range(1, grammar.levels):
            below = grammar.derivations_below(level)
            share = math.log(sum(below)) * grammar.branching**level - length * math.log(size)
            values[f"passes {level}"] = share
            values[f"uniform {level}"] = float(Fraction(max(below), max(1, min(below))) - 1)
        strings = grammar.derivations()
        values["divergence"] = length * math.log(size) - math.log(strings)
        values["scale"] = length * math.log(size)
        return Outcome(values)

    def claim(
        self, parameters: InstanceParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Claim:
        """The largest deviation, of logarithms, over the draws."""
        sizes = outcomes[0].values["sizes"]
        rounding = ROUNDINGS * 2.0**-52 * max(1.0, outcomes[0].values["scale"])
        if row["of"] == "uniform":
            found = [outcome.values[f"uniform {row['level']}"] for outcome in outcomes]
            return Identity(max(found), 0.0, examined=len(found))
        if row["of"] == "divergence":
            predicted = self.formula(form, "divergence")(**sizes)
            found = [outcome.values["divergence"] for outcome in outcomes]
        else:
            share = self.formula(form, "passes")(**sizes, l=row["level"])
            if share <= 0.0:
                return Nothing("the share is below the range of doubles", premise_failed=False)
            predicted = math.log(share)
            found = [outcome.values[f"passes {row['level']}"] for outcome in outcomes]
        worst = max(abs(value - predicted) for value in found)
        return Identity(worst, rounding, examined=len(found), worst={"predicted": predicted})


CHECKS = (NoiseShortcut(),)
