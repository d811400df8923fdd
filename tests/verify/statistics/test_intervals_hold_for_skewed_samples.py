"""Limits miss no more often than they say on the laws that are judged, however skewed.

Misses of each limit are counted over repetitions from a fixed seed and put through a binomial test
at LEVEL. A guaranteed interval is tested against its own error, a nominal one against WORST_MISSES
times it, which is what the closing line of a run says.
"""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from layerproof.theory.deals import deal_counts
from layerproof.theory.zipf import zipf_weights
from layerproof.verify.checks import CHECKS
from layerproof.verify.run.runner import evaluate
from layerproof.verify.statistics import (
    WORST_MISSES,
    Interval,
    bounded_mean_interval,
    bounded_ratio_interval,
    mean_interval,
    ratio_interval,
)
from layerproof.verify.verdicts.verdict import Verdict

Floats = NDArray[np.float64]
LEVEL = 1e-4
REPETITIONS = 400


def _separations(V: int, m: int, levels: int, draws: int = 400) -> Floats:
    """What `mean-square-separation` finds: 2 Σ‖q − q̄‖²/(V − 1) after `levels` − 1 deals."""
    rng = np.random.default_rng(31)
    found = []
    for _ in range(draws):
        product = np.eye(V)
        for _ in range(levels - 1):
            product = product @ (deal_counts(V, m, rng) / m)
        found.append(2.0 * ((product - 1.0 / V) ** 2).sum() / (V - 1))
    return np.array(found)


def _zipf_contractions(V: int, m: int, a: float, draws: int = 400) -> Floats:
    """The same after one matrix whose rules have Zipf weights: what `zipf-contraction` finds."""
    rng = np.random.default_rng(32)
    weights = zipf_weights(m, a) / zipf_weights(m, a).sum()
    found = []
    for _ in range(draws):
        P = np.zeros((V, V))
        tokens = rng.permutation(np.repeat(np.arange(V), m)).reshape(V, m)
        np.add.at(P, (np.arange(V)[:, None], tokens), weights)
        found.append(((P - 1.0 / V) ** 2).sum() / (V - 1))
    return np.array(found)


# Of two tokens one deal of two rules each keeps all of a difference with probability 1/3, or none.
DEALS = {levels: 2.0 * (np.arange(3 ** (levels - 1)) == 0) for levels in (2, 3, 4)}

POOLS: dict[str, tuple[Floats, tuple[float, float], int]] = {
    "separation, V = m = 2, l = 2": (DEALS[2], (0.0, 2.0), 50),
    "separation, V = m = 2, l = 4": (DEALS[4], (0.0, 2.0), 50),
    "separation, V = 4, m = 2, l = 3": (_separations(4, 2, 3), (0.0, 2.0), 120),
    "contraction, V = 8, m = 4, a = 2": (_zipf_contractions(8, 4, 2.0), (0.0, 1.0), 60),
    "one in a hundred": (np.array([1.0] + [0.0] * 99), (0.0, 1.0), 30),
    "nearly one": (np.array([0.0] + [1.0] * 99), (0.0, 1.0), 30),
}


def _misses(
    interval: Callable[[NDArray[np.int64]], Interval], truth: float, size: int, trials: int
) -> tuple[int, int]:
    """How many intervals of `trials` draws from a pool lie below and above the truth."""
    rng = np.random.default_rng(33)
    found = [interval(rng.integers(size, size=trials)) for _ in range(REPETITIONS)]
    return sum(i.high < truth for i in found), sum(i.low > truth for i in found)


def _too_many(misses: int, error: float, repetitions: int = REPETITIONS) -> bool:
    return bool(stats.binom.sf(misses - 1, repetitions, error) < LEVEL)


@pytest.mark.parametrize("name", list(POOLS))
def test_the_interval_of_a_bounded_mean_holds_for_every_law(name: str) -> None:
    pool, bounds, trials = POOLS[name]
    sides = _misses(
        lambda drawn: bounded_mean_interval(pool[drawn], 0.9, bounds),
        float(pool.mean()), len(pool), trials,
    )  # fmt: skip
    assert not any(_too_many(misses, 0.05) for misses in sides), sides


@pytest.mark.parametrize("name", ["separation, V = m = 2, l = 4", "one in a hundred"])
def test_students_interval_does_not_and_is_caught(name: str) -> None:
    """The control, and why: at a nominal error of 0.05 a limit misses in 1 of 7 runs."""
    pool, _, trials = POOLS[name]

    def student(drawn: NDArray[np.int64]) -> Interval:
        return mean_interval(pool[drawn], 0.9)

    below, _ = _misses(student, float(pool.mean()), len(pool), trials)
    assert _too_many(below, 0.05)


RATIOS = {
    "rare and large": (np.array([10.0] + [1.0] * 49), np.ones(50)),
    "denominators near 0": (np.tile([0.0, 0.3, 1.0], 7), np.repeat([0.05, 0.5, 1.0], 7)),
    "both skewed": (np.linspace(0, 1, 60) ** 5, np.linspace(1, 0, 60) ** 3),
}


@pytest.mark.parametrize("name", list(RATIOS))
def test_the_interval_of_a_bounded_ratio_holds_for_every_law(name: str) -> None:
    top, bottom = RATIOS[name]
    sides = _misses(
        lambda drawn: bounded_ratio_interval(
            top[drawn], bottom[drawn], 0.9, most=10.0, bounds=(0.0, 1.0)
        ),
        float(top.sum() / bottom.sum()), len(top), 40,
    )  # fmt: skip
    assert not any(_too_many(misses, 0.05) for misses in sides), sides


def test_guaranteed_intervals_are_not_vacuous() -> None:
    """A bounded mean is found within a tenth of its range; twice the trials make it narrower."""
    rng = np.random.default_rng(34)
    sample, other = rng.random(2000), 0.5 + 0.5 * rng.random(2000)
    few = bounded_mean_interval(sample[:500], 0.999, (0.0, 1.0))
    many = bounded_mean_interval(sample, 0.999, (0.0, 1.0))
    assert few.width < 0.2
    assert many.width < 0.6 * few.width
    # At most a third wider than Student's where that is right.
    assert many.width < 4 / 3 * mean_interval(sample, 0.999).width
    ratio = bounded_ratio_interval(sample, other, 0.999, most=1.0, bounds=(0.0, 1.0))
    assert ratio.width < 4 / 3 * ratio_interval(sample, other, 0.999).width
    assert ratio.low < sample.sum() / other.sum() < ratio.high


def test_the_guaranteed_limits_are_where_the_wealth_reaches_its_goal() -> None:
    """Four samples by hand: the bets are set before each, from the spread so far."""
    sample = np.array([0.6, 0.8, 0.7, 0.9])
    low, high = bounded_mean_interval(sample, 0.1, (0.0, 1.0)).limits
    goal = np.log(2 / 0.9)
    # The first guess of a spread is 1/2; means so far are 0.6, 0.7, 0.7.
    squares = np.cumsum([0.25, 0.0, 0.1**2, 0.0]) / np.arange(1, 5)
    bets = np.sqrt(2 * goal / 4) / np.sqrt(squares)

    def wealth(r: float, sign: float) -> float:
        largest = 0.9 / (r if sign > 0 else 1 - r)
        gains = sign * (sample - r)
        return float(np.log1p(np.minimum(bets, largest) * gains).sum())

    assert wealth(low, 1.0) == pytest.approx(goal, abs=1e-9)
    assert wealth(high, -1.0) == pytest.approx(goal, abs=1e-9)


@pytest.mark.parametrize("start", [-3.0, 5.0])
@pytest.mark.parametrize("scale", [0.01, 100.0])
def test_a_bounded_mean_moves_with_its_range_and_its_mirror(start: float, scale: float) -> None:
    sample = np.random.default_rng(35).random(40) ** 3
    plain = np.array(bounded_mean_interval(sample, 0.99, (0.0, 1.0)).limits)
    moved = bounded_mean_interval(start + scale * sample, 0.99, (start, start + scale)).limits
    assert moved == pytest.approx(start + scale * plain, rel=1e-7)
    mirror = bounded_mean_interval(1.0 - sample, 0.99, (0.0, 1.0)).limits
    assert mirror == pytest.approx(1.0 - plain[::-1], abs=1e-9)


def test_nominal_limits_miss_no_more_often_than_is_said() -> None:
    """Exponential trials in suites' numbers, at an error of 0.0025 a side, over 2000 samples."""
    rng = np.random.default_rng(36)
    for trials in (30, 100):
        samples = rng.exponential(size=(2000, trials))
        found = [mean_interval(sample, 0.995) for sample in samples]
        judged = [i for i in found if i.thin is None]
        for misses in (sum(i.high < 1 for i in judged), sum(i.low > 1 for i in judged)):
            assert not _too_many(misses, 0.0025 * WORST_MISSES, 2000)
        # The control: Student's own limits, without the correction.
        error = samples.std(axis=1, ddof=1) / np.sqrt(trials)
        plain = samples.mean(axis=1) + stats.t.isf(0.0025, trials - 1) * error < 1
        assert _too_many(int(plain.sum()), 0.0025 * (WORST_MISSES if trials < 100 else 1), 2000)


SMALL = {"V": 2, "m": 2, "s": 2, "L": 4}


def test_a_rare_event_gives_no_false_verdict() -> None:
    """A separation of 2 in one of 27 grammars, 50 of them: 18 rows, none `violated`."""
    for seed in range(6):
        for row in evaluate(CHECKS["mean-square-separation"], SMALL, trials=50, seed=seed):
            assert row.judgement.verdict is Verdict.INCONCLUSIVE, row.judgement


def test_the_guaranteed_interval_decides_where_there_are_trials_enough() -> None:
    given = {"V": 2, "m": 2, "s": 2, "L": 2, "margin": 0.5}
    (row,) = evaluate(CHECKS["mean-square-separation"], given, trials=250)
    assert row.judgement.verdict is Verdict.HOLDS
    assert row.judgement.evidence["coverage"] == "guaranteed"
