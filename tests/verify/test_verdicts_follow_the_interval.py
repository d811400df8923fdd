"""A claim is judged by where its interval lies, and by nothing else."""

import numpy as np
import pytest

from verify.claims import Claim, Equality, Frequency, Identity, Inequality, Nothing, SameLaw
from verify.judge import judge
from verify.statistics import compare_counts_with_law, mean_interval
from verify.verdict import Verdict

CONFIDENCE = 0.99


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
