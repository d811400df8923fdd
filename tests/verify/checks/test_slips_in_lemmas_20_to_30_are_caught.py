"""A check of Lemmas 20 to 30 or Proposition 19 sees a wrong formula, or its bound is that loose."""

import math

import numpy as np
import pytest

from layerproof.theory.grammar_checks import Floats
from layerproof.theory.randomness import generator
from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.ren2026.lemma_24 import CountsConcentrate
from layerproof.verify.checks.ren2026.vectors import KINDS, vector
from layerproof.verify.run.runner import evaluate
from layerproof.verify.testing import Slip
from tests.verify.checks.perturbations_lemmas_20_to_30 import PERTURBATIONS
from tests.verify.checks.shared_trials import caught

AFTER_TRIALS = {"lemma-24", "lemma-27", "lemma-29", "lemma-30", "lemma-30-exact", "proposition-19"}
"""Checks whose formulas are looked at when the trials are done; those of others act in them."""


@pytest.mark.parametrize("slip", PERTURBATIONS, ids=lambda slip: slip.id)
def test_a_slip_is_caught_where_the_bound_is_not_loose(slip: Slip) -> None:
    assert caught(slip, in_trials=slip.check.id not in AFTER_TRIALS) == (not slip.loose)


def test_every_statement_has_a_slip_that_is_caught() -> None:
    noticed = {slip.check.statement for slip in PERTURBATIONS if not slip.loose}
    numbers = ("lemma-20", "lemma-21", "lemma-24", "lemma-26", "lemma-27", "lemma-29", "lemma-30")
    assert noticed == {f"R26.{name}" for name in (*numbers, "proposition-19")}


def _evidence(check: str, form: str, parameters: dict[str, object], trials: int) -> list[dict]:
    rows = evaluate(CHECKS[check], parameters, form=form, trials=trials)
    return [dict(row.judgement.evidence) for row in rows]


def test_how_loose_lemma_27_is() -> None:
    """Measured: moments at least 4.5 times the lower bound and below 1/100 of the upper one."""
    sizes = {"V": 16, "m": 2000, "bounds": ["lower", "upper"]}
    found = _evidence("lemma-27", "repaired", sizes, 50)
    ratios = np.array([row["worst moment / bound"] for row in found])
    assert ratios[: len(KINDS)].min() > 4.5
    assert ratios[len(KINDS) :].max() < 0.01


def _shortening(V: int, m: int, times: int) -> Floats:
    rng = generator(0, "shortening", V)
    z = vector("pair", V, rng)
    return np.array(
        [
            (rng.permutation(np.repeat(z, m)).reshape(V, m).mean(axis=1) ** 2).sum() * m / (z @ z)
            for _ in range(times)
        ]
    )


def test_how_loose_lemma_29_is() -> None:
    """m ‖Pz‖²/‖z‖² stays above 1/3.5 in 9 of 10 draws at V = m = 8, above 1/1.3 at 100."""
    assert np.quantile(_shortening(8, 8, 2000), 0.1) > 1 / 3.5
    assert np.quantile(_shortening(100, 100, 200), 0.1) > 1 / 1.3


def test_how_loose_lemma_24_is() -> None:
    """log P/bound at most (1 − 3/2 + 0.1) of the printed exponent once that is large."""
    check = CountsConcentrate()
    grid = {"V": [16], "m": [100_000], "gammas": [1 / 16], "deviations": [0.1]}
    (row,) = evaluate(check, grid, form="repaired")
    exponent = 0.1**2 * 100_000 / 16 / 3
    measured = row.judgement.measured
    assert measured is not None
    assert math.log(measured) < -0.4 * exponent
