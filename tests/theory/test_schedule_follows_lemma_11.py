"""Lemma 11's schedule satisfies its own conditions, in both forms, and refuses what it must."""

import math

import pytest

from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.population import closest_distinct, patch_law
from layerproof.theory.schedule import (
    Chain,
    Schedule,
    chain_of,
    lemma_11,
    multiple_samples,
    practical,
    practical_bandwidth,
    token_separation,
)

CHAIN = Chain(patches=(16, 16, 16), separations=(1.4, 0.5, 0.3), kappa=1.0, classes=8, branching=2)


@pytest.mark.parametrize("form", ["printed", "repaired"])
def test_each_level_asks_of_the_next_what_the_lemma_asks(form: str) -> None:
    stages = lemma_11(CHAIN, form).stages  # type: ignore[arg-type]
    for above, below, rho in zip(stages, stages[1:], CHAIN.separations[1:], strict=False):
        limit = rho / math.sqrt(2000 * 16**2 * 2 * math.log(16 / above.tolerance))
        assert below.tolerance == pytest.approx(limit, rel=1e-13)


def test_the_repair_multiplies_the_samples_by_the_number_of_patches() -> None:
    printed, repaired = lemma_11(CHAIN, "printed"), lemma_11(CHAIN, "repaired")
    for old, new in zip(printed.stages, repaired.stages, strict=True):
        logs = math.log(16 / (0.1 / 3)) / math.log(16 / 0.1)
        # Both are rounded up to whole samples.
        assert new.samples == pytest.approx(16 * logs * old.samples, abs=16 * logs + 1)


def test_both_forms_have_the_leaves_bandwidth_that_lemma_10_needs() -> None:
    printed, repaired = (
        lemma_11(CHAIN, "printed").stages[-1],
        lemma_11(CHAIN, "repaired").stages[-1],
    )
    assert printed.bandwidth == repaired.bandwidth
    overlap = math.exp(-(2.0) / (2 * repaired.bandwidth**2))
    assert overlap == pytest.approx(repaired.tolerance / (1200 * 16**2 * math.sqrt(8)), rel=1e-10)


@pytest.mark.parametrize(
    "broken",
    [
        Chain((4, 4), (1.4, 0.0), 1.0, 2, 2),
        Chain((4, 4), (1.4, 0.5), math.inf, 2, 2),
    ],
)
def test_a_chain_without_signal_or_with_rare_patches_is_refused(broken: Chain) -> None:
    with pytest.raises(InputError):
        lemma_11(broken)


def test_a_schedule_survives_its_dictionary() -> None:
    schedule = lemma_11(CHAIN, "repaired")
    assert Schedule.from_dict(schedule.to_dict()) == schedule


def test_a_grammar_s_chain_is_its_own_separations() -> None:
    grammar = draw("uniform-first-token", vocabulary=8, rules=4, branching=2, levels=3, seed=1)
    chain = chain_of(grammar)
    assert chain.patches == (32, 32, 32)
    assert chain.separations[0] == pytest.approx(math.sqrt(2), rel=1e-15)
    assert chain.kappa == pytest.approx(1.0, rel=1e-12)


def test_practical_samples_are_multiples_of_n_m_to_the_level() -> None:
    grammar = draw("uniform-first-token", vocabulary=8, rules=4, branching=2, levels=3, seed=1)
    assert multiple_samples(grammar, 32) == [1024, 4096, 16384]
    with pytest.raises(InputError, match="samples_per_level"):
        practical(grammar, samples_per_level=[1, 2])
    with pytest.raises(InputError, match="multiple"):
        practical(grammar, multiple=0.0)


def test_a_practical_bandwidth_does_not_fall_below_the_rounding_of_distances() -> None:
    """Tokens 0 and 1 differ by 1e-6, token 2 by 1: with plenty of samples the floor is what counts.

    A quarter of the closest pair's distance would be 4000 times narrower.
    """
    labels = [[[token, label] for token in range(3)] for label in (0, 1)]
    below = [[[token, 0], [token, 1]] for token in range(3)]
    law = [[[0.45, 0.45, 0.1], [0.05, 0.05 * (1 + 1e-5), 0.9 - 5e-7]], [[0.5, 0.5]] * 3]
    grammar = Grammar((2, 3, 3), [labels, below], law)  # type: ignore[arg-type]
    close = closest_distinct(patch_law(grammar, 2))
    separation = token_separation(grammar, 1)
    assert 0 < close < 1e-5 * separation
    assert practical_bandwidth(grammar, 1, 10**18) == pytest.approx(1e-3 * separation, rel=1e-12)
