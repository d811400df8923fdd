"""Chains of own latents as they are learned: against enumeration, and against their own law."""

from collections import defaultdict
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from layerproof.theory.ensembles import draw
from layerproof.theory.enumeration import enumerate_derivations
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.latent_chain import latent_chain, silent_from

Vector = list[Fraction]

SMALL = [(4, 2, 2, 3), (3, 2, 3, 2), (2, 1, 2, 3)]


def _draw(V: int, m: int, s: int, L: int, seed: int = 0) -> Grammar:
    sizes: dict[str, Any] = {"vocabulary": V, "rules": m, "branching": s, "levels": L}
    return draw("uniform-first-token", **sizes, seed=seed)


def _mean(seen: list[tuple[Fraction, Vector]]) -> Vector:
    total = sum((p for p, _ in seen), Fraction(0))
    return [sum((p * z[k] for p, z in seen), Fraction(0)) / total for k in range(len(seen[0][1]))]


def _square(one: Vector, other: Vector) -> Fraction:
    return sum(((a - b) ** 2 for a, b in zip(one, other, strict=True)), Fraction(0))


@pytest.mark.parametrize("sizes", SMALL, ids=str)
def test_every_stage_agrees_with_enumeration(sizes: tuple[int, int, int, int]) -> None:
    """Stage by stage over all derivations, in rational arithmetic."""
    grammar = _draw(*sizes)
    listed = enumerate_derivations(grammar).derivations
    leaves = range(grammar.vocabularies[-1])
    target = {token: [Fraction(int(k == token)) for k in leaves] for token in leaves}
    for stage in latent_chain(grammar):
        seen: dict[tuple[int, ...], list[tuple[Fraction, Vector]]] = defaultdict(list)
        parent = {}
        for one in listed:
            patch = tuple(one.levels[stage.level][: grammar.branching])
            beside = one.levels[stage.level][grammar.branching]
            seen[patch].append((one.probability, target[beside]))
            parent[patch] = one.levels[stage.level - 1][0]
        mean = {patch: _mean(found) for patch, found in seen.items()}
        for index, patch in enumerate(map(tuple, grammar.patches(stage.level).patch.tolist())):
            total = sum((p for p, _ in seen[patch]), Fraction(0))
            noise = sum((p * _square(z, mean[patch]) for p, z in seen[patch]), Fraction(0)) / total
            assert stage.variances[index] == pytest.approx(float(noise), rel=1e-10, abs=1e-15)
        learned = {parent[patch]: q for patch, q in mean.items()}
        assert all(learned[parent[patch]] == q for patch, q in mean.items())  # blind to synonyms
        squares = [float(_square(learned[a], learned[b])) for a, b in combinations(learned, 2)]
        assert stage.mean_square_separation == pytest.approx(np.mean(squares), rel=1e-10)
        assert stage.least_separation**2 == pytest.approx(min(squares), rel=1e-9, abs=1e-25)
        taken = {one.levels[stage.level][grammar.branching] for one in listed}
        values = [float(_square(target[a], target[b])) for a, b in combinations(taken, 2)]
        assert stage.target_range**2 == pytest.approx(max(values, default=0.0), rel=1e-10)
        target = learned


def test_deep_chains_lose_no_digits() -> None:
    """Separations of 10^(-35) between vectors that have 1/V in common."""
    chain = latent_chain(_draw(16, 4, 2, 26))
    assert silent_from(chain) == ""
    assert chain[-1].mean_square_separation < 1e-30
    for stage in chain:
        ratio = stage.mean_variance / stage.mean_square_separation
        assert 2.0 < ratio < 60.0  # 10 in the mean: (1 − 1/V − v_C c)/(2 v_C c)


def test_at_f_1_nothing_is_left_after_one_stage() -> None:
    assert silent_from(latent_chain(_draw(4, 4, 2, 3))) == (
        "Level 3: all patches that come first share one law of the target"
    )


def test_a_grammar_of_one_level_has_no_chain() -> None:
    with pytest.raises(InputError, match="own-latent"):
        latent_chain(_draw(4, 2, 2, 1))
