"""A check of the derived laws, C24, Principle 2 or Appendix C sees a wrong formula."""

import pytest

from layerproof.verify.testing import Slip
from tests.verify.checks.perturbations_laws_and_principle import PERTURBATIONS
from tests.verify.checks.shared_trials import caught

IN_TRIALS = {
    ("crossover", "crossover"),
    ("crossover", "crossing"),
    ("sensitivity-curve", "crossover"),
    ("c24-threshold", "threshold"),
    ("appendix-c-samples", "samples"),
}
"""Formulas that say how many samples a trial draws; all others are looked at afterwards."""


@pytest.mark.parametrize("slip", PERTURBATIONS, ids=lambda slip: slip.id)
def test_a_slip_is_caught_where_the_formula_is_not_loose(slip: Slip) -> None:
    in_trials = (slip.check.id, slip.formula) in IN_TRIALS
    assert caught(slip, in_trials=in_trials) == (not slip.loose)


def test_every_law_has_a_slip_that_is_caught() -> None:
    caught = {slip.check.statement for slip in PERTURBATIONS if not slip.loose}
    assert caught == {
        "derived.mean-square-separation",
        "derived.mean-square-norm",
        "derived.noise",
        "derived.crossover",
        "derived.sensitivity-curve",
        "derived.joint-law",
        "derived.path-law",
        "derived.stage-threshold",
        "derived.layerwise-denoiser",
        "derived.few-labels",
        "derived.position-sharing",
        "derived.target-cost",
        "derived.noise-patch",
        "derived.noise-shortcut",
        "derived.noise-pairs",
        "derived.rotation-law",
        "derived.rotation-collision",
        "derived.counterfactual-pairs",
        "derived.contrastive-bound",
        "derived.infonce-divergence",
        "derived.augmentation-graph",
        "derived.class-subsets",
        "derived.masked-entropy",
        "derived.i-mmse",
        "derived.unmasking",
        "derived.evidence-bound",
        "derived.posterior-collapse",
        "derived.trained-collapse",
        "derived.chunk-lengths",
        "derived.denoising-regimes",
        "derived.annealed-map",
        "derived.unet-is-belief-propagation",
        "derived.annealed-fixed-points",
        "C24.signal",
        "C24.noise",
        "C24.threshold",
        "R26.definition-4",
        "R26.principle-2-iii",
        "R26.appendix-c",
    }
