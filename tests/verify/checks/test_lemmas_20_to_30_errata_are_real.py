"""What the paper's Lemmas 24 to 30 and Proposition 19 print fails on instances found by hand."""

import itertools
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from layerproof.theory.deals import all_counts, deal_counts
from layerproof.theory.randomness import generator
from layerproof.theory.statements.ren2026.lemma_29 import FAILURE as FAILURE_OF_ONE
from layerproof.theory.statements.ren2026.proposition_19 import FAILURE, SEPARATION, SIGNAL
from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.ren2026.lemma_24 import count_tail
from layerproof.verify.run.runner import evaluate
from layerproof.verify.verdicts.verdict import Verdict


def _verdict(check: str, parameters: dict[str, Any], form: str = "printed") -> Verdict:
    (row,) = evaluate(CHECKS[check], parameters, form=form)
    return row.judgement.verdict


def _tail(V: int, m: int, nu: int, deviation: Fraction) -> Fraction:
    """P[|N − νm/V| ≥ ε νm/V] in whole numbers, choosing the places of one colour's balls."""
    mean = Fraction(nu * m, V)
    ways = sum(
        math.comb(nu * m, x) * math.comb((V - nu) * m, m - x)
        for x in range(m + 1)
        if abs(x - mean) >= deviation * mean
    )
    return Fraction(ways, math.comb(V * m, m))


@pytest.mark.parametrize("V", [2, 3, 7])
@pytest.mark.parametrize("m", [1, 5, 40])
@pytest.mark.parametrize("deviation", ["0.01", "0.1", "0.5", "1"])
def test_lemma_24_holds_where_gamma_v_is_whole(V: int, m: int, deviation: str) -> None:
    epsilon = Fraction(deviation)
    for nu in range(1, V + 1):
        exact = _tail(V, m, nu, epsilon)
        # The rounding that `count_tail` declares.
        assert count_tail(V, m, Fraction(nu, V), epsilon) == pytest.approx(float(exact), rel=1e-6)
        assert float(exact) <= 2 * math.exp(-(float(epsilon) ** 2) * nu / V * m / 3)


def test_lemma_24_fails_where_no_bin_is_whole() -> None:
    """V = 2, γ = 0.49: the first ⌊0.98⌋ = 0 bins hold none of the 0.49 m balls expected."""
    assert 2 * math.exp(-0.01 * 0.49 * 425 / 3) < 1 < 2 * math.exp(-0.01 * 0.49 * 424 / 3)
    grid = {"V": [2], "gammas": [0.49], "deviations": [0.1]}
    assert _verdict("lemma-24", grid | {"m": [425]}) is Verdict.VIOLATED
    assert _verdict("lemma-24", grid | {"m": [424]}) is Verdict.VACUOUS


def test_lemma_26_is_undefined_for_the_last_ball() -> None:
    sizes = {"sizes": [[2, 1]], "quantities": ["second moment"]}
    assert _verdict("lemma-26", sizes) is Verdict.VIOLATED
    assert _verdict("lemma-26", sizes, "repaired") is Verdict.NOT_APPLICABLE


def test_lemma_26_from_all_orders_of_the_balls() -> None:
    """V = 3, m = 2, z = (2, 1, −3), after the first bin: the next bin from the 720 orders."""
    z, after = (2, 1, -3), {}
    for order in itertools.permutations(range(6)):
        a, b = (z[ball // 2] for ball in order[2:4])
        after.setdefault(frozenset(order[:2]), []).append((Fraction(a + b, 2) ** 2, a * b))
    for first, moments in after.items():
        left = [z[ball // 2] for ball in range(6) if ball not in first]
        mean = Fraction(sum(left), 4)
        variance = Fraction(sum(x * x for x in left), 4) - mean**2
        square = sum(x for x, _ in moments) / len(moments)
        assert square == variance / 2 * (1 - Fraction(1, 3)) + mean**2
        product = Fraction(sum(y for _, y in moments), len(moments))
        assert product - mean**2 == -variance / 3


def test_lemma_27_fails_with_the_plus_sign() -> None:
    """V = m = 2: the first bin's mean is ±1 in 2 of 6 deals of (1, 1, −1, −1), else 0."""
    deals = set(itertools.permutations((1, 1, -1, -1)))
    moment = Fraction(sum((a + b) ** 2 for a, b, _, _ in deals), 4 * len(deals))
    assert moment / 2 == Fraction(1, 6)
    printed = (1 + 60 * math.log(2 * 2 / 0.1) / 2) / (5 * 2 * 2)
    assert printed > 5.5
    sizes = {"V": 2, "m": 2, "bounds": ["lower"], "z": ["pair"]}
    (row,) = evaluate(CHECKS["lemma-27"], sizes, trials=60)
    assert row.judgement.verdict is Verdict.VIOLATED
    assert row.judgement.evidence["worst moment / bound"] == pytest.approx(1 / 6 / printed)


@pytest.mark.parametrize(("m", "size"), [(1, 15), (2, 29), (3, 43)])
def test_lemma_29_fails_for_long_vectors(m: int, size: int) -> None:
    """V = 2, every matrix: ‖Pz‖ ≤ ‖z‖ < ‖z‖²/(20m); one less than `size` does not refute it."""
    z = np.array([size, -size])
    images = [np.linalg.norm(np.array(rows) @ z / m) for rows, _ in all_counts(2, m)]
    assert max(images) < z @ z / (20 * m)
    assert (size - 1) * math.sqrt(2) >= (size - 1) ** 2 * 2 / (20 * m)


def _exponents(V: int, m: int) -> tuple[float, float, float]:
    """What stands in the exponents of steps (A), (B), (C) of Lemma 29's derivation, exactly."""
    share, beta, last = 0.25, 0.13, 2 * V // 3
    left = np.arange(V, V - last, -1.0)
    rho = V / left
    total = (1 - share) * ((left - 1) / left).sum() / (m * V) - 1 / (20 * m)
    fourth = 3 * rho**2 + 6 * rho * beta + 2 * rho * beta**0.5 + beta**2
    fourth = (fourth + (rho + 2 * rho * beta**0.5) * V / m) / (m * V) ** 2
    remaining, drawn = m * left[-1], m * (last - 1)
    reach = remaining * math.sqrt(beta / (m * V))
    return (
        share**2 * remaining / V / 2,
        reach**2 / (2 * (drawn / V + reach / 3)),
        total**2 / (2 * fourth.sum()),
    )


@pytest.mark.parametrize("V", [139, 200, 369, 2000, 100_000])
@pytest.mark.parametrize("m", [139, 200, 369, 2000, 10**6, 10**9])
def test_the_constants_of_lemma_29_s_derivation_add_up(V: int, m: int) -> None:
    assert min(_exponents(V, m)) * 100 >= min(V, m)


@pytest.mark.parametrize("z", [(2, 1, -3), (1, -1, 0)])
def test_fourth_moments_of_draws_without_replacement_are_the_smaller_ones(
    z: tuple[int, ...],
) -> None:
    """The inequality E[τ⁴] ≤ E[(mean of m independent draws)⁴], from all orders at V = 3, m = 2."""
    balls = [x for x in z for _ in range(2)]
    for gone in itertools.combinations(range(6), 2):
        left = [balls[i] for i in range(6) if i not in gone]
        without = [Fraction(a + b, 2) ** 4 for a, b in itertools.permutations(left, 2)]
        independent = [Fraction(a + b, 2) ** 4 for a, b in itertools.product(left, repeat=2)]
        assert sum(without) / len(without) <= sum(independent) / len(independent)


@pytest.mark.parametrize("matrices", [1, 2, 3])
def test_lemma_30_and_proposition_19_fail_at_v_2_m_2(matrices: int) -> None:
    """Of the 4! deals 16 give P = ½ everywhere, which maps e_0 − e_1 to 0: 1 − 3^(−l)."""
    single = sum(p for rows, p in all_counts(2, 2) if rows == ((1, 1), (1, 1)))
    assert single == Fraction(16, 24)
    failure = 1 - (1 - single) ** matrices
    sizes = {"V": 2, "m": 2, "C": 1.0}
    for check, own in (
        ("lemma-30-exact", {"matrices": matrices}),
        ("proposition-19-exact", {"L": matrices + 1}),
    ):
        (row,) = evaluate(CHECKS[check], sizes | own)
        assert Fraction(row.judgement.evidence["probability"]) == failure
        assert row.judgement.verdict is Verdict.VIOLATED


@pytest.mark.parametrize("C", [1.0, 30.0, 1000.0, 10.0**6])
def test_no_constant_saves_proposition_19(C: float) -> None:
    allowed = math.exp(-((2 / C) ** (1 / 3)))
    levels = next(L for L in range(2, 100) if allowed < 1 - 3.0 ** (1 - L))
    sizes = {"V": 2, "m": 2, "C": C, "L": levels}
    assert _verdict("proposition-19-exact", sizes) is Verdict.VIOLATED


def test_large_vocabularies_do_not_save_it_at_m_2() -> None:
    """P[two equal columns] → 1 − e^(−1/4): 3000 draws at V = 100, 4 standard errors and 1/V."""
    rng = generator(0, "collisions")
    draws = [len({*map(bytes, deal_counts(100, 2, rng).T)}) < 100 for _ in range(3000)]
    limit = 1 - math.exp(-1 / 4)
    assert abs(np.mean(draws) - limit) < 4 * math.sqrt(limit * (1 - limit) / 3000) + 1 / 100


@pytest.mark.parametrize("levels", [2, 3, 6])
def test_proposition_19_pays_for_every_use_of_lemma_29(levels: int) -> None:
    uses = sum(
        level - 1 for level in range(2, levels + 1) for _ in itertools.combinations(range(5), 2)
    )
    single = FAILURE_OF_ONE(V=5, m=7)
    assert FAILURE(V=5, m=7, L=levels) == pytest.approx(uses * single, rel=1e-12)


def test_the_signal_constant_is_the_least_over_the_levels() -> None:
    signals = [SEPARATION(m=4, l=level) * 4 ** (level / 2) for level in range(1, 6)]
    assert min(signals) == pytest.approx(SIGNAL(m=4, L=5), rel=1e-12)


def test_at_small_m_the_bound_fails_exactly_where_two_tokens_share_q() -> None:
    """All products of two matrices at V = 3, m = 2, in whole numbers: bound (1/40)² · 2⁴."""
    matrices = [np.array(rows) for rows, _ in all_counts(3, 2)]
    for first, second in itertools.product(matrices, repeat=2):
        product = first @ second
        squares = [
            int(((product[:, a] - product[:, b]) ** 2).sum())
            for a, b in itertools.combinations(range(3), 2)
        ]
        assert (min(squares) * (20 * 2) ** 2 < 2**4) == (min(squares) == 0)
