"""Layerwise learning of deep quadratic Boolean functions (R26 App. C).

A function f: {±1}^d → R is its Fourier expansion Σ_S c_S χ_S, χ_S(x) the product of x_i over i in
S. Layer 1 tries the products of two inputs, layer l those of two survivors of layer l − 1; each
stage regresses what earlier stages have left of f on its products, one by one (they are orthonormal
under uniform inputs), and keeps those whose coefficient exceeds a threshold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from layerproof.theory.errors import InputError, whole_number

Floats = NDArray[np.float64]
Support = frozenset[int]
Spectrum = Mapping[Support, float]
"""The non-zero Fourier coefficients of a function, by support."""

MOST_PRODUCTS = 100_000
"""Products that one layer tries at most: with biased inputs their number squares every layer."""

_BLOCK_ENTRIES = 2**22

LARGEST_DIMENSION = 20


class Draw(Protocol):
    """The data of one stage."""

    def __call__(self, stage: int) -> tuple[Floats, Floats]:
        """Inputs (r, d) of ±1 and their weights (r,), which sum to 1."""


@dataclass(frozen=True)
class Learned:
    """What each stage kept: products of inputs, by support, with their coefficients."""

    stages: tuple[Spectrum, ...]
    tried: int

    @property
    def supports(self) -> frozenset[Support]:
        """The supports of all products kept."""
        return frozenset(support for stage in self.stages for support in stage)

    def __call__(self, inputs: Floats) -> Floats:
        """The learned function's values on inputs (r, d): the sum over all stages, (r,)."""
        values = np.zeros(len(inputs))
        for stage in self.stages:
            values += evaluate(stage, inputs)
        return values


def cube(dimension: int) -> Floats:
    """All 2^d points of {±1}^d, (2^d, d). Raises InputError above dimension 20."""
    whole_number("dimension", dimension, minimum=1, maximum=LARGEST_DIMENSION)
    index = np.arange(2**dimension)[:, None] >> np.arange(dimension)
    points: Floats = 1.0 - 2.0 * (index & 1).astype(np.float64)
    return points


def product_law(inputs: Floats, bias: float = 0.0) -> Floats:
    """The weights (r,) of points of the cube (r, d) under independent inputs with E[x_i] = bias."""
    if not -1.0 < bias < 1.0:
        raise InputError("bias", bias, "a number strictly between -1 and 1")
    law: Floats = ((1.0 + bias * inputs) / 2.0).prod(axis=1)
    return law


def character(support: Support, inputs: Floats) -> Floats:
    """χ_S on inputs (r, d), (r,); the constant 1 for an empty support."""
    values: Floats = inputs[:, sorted(support)].prod(axis=1)
    return values


def evaluate(spectrum: Spectrum, inputs: Floats) -> Floats:
    """Σ_S c_S χ_S on inputs (r, d), (r,)."""
    values = np.zeros(len(inputs))
    for support, coefficient in spectrum.items():
        values += coefficient * character(support, inputs)
    return values


def learn(
    target: Callable[[Floats], Floats],
    draw: Draw,
    *,
    dimension: int,
    stages: int,
    threshold: float,
) -> Learned:
    """Learn `target` from the data of `stages` stages, keeping |coefficients| above `threshold`.

    `draw(1)`, …, `draw(stages)` give each stage's data: the cube with its law for the population
    algorithm, fresh samples of weight 1/N for a finite one. A product is known by its support, in
    which inputs that occur twice cancel. Raises InputError where a stage has more products than
    MOST_PRODUCTS.
    """
    whole_number("stages", stages, minimum=1)
    survivors = [frozenset([i]) for i in range(dimension)]
    found: list[Spectrum] = []
    tried = 0
    for stage in range(1, stages + 1):
        pairs = _pairs(len(survivors))
        inputs, weights = draw(stage)
        left = target(inputs) - Learned(tuple(found), tried)(inputs)
        coefficients = _coefficients(survivors, pairs, inputs, weights * left)
        kept = np.abs(coefficients) > threshold
        survivors = [survivors[i] ^ survivors[j] for i, j in pairs[kept]]
        found.append(_summed(survivors, coefficients[kept].tolist()))
        tried += len(pairs)
    return Learned(tuple(found), tried)


def _pairs(count: int) -> NDArray[np.int64]:
    """All (i, j), i < j < count."""
    number = count * (count - 1) // 2
    if number > MOST_PRODUCTS:
        raise InputError("products of one layer", number, f"at most {MOST_PRODUCTS}")
    return np.stack(np.triu_indices(count, 1), axis=1)


def _coefficients(
    survivors: list[Support], pairs: NDArray[np.int64], inputs: Floats, weighted: Floats
) -> Floats:
    """Σ_x weighted(x) χ_i(x) χ_j(x) of every pair (i, j) of survivors, (pairs,)."""
    columns = [character(support, inputs) for support in survivors]
    values = np.stack(columns) if columns else np.zeros((0, len(inputs)))
    coefficients = np.empty(len(pairs))
    height = max(1, _BLOCK_ENTRIES // max(len(inputs), 1))
    for start in range(0, len(pairs), height):
        first, second = pairs[start : start + height].T
        coefficients[start : start + height] = (values[first] * values[second]) @ weighted
    return coefficients


def _summed(supports: list[Support], coefficients: list[float]) -> Spectrum:
    """Two pairs of survivors may have one product, if their supports overlap: both are counted."""
    spectrum: dict[Support, float] = {}
    for support, coefficient in zip(supports, coefficients, strict=True):
        spectrum[support] = spectrum.get(support, 0.0) + coefficient
    return spectrum


def draw_supports(rng: np.random.Generator, dimension: int) -> list[Support]:
    """Fourier supports of a random member of R26 App. C's class, those of degree 2 first.

    Degree 2: a random pairing of the `dimension` inputs, an even number. Above: unions of two
    supports of half the degree, each with probability 1/2, but at least one of degree 4 if d ≥ 4.
    """
    whole_number("dimension", dimension, minimum=2, maximum=LARGEST_DIMENSION)
    order = rng.permutation(dimension)
    level = [frozenset(map(int, order[i : i + 2])) for i in range(0, dimension - 1, 2)]
    supports = list(level)
    while len(level) > 1:
        unions = [one | other for one, other in zip(level[::2], level[1::2], strict=False)]
        kept = rng.random(len(unions)) < 0.5
        kept[0] |= len(unions[0]) == 4
        level = [union for union, keep in zip(unions, kept, strict=True) if keep]
        supports += level
    return supports
