"""A check of one grammar's threshold, or of curves in a run, sees a wrong formula."""

import pytest

from layerproof.verify.testing import Slip
from tests.verify.checks.perturbations_scaling import PERTURBATIONS
from tests.verify.checks.shared_trials import caught

IN_CLAIMS = ("sensitivity-in-training",)
"""Checks whose perturbed formulas are looked at after the trials, which wrong twins then share."""


@pytest.mark.parametrize("slip", PERTURBATIONS, ids=lambda slip: slip.id)
def test_a_slip_is_caught_where_the_formula_is_not_loose(slip: Slip) -> None:
    in_trials = slip.check.id not in IN_CLAIMS
    assert caught(slip, in_trials=in_trials) == (not slip.loose)
