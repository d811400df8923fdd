"""Counts: how many of N samples fall into each cell (leaf string, signal value), drawn directly.

The counts are multinomial. They are drawn down the tree: first over (patch, signal value), then
each count is split over the rules of one token after another. Every split keeps its total, so the
counts add up to N exactly, for N up to 10^18, and cost as much as there are cells that are not
empty, whatever N.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from layerproof.layerwise.devices import on_device, require_memory
from layerproof.layerwise.parts import WHOLE, Part
from layerproof.layerwise.sampling.batch import Batch, merge
from layerproof.layerwise.sampling.strings import token_dtype
from layerproof.theory.grammar import Grammar
from layerproof.theory.randomness import generator
from layerproof.theory.signals import Signal

Counts = NDArray[np.int64]
HOST = torch.device("cpu")

ROUNDS_BELOW, FEW = 10**14, 10**8
"""Totals from which on NumPy's binomial draws round too much, unless so many are expected on both
sides that they rarely take the step that does."""


@dataclass(frozen=True)
class Rules:
    """Rules of one level on the host: `patch` (R, s), `first` (V,), `probability` (V, m) padded.

    Symbol ν's rules are `first[ν]`, `first[ν] + 1`, …; missing ones have probability 0.
    """

    patch: NDArray[np.int64]
    first: NDArray[np.int64]
    probability: NDArray[np.float64]

    @classmethod
    def of(cls, grammar: Grammar, level: int) -> Rules:
        """The rules by which level-`level` symbols produce level-(level+1) patches."""
        rules = grammar.level_rules(level)
        number = np.bincount(rules.parent, minlength=grammar.vocabularies[level])
        first = np.cumsum(number) - number
        probability = np.zeros((len(number), number.max()))
        place = np.arange(len(rules.parent)) - first[rules.parent]
        probability[rules.parent, place] = rules.probability
        return cls(rules.patch, first, probability)


def count_batches(
    grammar: Grammar,
    level: int,
    samples: int,
    *,
    seed: int,
    signal: Signal,
    device: torch.device,
    part: Part = WHOLE,
) -> Iterator[Batch]:
    """A stage's samples as one batch of distinct leaf strings with their counts.

    Every part draws all of them, at the same cost, and keeps its share of the strings.

    Raises InputError where the distinct strings would not fit into memory.
    """
    check_counts_fit(grammar, level, samples, signal)
    rng = generator(seed, "stage", level, "counts")
    joint = signal.joint(grammar, level)
    counts = multinomial(rng, np.array(samples), joint.ravel()).reshape(joint.shape)
    seen = counts.any(axis=1)
    tokens, counts = grammar.patches(level).patch[seen], counts[seen]
    for lower in range(level, grammar.levels):
        tokens, counts = _expand(rng, tokens, counts, Rules.of(grammar, lower))
    leaves = on_device(tokens, device).to(token_dtype(grammar.vocabularies[-1]))
    # Derivations of one string are one cell, where the grammar is ambiguous.
    batch = merge([Batch(leaves, on_device(counts, device))], grammar.vocabularies[-1])
    yield batch.every(part.count, part.index)


def multinomial(
    rng: np.random.Generator, totals: Counts, probabilities: NDArray[np.float64]
) -> Counts:
    """Split each total over c outcomes: totals (...), probabilities (..., c), result (..., c).

    The probabilities need not be normalised; the leading axes broadcast. Totals are halved by
    binomial draws down a binary tree over the outcomes, with ratios of sums of nonnegative terms:
    an outcome of probability 0 gets exactly 0, and the parts add up exactly.
    """
    outcomes = probabilities.shape[-1]
    missing = 2 ** (outcomes - 1).bit_length() - outcomes
    masses = [np.pad(probabilities, [(0, 0)] * (probabilities.ndim - 1) + [(0, missing)])]
    while masses[-1].shape[-1] > 1:
        masses.append(masses[-1][..., 0::2] + masses[-1][..., 1::2])
    counts = totals[..., None]
    for whole, parts in zip(masses[:0:-1], masses[-2::-1], strict=True):
        halves = np.stack((parts[..., 0::2], parts[..., 1::2]))
        share, rarer = (
            np.divide(mass, whole, out=np.zeros_like(whole), where=whole > 0)
            for mass in (halves[0], halves.min(axis=0))
        )
        left = binomial(rng, counts, share, rarer)
        counts = np.stack((left, counts - left), axis=-1).reshape(*left.shape[:-1], -1)
    return np.ascontiguousarray(counts[..., :outcomes])


def binomial(
    rng: np.random.Generator,
    totals: Counts,
    share: NDArray[np.float64],
    rarer: NDArray[np.float64],
) -> Counts:
    """Binomial draws, also of totals of 10^18 with few expected on one side.

    `rarer` is the lesser of share and 1 − share, of which a share close to 1 keeps few digits.
    NumPy's method takes (total) · log(1 + x) in its last step, whose rounding, of order total ·
    2^−53, moves the law where it is not far below 1. There the rarer side is Poisson, from which
    the binomial law differs by at most its share, 10^−6, in total variation (Barbour, Hall 1984).
    """
    drawn = rng.binomial(totals, share)
    if totals.max(initial=0) <= ROUNDS_BELOW:
        return drawn
    totals, share, rarer = np.broadcast_arrays(totals, share, rarer)
    rare = (totals > ROUNDS_BELOW) & (rarer * totals < FEW)
    if rare.any():
        few = np.minimum(rng.poisson((rarer * totals)[rare]), totals[rare])
        drawn[rare] = np.where(share[rare] == rarer[rare], few, totals[rare] - few)
    return drawn


COUNTED = 2**62
"""Numbers of strings are counted up to here at least."""


def distinct_strings(grammar: Grammar, level: int, *, at_most: int | None = None) -> int:
    """How many derivations lie below the level-`level` patches; the number of leaf strings at most.

    |P_l| m^(s + s² + … + s^(L−l)) for a (V, m)-uniform grammar, as an exact integer. With `at_most`
    the smaller of the two, which for deep grammars is far quicker to tell.
    """
    if at_most is None:
        return _strings(grammar, level, None)
    most = max(at_most, COUNTED)  # one count of a grammar answers whatever is asked of it
    found = grammar.once(("distinct", level, most), lambda: _strings(grammar, level, most))
    return min(found, at_most)


def _strings(grammar: Grammar, level: int, at_most: int | None) -> int:
    """The number of derivations; any number of at least `at_most` where it is that large."""
    below = grammar.derivations_below(level, at_most=at_most)
    patches: list[list[int]] = grammar.patches(level).patch.tolist()
    return sum(math.prod(below[token] for token in patch) for patch in patches)


def _expand(
    rng: np.random.Generator, tokens: Counts, counts: Counts, rules: Rules
) -> tuple[Counts, Counts]:
    """One level down: strings (r, w) to (u, w s), their counts (r, k) to (u, k), none empty."""
    children = tokens[:, :0]
    for position in range(tokens.shape[1]):
        symbol = tokens[:, position]
        split = multinomial(rng, counts, rules.probability[symbol][:, None, :])
        row, rule = np.nonzero(split.any(axis=1))
        new = rules.patch[rules.first[symbol[row]] + rule]
        children = np.concatenate((children[row], new), axis=1)
        tokens, counts = tokens[row], split[row, :, rule]
    return children, counts


def check_counts_fit(grammar: Grammar, level: int, samples: int, signal: Signal) -> None:
    """Raise InputError where the distinct strings of a stage would not fit into memory."""
    rows = distinct_strings(grammar, level, at_most=samples)
    needed = counts_bytes(grammar, level, samples, signal)
    fits = f"strings or subtrees at level {level}, with {rows} distinct strings"
    require_memory(needed, HOST, "route", "counts", fits)


def counts_bytes(grammar: Grammar, level: int, samples: int, signal: Signal) -> int:
    """Memory of the host, in bytes, that drawing the counts of a stage takes."""
    rows = distinct_strings(grammar, level, at_most=samples)
    width = grammar.leaves_below(level)
    return rows * (4 * 8 * signal.size(grammar, level) + 3 * 8 * width)
