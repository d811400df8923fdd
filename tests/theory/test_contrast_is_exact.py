"""What contrastive losses attain, pairs of views and class subsets, against enumeration."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from layerproof.theory.class_subsets import of_classes, subset_corrections
from layerproof.theory.contrast import (
    density_ratio,
    infonce,
    information_at_height,
    log_counts,
    mutual_information,
    never_together,
    spectral,
)
from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError
from layerproof.theory.pair_graph import separated_probability
from layerproof.theory.population import crossover_samples, patch_law
from layerproof.theory.predictions_contrast import BOUND, BOUND_ERROR, BOUND_LEADING
from layerproof.theory.signals import Signal, signal_named
from layerproof.theory.signals.contrastive import Contrastive
from layerproof.theory.signals.sibling import Sibling
from tests.layerwise.instances import BINARY, UNEVEN

SIZES = {"vocabulary": 8, "rules": 4, "branching": 2, "levels": 3}
GRAMMAR = draw("uniform-first-token", **SIZES, seed=1)


def test_crops_tell_of_each_other_what_their_parents_do() -> None:
    law = Contrastive().joint(GRAMMAR, 3)
    assert mutual_information(law) == pytest.approx(information_at_height(GRAMMAR, 2), abs=1e-12)
    second = law.sum(0).reshape(-1)  # H(p') − log m at s = 2
    parents = GRAMMAR.patches(3).law.argmax(axis=0)
    share = np.bincount(parents, weights=second)
    share = share[share > 0]
    entropy = float(-(share * np.log(share)).sum())
    assert mutual_information(law) == pytest.approx(entropy - math.log(4), abs=1e-12)


def test_each_loss_is_least_where_it_is_said_to_be() -> None:
    law = Contrastive().joint(GRAMMAR, 3)
    law = law[:, law.sum(0) > 0]
    ratio, never = density_ratio(law), never_together(law)
    assert never.any()
    assert np.abs(spectral(law, ratio).slope).max() < 1e-15
    bound = -mutual_information(law)
    values = [
        infonce(law, np.where(never, -depth, np.log(np.where(never, 1.0, ratio)))).value
        for depth in (2.0, 8.0, 32.0)
    ]
    assert values == sorted(values, reverse=True)
    assert values[-1] == pytest.approx(bound, abs=1e-12)
    assert values[0] > bound + 1e-3  # as close as one likes, and at no finite critic
    critic = np.random.default_rng(0).normal(size=law.shape)
    for loss in (infonce, spectral):
        step = 1e-6 * np.random.default_rng(1).normal(size=law.shape)
        up, down = loss(law, critic + step).value, loss(law, critic - step).value
        assert up - down == pytest.approx(2 * (loss(law, critic).slope * step).sum(), rel=1e-4)


def test_a_tuple_as_the_target_has_the_parents_laws_divided_by_m() -> None:
    for level in (2, 3):
        crop, parent = (patch_law(GRAMMAR, level, signal=s) for s in (Contrastive(), Sibling()))
        far = [np.ptp(law.posterior @ law.posterior.T) for law in (crop, parent)]
        assert far[0] == pytest.approx(far[1] / 4)
        norm = (parent.posterior**2).sum(1).mean()
        exact = crossover_samples(parent) * 4 * (1 - norm / 4) / (1 - norm)
        assert crossover_samples(crop) == pytest.approx(exact)


@pytest.mark.parametrize("name", ["contrastive", "augmentation", "label+own-latent"])
def test_averages_are_those_of_draws(name: str) -> None:
    from layerproof.theory.ensembles import ENSEMBLES
    from layerproof.theory.population import mean_square_norm, mean_square_separation

    signal, ensemble = signal_named(name), ENSEMBLES["uniform-first-token"](**SIZES)
    averages = signal.averages(ensemble)
    assert averages is not None
    laws = [patch_law(ensemble.draw(seed), 3, signal=signal) for seed in range(300)]
    for key, exact in (
        ("mean_square_separation", mean_square_separation),
        ("mean_square_norm", mean_square_norm),
    ):
        found = np.mean([exact(law) for law in laws])
        assert averages.of_level(3)[key] == pytest.approx(found, rel=0.06)


def test_a_mixture_is_its_parts_side_by_side() -> None:
    mixed = signal_named("label+token+same-patch")
    parts: list[Signal] = [signal_named(name) for name in ("label", "token", "same-patch")]
    beside = np.concatenate([part.joint(UNEVEN, 3) for part in parts], axis=1) / 3
    assert np.array_equal(mixed.joint(UNEVEN, 3), beside)
    assert mixed.size(UNEVEN, 1) == UNEVEN.classes + parts[2].size(UNEVEN, 1)
    assert set(mixed.broken(UNEVEN, 3)) == {"synonym-blind"}
    assert signal_named("token+sibling").unreachable(UNEVEN, 1).startswith("token: ")
    for wrong in ("label+label", "label+", "+", "+".join(["nested:1"] * 9)):
        with pytest.raises(InputError, match="signal is"):
            signal_named(wrong)
    with pytest.raises(InputError, match="did you mean token"):
        signal_named("label+tokn")


def test_the_leading_order_is_as_near_as_it_says() -> None:
    for V, m in [(4, 2), (64, 2), (8, 3), (16, 4), (64, 8), (16, 15), (8, 8)]:
        counts = log_counts(V, m, 2)
        exact = BOUND(V=V, m=m, pair_logs=counts.pair, token_logs=counts.token)
        off = abs(BOUND_LEADING(V=V, m=m, s=2) - exact)
        assert off <= BOUND_ERROR(V=V, m=m) + 1e-12
        assert off >= 0.4 * BOUND_ERROR(V=V, m=m) - 1e-12  # and not vacuously


@pytest.mark.parametrize(("classes", "members", "pairs"), [(1, 3, 3), (2, 2, 3), (1, 4, 3)])
def test_pair_graphs_are_counted(classes: int, members: int, pairs: int) -> None:
    ends = [(c, a, b) for c in range(classes) for a in range(members) for b in range(members)]
    good = 0
    for drawn in itertools.product(ends, repeat=pairs):
        piece = {(c, a): (c, a) for c in range(classes) for a in range(members)}
        for c, a, b in drawn:
            old, new = piece[c, a], piece[c, b]
            piece = {key: new if value == old else value for key, value in piece.items()}
        good += len(set(piece.values())) == classes
    assert separated_probability(classes, members, pairs) == Fraction(good, len(ends) ** pairs)


def test_pair_graphs_of_sizes_that_are_none_are_refused() -> None:
    with pytest.raises(InputError, match="members²"):
        separated_probability(100, 100, 5)


def test_some_classes_have_the_law_of_their_strings() -> None:
    for grammar in (UNEVEN, BINARY):
        some = of_classes(grammar, 2)
        law, whole = patch_law(some, 2).joint, patch_law(grammar, 2)
        rows = {tuple(p): row for row, p in enumerate(whole.patch.tolist())}
        kept = whole.joint[[rows[tuple(p)] for p in some.patches(2).patch.tolist()], :2]
        assert law == pytest.approx(kept / kept.sum(), abs=1e-12)
    with pytest.raises(InputError, match="classes is 9"):
        of_classes(BINARY, 9)


def test_all_classes_are_the_label() -> None:
    kept = subset_corrections(16, 4, 16)
    assert kept == pytest.approx({"first_correction": 1.0, "second_correction": 1.0})
