"""Distinct strings: a training set and a test set that share none (C24's protocol).

C24 counts samples without replacement: P distinct strings of the P_max that there are, and tests on
others. Strings are drawn here one after another and repetitions dropped, so that where all strings
are equally likely every set of P strings is; where they are not, likely strings come early.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from layerproof.layerwise.distinct import distinct_rows
from layerproof.layerwise.labelled_strings import Strings
from layerproof.layerwise.sampling.strings import sample_strings
from layerproof.theory.errors import InputError, whole_number
from layerproof.theory.grammar import Grammar
from layerproof.theory.randomness import generator

LARGEST_SHARE = 0.95
"""No more than this part of all strings is asked for: the last ones would take long to come by."""


@dataclass(frozen=True)
class Split:
    """Strings to train on and to test on, none of them in both, all distinct."""

    train: Strings
    test: Strings


def split(
    grammar: Grammar,
    samples: int,
    test: int,
    *,
    seed: int,
    device: torch.device | None = None,
) -> Split:
    """`samples` distinct strings to train on and at most `test` others to test on.

    The training sets of one seed are nested: a smaller one is the beginning of a larger one with
    the same total `samples + test`. Where the grammar has too few strings for both, the test set
    shrinks, to no less than 1/20 of all strings. Raises InputError where even that is too many.
    """
    whole_number("samples", samples, minimum=1)
    whole_number("test", test, minimum=1)
    there_are = grammar.derivations()
    most = most_samples(grammar)
    if samples > most:
        raise InputError("samples", samples, f"at most {most} of the {there_are} strings")
    wanted = min(samples + test, there_are)
    strings = distinct_strings(grammar, wanted, seed=seed, device=device)
    return Split(strings.rows(0, samples), strings.rows(samples, wanted))


def most_samples(grammar: Grammar) -> int:
    """How many of the grammar's strings :func:`split` gives to train on, where test ones are left.

    Raises InputError where strings are so long that they are not counted.
    """
    return max(1, int(LARGEST_SHARE * grammar.derivations()))


def distinct_strings(
    grammar: Grammar, count: int, *, seed: int, device: torch.device | None = None
) -> Strings:
    """The first `count` distinct strings of the stream of draws named after the seed.

    Raises InputError where the grammar does not seem to have as many.
    """
    factor = 2
    while factor < 2**12:
        drawn = _drawn(grammar, factor * count, seed, device)
        first = first_appearances(drawn.leaves, grammar.vocabularies[-1])
        if len(first) >= count:
            keep = first[:count]
            return Strings(drawn.leaves[keep], drawn.labels[keep])
        factor *= 4
    raise InputError("distinct strings", count, f"about {len(first)}, all that were drawn")


def first_appearances(leaves: Tensor, vocabulary: int) -> Tensor:
    """Where each distinct row of `leaves` (r, d) stands first, in increasing order: (u,)."""
    distinct, index = distinct_rows(leaves, vocabulary)
    place = torch.arange(len(leaves), device=leaves.device)
    first = torch.full((len(distinct),), len(leaves), device=leaves.device)
    return first.scatter_reduce_(0, index, place, "amin").sort().values


def _drawn(grammar: Grammar, count: int, seed: int, device: torch.device | None) -> Strings:
    batches = list(sample_strings(grammar, count, seed=seed, device=device, name="baselines"))
    leaves, labels = (torch.cat(part) for part in zip(*batches, strict=True))
    return Strings(leaves, labels)


def with_label_noise(labels: Tensor, share: float, classes: int, *, seed: int) -> Tensor:
    """The labels (P,) with each replaced, with probability `share`, by a uniform one."""
    if share == 0.0:
        return labels
    rng = generator(seed, "label noise")
    replaced = torch.from_numpy(rng.random(len(labels)) < share)
    uniform = torch.from_numpy(rng.integers(classes, size=len(labels)))
    return torch.where(replaced, uniform, labels.cpu()).to(labels.device)
