"""Evidence bounds and the growth of small codes, against every string of a grammar."""

import math

import numpy as np
import pytest

from layerproof.theory.ensembles import draw
from layerproof.theory.enumeration import enumerate_derivations
from layerproof.theory.evidence_bounds import (
    evidence_bounds,
    highest_paying,
    label_growth,
    rule_entropies,
    string_growth,
    token_by_token,
)
from layerproof.theory.grammar import Grammar


def _drawn(rules: int, zipf: float | None = None) -> Grammar:
    sizes = {"vocabulary": 4, "rules": rules, "branching": 2, "levels": 2, "seed": 1}
    return draw("uniform-first-token", **sizes, **({} if zipf is None else {"zipf": zipf}))


def _growth(grammar: Grammar, *, of_label: bool) -> float:
    """The largest eigenvalue of u ↦ Σ_i E[E[u | x_i] | X], E u = 0, string by string."""
    found = enumerate_derivations(grammar).derivations
    share = np.array([float(one.probability) for one in found])
    root = np.sqrt(share)
    total = np.zeros((len(found),) * 2)
    for leaf in range(grammar.input_length):
        tokens = np.array([one.levels[-1][leaf] for one in found])
        same = tokens[:, None] == tokens
        weight = same.astype(float) @ share
        total += same / weight[:, None] * np.outer(root, root)
    if of_label:
        labels = np.array([one.levels[0][0] for one in found])
        basis = (labels[:, None] == np.arange(grammar.classes)) * root[:, None]
        basis /= np.linalg.norm(basis, axis=0)
        total = basis @ (basis.T @ total @ basis) @ basis.T
    total -= grammar.input_length * np.outer(root, root)
    return float(np.linalg.eigvalsh(total)[-1])


@pytest.mark.parametrize("zipf", [None, 1.0])
def test_growth_is_that_over_all_strings(zipf: float | None) -> None:
    grammar = _drawn(2, zipf)
    assert string_growth(grammar) == pytest.approx(_growth(grammar, of_label=False), abs=1e-10)
    assert label_growth(grammar)[0] == pytest.approx(_growth(grammar, of_label=True), abs=1e-10)


def test_where_strings_are_uniform_a_free_code_does_not_grow() -> None:
    """f = 1: nothing but the string itself is worth naming."""
    grammar = _drawn(4)
    bounds = evidence_bounds(grammar)
    assert string_growth(grammar) == pytest.approx(1.0, abs=1e-12)
    assert highest_paying(bounds) is None
    assert bounds[0].nelbo == pytest.approx(bounds[-1].nelbo) == 4 * math.log(4)


@pytest.mark.parametrize("zipf", [None, 1.0])
def test_layers_of_one_latent_a_node_add_up_to_the_entropy(zipf: float | None) -> None:
    grammar = _drawn(2, zipf)
    shares = [float(one.probability) for one in enumerate_derivations(grammar).derivations]
    entropy = -math.fsum(share * math.log(share) for share in shares)
    assert math.log(4) + math.fsum(rule_entropies(grammar)) == pytest.approx(entropy)
    assert evidence_bounds(grammar)[-1].nelbo == pytest.approx(entropy)
    assert all(loss > 0.1 for loss in token_by_token(grammar))


def test_the_highest_level_that_pays_moves_down_the_tree() -> None:
    """At one height above the leaves: V = 16, m = 4, s = 2."""
    found = []
    for levels in (4, 5, 6):
        grammar = draw(
            "uniform-first-token", vocabulary=16, rules=4, branching=2, levels=levels, seed=0
        )
        found.append(highest_paying(evidence_bounds(grammar)))
    assert found == [2, 3, 4]
