"""C24's ensemble, uniform over all patches (C24 Sec. II)."""

from __future__ import annotations

import numpy as np

from layerproof.theory.ensembles.base import Averages, Ensemble
from layerproof.theory.ensembles.tuples import distinct_tuples, exceeds, refuse_rules
from layerproof.theory.ensembles.uniform_first_token import UniformFirstToken
from layerproof.theory.grammar_checks import Integers


class Uniform(Ensemble):
    """The patches of a level are drawn without replacement among all V^s (C24 Sec. II)."""

    name = "uniform"
    source = "C24"

    def check_level(self, parents: int) -> None:
        """Raise InputError where the parents want more patches than V^s."""
        if exceeds(parents * self.rules, self.vocabulary, self.branching):
            refuse_rules(self, parents)

    def draw_level(self, rng: np.random.Generator, parents: int) -> Integers:
        """Patches without replacement among all, dealt at random."""
        rules, branching = self.rules, self.branching
        patches = distinct_tuples(rng, 1, parents * rules, self.vocabulary, branching)[:, 1:]
        return rng.permutation(patches).reshape(parents, rules, branching)

    def averages(self) -> Averages | None:
        """Those of leading order: within 4 % at m = 8, 30 % at m = 4, a factor 1.6 at m = 2."""
        # Here: what is only drawn does without sympy, which takes half a second to import.
        from layerproof.theory import predictions_uniform as leading

        if not self.is_uniform:
            return None
        if self.vocabulary == 1:  # with one token the two ensembles are the same
            return UniformFirstToken(**vars(self)).averages()
        # V^s may be too long to write down. Of patches this wide a level draws a share below 2^-64,
        # and a double does not tell it from none.
        widest = (max(self.top, self.vocabulary) * self.rules).bit_length() + 64
        sizes = self.by_key() | {"n": self.top, "s": min(self.branching, widest)}

        def of_level(level: int) -> dict[str, float]:
            values = sizes | leading.level_corrections(level, sizes)
            return {
                "mean_square_separation": leading.SEPARATION(l=level, **values),
                "mean_square_norm": leading.NORM(l=level, **values),
                "crossover_samples": leading.CROSSOVER(l=level, **values) if level > 1 else 0.0,
            }

        return Averages(of_level, "leading order", self.name, leading.FORMULAS)


ENSEMBLES = (Uniform,)
