"""The share of latents that exact denoising keeps, level by level, against the mean field."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from pydantic import Field

from layerproof.theory.forward_backward import (
    Channel,
    MapSize,
    kept_exactly,
    kept_in_mean_field,
)
from layerproof.theory.randomness import generator
from layerproof.verify.checks.base import Check, Outcome, Row, Trial, at_level
from layerproof.verify.checks.cagnetta2024.joints import UniformParameters
from layerproof.verify.statistics import bounded_mean_interval, mean_interval
from layerproof.verify.verdicts.claims import Equality

POPULATION = 10_000
"""Messages of a level: their mean is off by less than 0.01."""


class RecoveryParameters(UniformParameters):
    """An ensemble, the noise, and strings a draw."""

    channel: Literal["masking", "uniform"] = Field("uniform", description="the noise on leaves")
    noise: float = Field(0.3, ge=0, le=1, description="the probability that a leaf is hit")
    strings: int = Field(50, ge=1, description="strings drawn of a grammar")
    margin: float = Field(0.04, gt=0, description="margin of a share, absolute")


class LatentRecovery(Check[RecoveryParameters]):
    """Each draw's mean posterior of the true latents, by exact inference on noisy strings."""

    id = "latent-recovery"
    statement = "derived.latent-recovery"
    about_ensemble = True
    quantity = "E P[true latent | noisy leaves]"
    parameters = RecoveryParameters

    def rows(self, parameters: RecoveryParameters) -> Sequence[Row]:
        """One row a level, the label's and the leaves' included."""
        return [{"level": level} for level in range(parameters.depth + 1)]

    def trial(self, parameters: RecoveryParameters, trial: Trial) -> Outcome:
        """One draw, its strings and their noise."""
        grammar, rng = trial.grammar(parameters), generator(trial.derive("noisy strings"))
        channel, noise = parameters.channel, parameters.noise
        kept = kept_exactly(grammar, channel, noise, parameters.strings, rng).mean(1)
        return Outcome({str(level): float(share) for level, share in enumerate(kept)})

    def claim(
        self, parameters: RecoveryParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Equality:
        """The mean over draws against population dynamics of the same sizes."""
        found = at_level(outcomes, row["level"])
        size = MapSize(parameters.V, parameters.m, parameters.s, parameters.depth)
        predicted = _mean_field(size, parameters.channel, parameters.noise)[row["level"]]
        return Equality(
            mean_interval(found, 0.95),
            predicted,
            parameters.margin,
            trials=len(found),
            absolute=True,
            guaranteed=bounded_mean_interval(found, 0.95, (0.0, 1.0)),
        )


@lru_cache(64)
def _mean_field(size: MapSize, channel: Channel, noise: float) -> tuple[float, ...]:
    rng = generator(0, "mean field", *size, channel, f"{noise:g}")
    population = max(1000, min(POPULATION, 4 * 10**7 // size.vocabulary**size.branching))
    return tuple(kept_in_mean_field(size, channel, noise, population, rng).tolist())


CHECKS = (LatentRecovery(),)
