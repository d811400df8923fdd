"""A check of Lemmas 18, 17 or 11 sees a wrong formula, or its bound is that loose."""

import pytest

from layerproof.verify.checks import CHECKS
from layerproof.verify.run.runner import evaluate
from layerproof.verify.testing import Slip
from tests.verify.checks.perturbations_lemmas_11_17_18 import PERTURBATIONS
from tests.verify.checks.shared_trials import caught
from tests.verify.checks.unasked import unasked


@pytest.mark.parametrize("slip", PERTURBATIONS, ids=lambda slip: slip.id)
def test_a_slip_is_caught_where_the_bound_is_not_loose(slip: Slip) -> None:
    assert caught(slip, in_trials=True) == (not slip.loose)


def test_every_statement_has_a_slip_that_is_caught() -> None:
    noticed = {slip.check.statement for slip in PERTURBATIONS if not slip.loose}
    assert noticed == {"R26.lemma-18", "R26.lemma-17", "R26.lemma-11"}


def _measured(check: str, parameters: dict[str, object], trials: int = 1) -> dict[str, float]:
    # How much of N is enough is asked here: that it is less than the lemma's is no objection.
    asked = unasked(CHECKS[check], f"{CHECKS[check].statement}/samples")
    rows = evaluate(asked, parameters, form="repaired", trials=trials)
    return {str(row.parameters.get("part")): row.judgement.measured or 0.0 for row in rows}


def test_how_loose_lemma_18_is() -> None:
    """At N = 8κ|P_l|Λ, |P_l| = 16, δ = 0.1: p̂ fails with 0.0018, q̂ with 1.6e-6, not 0.1."""
    found = _measured("lemma-18-exact", {})
    assert found["frequency"] == pytest.approx(0.00182, rel=0.01)
    assert found["law"] == pytest.approx(1.61e-6, rel=0.01)


def test_how_loose_lemma_17_is() -> None:
    """A twelfth of N holds at |P_l| = 16, a fourteenth does not."""
    failures = [_measured("lemma-17-exact", {"multiple": 1 / part})["None"] for part in (12, 14)]
    assert failures[0] < 0.05 < failures[1]


def test_how_loose_lemma_11_is() -> None:
    found = _measured("lemma-11", {"V": 8, "m": 2, "level": 1}, trials=5)
    assert found["overlap"] == pytest.approx(0.5, rel=1e-6)
    assert 0.4 < found["spread"] < 0.5
