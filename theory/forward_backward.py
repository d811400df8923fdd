"""Forward and back: noise on a string, exact denoising, and which latents come out as they were.

A string that is drawn from the posterior of the noisy one keeps a latent with the probability that
the posterior gives it. :func:`kept_exactly` computes that on one grammar, level by level, and
:func:`kept_in_mean_field` what it is on average over C24's ensemble where every node has rules of
its own (population dynamics, Mézard and Montanari 2009, Sec. 14.6): the law in the limit of many
symbols, for noise as it is, sure and wrong messages included.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats, Integers
from layerproof.theory.inference import MASKED, Observed, infer, sample_derivations
from layerproof.theory.memory import machine_memory, require

Channel = Literal["masking", "uniform"]
"""Tokens hidden, or replaced by one drawn from all, with the probability `noise`."""


def kept_exactly(
    grammar: Grammar, channel: Channel, noise: float, strings: int, rng: np.random.Generator
) -> Floats:
    """The share of a string's latents that are kept, of each level 0 to L, (L + 1, strings).

    Strings and their noise are drawn; the share is exact given what is seen. Raises InputError for
    noise that is none.

    >>> from layerproof.theory.ensembles import draw
    >>> grammar = draw("uniform", vocabulary=4, rules=2, branching=2, levels=2, seed=0)
    >>> kept_exactly(grammar, "masking", 0.0, 3, np.random.default_rng(0)).round(12).tolist()
    [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """
    _check_noise(noise)
    trees = sample_derivations(grammar, strings, rng).levels
    hit = rng.random(trees[-1].shape) < noise
    other = (
        rng.integers(grammar.vocabularies[-1], size=hit.shape) if channel == "uniform" else MASKED
    )
    seen = Observed(np.where(hit, other, trees[-1]), noise if channel == "uniform" else 0.0)
    pairs = zip(infer(grammar, seen).levels, trees, strict=True)
    kept = [np.take_along_axis(found, true[..., None], 2)[..., 0].mean(1) for found, true in pairs]
    return np.stack(kept)


class MapSize(NamedTuple):
    """V symbols at every level, m rules of s tokens each, L levels."""

    vocabulary: int
    rules: int
    branching: int
    levels: int


def kept_in_mean_field(
    size: MapSize, channel: Channel, noise: float, population: int, rng: np.random.Generator
) -> Floats:
    """The mean share of latents that are kept, of each level 0 to L, (L + 1,).

    population: how many messages stand for the law of a level's; the answer is off by chance by
    less than 1/√population.

    **Derivation.** A message upward is a law on V symbols, of which the true one is called 0. The
    node above has its true rule, which is called (0, …, 0), and m V − 1 others that are drawn
    without replacement from the other V^s − 1 tuples, m − 1 of them its own: the message weighs the
    rules of each symbol by the messages of the s children. Downward, the node's message from above
    takes the place of one child's, and the rules are summed over that child's token. A node's
    posterior is the product of what comes from below and from above, which are independent.
    Raises InputError for noise that is none, and sizes of which there are no grammars.
    """
    _check_noise(noise)
    tuples = size.vocabulary**size.branching
    if size.rules * size.vocabulary > tuples:
        raise InputError("rules", size.rules, "at most V^(s-1)")
    what = "so few that the tuples of every node fit into memory"
    require(16 * tuples * population, machine_memory(), "population", population, what)
    upward = [_leaves(size.vocabulary, channel, noise, population, rng)]
    for _ in range(size.levels):
        upward.append(_passed(size, _mixed(upward[-1], size.branching, rng), None, rng))
    upward.reverse()
    downward = np.full((population, size.vocabulary), 1.0 / size.vocabulary)
    kept = [_kept(upward[0], downward)]
    for level in range(1, size.levels + 1):
        siblings = _mixed(upward[level], size.branching - 1, rng)
        downward = _passed(size, siblings, rng.permutation(downward), rng)
        kept.append(_kept(rng.permutation(upward[level]), downward))
    return np.array(kept)


def _check_noise(noise: float) -> None:
    if not 0 <= noise <= 1:  # NaN is neither
        raise InputError("noise", noise, "a probability, from 0 to 1")


def _leaves(
    symbols: int, channel: Channel, noise: float, population: int, rng: np.random.Generator
) -> Floats:
    """The messages of leaves, (population, V)."""
    hit = rng.random(population) < noise
    other = rng.integers(symbols, size=population)
    seen = np.eye(symbols)[np.where(hit, other, 0)]
    if channel == "uniform":
        return np.asarray((1 - noise) * seen + noise / symbols)
    return np.where(hit[:, None], 1.0 / symbols, seen)


def _mixed(messages: Floats, count: int, rng: np.random.Generator) -> list[Floats]:
    """`count` children for every node, each drawn from the population."""
    return [messages[rng.integers(len(messages), size=len(messages))] for _ in range(count)]


def _passed(
    size: MapSize, children: list[Floats], above: Floats | None, rng: np.random.Generator
) -> Floats:
    """The next messages, upward from s children, or downward from s − 1 of them and `above`."""
    population = len(children[0]) if children else len(above if above is not None else ())
    rules = _rules(size, population, rng)
    parent = np.arange(size.vocabulary * size.rules) // size.rules
    weight = np.ones(rules.shape[:2])
    for place, messages in enumerate(children):
        weight *= np.take_along_axis(messages, rules[:, :, place], 1)
    if above is not None:
        weight *= above[:, parent]
        index = rules[:, :, -1]
    else:
        index = np.broadcast_to(parent, weight.shape)
    flat = (index + size.vocabulary * np.arange(population)[:, None]).ravel()
    summed = np.bincount(flat, weight.ravel(), population * size.vocabulary)
    found = summed.reshape(population, size.vocabulary)
    return np.asarray(found / found.sum(1, keepdims=True))


def _rules(size: MapSize, population: int, rng: np.random.Generator) -> Integers:
    """The rules of every node, (population, V m, s), those of a symbol side by side.

    The first is the true one, of zeros alone; the others are drawn without replacement.
    """
    count, tuples = size.vocabulary * size.rules, size.vocabulary**size.branching
    keys = rng.random((population, tuples))
    keys[:, 0] = -1.0
    # The least come first in no order: the true one is put in its place, then the rest is shuffled.
    drawn = keys.argpartition(count - 1, axis=1)[:, :count] if count < tuples else keys.argsort(1)
    order = np.take_along_axis(keys, drawn, 1).argsort(1)
    drawn = np.take_along_axis(drawn, order, 1)
    digits = [drawn // size.vocabulary**place % size.vocabulary for place in range(size.branching)]
    return np.stack(digits, axis=2)


def _kept(below: Floats, above: Floats) -> float:
    """The mean posterior of the true symbol."""
    product = below * above
    return float((product[:, 0] / product.sum(1)).mean())
