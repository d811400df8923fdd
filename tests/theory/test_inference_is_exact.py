"""Posteriors, likelihoods, draws and the most likely tree, against every derivation one by one."""

import math
from collections import defaultdict
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from layerproof.theory.ensembles import ENSEMBLES, draw
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.inference import (
    Gaussian,
    Observed,
    Posteriors,
    TreeEvidence,
    Weights,
    fault,
    infer,
    log_likelihood,
    most_likely,
    sample,
)
from layerproof.theory.inference.arithmetic import Logarithms, Scaled, Underflow
from layerproof.theory.inference.passes import messages
from layerproof.theory.population import patch_law
from tests.layerwise.instances import BINARY, UNEVEN
from tests.theory import brute_force

Array = NDArray[Any]

SMALL = {
    f"{name}, s = {width}": draw(
        name, vocabulary=3, rules=2, branching=width, levels=levels, seed=1
    )
    for name in ENSEMBLES.own
    for width, levels in ((2, 2), (3, 2))
} | {"uneven": UNEVEN, "binary": BINARY}
"""Of every ensemble, and two by hand: unequal sizes and laws, an ambiguous patch, a rule of
probability 0."""


@cache
def listed(name: str) -> tuple[Array, tuple[Array, ...]]:
    """The probability of every derivation, and the symbols of each level, (derivations, s^l)."""
    found = brute_force.derivations(SMALL[name])
    levels = zip(*(derivation.levels for derivation in found), strict=True)
    probability = np.array([float(derivation.probability) for derivation in found])
    return probability, tuple(np.array(level) for level in levels)


def evidences(name: str) -> dict[str, TreeEvidence]:
    """Every kind of evidence on some strings of the grammar."""
    grammar, generator = SMALL[name], np.random.default_rng(7)
    _, levels = listed(name)
    chosen = generator.integers(0, len(levels[-1]), 6)
    strings = levels[-1][chosen]
    masked = np.where(generator.random(strings.shape) < 0.4, -1, strings)
    one_hot = np.eye(grammar.vocabularies[-1])[strings]
    middle = generator.normal(size=(6, grammar.branching, grammar.vocabularies[1]))
    middle[generator.random(middle.shape) < 0.2] = -np.inf
    leaves = generator.normal(size=one_hot.shape)
    return {
        "observed": Observed(strings),
        "masked": Observed(masked),
        "nothing": Observed(np.full_like(strings, -1)),
        "noisy": Observed(masked, noise=0.3),
        "all noise": Observed(strings, noise=1.0),
        "gaussian": Gaussian(1.3 * one_hot + generator.normal(size=one_hot.shape), 1.69),
        "weights at two levels": Weights({1: middle, grammar.levels: leaves}),
        "a known label": Weights({0: np.where(np.eye(grammar.classes), 0.0, -np.inf)[:, None]}),
    }


def joint(name: str, evidence: TreeEvidence) -> Array:
    """P[derivation, evidence], (derivations, strings)."""
    grammar = SMALL[name]
    probability, levels = listed(name)
    log = np.log(probability)[:, None] + np.zeros(evidence.count)
    for level, symbols in enumerate(levels):
        weights = evidence.log_weights(grammar, level, slice(0, evidence.count))
        if weights is not None:
            nodes = np.arange(symbols.shape[1])
            log = log + weights[symbols, nodes].sum(1)
    found: Array = np.exp(log)
    return found


CASES = [(name, kind) for name in SMALL for kind in evidences(name)]
every_case = pytest.mark.parametrize(("name", "kind"), CASES, ids=str)


@every_case
def test_posteriors_are_those_of_all_derivations(name: str, kind: str) -> None:
    evidence = evidences(name)[kind]
    weights = joint(name, evidence)
    total = weights.sum(0)
    found = infer(SMALL[name], evidence)
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(found.log_likelihood, np.log(total), rtol=1e-12, atol=1e-12)
    shares = weights / np.where(total > 0, total, 1)
    for level, symbols in enumerate(listed(name)[1]):
        size = SMALL[name].vocabularies[level]
        expected = np.einsum("tb,tnv->bnv", shares, symbols[:, :, None] == np.arange(size))
        np.testing.assert_allclose(found.levels[level], expected, rtol=0, atol=1e-12)


@every_case
def test_both_arithmetics_agree(name: str, kind: str) -> None:
    evidence, grammar = evidences(name)[kind], SMALL[name]
    rows = slice(0, evidence.count)
    scaled = list(messages(grammar, evidence, rows, Scaled))
    logs = list(messages(grammar, evidence, rows, Logarithms))
    for (first, _), (second, _) in zip(scaled, logs, strict=True):
        with np.errstate(divide="ignore"):
            found = np.log(first.weights) + first.log_scale
        np.testing.assert_allclose(found, second.log_weights, rtol=1e-12, atol=1e-12)


@every_case
def test_the_most_likely_tree_is_the_largest_of_all(name: str, kind: str) -> None:
    evidence = evidences(name)[kind]
    weights = joint(name, evidence)
    found = most_likely(SMALL[name], evidence)
    with np.errstate(divide="ignore"):
        best = np.log(weights.max(0))
    np.testing.assert_allclose(found.log_probability, best, rtol=1e-12, atol=1e-12)
    trees = np.concatenate(listed(name)[1], axis=1)
    for row, tree in enumerate(np.concatenate(found.levels, axis=1)):
        if best[row] == -math.inf:
            assert (tree == -1).all()
            continue
        same = (trees == tree).all(1)
        # Two rules of one symbol may list the same patch: their trees look alike.
        assert weights[same, row].max() == pytest.approx(weights[:, row].max(), rel=1e-12)


@pytest.mark.parametrize("name", ["uneven", "uniform, s = 3"])
def test_draws_have_the_posterior_law(name: str) -> None:
    grammar, draws = SMALL[name], 20_000
    string = listed(name)[1][-1][3:4]
    masked = np.where(np.arange(grammar.input_length) % 2 == 1, -1, string)

    def p_value(drawn_from: Array, noise: float) -> float:
        evidence = Observed(np.repeat(drawn_from, draws, axis=0), noise=noise)
        trees = np.concatenate(sample(grammar, evidence, np.random.default_rng(5)).levels, axis=1)
        law: dict[bytes, float] = defaultdict(float)
        weights = joint(name, Observed(masked, noise=0.3))[:, 0]
        for tree, weight in zip(np.concatenate(listed(name)[1], axis=1), weights, strict=True):
            law[tree.tobytes()] += weight / weights.sum()
        seen, counts = np.unique(trees, axis=0, return_counts=True)
        observed = {tree.tobytes(): count for tree, count in zip(seen, counts, strict=True)}
        assert observed.keys() <= law.keys()  # nothing impossible is drawn
        common = [tree for tree, share in law.items() if share * draws >= 5]
        cells = [(observed.get(tree, 0), law[tree] * draws) for tree in common]
        cells.append((draws - sum(c for c, _ in cells), draws - sum(e for _, e in cells)))
        kept = [(count, share) for count, share in cells if share > 1e-6]
        return float(stats.chisquare(*np.array(kept).T, sum_check=False).pvalue)

    assert p_value(masked, 0.3) > 1e-4
    assert p_value(masked, 0.5) < 1e-10  # another posterior is told apart


@pytest.mark.parametrize("signal_level", [1, 3, 6])
def test_the_label_given_a_patch_is_that_of_the_transition_matrices(signal_level: int) -> None:
    sizes = {"vocabulary": 16, "rules": 4, "branching": 2, "levels": 6}
    for grammar in (draw(name, **sizes, seed=2) for name in ENSEMBLES.own):
        law = patch_law(grammar, signal_level)
        patches = law.patch[law.can_come_first]
        nodes, size = 2**signal_level, grammar.vocabularies[signal_level]
        known = np.full((len(patches), nodes, size), 0.0)
        for place in range(2):
            known[:, place] = (
                np.log(np.eye(size) + 0.0)[patches[:, place]]
                if False
                else np.where(np.eye(size)[patches[:, place]] > 0, 0.0, -np.inf)
            )
        found = infer(grammar, Weights({signal_level: known}))
        expected = law.posterior[law.can_come_first]
        np.testing.assert_allclose(found.levels[0][:, 0], expected, atol=1e-10)
        np.testing.assert_allclose(
            found.log_likelihood, np.log(law.probability[law.can_come_first]), atol=1e-10
        )


def test_scaled_doubles_refuse_what_they_would_lose() -> None:
    label = Weights({0: np.array([[[0.0, -800.0, 0.0, 0.0]]])})
    with pytest.raises(Underflow):
        list(messages(BINARY, label, slice(0, 1), Scaled))
    found = infer(BINARY, label)
    assert found.log_likelihood[0] == pytest.approx(math.log(3 / 4))


def copies(levels: int) -> Grammar:
    """Two symbols, each of which produces itself twice: a string is one symbol throughout."""
    return Grammar((2,) * (levels + 1), (((((0, 0),), ((1, 1),))),) * levels)


def test_nothing_underflows_at_twelve_levels() -> None:
    grammar, noise = copies(12), 1e-6
    string = np.arange(4096) >= 2060  # 2060 zeros and 2036 ones
    found = infer(grammar, Observed(string[None].astype(int), noise=noise))
    odds = 24 * (math.log(1 - noise / 2) - math.log(noise / 2))
    assert found.log_likelihood[0] == pytest.approx(
        math.log(0.5)
        + 2060 * math.log(1 - noise / 2)
        + 2036 * math.log(noise / 2)
        + math.log1p(math.exp(-odds)),
        rel=1e-12,
    )
    assert found.levels[0][0, 0, 1] == pytest.approx(math.exp(-odds), rel=1e-9)
    for level in found.levels:
        np.testing.assert_allclose(level.sum(-1), 1.0, rtol=1e-12)
    # What would be lost in scaled doubles: neither half can be told from impossible there.
    with pytest.raises(Underflow):
        list(messages(grammar, Observed(string[None].astype(int), noise), slice(0, 1), Scaled))


def test_twelve_levels_of_a_drawn_grammar_are_normal() -> None:
    grammar = draw("uniform", vocabulary=8, rules=3, branching=2, levels=12, seed=0)
    tree = sample(grammar, Observed(np.full((2, 4096), -1)), np.random.default_rng(0))
    found = infer(grammar, Observed(tree.levels[-1]))
    assert found.log_likelihood == pytest.approx(-math.log(8) - 4095 * math.log(3), rel=1e-12)
    for level, symbols in zip(found.levels, tree.levels, strict=True):
        assert (level.argmax(-1) == symbols).all()
    noisy = infer(grammar, Observed(tree.levels[-1], noise=0.2))
    assert (noisy.levels[0].argmax(-1) == tree.levels[0]).all()
    assert np.isfinite(noisy.log_likelihood).all()


def test_an_impossible_string_is_named_and_is_no_nan() -> None:
    grammar = copies(3)
    strings = np.array([[0] * 8, [0, 0, 1, 1, 1, 1, 1, 0], [0] * 4 + [1] * 4])
    evidence = Observed(strings)
    found = infer(grammar, evidence)
    assert found.log_likelihood.tolist() == [math.log(0.5), -math.inf, -math.inf]
    for level in found.levels:
        assert level[0].sum(-1) == pytest.approx(1.0)
        assert not level[1:].any()
    assert all(not entropy.any() for entropy in found.entropies)
    assert fault(grammar, evidence, 0) == ""
    assert fault(grammar, evidence, 1) == "no level-2 symbol produces tokens 6 to 7"
    assert fault(grammar, evidence, 2) == "no level-0 symbol produces tokens 0 to 7"
    certain = Grammar((2, 2), (((((0, 0),), ((1, 1),))),), label_prior=[1.0, 0.0])
    assert fault(certain, Observed([[1, 1]]), 0) == "only labels of probability 0 produce it"
    for trees in (most_likely(grammar, evidence), sample(grammar, evidence, _generator())):
        assert trees.log_probability[1:].tolist() == [-math.inf] * 2
        assert all((level[1:] == -1).all() for level in trees.levels)


def _generator() -> np.random.Generator:
    return np.random.default_rng(0)


def test_the_workspace_changes_nothing() -> None:
    grammar = draw("uniform", vocabulary=6, rules=3, branching=3, levels=3, seed=0)
    strings = sample(grammar, Observed(np.full((50, 27), -1)), _generator()).levels[-1]
    evidence = Observed(strings, noise=0.1)

    def found(workspace: int) -> Posteriors:
        return infer(grammar, evidence, workspace=workspace)

    for level, other in zip(found(1).levels, found(2**30).levels, strict=True):
        assert (level == other).all()
    assert (found(1).log_likelihood == log_likelihood(grammar, evidence)).all()


def test_rare_rules_are_kept_apart_from_impossible_ones() -> None:
    grammar = Grammar(
        (1, 2, 2), [[[(0, 0), (1, 1)]], [[(0, 0)], [(1, 1)]]], [[[1.0, 1e-300]], [[1.0], [1.0]]]
    )
    found = infer(grammar, Observed([[1, 1, 1, 1], [1, 1, -1, -1], [1, 0, 0, 0]]))
    assert found.log_likelihood[:2] == pytest.approx([math.log(1e-300)] * 2)
    assert found.log_likelihood[2] == -math.inf
    assert found.levels[2][1, :, 1].tolist() == pytest.approx([1.0] * 4)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Observed([0, 1]), "strings is"),
        (lambda: Observed([[0.5]]), "strings is"),
        (lambda: Observed([[0]], noise=1.5), "noise is 1.5"),
        (lambda: Observed([[0]], noise=math.nan), "noise is nan"),
        (lambda: infer(BINARY, Observed([[0]])), "the length of the strings is 1"),
        (lambda: infer(BINARY, Observed([[0] * 7 + [9]])), "token 7 of string 0 is 9"),
        (lambda: infer(BINARY, Observed([[-2] + [0] * 7])), "token 0 of string 0 is -2"),
        (lambda: Gaussian(np.zeros((1, 8)), 1.0), "values is"),
        (lambda: Gaussian(np.zeros((1, 8, 2)), -1.0), "snr is -1.0"),
        (lambda: infer(BINARY, Gaussian(np.zeros((1, 8, 3)), 1.0)), "the shape of a string's"),
        (lambda: Weights({}), "levels is"),
        (lambda: Weights({0: np.full((1, 1, 2), np.nan)}), "the weights of level 0"),
        (lambda: infer(BINARY, Weights({9: np.zeros((1, 1, 2))})), "a level of the evidence is 9"),
        (lambda: infer(BINARY, Weights({0: np.zeros((1, 2, 2))})), "the shape of a string's"),
    ],
)
def test_what_is_no_evidence_is_refused(make: Any, words: str) -> None:
    with pytest.raises(InputError) as refusal:
        make()
    assert str(refusal.value).startswith(words)
