"""The share of strings nearest to their own token's other patches, against its null and by hand."""

import numpy as np
import pytest

from layerproof.theory.ensembles import draw
from layerproof.theory.grammar import Grammar
from layerproof.theory.latent_schedule import few_labels_accuracy
from layerproof.theory.population import PatchLaw, patch_law
from layerproof.verify.measure.representations import Representations
from layerproof.verify.measure.told_apart import ToldApart, told_apart

GRAMMAR = draw("uniform-first-token", V=8, m=4, s=2, L=2, seed=0)
LAW = patch_law(GRAMMAR, 2)


def _found(points: np.ndarray, law: PatchLaw = LAW, partly: str = "") -> ToldApart | None:
    patches = np.arange(len(law.patch))
    shown = Representations(2, points, patches, np.ones(len(points)), partly)
    return told_apart(shown, law, 0.95)


def test_tokens_apart_are_told_apart() -> None:
    found = _found(np.eye(8)[LAW.parent])
    assert found is not None
    assert (found.share, found.limits) == (1.0, (1.0, 1.0))
    assert found.chance == pytest.approx(1 / 8)


def test_noise_is_told_apart_as_often_as_a_guess() -> None:
    """32 patches in each of 200 draws: a standard error of 0.004, and a guess is 0.125.

    A little less, since the mean without one's own patch is of three patches, not of four.
    """
    rng = np.random.default_rng(0)
    shares = [_found(rng.standard_normal((32, 8))) for _ in range(200)]
    assert np.mean([found.share for found in shares if found]) == pytest.approx(0.11, abs=0.03)


def test_equal_embeddings_are_not_told_apart() -> None:
    found = _found(np.ones((32, 3)))
    assert found is not None
    assert found.share == 0.0


def test_a_sample_of_strings_has_an_interval() -> None:
    found = _found(np.eye(8)[LAW.parent], partly="some")
    assert found is not None
    assert found.limits[0] == pytest.approx(0.025 ** (1 / 32))
    assert found.limits[1] == 1.0


def test_patches_without_synonyms_are_not_judged() -> None:
    single = patch_law(draw("uniform-first-token", V=4, m=1, s=2, L=2, seed=0), 2)
    assert _found(np.eye(4), single) is None


def test_few_labels_are_what_a_table_of_patches_makes_of_them() -> None:
    rules = (np.array([[0, 0], [0, 1]]), np.array([[1, 0]]))
    uneven = Grammar((2, 2), (rules,), label_prior=(0.25, 0.75))
    unseen = np.array([0.125, 0.125, 0.75]) * (1 - np.array([0.125, 0.125, 0.75])) ** 3
    right = 1 - unseen.sum() + max(unseen[:2].sum(), unseen[2])
    assert few_labels_accuracy(uneven, 3) == pytest.approx(right)
    both = Grammar((2, 2), ((np.array([[0, 0]]), np.array([[0, 0]])),))
    assert few_labels_accuracy(both, 3) is None
