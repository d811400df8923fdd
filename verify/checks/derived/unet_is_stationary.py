"""The gradient of the denoising loss at the exact network, over all strings and all noise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING, Literal, TypedDict

import numpy as np
from pydantic import Field

from layerproof.theory.enumeration import enumerate_derivations
from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats, Integers
from layerproof.theory.inference import MASKED
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Row, Trial
from layerproof.verify.checks.derived.unet_is_belief_propagation import ROUNDINGS, wired
from layerproof.verify.verdicts.claims import Claim, Identity, Nothing

if TYPE_CHECKING:
    from layerproof.layerwise.denoising import BeliefUNet

MOST_PAIRS = 2**15
"""Pairs of a clean and a noisy string of which all are taken."""

LONGEST_LOG = -math.log(np.finfo(np.float64).tiny)
"""The largest number that enters the network: the evidence of a symbol that cannot be."""


class AllNoiseParameters(InstanceParameters):
    """Instances whose strings can be listed, with all noise on them."""

    V: int = Field(4, ge=1, description="vocabulary size")
    m: int = Field(2, ge=1, description="rules per symbol")
    L: int = Field(2, ge=1, description="levels of rules")
    process: Literal["masking", "uniform"] = Field("uniform", description="the noise")
    noise: float = Field(0.3, gt=0, lt=1, description="how much of it, from 0 to 1")


class Gradient(TypedDict):
    """The largest component; pairs of strings; −1 where there are too many."""

    largest: float
    pairs: int


class UNetIsStationary(Check[AllNoiseParameters]):
    """Every string with everything that noise makes of it, each weighted by its probability."""

    id = "unet-is-stationary"
    statement = "derived.unet-is-stationary"
    turned_by = ("miswired-rule",)
    quantity = "largest |∂ loss/∂ weight|"
    parameters = AllNoiseParameters
    needs_torch = True

    def trial(self, parameters: AllNoiseParameters, trial: Trial) -> Outcome[Gradient]:
        """One grammar and its network."""
        grammar = trial.grammar(parameters)
        length, symbols = grammar.input_length, grammar.vocabularies[-1]
        each = 2 if parameters.process == "masking" else symbols
        if length > 20 or grammar.derivations() * each**length > MOST_PAIRS:
            return Outcome({"largest": 0.0, "pairs": -1})
        clean, noisy, share = all_pairs(grammar, parameters.process, parameters.noise)
        largest = _largest(wired(grammar, trial), clean, noisy, share, parameters)
        return Outcome({"largest": largest, "pairs": len(clean)})

    def claim(
        self,
        parameters: AllNoiseParameters,
        row: Row,
        outcomes: Sequence[Outcome[Gradient]],
        form: str,
    ) -> Claim:
        """The largest over all draws, against rounding."""
        found = [outcome.values for outcome in outcomes]
        if any(one["pairs"] < 0 for one in found):
            return Nothing("too many strings and noise to list", premise_failed=False)
        leaves = parameters.extent.branching**parameters.depth
        rounding = ROUNDINGS * 2.0**-52 * leaves * LONGEST_LOG
        worst = max(one["largest"] for one in found)
        return Identity(worst, rounding, len(found), {"pairs of strings": found[0]["pairs"]})


def all_pairs(grammar: Grammar, process: str, noise: float) -> tuple[Integers, Integers, Floats]:
    """Clean strings, noisy ones (pairs, d), and the probability of each pair."""
    law: dict[tuple[int, ...], float] = {}
    for (string, _), probability in enumerate_derivations(grammar).strings.items():
        law[string] = law.get(string, 0.0) + float(probability)
    strings, symbols = np.array(list(law)), grammar.vocabularies[-1]
    length = strings.shape[1]
    if process == "masking":
        hidden = np.array(list(product((False, True), repeat=length)))
        noisy = np.where(hidden[None], MASKED, strings[:, None])
        share = np.where(hidden, noise, 1 - noise).prod(1)[None].repeat(len(strings), 0)
    else:
        seen = np.array(list(product(range(symbols), repeat=length)))
        noisy = seen[None].repeat(len(strings), 0)
        kept = (seen[None] == strings[:, None]) * (1 - noise) + noise / symbols
        share = kept.prod(2)
    share = share * np.array(list(law.values()))[:, None]
    clean = strings[:, None].repeat(noisy.shape[1], 1)
    return clean.reshape(-1, length), noisy.reshape(-1, length), share.reshape(-1)


def _largest(
    network: BeliefUNet,
    clean: Integers,
    noisy: Integers,
    share: Floats,
    parameters: AllNoiseParameters,
) -> float:
    """The largest component of the gradient of the mean cross-entropy of all tokens."""
    import torch

    from layerproof.layerwise.denoising import PROCESSES

    device = network.log_prior.device
    process = PROCESSES[parameters.process](network.sizes.vocabularies[-1])
    seen = process.log_evidence(torch.from_numpy(noisy), parameters.noise).exp().to(device)
    tokens = torch.from_numpy(clean)[..., None].to(device)
    costs = -network(seen).log_softmax(-1).gather(-1, tokens)[..., 0].sum(1)
    (costs * torch.from_numpy(share).to(device)).sum().backward()
    found = [w.grad.abs().max() for w in network.parameters() if w.grad is not None]
    return float(torch.stack(found).max())


CHECKS = (UNetIsStationary(),)
