"""Masked tokens that show several at once: how many strings are none, against what KL allows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypedDict

from pydantic import Field

from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Row, Trial
from layerproof.verify.checks.derived.masked_entropy import (
    MOST_LISTED,
    all_strings,
    costs_of_masks,
    mean_costs,
)
from layerproof.verify.verdicts.claims import Claim, Frequency, Identity, Nothing


class UnmaskingParameters(InstanceParameters):
    """Instances, how many tokens show at once, and how many strings are made of each."""

    at_once: tuple[int, ...] = Field((1, 2, 4), description="tokens that show in one step")
    strings: int = Field(2000, ge=1, le=10**6, description="strings made of a grammar")


class Unmasked(TypedDict):
    """By tokens at once: strings that are none of the grammar, and the exact divergence."""

    invalid: dict[str, int]
    divergence: dict[str, float]


class Unmasking(Check[UnmaskingParameters]):
    """Strings by the exact posteriors of single tokens; the divergence over all masks."""

    id = "unmasking"
    statement = "derived.unmasking"
    quantity = "share of strings off the grammar"
    needs_torch = True
    parameters = UnmaskingParameters

    def rows(self, parameters: UnmaskingParameters) -> Sequence[Row]:
        """One row for every number of tokens at once."""
        return [{"at_once": count} for count in parameters.at_once]

    def trial(self, parameters: UnmaskingParameters, trial: Trial) -> Outcome[Unmasked]:
        """The strings of one grammar, and what each way to show them loses."""
        import torch

        from layerproof.layerwise.denoising import ExactDenoiser, MaskingProcess, unmasked

        grammar, device = trial.grammar(parameters), torch.device(trial.device)
        length = grammar.input_length
        if length > 20 or grammar.derivations() * 2**length > MOST_LISTED:
            return Outcome({"invalid": {}, "divergence": {}})
        exact = ExactDenoiser(grammar, MaskingProcess(grammar.vocabularies[-1]), device)
        costs, invalid = _mean_costs(grammar), {}
        for count in parameters.at_once:
            generator = torch.Generator(device).manual_seed(trial.derive("strings", count))
            strings = unmasked(
                exact.factorised,
                strings=parameters.strings,
                length=length,
                at_once=count,
                generator=generator,
            )
            possible = exact.log_likelihood(strings, 0.0).isfinite()
            invalid[str(count)] = int((~possible).sum())
        lost = {str(count): divergence_of(costs, count) for count in parameters.at_once}
        return Outcome({"invalid": invalid, "divergence": lost})

    def claim(
        self,
        parameters: UnmaskingParameters,
        row: Row,
        outcomes: Sequence[Outcome[Unmasked]],
        form: str,
    ) -> Claim:
        """One at a time: none is off the grammar. Several: at most the share that KL allows."""
        found, key = [outcome.values for outcome in outcomes], str(row["at_once"])
        if any(key not in one["invalid"] for one in found):
            return Nothing("too many strings and masks to list", premise_failed=False)
        invalid, made = sum(one["invalid"][key] for one in found), parameters.strings * len(found)
        bounds = [
            self.formula(form, "invalid")(divergence=max(0.0, one["divergence"][key]))
            for one in found
        ]
        shown = {"strings": made, "off the grammar": invalid}
        if row["at_once"] == 1:
            return Identity(float(invalid), 0.0, examined=made, worst=shown)
        return Frequency(invalid, made, math.fsum(bounds) / len(bounds), worst=shown)


def _mean_costs(grammar: Grammar) -> Floats:
    """H_k of k = 1 … d hidden tokens."""
    return mean_costs(costs_of_masks(grammar, all_strings(grammar)))


def divergence_of(costs: Floats, at_once: int) -> float:
    """KL(P‖Q) where `at_once` tokens show in a step, from H_k of k = 1 … d hidden tokens."""
    hidden = range(len(costs), 0, -at_once)
    return float(sum(min(at_once, left) * costs[left - 1] for left in hidden) - costs.sum())


CHECKS = (Unmasking(),)
