"""Several signals at once: for every string one of them is drawn, and its value told.

The value is one-hot in the space of all parts side by side, so everything that R26's proof uses of
the label holds of it as it stands: finitely many values, a q whose coordinates are not negative and
add up to one, and clean, synonym-blind where all parts are. q is that of the parts side by side,
each divided by their number k. (The vector of all k one-hots together is no such variable. It has
the same mean times k and the same separations in proportion, and saves a factor of at most k of the
strings, since every string then counts for every part.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats
from layerproof.theory.signals.base import Signal, TreeShape
from layerproof.theory.signals.label import LABEL
from layerproof.theory.signals.token import Token

if TYPE_CHECKING:
    from layerproof.theory.ensembles import Averages, Ensemble
    from layerproof.theory.exact_law import ExactLaw

PLUS = "+"
MOST = 8
"""Signals in a mixture."""
ALLOWED = f"2 to {MOST} different signals, joined by {PLUS}"


@dataclass(frozen=True)
class Mixture(Signal):
    """Of its parts one, drawn anew for every string, from those that teach the level.

    >>> found = Mixture((LABEL, Token()))
    >>> found.name
    'label+token'
    >>> grammar = Grammar((2, 2, 2), [[[[0, 1]], [[1, 0]]], [[[0, 1]], [[1, 1]]]])
    >>> found.size(grammar, 2), found.size(grammar, 1)  # a token does not teach level 1
    (4, 2)
    """

    parts: tuple[Signal, ...]

    def __post_init__(self) -> None:
        names = [part.name for part in self.parts]
        if not 2 <= len(set(names)) == len(names) <= MOST or any(PLUS in name for name in names):
            raise InputError("signal", self.name, ALLOWED)

    @property
    def name(self) -> str:
        """Such as label+token."""
        return PLUS.join(part.name for part in self.parts)

    @property
    def help(self) -> str:
        """What it is."""
        return f"one of {', '.join(part.name for part in self.parts)}, drawn for every string"

    @property
    def only_label(self) -> bool:
        """Whether no part reads more than the label."""
        return all(part.only_label for part in self.parts)

    @property
    def uniforms(self) -> int:
        """One that chooses the part, and those of the part that takes most."""
        return 1 + max(part.uniforms for part in self.parts)

    def teaching(self, shape: TreeShape, level: int) -> tuple[Signal, ...]:
        """The parts that teach a level."""
        return tuple(part for part in self.parts if not part.unreachable(shape, level))

    def size(self, grammar: Grammar, level: int) -> int:
        """The sizes of the parts, added."""
        return sum(part.size(grammar, level) for part in self.teaching(grammar, level))

    def value(
        self,
        grammar: Grammar,
        tree: Sequence[Any],
        level: int,
        position: int = 0,
        uniform: Any = None,
    ) -> Any:
        """The value of the part that the first uniform number chooses, after those before it."""
        parts, start, found = self.teaching(grammar, level), 0, 0
        chosen = uniform[:, 0] * len(parts) // 1
        for number, part in enumerate(parts):
            value = part.value(grammar, tree, level, position, uniform[:, 1:])
            found = found + (start + value) * (chosen == number)
            start += part.size(grammar, level)
        return found

    def with_parent(self, grammar: Grammar, level: int, position: int = 0) -> Floats:
        """P[parent of the patch = nu, signal = k], (V_(level-1), size): of the parts, side by side.

        Raises InputError where a part is not synonym-blind.
        """
        return self._beside(grammar, level, lambda p: p.with_parent(grammar, level, position))

    def joint(self, grammar: Grammar, level: int, position: int | None = 0) -> Floats:
        """P[patch = mu, signal = k], (|P_l|, size): of the parts, side by side."""
        return self._beside(grammar, level, lambda part: part.joint(grammar, level, position))

    def _beside(self, grammar: Grammar, level: int, law: Callable[[Signal], Floats]) -> Floats:
        parts = self.teaching(grammar, level)
        return np.asarray(np.concatenate([law(part) for part in parts], axis=1) / len(parts))

    def averages(self, ensemble: Ensemble) -> Averages | None:
        """From those of its parts: separations and norms add up, divided by k²."""
        from layerproof.theory.ensembles import Averages
        from layerproof.theory.predictions import CROSSOVER_GENERAL

        known = {part: part.averages(ensemble) for part in self.parts}
        found = {part: averages for part, averages in known.items() if averages is not None}
        if len(found) < len(self.parts) or len({each.ensemble for each in found.values()}) > 1:
            return None
        accuracies = {averages.accuracy for averages in found.values()} - {"exact"}
        formulas = {each.name: each for averages in found.values() for each in averages.formulas}

        def of_level(level: int) -> dict[str, float]:
            parts = self.teaching(ensemble, level)
            of_part = [found[part].of_level(level) for part in parts]
            sums = {
                key: sum(each[key] for each in of_part) / len(parts) ** 2
                for key in ("mean_square_separation", "mean_square_norm")
            }
            patches = ensemble.rules * (ensemble.top if level == 1 else ensemble.vocabulary)
            crossover = CROSSOVER_GENERAL(
                patches=patches,
                square_norm=sums["mean_square_norm"],
                square_separation=sums["mean_square_separation"],
            )
            return sums | {"crossover_samples": crossover}

        ensemble_name = next(iter(found.values())).ensemble
        accuracy = accuracies.pop() if accuracies else "exact"
        return Averages(of_level, accuracy, ensemble_name, tuple(formulas.values()))

    def unreachable(self, grammar: TreeShape, level: int) -> str:
        """The reasons of all parts, where none teaches the level."""
        reasons = {part.name: part.unreachable(grammar, level) for part in self.parts}
        told = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
        return told if all(reasons.values()) else ""

    def broken(self, grammar: Grammar, level: int) -> Mapping[str, str]:
        """What any part that teaches the level breaks."""
        found: dict[str, str] = {}
        for part in self.teaching(grammar, level):
            for premise, reason in part.broken(grammar, level).items():
                told = f"{part.name}: {reason}"
                found[premise] = f"{found[premise]}; {told}" if premise in found else told
        return found

    def rules_behind(self, grammar: Grammar, level: int) -> int:
        """Those of the part that has most."""
        parts = self.teaching(grammar, level)
        return max(part.rules_behind(grammar, level) for part in parts)

    def roundings(self, grammar: Grammar, level: int) -> int:
        """Those of the part that has most, and of the division."""
        return 1 + max(part.roundings(grammar, level) for part in self.teaching(grammar, level))

    def exact_posterior(
        self, law: ExactLaw, level: int, upward: Sequence[Fraction]
    ) -> list[Fraction] | None:
        """Those of the parts, side by side; None where one does not say."""
        parts = self.teaching(law.grammar, level)
        found = [part.exact_posterior(law, level, upward) for part in parts]
        if any(each is None for each in found):
            return None
        return [entry / len(parts) for each in found for entry in each or ()]


def mixture_named(name: str, named: Callable[[str], Signal], field: str = "signal") -> Mixture:
    """The mixture of that name, such as label+token; `named` finds its parts.

    Raises InputError, naming `field`, for a name that is none.
    """
    parts = name.split(PLUS)
    if not 2 <= len(parts) <= MOST or len(set(parts)) < len(parts):
        raise InputError(field, name, ALLOWED)
    return Mixture(tuple(named(part) for part in parts))


SIGNALS = (Mixture((LABEL, Token())),)
