"""Belief propagation on the derivation tree in torch: on any device, batched, differentiable.

The twin of :mod:`layerproof.theory.inference`, to which it is equal to rounding: there one string
after another chooses the cheaper arithmetic, here all are computed in logarithms, so that nothing
underflows and nothing depends on the values. Arrays have three axes: the symbol or rule, the node
(from the left), the string.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from layerproof.theory.grammar import Grammar
from layerproof.theory.inference.passes import tables
from layerproof.theory.inference.tables import LevelTable


@dataclass(frozen=True, eq=False)
class PaddedRules:
    """The rules by which level-l symbols produce patches; every symbol has c, some impossible.

    patch (s, V_l c): the tokens of the rules, those of a symbol side by side. log_probability
    (V_l, c, 1, 1): −inf where there is no such rule. tokens: V_(l+1).
    """

    patch: Tensor
    log_probability: Tensor
    tokens: int

    @classmethod
    def of(cls, table: LevelTable, device: torch.device, dtype: torch.dtype) -> PaddedRules:
        """The rules of a level of :func:`layerproof.theory.inference.passes.tables`."""
        known = table.choices >= 0
        with np.errstate(divide="ignore"):
            logarithms = np.log(np.where(known, table.probability[table.choices], 0.0))
        patch = torch.from_numpy(table.patch[table.choices].reshape(-1, table.width).T.copy())
        weight = torch.from_numpy(logarithms).to(device, dtype)
        return cls(patch.to(device), weight[:, :, None, None], table.tokens)

    def scores(self, below: Tensor) -> Tensor:
        """log of p times the messages (V_(l+1), s n, b) of a rule's tokens, (V_l, c, n, b)."""
        parts = below.unflatten(1, (-1, len(self.patch))).unbind(2)
        total = parts[0].index_select(0, self.patch[0])
        for part, column in zip(parts[1:], self.patch[1:], strict=True):
            total = total + part.index_select(0, column)
        symbols, choices = self.log_probability.shape[:2]
        parted: Tensor = total.reshape(symbols, choices, *total.shape[1:])
        return parted + self.log_probability

    def over_tokens(self, share: Tensor) -> Tensor:
        """The sum of `share` (V_l, c, n, b) over the rules with each token, (V_(l+1), s n, b)."""
        flat = share.flatten(0, 1)
        empty = flat.new_zeros((self.tokens, *flat.shape[1:]))
        parts = [empty.index_add(0, column, flat) for column in self.patch]
        return torch.stack(parts, dim=2).flatten(1, 2)


@dataclass(frozen=True, eq=False)
class TreeMessages:
    """After the pass upward: what the evidence below each node says of its symbol.

    scores: of the levels 0 … L − 1, the logarithms (V_l, c, n, b) of each rule's probability with
    the evidence below, and sums (V_l, n, b) those of the symbols. log_root (V_0, b): the label's
    prior with all evidence, up to a factor of each string. log_likelihood (b,), in nats.
    """

    scores: tuple[Tensor, ...]
    sums: tuple[Tensor, ...]
    log_root: Tensor
    log_likelihood: Tensor


class DerivationTree:
    """The rules of a grammar on a device, ready for passes over many strings."""

    def __init__(
        self, grammar: Grammar, device: torch.device, dtype: torch.dtype = torch.float64
    ) -> None:
        self.grammar = grammar
        self.rules = [PaddedRules.of(table, device, dtype) for table in tables(grammar)]
        with np.errstate(divide="ignore"):
            prior = np.log(grammar.label_prior)
        self.log_prior = torch.from_numpy(prior).to(device, dtype)

    @property
    def entries_per_string(self) -> int:
        """Numbers that both passes hold for one string, about."""
        nodes = (self.grammar.branching**level for level in range(self.grammar.levels))
        pairs = zip(nodes, self.rules, strict=True)
        total: int = 3 * sum(count * rules.log_probability.numel() for count, rules in pairs)
        return total

    def upward(self, log_evidence: Tensor) -> TreeMessages:
        """The pass from the leaves to the label; log_evidence (V_L, d, b), −inf allowed."""
        message, log_scale = _scaled(log_evidence)
        scores, sums = [], []
        for rules in reversed(self.rules):
            scores.append(rules.scores(message))
            sums.append(scores[-1].logsumexp(1))
            message, scale = _scaled(sums[-1])
            log_scale = log_scale + scale
        root = self.log_prior[:, None] + message[:, 0]
        likelihood = root.logsumexp(0) + log_scale
        return TreeMessages(tuple(scores[::-1]), tuple(sums[::-1]), root, likelihood)

    def posteriors(self, messages: TreeMessages) -> list[Tensor]:
        """The posteriors of the levels 0 … L, (V_l, s^l, b); all 0 of an impossible string."""
        belief = _given(messages.log_root, messages.log_root.logsumexp(0))[:, None]
        levels = [belief]
        for rules, scores, sums in zip(self.rules, messages.scores, messages.sums, strict=True):
            share = _given(scores, sums[:, None]) * belief[:, None]
            belief = rules.over_tokens(share)
            levels.append(belief)
        return levels

    def draws(self, messages: TreeMessages, uniform: Tensor) -> list[Tensor]:
        """One derivation from the posterior of each string, the levels 0 … L, (s^l, b), int64.

        uniform (1 + the inner nodes, b): numbers below 1, one for the label and one for each rule.
        Of an impossible string the tokens mean nothing.
        """
        symbols = _chosen(messages.log_root[:, None], uniform[:1])
        levels, used = [symbols], 1
        for rules, scores in zip(self.rules, messages.scores, strict=True):
            nodes, choices = len(symbols), rules.log_probability.shape[1]
            index = symbols[None, None].expand(1, choices, -1, -1)
            rule = _chosen(scores.gather(0, index)[0], uniform[used : used + nodes])
            patches = rules.patch[:, symbols * choices + rule]
            symbols, used = patches.transpose(0, 1).flatten(0, 1), used + nodes
            levels.append(symbols)
        return levels


def _scaled(message: Tensor) -> tuple[Tensor, Tensor]:
    """A message whose largest entry is 0, and the logarithm taken out, summed over nodes, (b,)."""
    largest = message.amax(0)
    scale = largest.where(largest > -torch.inf, 0.0)
    return message - scale, scale.sum(0)


def _given(joint: Tensor, total: Tensor) -> Tensor:
    """exp(joint − total), 0 where the total is impossible."""
    return torch.exp(joint - total.where(total > -torch.inf, 0.0))


def _chosen(scores: Tensor, uniform: Tensor) -> Tensor:
    """The index drawn from exp(scores) (c, n, b) by numbers below 1, (n, b)."""
    edges = _given(scores, scores.amax(0)).cumsum(0)
    found = (edges <= uniform * edges[-1]).sum(0)
    # Never past the last possible one, whatever the rounding of the edges.
    return torch.minimum(found, (edges < edges[-1]).sum(0))
