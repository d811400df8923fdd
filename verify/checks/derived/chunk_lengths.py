"""Forward and back: how the leaves that change stand together, at several levels of noise."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from layerproof.theory.forward_backward import MapSize
from layerproof.verify.checks.base import Check, Outcome, Row, Trial
from layerproof.verify.checks.cagnetta2024.joints import UniformParameters
from layerproof.verify.checks.derived.denoising_regimes import label_kept
from layerproof.verify.statistics import mean_interval
from layerproof.verify.verdicts.claims import Claim, Frequency, Nothing


class ChunkParameters(UniformParameters):
    """An ensemble, the levels of noise, and strings a draw."""

    channel: Literal["masking", "uniform"] = Field("masking", description="the noise on leaves")
    noises: tuple[float, ...] = Field((0.1, 0.45, 0.85), description="levels of noise")
    strings: int = Field(300, ge=2, description="strings that go forward and back, at each")
    delta: float = Field(0.2, gt=0, lt=1, description="share of draws in which it may fail")
    shuffled: bool = Field(
        False, description="the null: changes of a position dealt anew among the strings"
    )


class ChunkLengths(Check[ChunkParameters]):
    """Each draw's runs of changed leaves, and the variance of their number."""

    id = "chunk-lengths"
    statement = "derived.chunk-lengths"
    about_ensemble = True
    quantity = "share of draws with no longer runs, or the largest variance elsewhere"
    needs_torch = True
    parameters = ChunkParameters

    def rows(self, parameters: ChunkParameters) -> Sequence[Row]:
        """The runs at every level of noise; of several, which has the largest chunks."""
        runs: list[Row] = [{"of": "runs", "noise": noise} for noise in parameters.noises]
        return [*runs, *([{"of": "peak"}] if len(runs) > 1 else [])]

    def trial(self, parameters: ChunkParameters, trial: Trial) -> Outcome:
        """One draw; strings are drawn anew at each level of noise."""
        import torch

        from layerproof.layerwise.denoising import PROCESSES, ExactDenoiser
        from layerproof.layerwise.denoising.chunks import changed_tokens, chunks, dealt_anew

        grammar, device = trial.grammar(parameters), torch.device(trial.device)
        process = PROCESSES[parameters.channel](grammar.vocabularies[-1])
        exact = ExactDenoiser(grammar, process, device)
        found = {}
        for noise in parameters.noises:
            seed = trial.derive("forward and back", f"{noise:g}")
            draws = torch.Generator(device).manual_seed(seed)
            changed = changed_tokens(exact, parameters.strings, noise, draws)[-1]
            own = chunks(dealt_anew(changed, draws) if parameters.shuffled else changed)
            found[f"{noise:g}"] = {
                "share": own.share,
                "length": own.length,
                "variance": own.variance,
            }
        return Outcome(found)

    def claim(
        self, parameters: ChunkParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Claim:
        """In how many draws it is not as said, with the means and their intervals beside."""
        found = [outcome.values for outcome in outcomes]
        if row["of"] == "peak":
            return self._peak(parameters, [self._variances(parameters, one) for one in found])
        own = [one[f"{row['noise']:g}"] for one in found]
        own = [one for one in own if math.isfinite(one["length"])]
        if not own:
            return Nothing("nothing changed, or everything", premise_failed=False)
        sizes = {"s": parameters.s, "L": parameters.depth}
        alone = [self.formula(form, "alone")(changed=one["share"], **sizes) for one in own]
        failures = sum(one["length"] <= null for one, null in zip(own, alone, strict=True))
        shown = {
            **_shown("run", [one["length"] for one in own]),
            **_shown("alone", alone),
            **_shown("variance", [one["variance"] for one in own]),
        }
        return Frequency(failures, len(own), parameters.delta, worst=shown)

    def _variances(self, parameters: ChunkParameters, one: Mapping[str, Any]) -> list[float]:
        found = [one[f"{noise:g}"]["variance"] for noise in parameters.noises]
        return [variance if math.isfinite(variance) else 0.0 for variance in found]

    def _peak(self, parameters: ChunkParameters, variances: list[list[float]]) -> Frequency:
        size = MapSize(parameters.V, parameters.m, parameters.s, parameters.depth)
        half = (1 + 1 / parameters.V) / 2
        kept = [label_kept(size, parameters.channel, noise) for noise in parameters.noises]
        drop = min(range(len(kept)), key=lambda place: abs(kept[place] - half))
        failures = sum(max(one) > one[drop] for one in variances)
        shown = {"noise": parameters.noises[drop], "label kept": kept[drop]}
        shown |= _shown("variance", [one[drop] for one in variances])
        return Frequency(failures, len(variances), parameters.delta, worst=shown)


def _shown(name: str, values: Sequence[float]) -> dict[str, float]:
    """A mean with its interval, where there are several."""
    mean = math.fsum(values) / len(values)
    if len(values) < 2:
        return {name: mean}
    interval = mean_interval(list(values), 0.95)
    return {name: mean, f"{name}, from": interval.low, f"{name}, to": interval.high}


CHECKS = (ChunkLengths(),)
