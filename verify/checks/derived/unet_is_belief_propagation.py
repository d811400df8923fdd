"""The network that is wired by a grammar against inference: beliefs, likelihood, weights."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, TypedDict

import numpy as np
from pydantic import Field

from layerproof.theory.grammar import Grammar
from layerproof.theory.inference import Weights, infer, sample_derivations
from layerproof.theory.randomness import generator
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Row, Trial
from layerproof.verify.verdicts.claims import Identity

if TYPE_CHECKING:
    from layerproof.layerwise.denoising import BeliefUNet

ROUNDINGS = 64.0
"""Of a posterior, in units of 2^-52, for every token: in every logarithm, sum and exponential."""


class DenoisedParameters(InstanceParameters):
    """Instances, and what is seen of the strings that are drawn of them."""

    process: Literal["masking", "uniform", "gaussian"] = Field("uniform", description="the noise")
    noise: float = Field(0.3, gt=0, le=1, description="how much of it, from 0 to 1")
    strings: int = Field(20, ge=1, le=10**5, description="strings drawn of a grammar")


class Inferred(TypedDict):
    """The largest deviation of a belief, by level; that of a likelihood; weights, and how many."""

    beliefs: dict[str, float]
    likelihood: float
    weights: int
    sizes: list[dict[str, int]]
    classes: int


class UNetIsBeliefPropagation(Check[DenoisedParameters]):
    """Noisy strings through the network and through inference, node by node."""

    id = "unet-is-belief-propagation"
    statement = "derived.unet-is-belief-propagation"
    turned_by = ("miswired-rule",)
    quantity = "largest |belief − posterior|, |log-likelihoods|, number of weights"
    parameters = DenoisedParameters
    needs_torch = True

    def rows(self, parameters: DenoisedParameters) -> Sequence[Row]:
        """The beliefs of every level, the likelihood, the number of weights."""
        levels = [{"of": "beliefs", "level": level} for level in range(parameters.depth + 1)]
        return [*levels, {"of": "likelihood"}, {"of": "weights"}]

    def trial(self, parameters: DenoisedParameters, trial: Trial) -> Outcome[Inferred]:
        """One grammar, its network, and strings with noise on them."""
        return Outcome(inferred(trial.grammar(parameters), parameters, trial))

    def claim(
        self,
        parameters: DenoisedParameters,
        row: Row,
        outcomes: Sequence[Outcome[Inferred]],
        form: str,
    ) -> Identity:
        """The largest deviation over all draws, against rounding; weights have to be as many."""
        found = [outcome.values for outcome in outcomes]
        if row["of"] == "weights":
            return self._weights(form, found)
        off = [
            one["likelihood"] if row["of"] == "likelihood" else one["beliefs"][str(row["level"])]
            for one in found
        ]
        leaves = parameters.extent.branching**parameters.depth
        examined = parameters.strings * len(found)
        return Identity(max(off), ROUNDINGS * 2.0**-52 * leaves, examined=examined)

    def _weights(self, form: str, found: Sequence[Inferred]) -> Identity:
        """Level by level; where all have the same sizes, in one formula too."""
        level, network = self.formula(form, "level"), self.formula(form, "network")
        worst, shown = 0, {"weights": found[0]["weights"]}
        for one in found:
            predicted = sum(level.integer(**sizes) for sizes in one["sizes"]) + one["classes"]
            worst = max(worst, abs(one["weights"] - predicted))
            if letters := uniform_sizes(one):
                worst = max(worst, abs(one["weights"] - network.integer(**letters)))
        return Identity(float(worst), 0.0, examined=len(found), worst=shown)


def inferred(grammar: Grammar, parameters: DenoisedParameters, trial: Trial) -> Inferred:
    """The network of a grammar beside inference, on noisy strings of it."""
    import torch

    from layerproof.layerwise.denoising import PROCESSES

    network = wired(grammar, trial)
    process = PROCESSES[parameters.process](grammar.vocabularies[-1])
    rng = generator(trial.derive("strings"))
    clean = torch.from_numpy(sample_derivations(grammar, parameters.strings, rng).levels[-1])
    noise = torch.Generator().manual_seed(trial.derive("noise"))
    noisy = process.corrupted(clean, parameters.noise, noise)
    seen = process.log_evidence(noisy, parameters.noise)
    # It counts up to a factor; beside its largest entry none is lost as it is exponentiated.
    seen = seen - seen.amax(-1, keepdim=True)
    expected = infer(grammar, Weights({grammar.levels: seen.numpy()}))
    with torch.no_grad():
        evidence = seen.exp().to(trial.device)
        found, likelihood = network.beliefs(evidence), network.log_likelihood(evidence)
    pairs = zip(found, expected.levels, strict=True)
    off = [float(np.abs(one.cpu().numpy() - other).max()) for one, other in pairs]
    told = np.abs(likelihood.cpu().numpy() - expected.log_likelihood)
    return {
        "beliefs": {str(level): worst for level, worst in enumerate(off)},
        "likelihood": float((told / np.maximum(1.0, -expected.log_likelihood)).max()),
        "weights": sum(weight.numel() for weight in network.parameters()),
        "sizes": sizes_of_levels(grammar),
        "classes": grammar.classes,
    }


def wired(grammar: Grammar, trial: Trial) -> BeliefUNet:
    """The network of a grammar on the trial's device, with what the control breaks in it."""
    from layerproof.layerwise.denoising import BeliefUNet

    network = BeliefUNet.exact(grammar)
    if trial.control.rewire is not None:
        trial.control.rewire(network)
    return network.to(trial.device)


def sizes_of_levels(grammar: Grammar) -> list[dict[str, int]]:
    """Of every level above the leaves: rules that are possible, symbols, symbols below, s."""
    return [
        {
            "rules": int((grammar.level_rules(level).probability > 0).sum()),
            "parents": above, "tokens": below, "s": grammar.branching,
        }
        for level, (above, below) in enumerate(pairwise(grammar.vocabularies))
    ]  # fmt: skip


def uniform_sizes(found: Inferred) -> dict[str, Any]:
    """n, V, m, s and L where all levels have the same V and m; else nothing."""
    sizes, n = found["sizes"], found["classes"]
    V, s, L = sizes[-1]["tokens"], sizes[-1]["s"], len(sizes)
    m = sizes[0]["rules"] // n
    like = [(n * m, n, V), *[(V * m, V, V)] * (L - 1)]
    same = [(one["rules"], one["parents"], one["tokens"]) for one in sizes] == like
    return {"n": n, "V": V, "m": m, "s": s, "L": L} if same else {}


CHECKS = (UNetIsBeliefPropagation(),)
