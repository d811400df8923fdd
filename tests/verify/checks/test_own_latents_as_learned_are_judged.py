"""What own latents cost as they are learned, and K26's theorem: both judged, both can fail.

Error probabilities: verdicts at confidence 0.99 each, with fixed seeds.
"""

from math import sqrt
from typing import Any

import numpy as np
import pytest

from layerproof.theory.ensembles import draw
from layerproof.theory.predictions_paths import PATH_CROSSOVER
from layerproof.theory.statements import catalogue, sources
from layerproof.theory.statements.korchinski2026.theorem_1 import SCALE
from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.base import Trial
from layerproof.verify.checks.controls import CONTROLS, NO_CONTROL
from layerproof.verify.checks.korchinski2026.premises import wrong_levels
from layerproof.verify.run.runner import evaluate
from layerproof.verify.testing import Slip
from layerproof.verify.verdicts.verdict import Verdict
from tests.verify.checks.perturbations_own_latents import PERTURBATIONS
from tests.verify.checks.shared_trials import caught

AFTER_TRIALS = {"raw-latents", "k26-separated"}
"""Checks of which no formula acts in a trial."""

SIZES = {"V": 16, "m": 4, "s": 2, "L": 2}


def _verdicts(
    name: str, trials: int, control: str = "none", **parameters: Any
) -> dict[str, Verdict]:
    world = CONTROLS.get(control, NO_CONTROL)
    rows = evaluate(CHECKS[name], parameters, trials=trials, control=world)
    return {row.id: row.judgement.verdict for row in rows}


@pytest.mark.parametrize("slip", PERTURBATIONS, ids=lambda slip: slip.id)
def test_a_slip_is_caught(slip: Slip) -> None:
    assert caught(slip, in_trials=slip.check.id not in AFTER_TRIALS)


def test_every_statement_of_k26_is_known_at_second_hand() -> None:
    assert "known" in sources()["K26"].citation
    found = [one for one in catalogue() if one.id.startswith("K26.")]
    assert len(found) == 4
    assert all("second hand" in one.source + one.printed.reading for one in found)


def test_hoeffdings_form_alone_grows_with_the_stage() -> None:
    check, sizes = CHECKS["raw-latents"], {"V": 16, "m": 8, "s": 2, "L": 5}
    rows = evaluate(check, sizes, trials=60)
    growth = {row.id: row.judgement for row in rows if "growth" in row.id}
    hoeffding, bernstein = growth.values()
    assert hoeffding.predicted is not None
    assert hoeffding.predicted > 2
    assert (hoeffding.verdict, bernstein.verdict) == (Verdict.HOLDS, Verdict.HOLDS)


def test_the_variance_gives_the_better_exponent_and_the_range_the_better_bound_at_the_leaves() -> (
    None
):
    formulas = catalogue()["derived.lemma-18-bernstein"].printed.formulas
    one_hot = {"patches": 64, "kappa": 1, "delta": 0.1, "epsilon": 0.1}
    one_hot |= {"target_variance": 0.9, "target_range": sqrt(2)}
    asked = {name: formulas[f"{name} samples"](**one_hot) for name in ("range", "bernstein")}
    assert asked["bernstein"] / asked["range"] == pytest.approx(3.6)


def test_unbalanced_rules_are_told() -> None:
    assert set(_verdicts("k26-balanced", 2, **SIZES).values()) == {Verdict.HOLDS}
    other = _verdicts("k26-balanced", 2, **SIZES, ensemble="uniform")
    assert Verdict.VIOLATED in other.values()


def test_wards_method_is_stable_as_far_as_is_proved_and_not_much_farther() -> None:
    grammar = draw("uniform-first-token", vocabulary=16, rules=4, branching=2, levels=2, seed=1)
    trial = Trial(seed=1, index=0, form="printed", device="cpu")
    for scatter in ("random", "opposed"):
        assert wrong_levels(grammar, trial, scatter, 1 / (2 + 2 * sqrt(2))) == [False]
    assert wrong_levels(grammar, trial, "opposed", 0.3) == [True]


def test_the_scale_is_the_crossover_of_own_latents_up_to_1_over_v() -> None:
    sizes = {"V": 64, "m": 16, "s": 2}
    assert SCALE(**sizes) == pytest.approx(PATH_CROSSOVER(**sizes, up=0, down=1), rel=0.03)


def test_too_few_strings_violate_the_theorem_and_f_1_takes_a_premise() -> None:
    latents = "k26-theorem-1/part=latents"
    assert _verdicts("k26-theorem-1", 20, **SIZES, C=0.1)[latents] is Verdict.VIOLATED
    full = _verdicts("k26-theorem-1", 2, V=4, m=4, s=2, L=2)
    assert set(full.values()) == {Verdict.NOT_APPLICABLE}


def test_only_the_instances_that_are_separated_are_run() -> None:
    rows = evaluate(CHECKS["k26-theorem-1"], SIZES | {"separation_constant": 0.6}, trials=12)
    (premise,) = [one for one in rows[0].premises if one.id == "K26.separated"]
    assert premise.verdict is Verdict.HOLDS
    assert "left out" in premise.reason
    assert np.isfinite(rows[1].judgement.measured or np.nan)
