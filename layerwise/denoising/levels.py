"""What a denoiser knows of each level: nats by level, and valid patches in what it generates.

The information of level l in a string: log P[leaves below a node] less the same of its children,
each by itself, averaged over the nodes whose children are level-l tokens. Summed over all nodes,
and with the single leaves, that is log P of the string. Its mean under the true rules is the total
correlation of the tokens of a level-l patch, log 1/f where tokens are uniform: what a model pays
more at level l where it knows all about the levels below, and nothing of that one.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from layerproof.layerwise.clustering import tuple_codes
from layerproof.layerwise.denoising.rule_network import RuleNetwork
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar


def level_information(network: RuleNetwork, strings: Tensor) -> Tensor:
    """The information of the levels 1 … L in clean strings (b, d), in nats a node, (b, L)."""
    evidence = torch.nn.functional.one_hot(strings, network.sizes[-1])
    windows = network.window_likelihoods(evidence)
    each = [
        (node - below.unflatten(1, (-1, network.branching)).sum(-1)).mean(1)
        for node, below in pairwise(windows)
    ]
    return torch.stack(each, 1)


@dataclass(frozen=True)
class ValidPatches:
    """Patches of the levels 1 … L in generated strings.

    shares: of those whose tokens are all valid, the share that some symbol produces; f where
    tokens are drawn by themselves. grammatical: of whole strings.
    """

    shares: tuple[float, ...]
    grammatical: float


def valid_patches(network: RuleNetwork, grammar: Grammar) -> ValidPatches:
    """What the strings that a network draws, all at once from nothing, parse as: exact.

    Raises InputError for a network of other sizes, and an ambiguous grammar.
    """
    if (network.sizes[-1], network.branching, network.levels) != (
        grammar.vocabularies[-1], grammar.branching, grammar.levels,
    ):  # fmt: skip
        raise InputError("network", f"{network.levels} levels", "one of the grammar's sizes")
    if not grammar.is_nonambiguous:
        raise InputError("grammar", "ambiguous", "one in which every patch has one parent")
    parsed = torch.eye(network.sizes[-1], dtype=torch.float64)  # P[parsed as | token]
    priors, shares = [prior.cpu() for prior in network.priors()], []
    for level in range(grammar.levels, 0, -1):
        patches = _with_true_tokens(network.tables[level - 1].cpu(), parsed, network.branching)
        rules, above = grammar.level_rules(level - 1), priors[level - 1]
        codes = tuple_codes(rules.patch, grammar.branching, grammar.vocabularies[level])[:, 0]
        valid = patches[:, torch.tensor(codes)]
        shares.append(float((above @ valid).sum() / (above @ patches).sum()))
        parsed = patches.new_zeros(len(patches), grammar.vocabularies[level - 1])
        parsed.index_add_(1, torch.tensor(rules.parent), valid)
    return ValidPatches(tuple(shares[::-1]), float(parsed.sum()))


def _with_true_tokens(table: Tensor, parsed: Tensor, branching: int) -> Tensor:
    """P[patch of true tokens | parent], from that of the network's tokens (k, k'^s)."""
    found = table
    for _ in range(branching):  # the first token's axis becomes true, and the last one
        found = found.reshape(len(table), len(parsed), -1).transpose(1, 2) @ parsed
        found = found.flatten(1)
    return found
