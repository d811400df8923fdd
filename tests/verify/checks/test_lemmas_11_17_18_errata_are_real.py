"""What fails in Lemmas 18, 17, 11 and the proof of Theorem 7, without the checks that found it."""

import itertools
import math
from fractions import Fraction
from math import comb

import numpy as np
import pytest

from layerproof.layerwise.training import train
from layerproof.theory.ensembles import draw
from layerproof.theory.grammar import Grammar
from layerproof.theory.population import patch_law
from layerproof.theory.schedule import Schedule, Stage, chain_of
from layerproof.theory.statements.ren2026 import lemma_11, lemma_17, lemma_18, theorem_7
from layerproof.verify.checks import CHECKS
from layerproof.verify.measure.representations import represent
from layerproof.verify.run.executors import single_threaded
from layerproof.verify.run.runner import evaluate


def _fair_within(n: int, bound: float) -> Fraction:
    """P[√2 |k/n − ½| ≤ bound], k ~ Binomial(n, ½), by adding up."""
    good = sum(comb(n, k) for k in range(n + 1) if math.sqrt(2) * abs(k / n - 0.5) <= bound)
    return Fraction(good, 2**n)


def _law_failure(N: int, delta: float) -> float:
    """Of Lemma 18 as printed at four equally likely patches: every way to split N strings."""
    bound = lemma_18.LAW_ERROR(patches=4, delta=delta, N=N)
    good = [Fraction(1), *(_fair_within(n, bound) for n in range(1, N + 1))]
    total = Fraction(0)
    for first, second, third in itertools.product(range(N + 1), repeat=3):
        fourth = N - first - second - third
        if fourth >= 0:
            ways = comb(N, first) * comb(N - first, second) * comb(third + fourth, third)
            total += ways * good[first] * good[second] * good[third] * good[fourth]
    return float(1 - total / 4**N)


def test_four_patches_and_32_strings_break_lemma_18() -> None:
    failure = _law_failure(32, 0.1)
    assert failure == pytest.approx(0.11984, abs=1e-5)
    sizes = {"patches": 4, "samples": 32, "delta": 0.1}
    law = evaluate(CHECKS["lemma-18-exact"], sizes)[1]
    assert law.judgement.measured == pytest.approx(failure, abs=1e-9)


def test_that_instance_is_a_grammar() -> None:
    """V = m = s = L = 2: level-1 tokens come first equally often under both labels."""
    patches = np.array([[0, 0], [1, 0], [0, 1], [1, 1]]).reshape(2, 2, 2)
    grammar = Grammar((2, 2, 2), (tuple(patches), tuple(patches)))
    law = patch_law(grammar, 2)
    assert grammar.is_uniform
    assert grammar.is_nonambiguous
    assert law.joint.tolist() == [[1 / 8, 1 / 8]] * 4


def test_one_string_breaks_the_upper_bound_on_a_frequency() -> None:
    """p̂ = 1 where p = 1/16: 16 > 1 + √(2 · 16 log 640) = 15.38, and below the repaired bound."""
    values = {"patches": 16, "kappa": 1, "delta": 0.1, "N": 1}
    assert lemma_18.DEVIATION(**values) < 15 < lemma_18.EXCESS(**values)


def test_mean_square_error_has_the_patch_s_own_count() -> None:
    """E‖q̂ − q‖² = (1 − ‖q‖²)/n exactly, over all labelings of n strings with three labels."""
    q = [Fraction(1, 2), Fraction(1, 3), Fraction(1, 6)]
    n = 4
    mean = sum(
        math.prod(q[label] for label in labels)
        * sum((Fraction(labels.count(z), n) - q[z]) ** 2 for z in range(3))
        for labels in itertools.product(range(3), repeat=n)
    )
    assert mean == (1 - sum(x * x for x in q)) / n


def test_two_patches_break_lemma_17() -> None:
    """|P_l| = 2, κ = 20: the counts of the rare patch one by one."""
    sizes = {"patches": 2, "kappa": 20, "epsilon": 0.09, "delta": 0.05}
    N = math.ceil(lemma_17.SAMPLES(**sizes))
    (row,) = evaluate(CHECKS["lemma-17-exact"], sizes)
    rng = np.random.default_rng(0)
    rare = rng.binomial(N, 1 / 40, size=100_000)
    labels = [rng.binomial(count, 0.5) / count for count in (rare, N - rare)]
    wrong = np.maximum(*(math.sqrt(2) * abs(share - 0.5) for share in labels)) > 0.09
    # Four standard errors of 100000 draws: a wrong refusal in 1 of 16000 seeds.
    error = 4 * math.sqrt(wrong.mean() / 100_000)
    assert row.judgement.measured == pytest.approx(wrong.mean(), abs=error)
    assert wrong.mean() > 2 * 0.05


def test_a_trained_leaf_layer_misses_the_printed_accuracy() -> None:
    """V = 16, m = 8, L = 2: learners trained at Lemma 11's N, σ, λ, η and T, step by step."""
    grammar = draw(
        "uniform-first-token", vocabulary=16, rules=8, branching=2, levels=2, classes=None, seed=0
    )
    with single_threaded():
        assert _leaf_error(grammar, "printed") > 1.2
        assert _leaf_error(grammar, "repaired") < 0.5


def _leaf_error(grammar: Grammar, form: str) -> float:
    """Largest ‖h − q‖/ε_* over the leaf patches."""
    chain = chain_of(grammar)
    sizes = {
        "patches": chain.patches[1],
        "kappa": chain.kappa,
        "d_y": chain.classes,
        "epsilon": 0.099,
        "delta": 0.05,
        "rho": math.sqrt(2),
        "token_separation": math.sqrt(2),
    }
    found = lemma_11.STATEMENT.form(form).formulas
    stage = Stage(
        level=2,
        samples=math.ceil(found["N"](**sizes)),
        features=None,
        bandwidth=found["bandwidth"](**sizes),
        ridge=lemma_17.RIDGE(**sizes),
        solver="gradient-descent",
        step_size=found["step size"](**sizes),
        steps=math.ceil(lemma_17.STEPS(**sizes)),
    )
    learner = train(grammar, Schedule(form, (stage,)), seed=0, device="cpu").learner
    outputs = represent(learner, grammar, 2, seed=0)
    q = patch_law(grammar, 2).posterior[outputs.patch]
    return float(np.linalg.norm(outputs.embedding - q, axis=1).max()) / 0.099


@pytest.mark.parametrize("C", [1.0, 100.0, 10.0**6])
def test_no_constant_makes_theorem_7_s_sizes_fit_its_accuracies(C: float) -> None:
    """E‖q̂ − q‖²/ε_*² for κ = 1, 1 − ‖q‖² = 0.9: 1.9 at V = 16, m = 4 and any C."""
    sizes = {"V": 16, "m": 4, "s": 2, "L": 3, "l": 2, "kappa": 1, "K_rho": 0.5, "delta": 0.1}
    N = theorem_7.LEVEL_SAMPLES(**sizes, C=C)
    noise = 64 * 0.9 / N
    assert noise / theorem_7.TOLERANCE(**sizes, C=C) ** 2 == pytest.approx(1.9126, abs=1e-4)


def test_the_repaired_sizes_of_theorem_7_satisfy_every_lemma() -> None:
    """Lemma 11's condition from level to level and Lemma 17's N, over random sizes."""
    rng = np.random.default_rng(0)
    for _ in range(40):
        V, m, s, L = (int(rng.choice(x)) for x in ([2, 3, 16, 10**8], [2, 8, 50], [2, 10], [2, 6]))
        kappa, K_rho = 10 ** rng.uniform(0, 9), 10 ** rng.uniform(-15, 0)
        sizes = {"V": V, "m": m, "s": s, "L": L, "kappa": kappa, "K_rho": K_rho, "delta": 0.1}
        epsilon = [theorem_7.TOLERANCE_REPAIRED(**sizes, l=level) for level in range(1, L + 1)]
        assert epsilon[0] < 0.1
        for level in range(1, L + 1):
            one = {"patches": V * m, "kappa": kappa, "d_y": V, "epsilon": epsilon[level - 1]}
            N = theorem_7.LEVEL_SAMPLES_REPAIRED(**sizes, l=level)
            asked = lemma_17.SAMPLES_REPAIRED(**one, delta=0.1 / (2 * L))
            assert pytest.approx(asked, rel=1e-9) == N
            if level < L:
                logarithm = math.log(2 / lemma_17.OVERLAP(**one))
                rho = K_rho * m ** (-(level + 1) / 2)
                assert epsilon[level] <= rho / (16 * V * m * math.sqrt(s * logarithm) + 2)
