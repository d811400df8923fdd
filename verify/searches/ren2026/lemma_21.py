"""A search for Lemma 21: balls are drawn without replacement, by exact enumeration."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from layerproof.theory.evaluation import exactly
from layerproof.verify.searches.base import Comparison, ModelSearch, SearchInstance, Whole
from layerproof.verify.searches.strategies import shuffled_balls

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


class Deal(SearchInstance):
    """The balls of V colours, m of each, in the order in which they are dealt."""

    V: int = Field(ge=1, le=16)
    m: int = Field(ge=1, le=64)
    balls: tuple[Whole, ...]

    @model_validator(mode="after")
    def _all_there(self) -> Self:
        if sorted(self.balls) != [colour for colour in range(self.V) for _ in range(self.m)]:
            raise ValueError("m balls of each of the colours 0 to V - 1")
        return self


class WithoutReplacement(ModelSearch[Deal]):
    """Lemma 21: a sequence of colours has the probability of draws without replacement."""

    statement = "R26.lemma-21"
    quantity = "|P[colours in this order] − product of the law of the next ball|"
    instance = Deal

    def strategy(self, form: str) -> SearchStrategy[Deal]:
        """Orders of up to 12 balls."""
        return shuffled_balls(3, 4).map(lambda found: Deal(**found))

    def examine(self, instance: Deal, form: str) -> Comparison:
        """One over the number of distinct orders, against the product of the formula."""
        V, m = instance.V, instance.m
        exact = Fraction(math.factorial(m) ** V, math.factorial(m * V))
        formula = self.formula(form, "next ball")
        product = Fraction(1)
        for position, colour in enumerate(instance.balls):
            before = instance.balls[:position].count(colour)
            factor = exactly(formula, V=V, m=m, dealt=position, dealt_colour=before)
            product *= Fraction(0) if factor is None else factor
        return Comparison(float(abs(exact - product)), "<=", 0.0)

    def describe(self, instance: Deal, form: str) -> Sequence[str]:
        """Sizes and order."""
        colours = " ".join(map(str, instance.balls))
        return [f"V = {instance.V}, m = {instance.m}, colours {colours}"]


SEARCHES = (WithoutReplacement(),)
