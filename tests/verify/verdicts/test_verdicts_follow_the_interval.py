"""A claim is judged by where its interval lies, and by nothing else."""

import math

import numpy as np
import pytest

from layerproof.verify.checks import CHECKS
from layerproof.verify.report.views import _trials
from layerproof.verify.run.runner import evaluate
from layerproof.verify.statistics import (
    Interval,
    binomial_interval,
    bounded_mean_interval,
    compare_counts_with_law,
    fixed_interval,
    mean_interval,
)
from layerproof.verify.verdicts.claims import (
    Claim,
    Equality,
    Frequency,
    Identity,
    Inequality,
    Nothing,
    SameLaw,
)
from layerproof.verify.verdicts.judge import judge
from layerproof.verify.verdicts.verdict import Verdict
from tests.verify.report.results_documents import read_rows

CONFIDENCE = 0.99

TOO_SKEWED = [0.1] * 95 + [2.0] * 4 + [9.0]
"""Its mean is 0.265, and one of a hundred values makes a third of it."""


def _equality(mean: float, spread: float, margin: float = 0.1) -> Equality:
    samples = mean + spread * np.array([-1.0, 1.0] * 50)
    return Equality(mean_interval(samples, 0.95), predicted=1.0, margin=margin, trials=100)


def _same_law(*counts: int) -> SameLaw:
    fair = [1 / len(counts)] * len(counts)
    return SameLaw(compare_counts_with_law(np.array(counts), fair, 0.95), trials=sum(counts))


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (Inequality(1.0, "<=", 2.0, 1), Verdict.HOLDS),
        (Inequality(2.0, "<=", 2.0, 1), Verdict.HOLDS),
        (Inequality(2.1, "<=", 2.0, 1), Verdict.VIOLATED),
        (Inequality(2.1, "<=", 2.0, 1, rounding=0.2), Verdict.HOLDS),
        (Inequality(2.1, ">=", 2.0, 1), Verdict.HOLDS),
        (Inequality(1.9, ">=", 2.0, 1), Verdict.VIOLATED),
        (Inequality(0.0, ">", 0.0, 1), Verdict.VIOLATED),
        (Inequality(1e-300, ">", 0.0, 1), Verdict.HOLDS),
        (Inequality(1.0, ">", 0.0, 1, between=(1.0, 9.0)), Verdict.HOLDS),
        (Inequality(0.0, ">", 0.0, 1, between=(0.0, 9.0)), Verdict.INCONCLUSIVE),
        (Inequality(-1.0, ">", 0.0, 1, between=(-1.0, 0.0)), Verdict.VIOLATED),
        (Inequality(3.0, "<=", 2.0, 1, between=(2.0, 3.0)), Verdict.INCONCLUSIVE),
        (Inequality(1.0, "<=", 2.0, 1, cannot_fail="measured is at most 1"), Verdict.VACUOUS),
        (Inequality(3.0, "<=", 2.0, 1, cannot_fail="a wrong reason"), Verdict.VIOLATED),
        (Inequality(1.0, "<=", 2.0, 1, unseen="a part was looked at"), Verdict.INCONCLUSIVE),
        (Inequality(3.0, "<=", 2.0, 1, unseen="a part was looked at"), Verdict.VIOLATED),
        (Identity(1e-16, 1e-15, 1), Verdict.HOLDS),
        (Identity(1e-14, 1e-15, 1), Verdict.VIOLATED),
        # (1 − 0.99)/2 > 0.9^n from n = 51 on: the exact interval then excludes 0.1.
        (Frequency(0, 51, 0.1), Verdict.HOLDS),
        (Frequency(0, 50, 0.1), Verdict.INCONCLUSIVE),
        (Frequency(30, 100, 0.1), Verdict.VIOLATED),
        (Frequency(10, 100, 0.1), Verdict.INCONCLUSIVE),
        (Frequency(0, 100, 0.1, cannot_fail="the bound exceeds 1"), Verdict.VACUOUS),
        (Frequency(0, 51, 0.1, unseen="a part was looked at"), Verdict.INCONCLUSIVE),
        (Frequency(30, 100, 0.1, unseen="a part was looked at"), Verdict.VIOLATED),
        (_equality(1.0, 0.01), Verdict.HOLDS),
        (_equality(1.3, 0.01), Verdict.VIOLATED),
        (_equality(1.1, 0.1), Verdict.INCONCLUSIVE),
        # Not to be rejected is no evidence: ten throws of a coin exclude no effect of 0.3.
        (_same_law(5, 5), Verdict.INCONCLUSIVE),
        (_same_law(500, 500), Verdict.HOLDS),
        (_same_law(600, 400), Verdict.VIOLATED),
        (Nothing("kappa is infinite", premise_failed=True), Verdict.NOT_APPLICABLE),
        (Nothing("too few trials", premise_failed=False), Verdict.INCONCLUSIVE),
    ],
)
def test_the_verdict_is_where_the_interval_lies(claim: Claim, verdict: Verdict) -> None:
    found = judge(claim, CONFIDENCE)
    assert found.verdict is verdict
    assert bool(found.reason) == (verdict is not Verdict.HOLDS)


def _rare(ones: int, *, guaranteed: bool, predicted: float = 0.1, margin: float = 0.2) -> Equality:
    samples = np.random.default_rng(4).permutation([1.0] * ones + [0.0] * (400 - ones))
    sure = bounded_mean_interval(samples, 0.95, (0.0, 1.0)) if guaranteed else None
    return Equality(
        mean_interval(samples, 0.95), predicted, margin, 400, absolute=True, guaranteed=sure
    )


@pytest.mark.parametrize(
    ("claim", "verdict", "coverage"),
    [
        # Two ones among 400 are too few for Student's interval, and none says nothing to it.
        (_rare(2, guaranteed=True), Verdict.HOLDS, "guaranteed"),
        (_rare(0, guaranteed=True), Verdict.HOLDS, "guaranteed"),
        (_rare(2, guaranteed=True, margin=0.096), Verdict.INCONCLUSIVE, "guaranteed"),
        (
            _rare(0, guaranteed=True, predicted=0.01, margin=0.001),
            Verdict.INCONCLUSIVE,
            "guaranteed",
        ),
        (_rare(0, guaranteed=True, predicted=0.5, margin=0.1), Verdict.VIOLATED, "guaranteed"),
        # Without a known range, only what limits twice as far off would decide too.
        (_rare(2, guaranteed=False), Verdict.HOLDS, "nominal"),
        (_rare(0, guaranteed=False), Verdict.INCONCLUSIVE, "nominal"),
        (
            _rare(2, guaranteed=False, predicted=0.005, margin=0.004),
            Verdict.INCONCLUSIVE,
            "nominal",
        ),
        # Trials enough for Student's interval and not for the other.
        (_rare(200, guaranteed=True, predicted=0.5, margin=0.08), Verdict.HOLDS, "nominal"),
        (_rare(200, guaranteed=True, predicted=0.5, margin=0.2), Verdict.HOLDS, "guaranteed"),
        (_rare(200, guaranteed=True, predicted=0.5, margin=0.01), Verdict.INCONCLUSIVE, "nominal"),
    ],
)
def test_the_guaranteed_interval_judges_where_it_decides(
    claim: Equality, verdict: Verdict, coverage: str
) -> None:
    found = judge(claim, CONFIDENCE)
    assert (found.verdict, found.evidence["coverage"]) == (verdict, coverage)
    assert ("misses_at_most" in found.evidence) == (coverage == "nominal")
    if claim.interval.thin and verdict is Verdict.INCONCLUSIVE:
        assert found.reason == str(claim.interval.thin)
        assert (found.power is None) == (coverage == "nominal")


def test_every_kind_of_claim_says_how_far_its_interval_can_be_trusted() -> None:
    kinds = {
        "exact": [Inequality(1.0, "<=", 2.0, 1), Identity(0.0, 1.0, 1), Frequency(0, 51, 0.1)],
        "nominal": [_equality(1.0, 0.01), _same_law(500, 500)],
    }
    for kind, claims in kinds.items():
        assert {judge(claim, CONFIDENCE).evidence["coverage"] for claim in claims} == {kind}


@pytest.mark.parametrize("ones", [2, 200, 398])
def test_the_power_of_a_wider_interval_is_that_of_a_larger_deviation(ones: int) -> None:
    """More than the margin and the distance of the farther limit: the sample may lie off."""
    mean = ones / 400
    found = judge(_rare(ones, guaranteed=True, predicted=mean), CONFIDENCE)
    assert found.evidence["coverage"] == "guaranteed"
    assert found.power is not None
    assert found.interval is not None
    seen = float(found.power.deviation.split()[-1])
    assert seen > 0.2 + max(found.interval[1] - mean, mean - found.interval[0])


def test_slack_is_positive_inside_and_negative_outside() -> None:
    assert judge(Inequality(1.0, "<=", 2.0, 1), CONFIDENCE).slack == 1.0
    assert judge(Inequality(1.0, ">=", 2.0, 1), CONFIDENCE).slack == -1.0
    inside, outside = (judge(_equality(mean, 0.01), CONFIDENCE).slack for mean in (1.0, 1.3))
    assert inside is not None
    assert outside is not None
    assert inside > 0 > outside


def test_more_confidence_never_turns_inconclusive_into_a_verdict() -> None:
    claim = Frequency(1, 60, 0.1)
    assert judge(claim, 0.9).verdict is Verdict.HOLDS
    assert judge(claim, 0.9999).verdict is Verdict.INCONCLUSIVE


def test_the_power_names_a_deviation_beyond_the_margin() -> None:
    power = judge(_equality(1.0, 0.1), CONFIDENCE).power
    assert power is not None
    assert float(power.deviation.split()[-1]) > 0.1


def test_equality_in_law_is_rejected_at_half_of_what_the_confidence_leaves() -> None:
    """As one limit of an interval errs: p = 0.035 at a confidence of 0.95 is no violation."""
    for heads, verdict in ((5105, Verdict.HOLDS), (5120, Verdict.VIOLATED)):
        claim = _same_law(heads, 10_000 - heads)
        assert (claim.comparison.p_value < 0.025) == (verdict is Verdict.VIOLATED)
        assert claim.comparison.p_value < 0.05
        assert claim.comparison.effect.high < claim.margin
        assert judge(claim, 0.95).verdict is verdict


def test_equality_in_law_names_the_effect_that_it_would_have_seen() -> None:
    """1000 samples of a coin with Cohen's w as stated: nine in ten are called a violation."""
    power = judge(_same_law(250, 250), 0.95).power
    assert power is not None
    effect = float(power.deviation.removeprefix("an effect of "))
    heads = np.random.default_rng(3).binomial(500, (1 + effect) / 2, size=1000)
    found = [judge(_same_law(k, 500 - k), 0.95).verdict for k in heads.tolist()]
    share = found.count(Verdict.VIOLATED) / len(found)
    # Four standard errors, and 0.02 for a law of large counts at 500 of them.
    assert abs(share - power.probability) < 0.02 + 4 * np.sqrt(0.09 / 1000)


def test_trials_that_are_left_out_are_not_counted_as_the_n_of_an_interval() -> None:
    """Two parents of small grammars often share q: the premise of Assumption 9 then fails."""
    given = {"V": 4, "m": 2, "L": 2, "multiple": 32.0}
    row = evaluate(CHECKS["assumption-9"], given, trials=20)[0].to_dict()
    counted = row["evidence"]["applicable"]
    (premise,) = [p for p in row["premises"] if "fails" in p.get("reason", "")]
    assert f"fails in {20 - counted} of 20 trials" in premise["reason"]
    exact = binomial_interval(row["evidence"]["failures"], counted, row["confidence"])
    assert row["interval"] == list(exact.limits)
    (read,) = read_rows([row])
    assert _trials(read) == f"20, of which {counted} met the premises"
    whole = evaluate(CHECKS["assumption-6a"], {"L": 2}, trials=3)[0].to_dict()
    assert "applicable" not in whole["evidence"]
    (read,) = read_rows([whole])
    assert _trials(read) == "3"


ONE_VALUE = "all trials gave one value"


@pytest.mark.parametrize(
    ("interval", "predicted", "verdict", "reason"),
    [
        # Only where it cannot vary is it 0 whatever is drawn; three trials do not say so.
        (fixed_interval([0.0, 0.0, 0.0], 0.95), 0.0, Verdict.VACUOUS, "whatever is drawn"),
        (fixed_interval([1.0, 1.0, 1.0], 0.95), 0.0, Verdict.VIOLATED, "the prediction is 0"),
        (mean_interval([0.0, 0.0, 0.0], 0.95), 0.0, Verdict.INCONCLUSIVE, ONE_VALUE),
        (mean_interval([1.0, 1.0, 1.0], 0.95), 0.0, Verdict.INCONCLUSIVE, ONE_VALUE),
        (mean_interval([0.1, -0.1, 0.05], 0.95), 0.0, Verdict.INCONCLUSIVE, ""),
        (mean_interval([1.0, 1.1, 0.9], 0.95), 0.0, Verdict.VIOLATED, "the prediction is 0"),
        (mean_interval([1.0, 1.1, 0.9], 0.95), math.inf, Verdict.INCONCLUSIVE, "inf"),
        # Too skewed for so few: 0 is missed, and would not be by limits twice as far off.
        (mean_interval(TOO_SKEWED, 0.95), 0.0, Verdict.INCONCLUSIVE, "a skewness of"),
    ],
)
def test_a_prediction_without_a_relative_margin(
    interval: Interval, predicted: float, verdict: Verdict, reason: str
) -> None:
    found = judge(Equality(interval, predicted, 0.1, 3), 0.95)
    assert found.verdict is verdict
    assert found.reason
    assert reason in found.reason
    assert found.evidence["coverage"] == str(interval.coverage)


def test_a_guaranteed_interval_judges_a_prediction_of_zero_where_it_decides() -> None:
    ones = [1.0] * 400
    sure = bounded_mean_interval(ones, 0.95, (0.0, 1.0))
    claim = Equality(mean_interval(ones, 0.95), 0.0, 0.1, 400, guaranteed=sure)
    found = judge(claim, CONFIDENCE)
    assert (found.verdict, found.evidence["coverage"]) == (Verdict.VIOLATED, "guaranteed")
