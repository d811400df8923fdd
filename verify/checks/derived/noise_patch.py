"""What one patch says of whether its string is real or noise, against the one value for all."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from layerproof.theory.population import patch_law
from layerproof.theory.signals.nested import MOST
from layerproof.theory.signals.noise import Noise
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Row, Trial, at_level
from layerproof.verify.verdicts.claims import Identity


class NoiseParameters(InstanceParameters):
    """An instance, and the level from which on noise is grammatical."""

    noise: int | None = Field(
        None, ge=1, le=MOST - 1, description="the level whose tokens are noise, else the leaves"
    )


class NoisePatch(Check[NoiseParameters]):
    """q of "real", of every patch of every level: the least and the largest on each draw."""

    id = "noise-patch"
    statement = "derived.noise-patch"
    alike_on_one_grammar = True
    quantity = "q_μ(real)"
    parameters = NoiseParameters

    def rows(self, parameters: NoiseParameters) -> Sequence[Row]:
        """One row a level."""
        return [{"level": level} for level in range(1, parameters.depth + 1)]

    def trial(self, parameters: NoiseParameters, trial: Trial) -> Outcome:
        """The least and the largest q of "real" at each level, and how far rounding may be off."""
        grammar = trial.grammar(parameters)
        signal = Noise(parameters.noise or MOST)
        sizes = {
            "V": grammar.classes, "m": grammar.rules_per_symbol, "s": grammar.branching
        }  # fmt: skip
        laws = [patch_law(grammar, lv, signal=signal) for lv in range(1, grammar.levels + 1)]
        return Outcome(
            {
                str(law.level): (
                    float(law.posterior[:, 1].min()),
                    float(law.posterior[:, 1].max()),
                    law.rounding,
                )
                for law in laws
            }
            | {"sizes": sizes}
        )

    def claim(
        self, parameters: NoiseParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Identity:
        """The largest deviation over patches and draws from the one value."""
        found = at_level(outcomes, row["level"])
        depth = min(parameters.noise or MOST, parameters.depth) - row["level"] + 1
        sizes = outcomes[0].values["sizes"]
        predicted = self.formula(form, "real")(**sizes, depth=depth) if depth > 0 else 0.5
        deviation = max(abs(value - predicted) for low, high, _ in found for value in (low, high))
        rounding = max(rounding for *_, rounding in found)
        worst = {"predicted": predicted, "least": min(f[0] for f in found)}
        return Identity(deviation, rounding, examined=len(found), worst=worst)


CHECKS = (NoisePatch(),)
