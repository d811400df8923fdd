"""What the exact denoiser pays for masked tokens: over all masks, or over masks that are drawn."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from layerproof.theory.grammar import Grammar
from layerproof.theory.inference import MASKED, Observed, infer, sample_derivations
from layerproof.theory.randomness import generator
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Row, Trial
from layerproof.verify.statistics import mean_interval
from layerproof.verify.verdicts.claims import Claim, Equality, Identity

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MOST_LISTED = 2**17
"""Pairs of a string and a mask of which all are taken; where there are more, some are drawn."""

MOST_ORDERED = 4
"""Tokens of a string of which all orders are taken."""

FLATTENED = 0.1
"""How much of a uniform law the imperfect model mixes into every exact posterior."""

ROUNDINGS = 64.0
"""Of a posterior and its logarithm, in units of 2^-52, for every token."""


class MaskedParameters(InstanceParameters):
    """Instances, and how many strings are drawn where not all are taken."""

    strings: int = Field(500, ge=1, description="strings drawn of a grammar that has too many")
    margin: float = Field(0.01, gt=0, description="relative margin where strings are drawn")


def string_sizes(grammar: Grammar) -> dict[str, int]:
    """The sizes on which the number of strings of a grammar of Definition 4 depends."""
    return {
        "n": grammar.classes, "m": grammar.rules_per_symbol or 1, "s": grammar.branching,
        "L": grammar.levels,
    }  # fmt: skip


class PricedMasks(TypedDict):
    """The sum over masks; of an imperfect model its excess, and its divergence by all orders."""

    total: float
    listed: bool
    excess: float
    divergence: float
    sizes: dict[str, int]


class MaskedEntropy(Check[MaskedParameters]):
    """Every string with every mask where there are few; else strings and masks that are drawn."""

    id = "masked-entropy"
    statement = "derived.masked-entropy"
    turned_by = ("ambiguous-rules",)
    quantity = "Σ_k E Σ_(i hidden) −log P[x_i | shown]/k"
    parameters = MaskedParameters

    def rows(self, parameters: MaskedParameters) -> Sequence[Row]:
        """The sum; of short strings the excess of an imperfect model, too."""
        short = parameters.extent.branching**parameters.depth <= MOST_ORDERED
        return [{"of": "entropy"}, *([{"of": "excess"}] if short else [])]

    def trial(self, parameters: MaskedParameters, trial: Trial) -> Outcome[PricedMasks]:
        """One grammar."""
        grammar = trial.grammar(parameters)
        length = grammar.input_length
        found: PricedMasks = {
            "total": 0.0, "listed": True, "excess": 0.0, "divergence": 0.0,
            "sizes": string_sizes(grammar),
        }  # fmt: skip
        if length > 20 or grammar.derivations() * 2**length > MOST_LISTED:
            found["total"], found["listed"] = _drawn(grammar, parameters.strings, trial), False
            return Outcome(found)
        strings = all_strings(grammar)
        table = costs_of_masks(grammar, strings)
        found["total"] = masked_sum(table)
        if length <= MOST_ORDERED:
            even = FLATTENED / grammar.vocabularies[-1]
            model = -np.log((1 - FLATTENED) * np.exp(-table) + even) * hidden_tokens(length)
            found["excess"] = masked_sum(model) - found["total"]
            found["divergence"] = _mean_divergence(model, len(strings))
        return Outcome(found)

    def claim(
        self,
        parameters: MaskedParameters,
        row: Row,
        outcomes: Sequence[Outcome[PricedMasks]],
        form: str,
    ) -> Claim:
        """The sum against the entropy: to rounding where all is listed, else by an interval."""
        found = [outcome.values for outcome in outcomes]
        entropy = self.formula(form, "entropy")(**found[0]["sizes"])
        sizes = found[0]["sizes"]
        rounding = ROUNDINGS * 2.0**-52 * sizes["s"] ** sizes["L"] * max(1.0, entropy)
        if row["of"] == "excess":
            worst = max(abs(one["excess"] - one["divergence"]) for one in found)
            shown = {"excess": found[0]["excess"], "divergence": found[0]["divergence"]}
            return Identity(worst, rounding, examined=len(found), worst=shown)
        totals = [one["total"] for one in found]
        if not found[0]["listed"]:
            interval = mean_interval(totals, 0.95)
            return Equality(interval, entropy, parameters.margin, trials=len(totals))
        worst = max(abs(total - entropy) for total in totals)
        return Identity(worst, rounding, examined=len(totals), worst={"entropy": entropy})


def all_strings(grammar: Grammar) -> Integers:
    """Every string of a grammar whose derivations make different ones, (strings, d)."""
    below = [np.array([[token]]) for token in range(grammar.vocabularies[-1])]
    for level in reversed(range(grammar.levels)):
        below = [
            np.concatenate([_joined([below[token] for token in patch]) for patch in patches])
            for patches in grammar.rules[level]
        ]
    return np.concatenate([below[label] for label in np.flatnonzero(grammar.label_prior)])


def _joined(parts: Sequence[Integers]) -> Integers:
    """Every way to put one row of each part side by side."""
    whole = parts[0]
    for part in parts[1:]:
        left = np.repeat(whole, len(part), axis=0)
        whole = np.concatenate([left, np.tile(part, (len(whole), 1))], axis=1)
    return whole


def costs_of_masks(grammar: Grammar, strings: Integers) -> Floats:
    """−log P[x_i | what shows] of every string, mask and token, (strings, 2^d, d).

    Bit i of a mask is token i hidden; tokens that show cost 0.
    """
    count, length = strings.shape
    hidden = hidden_tokens(length)
    table = np.zeros((count, 2**length, length))
    for mask, places in enumerate(hidden):
        if places.any():
            shown = np.where(places, MASKED, strings)
            table[:, mask] = _costs(grammar, shown, strings) * places
    return table


def hidden_tokens(length: int) -> NDArray[np.bool_]:
    """Which tokens each mask hides, (2^d, d)."""
    hidden: NDArray[np.bool_] = (np.arange(2**length)[:, None] >> np.arange(length)) & 1 == 1
    return hidden


def _costs(grammar: Grammar, shown: Integers, strings: Integers) -> Floats:
    """−log of the posterior of every true token, (strings, d)."""
    posterior = infer(grammar, Observed(shown)).levels[-1]
    return -np.log(np.take_along_axis(posterior, strings[..., None], axis=2)[..., 0])


def mean_costs(table: Floats) -> Floats:
    """H_k: the mean of −log P[x_i | what shows] where k tokens are hidden, k = 1 … d."""
    length = table.shape[2]
    size = np.array([mask.bit_count() for mask in range(2**length)])
    per_mask = table.sum(2).mean(0)
    means = [per_mask[size == k].mean() / k for k in range(1, length + 1)]
    return np.array(means)


def masked_sum(table: Floats) -> float:
    """Σ over k of the mean cost of a masked token where k are hidden."""
    return float(mean_costs(table).sum())


def _mean_divergence(model: Floats, strings: int) -> float:
    """KL(P‖P̂) of the strings that a model makes token by token, averaged over all orders."""
    length, total = model.shape[2], []
    for order in itertools.permutations(range(length)):
        mask, cost = 2**length - 1, np.zeros(strings)
        for token in order:
            cost += model[:, mask, token]
            mask -= 1 << token
        total.append(cost.mean() - np.log(strings))
    return float(np.mean(total))


def _drawn(grammar: Grammar, count: int, trial: Trial) -> float:
    """An estimate without bias: a mask of k uniform over 1 … d tokens for each string."""
    rng = generator(trial.derive("masks"))
    length = grammar.input_length
    strings = sample_derivations(grammar, count, rng).levels[-1]
    # Every k about equally often: what is left to chance is small.
    sizes = 1 + (rng.permutation(count) + rng.integers(length)) % length
    hidden = rng.random((count, length)).argsort(1).argsort(1) < sizes[:, None]
    costs = (_costs(grammar, np.where(hidden, MASKED, strings), strings) * hidden).sum(1)
    return float((length * costs / sizes).mean())


CHECKS = (MaskedEntropy(),)
