"""The chain at a finite M: inner products of the features that were drawn, not of the kernel."""

import numpy as np
import pytest
import torch

from layerproof.layerwise.features import RandomFourierFeatures
from layerproof.layerwise.network import FeatureLayer, LayerwiseLearner
from layerproof.theory.ensembles import draw
from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.ren2026.theorem_7_constants import _feature_tolerances
from layerproof.verify.run.runner import evaluate
from layerproof.verify.verdicts.verdict import Verdict


def test_tolerances_of_drawn_features_are_those_of_all_pairs_of_patches() -> None:
    grammar = draw(
        "uniform-first-token", vocabulary=4, rules=2, branching=2, levels=1, classes=None, seed=0
    )
    features = RandomFourierFeatures.draw(64, 8, 0.5, seed=0)
    learner = LayerwiseLearner(4, 2, 1)
    learner.attach(1, FeatureLayer(features, torch.ones(4, 128, dtype=torch.float64)))
    overlap, spread, partly = _feature_tolerances(learner, grammar, 1, seed=0)
    patches = grammar.patches(1).patch
    one_hot = torch.eye(4, dtype=torch.float64)
    x = [features(one_hot[patch].flatten()) for patch in patches.tolist()]
    pairs = [abs(float(x[a] @ x[b])) for a in range(len(x)) for b in range(a)]
    assert (spread, partly) == (0.0, "")
    # A sum of 128 products of numbers whose squares sum to 1.
    assert overlap == pytest.approx(max(pairs), abs=128 * np.finfo(np.float64).eps)


def test_a_chain_at_a_finite_m_breaks_the_hypotheses_that_the_kernel_meets() -> None:
    sizes = {"V": 8, "m": 2, "L": 1}
    kernel, drawn = (
        {
            row.parameters["part"]: row.judgement
            for row in evaluate(
                CHECKS["theorem-7-constants"], sizes | more, form="repaired", trials=3
            )
        }
        for more in ({}, {"features": 512})
    )
    assert kernel["overlap"].verdict is kernel["spread"].verdict is Verdict.HOLDS
    assert kernel["overlap"].measured <= 1 < drawn["overlap"].measured
    # Lemma 10 asks for far more features than 512: what fails is its premise, not the theorem.
    assert {judgement.verdict for judgement in drawn.values()} == {Verdict.NOT_APPLICABLE}
    assert "M = 512 random features, where Lemma 10 asks for" in drawn["error"].reason
