"""A denoiser of few strings, of few steps or of another order of its levels is told."""

from typing import Any

import pytest

from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.base import Outcome
from layerproof.verify.checks.derived.denoiser_learns_levels import LearnedLevels
from layerproof.verify.run.runner import evaluate
from layerproof.verify.verdicts.judge import judge
from layerproof.verify.verdicts.verdict import Verdict

SIZES: dict[str, Any] = {"V": 6, "m": 2, "s": 2, "L": 2, "steps": 60, "width": 16, "strings": 400}
"""f = 1/3, 48 strings, and N_1 = 6 · 8 · 1.5 = 72."""


def learned(excess: float, *missed: float) -> Outcome[LearnedLevels]:
    """What a trial would find, with intervals of ± 0.01."""

    def limits(value: float) -> tuple[float, float, float]:
        return value, value - 0.01, value + 0.01

    return Outcome(
        {"strings": 9, "steps": 9, "excess": limits(excess), "missed": [limits(x) for x in missed]}
    )


@pytest.mark.parametrize(
    ("row", "found", "verdict"),
    [
        ({"of": "excess"}, [learned(0.03), learned(0.02)], Verdict.HOLDS),
        ({"of": "excess"}, [learned(0.03), learned(0.12)], Verdict.VIOLATED),
        ({"of": "excess"}, [learned(0.095)], Verdict.INCONCLUSIVE),
        ({"level": 1}, [learned(0, 0.5, 0.2, 0.3)], Verdict.HOLDS),
        ({"level": 2}, [learned(0, 0.5, 0.2, 0.3)], Verdict.VIOLATED),
        ({"level": 1}, [learned(0, 0.5, 0.2), learned(0, 0.21, 0.2)], Verdict.INCONCLUSIVE),
    ],
)
def test_the_worst_denoiser_is_judged(
    row: dict[str, Any], found: list[Outcome[LearnedLevels]], verdict: Verdict
) -> None:
    check = CHECKS["denoiser-learns-levels"]
    claim = check.claim(check.parameters(), row, found, "printed")
    assert judge(claim, 0.99).verdict is verdict


def test_a_denoiser_of_a_few_strings_is_far_from_the_floor() -> None:
    """0.1 of N_1 are 8 strings: the excess is told to be above a tenth, whatever the order is."""
    rows = evaluate(CHECKS["denoiser-learns-levels"], {**SIZES, "times": 0.1}, trials=1)
    assert len(rows) == 2
    assert rows[0].judgement.verdict is Verdict.VIOLATED
    assert rows[0].judgement.measured > 0.1


def test_more_strings_than_there_are_give_no_verdict() -> None:
    for changed in ({}, {"m": 6, "times": 0.01}):  # N_1 is infinite at f = 1
        rows = evaluate(CHECKS["denoiser-learns-levels"], SIZES | changed, trials=1)
        assert {row.judgement.verdict for row in rows} == {Verdict.INCONCLUSIVE}
