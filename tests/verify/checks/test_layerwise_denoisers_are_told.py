"""Decoders that are none of belief propagation are told; so are thresholds that grow otherwise."""

from typing import Any

import pytest

from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.base import Outcome
from layerproof.verify.checks.derived import denoiser_threshold
from layerproof.verify.run.runner import evaluate
from layerproof.verify.verdicts.charts import Chart
from layerproof.verify.verdicts.verdict import Verdict


def test_children_regressed_on_all_the_rest_are_no_belief_propagation() -> None:
    settings = {"depths": [3, 4], "decoder": "child", "masked_margin": 0.003}
    rows = evaluate(CHECKS["layerwise-denoiser"], settings, trials=10)
    assert {row.judgement.verdict for row in rows} == {Verdict.VIOLATED}


@pytest.mark.parametrize(
    ("signal", "steps", "verdict"),
    [
        ("own-latent", 0.0, Verdict.HOLDS),
        ("own-latent", 1.0, Verdict.VIOLATED),
        ("token", 1.0, Verdict.HOLDS),
        ("token", 0.0, Verdict.VIOLATED),
    ],
)
def test_thresholds_that_grow_otherwise_are_told(
    signal: str, steps: float, verdict: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Curves with thresholds that go as m^(steps (L − l)), in place of trainings."""

    def missed(_: Any, grammar: Any, trial: Any) -> Any:
        above = [max(0, grammar.levels - level - 1) for level in range(1, grammar.levels + 1)]
        slope = steps + 0.02 * (trial.index % 3 - 1)
        half = [500 * 4 ** (slope * each) for each in above]
        return lambda N: [1 / (1 + (N / each) ** 2) for each in half]

    monkeypatch.setattr(denoiser_threshold, "_missed", missed)
    settings = {"depths": [2, 3], "signal": signal}
    rows = evaluate(CHECKS["denoiser-threshold"], settings, trials=8)
    assert {row.judgement.verdict for row in rows} == {verdict}


def test_crossovers_are_drawn_through_the_first_mark() -> None:
    check = CHECKS["denoiser-threshold"]
    parameters = check.parameters.model_validate({"depths": [2, 3], "signal": "token"})
    found = {"depths": {"2": 5e3, "3": 2e4}, "levels": {"1": 2e4, "2": 5e3}}
    outcomes = [Outcome(found)] * 8
    for row in check.rows(parameters):
        (chart,) = check.pictures(parameters, row, outcomes, "printed")
        assert isinstance(chart, Chart)
        measured, line = chart.series
        assert (measured.role, line.role) == ("measured", "predicted")
        assert line.y[0] == pytest.approx(measured.y[0])
