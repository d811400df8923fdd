"""What a stage gains by learning a signal from all patches, against all derivations of grammars."""

from itertools import takewhile

import numpy as np
import pytest

from layerproof.theory.ensembles import draw
from layerproof.theory.enumeration import enumerate_derivations
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.population import patch_law
from layerproof.theory.position_sharing import signal_shared_moments
from layerproof.theory.signals import Signal, signal_named
from layerproof.theory.signals.few_labels import few_labels
from layerproof.theory.signals.path import PathSignal
from layerproof.theory.weight_sharing import first_moments, shared_moments

SIGNALS = ("label", "nested:1", "nested:2", "sibling", "own-latent", "token")


def _grammar(seed: int, s: int, L: int, zipf: float = 0.0) -> Grammar:
    sizes = {"vocabulary": 3, "rules": 2, "branching": s, "levels": L}
    return draw("uniform", **sizes, zipf=zipf, label_zipf=zipf, seed=seed)


GRAMMARS = {
    "three levels": _grammar(1, 2, 3, zipf=1.0),
    "three tokens a patch": _grammar(2, 3, 2),
    "pairs of one subtree": Grammar(
        (2, 3, 3, 3),
        (
            (((0, 1, 2),), ((1, 1, 0),)),
            *[(((0, 1, 2),), ((2, 0, 0),), ((1, 2, 1),))],
            (((0, 1, 2), (1, 1, 0)), ((2, 0, 0),), ((1, 2, 1),)),
        ),
    ),
}


def _enumerated(grammar: Grammar, level: int, signal: Signal) -> tuple[np.ndarray, np.ndarray]:
    """E‖A_μ‖² and E[k_μ], (|P_l|,), over all derivations."""
    found = enumerate_derivations(grammar).derivations
    tree = [np.array([one.levels[at] for one in found]) for at in range(grammar.levels + 1)]
    share = np.array([float(one.probability) for one in found])
    q = np.nan_to_num(patch_law(grammar, level, None, signal).posterior)
    s, patches = grammar.branching, grammar.patches(level).patch
    sums, counts = np.zeros((len(found), *q.shape)), np.zeros((len(found), len(patches)))
    for place in range(s ** (level - 1)):
        shown = tree[level][:, place * s : (place + 1) * s]
        hit = (shown[:, None] == patches).all(axis=2)
        value = signal.value(grammar, tree, level, place)
        sums += hit[:, :, None] * (np.eye(q.shape[1])[value][:, None] - q)
        counts += hit
    return share @ (sums**2).sum(axis=2), share @ counts


@pytest.mark.parametrize("name", GRAMMARS)
@pytest.mark.parametrize("signal", SIGNALS)
def test_the_noise_is_that_of_all_derivations(name: str, signal: str) -> None:
    grammar, found = GRAMMARS[name], signal_named(signal)
    for level in found.taught(grammar):
        square, mean = _enumerated(grammar, level, found)
        seen = mean > 0
        expected = (square[seen] / mean[seen] ** 2).mean()
        assert signal_shared_moments(grammar, level, found).spread == pytest.approx(expected)


def test_the_label_has_the_moments_that_it_had() -> None:
    grammar = GRAMMARS["three levels"]
    assert signal_shared_moments(grammar, 3) == shared_moments(grammar, 3)
    both = few_labels(signal_named("own-latent"), grammar)
    assert signal_shared_moments(grammar, 1, both) == shared_moments(grammar, 1)
    same = signal_shared_moments(grammar, 3, signal_named("nested:3"))
    assert same.spread == pytest.approx(shared_moments(grammar, 3).spread)


@pytest.mark.parametrize(("name", "level"), [("far-token", 3), ("same-patch", 3), ("token", 1)])
def test_what_is_not_known_is_refused(name: str, level: int) -> None:
    with pytest.raises(InputError, match=r"signal|level"):
        signal_shared_moments(GRAMMARS["three levels"], level, signal_named(name))


def _children(level: int, position: int, s: int) -> list[int]:
    return [position // s**power % s for power in reversed(range(level))]


@pytest.mark.parametrize("shape", GRAMMARS.values(), ids=GRAMMARS)
@pytest.mark.parametrize("name", [*SIGNALS[1:], "far-token"])
def test_ways_are_the_children_below_where_they_part(name: str, shape: Grammar) -> None:
    signal, s = signal_named(name), shape.branching
    assert isinstance(signal, PathSignal)
    for level in signal.taught(shape):
        found = set()
        for position in range(s ** (level - 1)):
            one = _children(level - 1, position, s)
            other = _children(*signal.place(shape, level, position), s)
            shared = sum(
                1 for _ in takewhile(lambda both: both[0] == both[1], zip(one, other, strict=False))
            )
            found.add((*one[shared:], "and", *other[shared:]))
        assert signal.ways(shape, level) == len(found)


def test_sharing_gains_where_ways_recur() -> None:
    """V = 16, m = 4: own latents of level 3 meet each of two ways twice, a label's never."""
    grammars = [draw("uniform-first-token", V=16, m=4, s=2, L=3, seed=seed) for seed in range(6)]
    gains = {}
    for name in ("label", "own-latent"):
        signal = signal_named(name)
        first = np.mean([first_moments(g, 3, signal) for g in grammars], axis=0)
        shared = np.mean([signal_shared_moments(g, 3, signal) for g in grammars], axis=0)
        gains[name] = (first[0] / first[1]) / (shared[0] / shared[1])
    assert gains["label"] == pytest.approx(1, rel=0.3)
    assert gains["own-latent"] == pytest.approx(2, rel=0.3)
