"""Exponents and collapse, from thresholds and curves whose law is known by construction."""

from typing import Any

import numpy as np
import pytest

from layerproof.theory.predictions import CROSSOVER
from layerproof.theory.symbols import m
from layerproof.theory.thresholds import stage_sizes
from layerproof.verify.checks.base import Outcome, Trial
from layerproof.verify.checks.cagnetta2024.threshold_collapse import Collapse, CollapseParameters
from layerproof.verify.checks.cagnetta2024.threshold_exponent import (
    ExponentParameters,
    Size,
    ThresholdExponents,
)
from layerproof.verify.checks.controls import CONTROLS
from layerproof.verify.checks.derived.bottleneck import Bottleneck, BottleneckParameters
from layerproof.verify.checks.threshold_runs import learnable, sample_sizes
from layerproof.verify.run.runner import evaluate
from layerproof.verify.statistics import ThinEvidence, log_exponent_interval, slope, slope_weights
from layerproof.verify.verdicts.judge import judge
from layerproof.verify.verdicts.verdict import Verdict

SIZES = ExponentParameters()
CONFIDENCE = 0.999


def _thresholds(law: Any, *, scatter: float = 0.03, trials: int = 12) -> list[Outcome]:
    """Trials whose N* follow `law` with log-normal scatter; predicted as 0.9 of the law itself."""
    rng = np.random.default_rng(5)
    sizes = dict.fromkeys((*SIZES.grid, *SIZES.wide))
    return [
        Outcome(
            {
                size.key: (law(size) * float(np.exp(scatter * rng.standard_normal())),
                           0.9 * law(size))
                for size in sizes
            }
        )
        for _ in range(trials)
    ]  # fmt: skip


def _verdicts(check: ThresholdExponents, outcomes: list[Outcome], form: str) -> dict[str, Verdict]:
    return {
        "/".join(map(str, row.values())): judge(
            check.claim(SIZES, row, outcomes, form), CONFIDENCE
        ).verdict
        for row in check.rows(SIZES)
    }


def _as_printed(size: Size) -> float:
    return 4.0 * size.V * size.m**size.L


def _steeper(size: Size) -> float:
    return size.V * float(size.m**size.L) ** 1.3


def test_thresholds_as_printed_hold_where_they_can_be_told() -> None:
    """With 3 % scatter and 12 trials every pooled exponent has an error below 0.01: power ~ 1."""
    found = _verdicts(ThresholdExponents(), _thresholds(_as_printed), "printed")
    assert found["m^L"] is found["m^L/fixed m"] is found["V"] is Verdict.HOLDS
    assert Verdict.VIOLATED not in {found["m/2"], found["m/3"], found["m/4"]}


def test_an_exponent_of_1_3_is_seen_and_a_prediction_that_has_it_holds() -> None:
    outcomes = _thresholds(_steeper)
    printed = _verdicts(ThresholdExponents(), outcomes, "printed")
    assert printed["m^L"] is printed["m^L/of all stages"] is Verdict.VIOLATED
    repaired = _verdicts(ThresholdExponents(), outcomes, "repaired")
    assert repaired["m^L"] is repaired["predicted N*"] is repaired["V"] is Verdict.HOLDS


@pytest.mark.parametrize("factor", [1 / m, m], ids=["a missing m", "one m too many"])
def test_a_slip_in_the_printed_threshold_is_caught(factor: Any) -> None:
    wrong = ThresholdExponents().perturbed("printed", "threshold", lambda e: e * factor)
    outcomes = _thresholds(_as_printed)
    before = _verdicts(ThresholdExponents(), outcomes, "printed")
    after = _verdicts(wrong, outcomes, "printed")
    assert before["m^L"] is Verdict.HOLDS
    assert after["m^L"] is not Verdict.HOLDS


def test_a_constant_factor_leaves_exponents_alone() -> None:
    """Loose by construction: an exponent says nothing of the constant."""
    wrong = ThresholdExponents().perturbed("printed", "threshold", lambda e: 2 * e)
    outcomes = _thresholds(_as_printed)
    assert _verdicts(wrong, outcomes, "printed")["m^L"] is Verdict.HOLDS


def test_a_search_that_did_not_end_is_no_threshold() -> None:
    outcomes = _thresholds(_as_printed)
    values = dict(outcomes[0].values) | {SIZES.grid[0].key: (float("inf"), 1.0)}
    with pytest.raises(ThinEvidence, match="beyond the sizes"):
        ThresholdExponents().claim(SIZES, {"of": "m^L"}, [Outcome(values)] * 9, "printed")


def test_groups_share_a_slope_and_keep_their_constants() -> None:
    x, groups = np.array([1.0, 2.0, 1.0, 2.0, 8.0]), [0, 0, 1, 1, 2]
    y = np.array([1.0, 4.0, 50.0, 200.0, 7.0])  # x² with constants 1 and 50; the last is alone
    assert slope_weights(x, groups) @ np.log(y) == pytest.approx(2.0, rel=1e-12)
    assert slope(x[:2], y[:2]) == pytest.approx(2.0, rel=1e-12)


def test_the_interval_of_an_exponent_covers_it() -> None:
    """200 intervals at 0.9 of 12 replicates: with coverage 0.9 fewer than 163 of them cover with
    probability below 1e-4 (binomial), and the coverage on slopes as skewed as these is within 0.01
    of that.
    """
    rng, x = np.random.default_rng(2), np.array([1.0, 2.0, 4.0, 8.0])
    covered = 0
    for _ in range(200):
        y = x**1.5 * np.exp(0.2 * rng.standard_exponential((12, 4)))
        covered += log_exponent_interval(x, y, 0.9).contains(1.5)
    assert 160 <= covered <= 197


COLLAPSE = CollapseParameters(vocabularies=(16,), rules=(3, 6), levels=(2, 3))


def _curves(unit: Any, *, trials: int = 8, scatter: float = 0.05) -> list[Outcome]:
    """Error and sensitivity 1/(1 + N/unit) in every trial, with scatter in log N."""
    rng = np.random.default_rng(7)
    outcomes = []
    for _ in range(trials):
        values: dict[str, Any] = {}
        for size in COLLAPSE.sizes:
            crossover = CROSSOVER(**size.values)
            N = np.array(COLLAPSE.ratios) * crossover
            curve = 1 / (1 + N * np.exp(scatter * rng.standard_normal()) / unit(size))
            values[size.key] = [(y**2, y, 1.0) for y in curve.tolist()]
        outcomes.append(Outcome(values))
    return outcomes


def _spreads(unit: Any, form: str) -> dict[str, Verdict]:
    check, outcomes = Collapse(), _curves(unit)
    return {
        "/".join(map(str, row.values())): judge(
            check.claim(COLLAPSE, row, outcomes, form), CONFIDENCE
        ).verdict
        for row in check.rows(COLLAPSE)
    }


def test_curves_collapse_in_their_own_unit_only() -> None:
    """Scatter 5 % in 8 trials: the variance between sizes is below 0.001, the margin 0.04."""

    def crossover(size: Size) -> float:
        return CROSSOVER(**size.values)

    found = _spreads(crossover, "repaired")
    assert set(found.values()) == {Verdict.HOLDS}
    assert list(found) == ["sensitivity", "error", "error/2", "error/3"]
    # From L = 2, m = 3 to L = 3, m = 6 the crossover over n m^L grows from 0.7 to 1.1.
    assert _spreads(lambda size: crossover(size) ** 1.3 / 6.8, "repaired")["sensitivity"] is (
        Verdict.VIOLATED
    )
    in_n = _spreads(lambda size: _as_printed(size) / 4, "printed")
    assert set(in_n.values()) == {Verdict.HOLDS}


def test_level_1_limits_the_learner_where_all_others_have_plenty() -> None:
    """The printed expectation, the leaf level, is refuted by the trials that bear out the repair.

    9 grammars: at 0.5 allowed disagreement, 0 in 9 and 9 in 9 decide at confidence 0.99.
    """
    parameters = {"V": 16, "m": 4, "s": 2, "L": 2, "strings": 300, "delta": 0.5}
    check = Bottleneck()
    trials = [check.trial(BottleneckParameters(**parameters), _trial(i)) for i in range(9)]
    check.trial = lambda _, trial: trials[trial.index]  # type: ignore[method-assign]
    verdict = {
        form: evaluate(check, parameters, form=form, trials=9)[0].judgement.verdict
        for form in check.forms
    }
    assert verdict == {"printed": Verdict.VIOLATED, "repaired": Verdict.HOLDS}


def _trial(index: int, **options: Any) -> Trial:
    return Trial(1, index, "printed", "cpu", **options)


def test_grammars_that_cannot_be_learned_are_left_out() -> None:
    parameters = BottleneckParameters(V=4, m=2, s=2, L=2)
    for index in range(5):
        grammar, premises = learnable(parameters, _trial(index))
        assert not any(premises.values())
        assert grammar.is_uniform


def test_a_control_that_breaks_a_premise_is_not_drawn_away() -> None:
    control = CONTROLS["identical-parents"]
    parameters = BottleneckParameters(V=8, m=4, s=2, L=2)
    premises = learnable(parameters, _trial(0, control=control))[1]
    assert "same label posterior" in premises["R26.assumption-6b"]


def test_samples_are_the_multiple_of_every_level() -> None:
    grammar = learnable(BottleneckParameters(V=8, m=4, s=2, L=2), _trial(0))[0]
    assert stage_sizes(grammar) == [32.0, 128.0]
    assert sample_sizes(grammar, [1.5, 2.0], _trial(0)) == [48, 256]
