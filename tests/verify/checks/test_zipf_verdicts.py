"""Checks with Zipf weights hold on their grammars, and turn where a formula or premise is wrong."""

import math
from typing import Any

import pytest
import sympy as sp

from layerproof.theory.symbols import m, zipf
from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.base import Check, Trial, premises_of
from layerproof.verify.checks.controls import CONTROLS
from layerproof.verify.checks.derived.uneven_sensitivity import UnevenParameters, UnevenSensitivity
from layerproof.verify.checks.derived.zipf_chaining import ChainingParameters, ZipfChaining
from layerproof.verify.checks.derived.zipf_contraction import ContractionParameters, ZipfContraction
from layerproof.verify.checks.derived.zipf_degeneracy import ZipfDegeneracy, ZipfExponentParameters
from layerproof.verify.run.runner import evaluate
from layerproof.verify.verdicts.judge import judge
from layerproof.verify.verdicts.verdict import Verdict

CONFIDENCE = 0.9999
"""Of each verdict: a test here errs by chance with probability below 1e-3; seeds are fixed."""

TOO_FEW = CONTROLS["too-few-samples"]
RULES = {"V": 8, "m": 4, "s": 2, "L": 2}


def _outcomes(check: Check[Any], parameters: Any, form: str, trials: int, **changes: Any) -> Any:
    return [
        check.measure(parameters, Trial(seed=0, index=k, form=form, device="cpu", **changes))
        for k in range(trials)
    ]


def _verdicts(
    check: Check[Any], parameters: Any, trials: int, form: str = "printed", **changes: Any
) -> list[Verdict]:
    outcomes = _outcomes(check, parameters, form, trials, **changes)
    applicable = [outcome for outcome in outcomes if outcome.applicable]
    rows = check.rows(parameters)
    claims = [check.claim(parameters, row, applicable, form) for row in rows]
    return [judge(claim, CONFIDENCE).verdict for claim in claims]


def test_kappa_stays_between_its_bounds() -> None:
    assert set(_verdicts(ZipfDegeneracy(), ZipfExponentParameters(**RULES), 20)) == {Verdict.HOLDS}


@pytest.mark.parametrize("factor", [sp.Rational(1, 2), 1 / m, m**-zipf])
def test_a_smaller_upper_bound_on_kappa_is_caught(factor: sp.Expr) -> None:
    wrong = ZipfDegeneracy().perturbed("printed", "most", lambda expression: expression * factor)
    assert Verdict.VIOLATED in _verdicts(wrong, ZipfExponentParameters(**RULES), 5)


@pytest.mark.parametrize("factor", [sp.Integer(2), m])
def test_a_larger_lower_bound_on_kappa_is_caught(factor: sp.Expr) -> None:
    wrong = ZipfDegeneracy().perturbed("printed", "least", lambda expression: expression * factor)
    assert Verdict.VIOLATED in _verdicts(wrong, ZipfExponentParameters(**RULES), 5)


def test_the_contraction_is_found_and_that_of_uniform_rules_is_not() -> None:
    parameters = ContractionParameters(**RULES, zipf=1.0, margin=0.05)
    assert _verdicts(ZipfContraction(), parameters, 300) == [Verdict.HOLDS]
    uniform = ZipfContraction().perturbed("printed", "contraction", lambda e: e.subs(zipf, 0))
    assert _verdicts(uniform, parameters, 300) == [Verdict.VIOLATED]


@pytest.fixture(scope="module")
def learned() -> tuple[UnevenParameters, Any]:
    """One set of trials, judged several ways below."""
    parameters = UnevenParameters(**RULES | {"V": 16}, zipf=2.0, ratios=(1.0, 16.0), margin=0.3)
    return parameters, _outcomes(UnevenSensitivity(), parameters, "repaired", 40)


def _judged(learned: tuple[UnevenParameters, Any], form: str, **changes: Any) -> list[Verdict]:
    parameters, outcomes = learned
    check, changed = UnevenSensitivity(), parameters.model_copy(update=changes)
    claims = [check.claim(changed, row, outcomes, form) for row in check.rows(changed)]
    return [judge(claim, CONFIDENCE).verdict for claim in claims]


def test_the_curve_of_the_grammar_is_found(learned: tuple[UnevenParameters, Any]) -> None:
    assert _judged(learned, "repaired") == [Verdict.HOLDS, Verdict.HOLDS]


def test_the_mean_of_1_over_p_predicts_too_much_where_few_were_seen(
    learned: tuple[UnevenParameters, Any],
) -> None:
    assert _judged(learned, "printed", margin=0.1)[0] is Verdict.VIOLATED


def test_the_curve_of_uniform_rules_is_not_found(learned: tuple[UnevenParameters, Any]) -> None:
    assert Verdict.HOLDS not in _judged(learned, "repaired", prediction="uniform")
    assert Verdict.VIOLATED in _judged(learned, "repaired", prediction="uniform")


@pytest.mark.parametrize(
    "change",
    [lambda e: 2 * e, lambda e: e / 2, lambda e: e**2],
    ids=["twice", "half", "square"],
)
def test_a_wrong_curve_is_caught(learned: tuple[UnevenParameters, Any], change: Any) -> None:
    parameters, outcomes = learned
    wrong = UnevenSensitivity().perturbed("repaired", "sensitivity", change)
    claims = [wrong.claim(parameters, r, outcomes, "repaired") for r in wrong.rows(parameters)]
    assert Verdict.VIOLATED in [judge(claim, CONFIDENCE).verdict for claim in claims]


def test_chaining_works_and_fails_on_a_hundredth_of_the_samples() -> None:
    parameters = ChainingParameters(**RULES, zipf=1.0, delta=0.4, strings=1000)
    assert _verdicts(ZipfChaining(), parameters, 25) == [Verdict.HOLDS]
    fewer = ChainingParameters(**RULES, zipf=1.0, delta=0.4, strings=1000, X=0.5)
    assert _verdicts(ZipfChaining(), fewer, 25, control=TOO_FEW) == [Verdict.VIOLATED]


def test_chaining_claims_nothing_where_two_parents_share_q() -> None:
    control = CONTROLS["identical-parents"]
    parameters = ChainingParameters(**RULES, zipf=0.0)
    found = _outcomes(ZipfChaining(), parameters, "printed", 2, control=control)
    assert not any(outcome.applicable for outcome in found)
    assert {p.id: p.verdict for p in premises_of(found)}["R26.assumption-6b"] is Verdict.VIOLATED


def test_the_chart_shows_kappa_rise_and_signal_grow() -> None:
    parameters = ZipfExponentParameters(V=16, m=4, s=2, L=3)
    check = ZipfDegeneracy()
    outcomes = _outcomes(check, parameters, "printed", 15)
    (chart,) = check.pictures(parameters, check.rows(parameters)[0], outcomes, "printed")
    kappa, signal, _ = chart.series  # type: ignore[union-attr]
    assert list(kappa.y) == sorted(kappa.y)
    assert signal.y[-1] < signal.y[0]
    assert all(map(math.isfinite, (*kappa.y, *signal.y)))


def test_chaining_is_not_judged_on_fewer_samples_than_it_speaks_of() -> None:
    """The rarest patch has 2^(-60): no 64-bit count holds the samples that the law asks for."""
    sizes = {"V": 4, "m": 2, "s": 2, "L": 2, "zipf": 60.0}
    (row,) = evaluate(CHECKS["zipf-chaining"], sizes, trials=2)
    assert row.judgement.verdict is Verdict.NOT_APPLICABLE
    assert "too many to be counted" in row.judgement.reason
