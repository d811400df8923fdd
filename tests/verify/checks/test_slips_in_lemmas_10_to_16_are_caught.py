"""A check of Assumption 13 or Lemmas 10 to 16 sees a wrong formula, or its bound is that loose."""

import numpy as np
import pytest

from layerproof.theory.randomness import generator
from layerproof.theory.statements.ren2026.lemma_12 import FAILURE
from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.ren2026.lemma_12 import largest_deviation, least_features
from layerproof.verify.run.runner import evaluate
from layerproof.verify.testing import Slip
from tests.verify.checks.perturbations_lemmas_10_to_16 import PERTURBATIONS
from tests.verify.checks.shared_trials import caught

AFTER_TRIALS = {"assumption-13"}
"""Checks whose formulas are looked at when the trials are done; those of others act in them."""


@pytest.mark.parametrize("slip", PERTURBATIONS, ids=lambda slip: slip.id)
def test_a_slip_is_caught_where_the_bound_is_not_loose(slip: Slip) -> None:
    assert caught(slip, in_trials=slip.check.id not in AFTER_TRIALS) == (not slip.loose)


def test_every_statement_has_a_slip_that_is_caught() -> None:
    noticed = {slip.check.statement for slip in PERTURBATIONS if not slip.loose}
    lemmas = {f"R26.lemma-{number}" for number in (10, 12, 14, 15, 16)}
    assert noticed == lemmas | {"R26.assumption-13"}


def _quantile(d: int, sigma: float, M: int) -> float:
    found = []
    for index in range(30):
        rng = generator(index, "looseness")
        omega = rng.standard_normal((M, d)) / sigma
        found.append(largest_deviation(omega, sigma, 1.0, rng))
    return float(np.quantile(found, 0.9))


@pytest.mark.parametrize(("d", "sigma", "epsilon"), [(1, 0.3, 0.5), (4, 1.0, 0.5), (2, 0.3, 1.0)])
def test_how_loose_lemma_12_is(d: int, sigma: float, epsilon: float) -> None:
    """A thirtieth of its M keeps the supremum below ε in 9 of 10 draws; a 130th does not."""
    M = least_features(FAILURE, 0.1, {"d_h": d, "sigma": sigma, "deviation": epsilon})
    assert _quantile(d, sigma, M // 30) < epsilon < _quantile(d, sigma, max(1, M // 130))


def test_how_loose_lemma_14_is() -> None:
    """The worst error is (P − 1)/(P + 1) of the sharp bound, below 1/(6P) of the printed one."""
    sizes = {"patches": [8], "overlaps": [1.0, 3e-5]}
    (sharp, *_) = evaluate(CHECKS["lemma-14"], sizes | {"sharp": True}, form="repaired")
    (printed, *_) = evaluate(CHECKS["lemma-14"], sizes, form="repaired")
    assert sharp.judgement.evidence["error / bound"] == pytest.approx(7 / 9, rel=1e-3)
    assert printed.judgement.evidence["error / bound"] < 1 / 48
