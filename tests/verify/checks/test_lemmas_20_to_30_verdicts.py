"""Lemmas 20 to 30 and Proposition 19 get their verdicts, and turn where a premise is broken."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from layerproof.theory.ensembles import draw
from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.controls import CONTROLS
from layerproof.verify.checks.ren2026.lemma_20 import PosteriorsAreProducts, first_token_paths
from layerproof.verify.run.runner import evaluate
from layerproof.verify.verdicts.verdict import Verdict
from tests.theory import brute_force
from tests.verify.checks.unasked import unasked

_SMALL = {"V": 4, "m": 3, "s": 2, "L": 3}


def _verdicts(
    check: str, parameters: dict[str, Any], form: str = "printed", trials: int = 1, **more: Any
) -> set[Verdict]:
    rows = evaluate(CHECKS[check], parameters, form=form, trials=trials, **more)
    return {row.judgement.verdict for row in rows}


@pytest.mark.parametrize(
    ("check", "form", "parameters", "trials"),
    [
        ("lemma-20", "printed", _SMALL, 5),
        ("lemma-20-law", "printed", {"V": 3, "m": 2, "L": 1}, 500),
        ("lemma-21", "printed", {}, 1),
        ("lemma-24", "repaired", {}, 1),
        ("lemma-26", "printed", {}, 1),
        ("lemma-26", "repaired", {}, 1),
        ("lemma-27", "repaired", {"bounds": ["lower", "upper", "sharp lower"]}, 250),
        ("lemma-29", "repaired", {"V": 250, "m": 250}, 40),
        ("lemma-30", "printed", {"V": 8, "m": 8}, 60),
        ("lemma-30", "repaired", {"V": 300, "m": 300}, 40),
        ("lemma-30-exact", "printed", {"V": 4, "m": 4, "matrices": 1}, 1),
        ("proposition-19", "printed", {"V": 8, "m": 8}, 400),
        ("proposition-19-exact", "printed", {"V": 3, "m": 3}, 1),
    ],
)
def test_what_holds(check: str, form: str, parameters: dict[str, Any], trials: int) -> None:
    assert _verdicts(check, parameters, form, trials) == {Verdict.HOLDS}


@pytest.mark.parametrize(
    ("check", "parameters"),
    [
        ("lemma-24", {"m": [1, 10]}),
        ("lemma-27", {"V": 16, "m": 100}),
        ("lemma-29", {"V": 16, "m": 16}),
        ("lemma-30", {"V": 16, "m": 16}),
        ("proposition-19", {"V": 16, "m": 4}),
    ],
)
def test_what_says_nothing_at_a_size_names_the_size_from_which_it_does(
    check: str, parameters: dict[str, Any]
) -> None:
    for row in evaluate(CHECKS[check], parameters, form="repaired", trials=5):
        assert row.judgement.verdict is Verdict.VACUOUS
        assert "from" in row.judgement.reason


def test_the_printed_lemma_29_fails_for_long_vectors_only() -> None:
    sizes = {"V": 64, "m": 64}
    assert _verdicts("lemma-29", sizes | {"length": 20.5 * 64}, trials=50) == {Verdict.VIOLATED}
    assert _verdicts("lemma-29", sizes, trials=400) == {Verdict.HOLDS}


def test_permutations_cannot_fail() -> None:
    sizes = {"V": 4, "m": 1}
    assert _verdicts("lemma-30", sizes, trials=30) == {Verdict.VACUOUS}
    assert _verdicts("lemma-30-exact", sizes) == {Verdict.VACUOUS}
    assert _verdicts("proposition-19", sizes, trials=30) == {Verdict.VACUOUS}


@pytest.mark.parametrize(
    ("check", "parameters"),
    [
        ("lemma-29", {"V": 8, "m": 1}),
        ("lemma-29", {"V": 2, "m": 3}),
        ("lemma-29", {"V": 2, "m": 19}),
        ("lemma-30", {"V": 2, "m": 3}),
        ("proposition-19", {"V": 2, "m": 3, "s": 3, "source": "deal"}),
    ],
)
def test_what_no_deal_can_bring_about_is_vacuous(check: str, parameters: dict[str, Any]) -> None:
    """(2a − m)/m, which multiplies z_0 − z_1 for two tokens, is 1/m at least for odd m."""
    assert _verdicts(check, parameters, trials=60) == {Verdict.VACUOUS}
    for changed in ({"m": 4}, {"V": 3, "m": 3}):
        assert Verdict.VACUOUS not in _verdicts(check, parameters | changed, trials=60)


def test_a_long_vector_fails_though_it_is_not_shortened() -> None:
    """With m = 1 ‖Pz‖ = ‖z‖ = 21.3, and the printed bound is 22.7."""
    parameters = {"V": 2, "m": 1, "z": ["pair"], "length": 21.3}
    assert _verdicts("lemma-29", parameters, trials=60) == {Verdict.VIOLATED}


def test_tokens_of_the_uniform_ensemble_may_come_close_at_m_1() -> None:
    parameters = {"V": 4, "m": 1, "L": 2, "ensemble": "uniform"}
    assert _verdicts("proposition-19", parameters, trials=60) == {Verdict.NOT_APPLICABLE}
    blind = unasked(CHECKS["proposition-19"], "ensemble.uniform-first-token")
    (row,) = evaluate(blind, parameters, trials=60)
    assert row.judgement.verdict is not Verdict.VACUOUS


def test_first_tokens_of_the_uniform_ensemble_are_not_dealt() -> None:
    sizes = {"V": 3, "m": 2, "L": 1, "ensemble": "uniform"}
    assert _verdicts("lemma-20-law", sizes, trials=200) == {Verdict.NOT_APPLICABLE}
    blind = unasked(CHECKS["lemma-20-law"], "ensemble.uniform-first-token")
    (row,) = evaluate(blind, sizes, trials=200)
    assert row.judgement.verdict is Verdict.VIOLATED


@pytest.mark.parametrize("control", ["ambiguous-rules", "dead-symbol"])
def test_lemma_20_turns_where_first_tokens_are_not_uniform(control: str) -> None:
    sizes = {"V": 4, "m": 2, "s": 3, "L": 2}
    found = _verdicts("lemma-20", sizes, trials=2, control=CONTROLS[control])
    assert found == {Verdict.NOT_APPLICABLE}
    blind = unasked(CHECKS["lemma-20"], "ensemble.uniform-first-token")
    rows = evaluate(blind, sizes, trials=2, control=CONTROLS[control])
    expected = {"ambiguous-rules": Verdict.NOT_APPLICABLE, "dead-symbol": Verdict.VIOLATED}
    assert {row.judgement.verdict for row in rows} == {expected[control]}


def test_proposition_19_turns_where_two_parents_share_q() -> None:
    control = CONTROLS["identical-parents"]
    sizes = {"V": 8, "m": 8}
    (row,) = evaluate(CHECKS["proposition-19"], sizes, trials=40, control=control)
    assert row.judgement.verdict is Verdict.VIOLATED
    assert row.judgement.evidence["with equal q"] == 40


class _Reversed(PosteriorsAreProducts):
    def _posterior_deviation(self, grammar: Any, matrices: Any, *rest: Any) -> float:
        return super()._posterior_deviation(grammar, matrices[::-1], *rest)


class _Transposed(PosteriorsAreProducts):
    def _posterior_deviation(self, grammar: Any, matrices: Any, *rest: Any) -> float:
        return super()._posterior_deviation(grammar, [m.T for m in matrices], *rest)


@pytest.mark.parametrize("check", [_Reversed(), _Transposed()])
def test_lemma_20_sees_the_order_and_the_orientation_of_its_matrices(check: Any) -> None:
    """From V = 3 on: doubly stochastic 2 x 2 matrices commute and are symmetric."""
    rows = evaluate(check, _SMALL, trials=2)
    assert {row.judgement.verdict for row in rows[2:]} == {Verdict.VIOLATED}


@pytest.mark.parametrize("level", [1, 2, 3])
def test_paths_to_a_first_token_are_those_of_all_derivations(level: int) -> None:
    grammar = draw("uniform-first-token", vocabulary=2, rules=2, branching=2, levels=3, seed=level)
    truncated = type(grammar)(grammar.vocabularies[: level + 1], grammar.rules[:level])
    joint = brute_force.first_tokens(brute_force.derivations(truncated), level)
    paths = first_token_paths(grammar, level)
    exact: Sequence[Sequence[float]] = [
        [float(joint[(token,)][label]) for token in range(2)] for label in range(2)
    ]
    # Powers of two: no rounding.
    np.testing.assert_array_equal(paths / paths.sum(), exact)


@pytest.mark.parametrize(
    ("sizes", "expected", "why"),
    [
        ({"V": 8, "m": 8, "s": 4, "L": 3}, Verdict.HOLDS, ""),
        # log d = 2.9: δ = 0.235, and two tokens of some level share q more often than that.
        ({"V": 3, "m": 3, "s": 3, "L": 4}, Verdict.INCONCLUSIVE, "no single size refutes it"),
        ({"V": 32, "m": 8, "s": 4, "L": 3}, Verdict.NOT_APPLICABLE, "V = 32 is not within"),
        ({"V": 4, "m": 4, "s": 2, "L": 2}, Verdict.NOT_APPLICABLE, "too short"),
    ],
)
def test_proposition_19_is_judged_in_its_printed_regime(
    sizes: dict[str, Any], expected: Verdict, why: str
) -> None:
    parameters = sizes | {"source": "deal", "C": 1.0}
    check = CHECKS["proposition-19"]
    (row,) = evaluate(check, parameters | {"regime": "printed"}, trials=100, error_rate=0.05)
    told = [row.judgement.reason, *(premise.reason for premise in row.premises)]
    assert row.judgement.verdict is expected, told
    assert any(why in text for text in told)
    if expected is Verdict.INCONCLUSIVE:
        (dropped,) = evaluate(check, parameters, trials=100, error_rate=0.05)
        assert dropped.judgement.verdict is Verdict.VIOLATED
