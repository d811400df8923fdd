"""The layerwise denoiser: rules learned level by level, in a network that passes messages by them.

Up: a chain of clusters (:mod:`layerproof.layerwise.clustering`) finds the tokens of each level.
Down: stage l of the decoder regresses the level-l patch on its parent, both one-hot. Ridge on
one-hot vectors is counting, n(parent, patch)/(n(parent) + λ); what the penalty takes from a parent
is spread evenly over all patches, so that no string is impossible. The stages of the decoder need
nothing of each other: one pass over the strings serves them all.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from layerproof.layerwise.clustering import HOST, ClusterChain, cluster_chain, tuple_codes
from layerproof.layerwise.denoising.rule_network import RuleNetwork, check_weights
from layerproof.layerwise.sampling.blocks import blocks, check_samples
from layerproof.layerwise.sampling.derivations import StringSampler
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.signals import Signal, signal_named

PENALTY = 1.0
"""λ of the decoder's ridge, in strings."""

OWN_LATENT = signal_named("own-latent")


def layerwise_denoiser(
    grammar: Grammar, samples: int, signal: Signal = OWN_LATENT, *, seed: int
) -> RuleNetwork:
    """Encoder and decoder, each stage with `samples` strings; `signal` is the encoder's.

    Raises InputError for a signal that does not teach the levels L to 2, samples out of range, and
    levels of too many tuples of tokens.

    >>> from layerproof.theory.ensembles import draw
    >>> grammar = draw("uniform-first-token", vocabulary=8, rules=3, branching=2, levels=2, seed=1)
    >>> body = layerwise_denoiser(grammar, 20_000, seed=0)
    >>> body(torch.ones(1, 4, 8)).shape  # nothing is seen
    torch.Size([1, 4, 8])
    """
    chain = cluster_chain(grammar, samples, signal, seed=seed)
    return decoded(chain, samples, seed=seed)


def decoded(encoder: ClusterChain, samples: int, *, seed: int) -> RuleNetwork:
    """The network of an encoder that is there, its rules counted in `samples` strings.

    Raises InputError for an encoder that does not reach down to level 2.
    """
    grammar, s = encoder.grammar, encoder.grammar.branching
    check_samples(samples)
    if len(encoder.stages) < grammar.levels - 1:
        raise InputError("the encoder's levels", [*encoder.levels], "those from L to 2")
    # Patches that the encoder has not seen are one token more.
    sizes = [grammar.vocabularies[level] + (level < grammar.levels) for level in _levels(grammar)]
    above = [1, *sizes[:-1]]
    tables = []
    for parents, size in zip(above, sizes, strict=True):
        check_weights(parents, size**s)
        tables.append(torch.zeros(parents, size**s, dtype=torch.int64))
    for strings in sampled_strings(grammar, samples, seed=seed):
        children = strings
        for level in reversed(_levels(grammar)):
            table, codes = tables[level - 1], tuple_codes(children, s, sizes[level - 1])
            stage = encoder.stages[grammar.levels - level] if level > 1 else None
            children = torch.zeros_like(codes) if stage is None else stage.cluster[codes]
            cells = (children * table.shape[1] + codes).flatten()
            table += torch.bincount(cells, minlength=table.numel()).view_as(table)
    return RuleNetwork([_ridge(table) for table in tables], s)


def sampled_strings(grammar: Grammar, samples: int, *, seed: int) -> Iterator[Tensor]:
    """Strings (b, d) of the grammar's law, in blocks: those that the decoder of a seed counts."""
    sampler, path = StringSampler(grammar, HOST), ("decoder", "strings")
    for rows, generator in blocks(samples, grammar.input_length, HOST, seed=seed, path=path):
        yield sampler.trees(rows, generator)[-1]


def _levels(grammar: Grammar) -> range:
    return range(1, grammar.levels + 1)


def _ridge(counts: Tensor) -> Tensor:
    """Counts (k, patches) to P[patch | parent]."""
    shares: Tensor = (counts.double() + PENALTY / counts.shape[1]) / (
        counts.sum(1, keepdim=True) + PENALTY
    )
    return shares
