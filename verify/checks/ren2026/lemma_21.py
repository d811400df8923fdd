"""Lemma 21: a first token is drawn without replacement, exactly."""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from fractions import Fraction
from typing import ClassVar

import numpy as np
from pydantic import Field

from layerproof.theory.evaluation import exactly
from layerproof.theory.formula import Formula
from layerproof.theory.statements.ren2026.lemma_21 import STATEMENT as LEMMA_21
from layerproof.verify.checks.base import Check, Outcome, Parameters, Row, Trial
from layerproof.verify.checks.premises import Answers, Given
from layerproof.verify.checks.ren2026.lemma_20 import UNIFORM_FIRST_TOKEN
from layerproof.verify.verdicts.claims import Identity

Law = dict[tuple[int, ...], Fraction]


class DealParameters(Parameters):
    """Sizes small enough to list every order in which m V balls can be dealt."""

    sizes: tuple[tuple[int, int], ...] = Field(
        ((2, 1), (2, 2), (2, 3), (3, 1), (3, 2)), description="pairs (V, m)"
    )


class DealtWithoutReplacement(Check[DealParameters]):
    """Lemma 21: the law of P z from all (mV)! deals of the patches, and from successive draws."""

    id = "lemma-21"
    statement = LEMMA_21.id
    quantity = "total variation distance"
    parameters = DealParameters
    answers: ClassVar[Answers] = {UNIFORM_FIRST_TOKEN: Given("all orders of its deal are listed")}

    def trial(self, parameters: DealParameters, trial: Trial) -> Outcome:
        """The distance of the two laws at every size."""
        draw = self.formula(trial.form, "next ball")
        return Outcome(
            {
                f"V={V}, m={m}": float(_distance(_law_of_deals(V, m), _law_of_draws(V, m, draw)))
                for V, m in parameters.sizes
            }
        )

    def claim(
        self, parameters: DealParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Identity:
        """The largest distance; both laws are exact."""
        found = outcomes[0].values
        worst = max(found, key=found.__getitem__)
        return Identity(found[worst], 0.0, examined=len(found), worst={"size": worst})


def _values(V: int) -> list[int]:
    """A centred vector in which no two entries, and no two partial sums, agree: 1, 2, 4, …, −Σ."""
    rising = [2**i for i in range(V - 1)]
    return [*rising, -sum(rising)]


def _law_of_deals(V: int, m: int) -> Law:
    balls = np.repeat(_values(V), m).tolist()
    found = Counter(
        tuple(sum(deal[start : start + m]) for start in range(0, V * m, m))
        for deal in itertools.permutations(balls)
    )
    return {sums: Fraction(times, math.factorial(V * m)) for sums, times in found.items()}


def _law_of_draws(V: int, m: int, draw: Formula) -> Law:
    law: Law = defaultdict(Fraction)
    pending = [((0,) * V, (0,) * V, Fraction(1))]
    while pending:
        used, sums, weight = pending.pop()
        dealt = sum(used)
        if dealt == V * m:
            law[sums] += weight
            continue
        for colour, value in enumerate(_values(V)):
            chance = exactly(draw, V=V, m=m, dealt=dealt, dealt_colour=used[colour])
            if chance:
                taken = _added(used, colour, 1)
                pending.append((taken, _added(sums, dealt // m, value), weight * chance))
    return law


def _added(entries: tuple[int, ...], place: int, amount: int) -> tuple[int, ...]:
    return (*entries[:place], entries[place] + amount, *entries[place + 1 :])


def _distance(first: Law, second: Law) -> Fraction:
    zero = Fraction(0)
    return sum((abs(first.get(t, zero) - second.get(t, zero)) for t in {*first, *second}), zero) / 2


CHECKS = (DealtWithoutReplacement(),)
