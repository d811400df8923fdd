"""Width and steps of Theorem 7's proof are polynomial, and a check that they are can fail."""

from collections.abc import Callable

import pytest
import sympy as sp

from layerproof.theory.assumptions import assumptions
from layerproof.theory.ensembles import draw
from layerproof.theory.schedule import chain_of, lemma_11
from layerproof.theory.statements.ren2026.theorem_7 import SIZES_REPAIRED
from layerproof.theory.symbols import K_rho, L, V, delta, kappa, m, s
from layerproof.verify.checks import CHECKS
from layerproof.verify.run.runner import evaluate
from layerproof.verify.verdicts.verdict import Verdict

CHECK = CHECKS["theorem-7-sizes"]


@pytest.mark.parametrize("form", ["printed", "repaired"])
def test_no_level_asks_for_more_than_the_polynomials(form: str) -> None:
    for row in evaluate(CHECK, {}, form=form):
        assert row.judgement.verdict is Verdict.HOLDS
        assert 0 < row.judgement.measured < 1


@pytest.mark.parametrize("clause", ["width", "steps"])
@pytest.mark.parametrize(
    "change",
    [
        lambda e: e * sp.exp(V / 100),
        lambda e: e * sp.exp(L * s / 4),
        lambda e: e * kappa**4,
        lambda e: e * K_rho**-4,
        lambda e: e * m ** (12 * L),
        lambda e: e * delta ** (-sp.Rational(1, 1)),
    ],
    ids=["e^V", "e^(Ls)", "κ⁴", "K_ρ^(−4)", "m^(12L)", "1/δ for log 1/δ"],
)
def test_a_faster_growth_is_noticed(clause: str, change: Callable[[sp.Expr], sp.Expr]) -> None:
    grown = CHECK.perturbed("repaired", clause, change)
    grid = {"V": [2, 2**12], "m": [2, 64], "levels": [2, 8], "s": [2, 64]}
    rows = {row.parameters["clause"]: row for row in evaluate(grown, grid, form="repaired")}
    assert rows.pop(clause).judgement.verdict is Verdict.VIOLATED
    assert {row.judgement.verdict for row in rows.values()} == {Verdict.HOLDS}


def test_the_polynomial_bounds_the_steps_of_a_chain() -> None:
    """The chain starts from ε_*^(1) = 0.099, where the theorem's formula has less."""
    grammar = draw("uniform-first-token", vocabulary=16, rules=4, branching=2, levels=3, seed=1)
    report = assumptions(grammar)
    values = {"V": 16, "m": 4, "s": 2, "L": 3, "kappa": report.kappa, "K_rho": report.K_rho}
    for stage in lemma_11(chain_of(grammar), "repaired").stages:
        assert stage.steps is not None
        assert stage.steps <= SIZES_REPAIRED["steps bound"](**values)
