"""R26's ensemble, uniform in the first token (R26 App. B)."""

from __future__ import annotations

import numpy as np

from layerproof.theory.ensembles.base import Averages, Ensemble
from layerproof.theory.ensembles.tuples import distinct_tuples, exceeds, refuse_rules
from layerproof.theory.errors import InputError
from layerproof.theory.grammar_checks import Integers


class UniformFirstToken(Ensemble):
    """Every token starts parents*m/V patches of a level, so that kappa = 1 (R26 App. B).

    The first token is exactly uniform at every level. With n classes other than V this is the
    ensemble's extension to the top level.
    """

    name = "uniform-first-token"
    source = "R26, App. B"

    def check_level(self, parents: int) -> None:
        """Raise InputError where first tokens cannot share the patches, or too few are distinct."""
        completions, left = divmod(parents * self.rules, self.vocabulary)
        if left:
            shared = f"classes*rules = {parents * self.rules}"
            allowed = f"a divisor of {shared}, so that first tokens share it"
            raise InputError("vocabulary", self.vocabulary, allowed)
        if exceeds(completions, self.vocabulary, self.branching - 1):
            refuse_rules(self, parents)

    def draw_level(self, rng: np.random.Generator, parents: int) -> Integers:
        """The completions of every first token without replacement, dealt at random."""
        vocabulary, rules, branching = self.vocabulary, self.rules, self.branching
        completions = parents * rules // vocabulary
        patches = distinct_tuples(rng, vocabulary, completions, vocabulary, branching - 1)
        return rng.permutation(patches).reshape(parents, rules, branching)

    def averages(self) -> Averages | None:
        """The exact ones, of equal weights."""
        # Here: what is only drawn does without sympy, which takes half a second to import.
        from layerproof.theory import predictions as exact

        if not self.is_uniform:
            return None
        sizes = self.by_key() | {"n": self.top}

        def of_level(level: int) -> dict[str, float]:
            return {
                "mean_square_separation": exact.MEAN_SQUARE_SEPARATION(l=level, **sizes),
                "mean_square_norm": exact.MEAN_SQUARE_NORM(l=level, **sizes),
                # Posteriors of level 1 are one-hot: there is no noise, also where V = 1.
                "crossover_samples": exact.CROSSOVER(l=level, **sizes) if level > 1 else 0.0,
            }

        return Averages(of_level, "exact", self.name)


ENSEMBLES = (UniformFirstToken,)
