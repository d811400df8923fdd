"""The predicted threshold of one grammar, against literal computations on tiny ones."""

import math
from dataclasses import replace

import numpy as np
import pytest

from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError
from layerproof.theory.evaluation import on_arrays
from layerproof.theory.grammar import Grammar
from layerproof.theory.population import crossover_samples, mean_square_separation, patch_law
from layerproof.theory.symbols import s
from layerproof.theory.thresholds import (
    CONFUSION,
    FORGOTTEN,
    FORMULAS,
    InstanceThreshold,
    closest_pair_samples,
    patch_shares,
    stage_sizes,
)


def _grammar(levels: int = 2, vocabulary: int = 4, rules: int = 2, seed: int = 3) -> Grammar:
    return draw(
        "uniform-first-token",
        vocabulary=vocabulary, rules=rules, branching=2, levels=levels, seed=seed,
    )  # fmt: skip


def test_patch_shares_are_those_of_all_strings() -> None:
    grammar = _grammar(levels=3)
    strings = [([label], 1 / grammar.classes) for label in range(grammar.classes)]
    for level in range(1, 4):
        counted = dict.fromkeys(map(tuple, grammar.patches(level).patch.tolist()), 0.0)
        # Expected share of each patch over the positions, from the law of each level's strings.
        grown = []
        for tokens, weight in strings:
            options = [([], weight)]
            for token in tokens:
                rules = grammar.rules[level - 1][token]
                for patch in rules:
                    counted[tuple(patch.tolist())] += weight / len(rules) / len(tokens)
                options = [
                    (row + patch.tolist(), w / len(rules)) for row, w in options for patch in rules
                ]
            grown += options
        strings = grown if level < 3 else []
        # Sums of at most 2^10 terms of float64.
        assert patch_shares(grammar)[level - 1] == pytest.approx(list(counted.values()), rel=1e-12)


def test_confusion_is_the_rate_at_which_estimates_come_too_close() -> None:
    """Counts of each of two patches multinomial with N p samples; 20 000 simulated pairs.

    The rate's sampling error is at most 0.0036; the Gaussian law of a mean of 200 draws of a
    discrete variable, with its edge on a lattice, is off by order 1/√200 · 0.4 = 0.03 at most.
    """
    law = patch_law(_grammar(vocabulary=4, rules=3), 2)
    pair = next(
        (i, j) for i in range(len(law.patch)) for j in range(len(law.patch))
        if 0.01 < np.sum((law.posterior[i] - law.posterior[j]) ** 2) < 0.3
    )  # fmt: skip
    q, other = law.posterior[pair[0]], law.posterior[pair[1]]
    d = other - q
    per_patch, N = 40, 40 / law.probability[pair[0]]
    rng = np.random.default_rng(0)
    first = rng.multinomial(per_patch, q, size=20_000) / per_patch
    second = rng.multinomial(per_patch, other, size=20_000) / per_patch
    measured = float(((second - first) @ d < (d @ d) / 2).mean())
    noise = sum(
        (d**2 @ law_q - (d @ law_q) ** 2) / law.probability[i]
        for law_q, i in ((q, pair[0]), (other, pair[1]))
    )
    values = {"square_separation": d @ d, "pair_noise": noise, "N": N, "inflation": 1.0}
    assert float(on_arrays(CONFUSION, **values)) == pytest.approx(measured, abs=0.03 + 4 * 0.0036)


def test_the_error_is_put_together_from_every_level() -> None:
    grammar = _grammar()
    found = InstanceThreshold(grammar, FORMULAS)
    wrong = [found.mistaken(level, [30.0, 60.0]) for level in (1, 2)]
    kept = found.attainable * (1 - wrong[0]) * (1 - wrong[1]) ** 2
    assert found.error([30.0, 60.0]) == pytest.approx(1 - kept)
    # Level 1 has no noise: only patches that were not seen, each of p = 1/8.
    assert wrong[0] == pytest.approx((1 - 1 / 8) ** 30)


def _share_mistaken(grammar: Grammar, samples: float, above: float) -> tuple[float, float, float]:
    """e_2 from its definition, pair by pair, and its two parts: never seen, and confused."""
    law, top = patch_law(grammar, 2), patch_law(grammar, 1)
    share, top_share = patch_shares(grammar)[1], patch_shares(grammar)[0]
    q, p, parents = law.posterior, law.probability, law.parent
    rules = int((parents == 0).sum())
    forgotten = sum(
        w * (1 - p_top / rules**2) ** above
        for w, p_top in zip(top_share, top.probability, strict=True)
    )

    def spread(d: np.ndarray, law_q: np.ndarray) -> float:
        return float(d**2 @ law_q - (d @ law_q) ** 2)

    total = unseen = confused = 0.0
    for i in range(len(q)):
        kept = 1.0
        for other in set(parents.tolist()) - {parents[i]}:
            rows = [j for j in range(len(q)) if parents[j] == other]
            d = q[rows[0]] - q[i]
            if d @ d > law.rounding**2:
                inverse = sum(1 / p[j] for j in rows) / len(rows)
                noise = spread(d, q[i]) / p[i] + spread(d, q[rows[0]]) * inverse
                kept *= 1 - math.erfc(d @ d * math.sqrt(samples / (8 * noise))) / 2
        missed, taken = (1 - p[i]) ** samples, (1 - kept) * forgotten
        total += share[i] * min(1.0, missed + taken)
        unseen, confused = unseen + share[i] * missed, confused + share[i] * taken
    return float(total), float(unseen), float(confused)


def test_a_patch_is_mistaken_where_it_was_not_seen_and_where_it_is_confused() -> None:
    """At a size where both cost about as much: neither their maximum nor one alone would do."""
    grammar = _grammar(vocabulary=4, rules=3)
    samples = [4.0, 24.0]
    total, unseen, confused = _share_mistaken(grammar, samples[1], samples[0])
    assert 0.25 < unseen / confused < 4
    assert total > 1.2 * max(unseen, confused)
    found = InstanceThreshold(grammar, FORMULAS).mistaken(2, samples)
    assert found == pytest.approx(total, rel=1e-12)


@pytest.mark.parametrize(
    ("levels", "off"),
    # At L = 2 only the leaf stage is noisy: I = 1, and X is bisected to 1e-9. At L = 3 I, which
    # scatters by 5 % from one X to the next, is interpolated; the error is at most its cube.
    [(2, 1e-6), (3, 3 * 0.05)],
)
def test_the_predicted_multiple_solves_its_equation_and_more_samples_help(
    levels: int, off: float
) -> None:
    grammar = _grammar(levels=levels, vocabulary=8, rules=4)
    found = InstanceThreshold(grammar, FORMULAS)
    X = found.multiple(0.0875)
    error = found.error([X * size for size in stage_sizes(grammar)])
    assert error == pytest.approx(0.0875, rel=off)
    assert found.multiple(0.01) > X > found.multiple(0.3)


def test_what_was_seen_spares_the_level_whose_stage_above_has_plenty() -> None:
    """The control forgets: of so many variants none was seen."""
    grammar = _grammar(levels=3, vocabulary=16, rules=4, seed=1)
    never = replace(FORGOTTEN, expression=FORGOTTEN.expression.subs(s, 100 * s))
    learners = [
        InstanceThreshold(grammar, formulas)
        for formulas in (FORMULAS, FORMULAS | {"forgotten": never})
    ]
    own = [[f.multiple(0.09, level) for level in (1, 2, 3)] for f in learners]
    assert all(kept <= lost for kept, lost in zip(*own, strict=True))
    assert [int(np.argmax(thresholds)) == 0 for thresholds in own] == [True, False]


def test_noise_from_below_raises_the_threshold() -> None:
    grammar = _grammar(levels=3, vocabulary=16, rules=4, seed=1)
    found = InstanceThreshold(grammar, FORMULAS)
    samples = [4.0 * size for size in stage_sizes(grammar)]
    inflation = found.inflation(samples)
    assert inflation[3] == 1.0
    assert inflation[2] > 2.0
    assert found.error(samples) > 2 * found.error(samples, {})
    assert found.error(samples) == found.error(samples, inflation)


def test_the_closest_pair_needs_at_least_as_many_samples_as_the_mean_one() -> None:
    law = patch_law(_grammar(levels=3, vocabulary=16, rules=4), 3)
    rho_over_mean = closest_pair_samples(law) / crossover_samples(law)
    assert rho_over_mean >= 1.0
    # N_ρ and N_× differ by the separation that they put in the denominator, and nothing else.
    from layerproof.theory.population import closest_non_synonyms

    ratio = mean_square_separation(law) / closest_non_synonyms(law).rho ** 2
    assert rho_over_mean == pytest.approx(ratio, rel=1e-9)


def test_parents_that_share_q_are_never_told_apart() -> None:
    rules = [[[0, 0], [0, 1]], [[1, 0], [1, 1]]]
    twins = [[[0, 0], [1, 0]], [[0, 1], [1, 1]]]
    grammar = Grammar((2, 2, 2), tuple(tuple(map(np.array, level)) for level in (twins, rules)))
    assert closest_pair_samples(patch_law(grammar, 2)) == math.inf
    found = InstanceThreshold(grammar, FORMULAS)
    assert found.attainable == 0.5
    assert found.multiple(0.05) == math.inf


@pytest.mark.parametrize("ample", [0.0, -1.0, math.inf, math.nan])
def test_plenty_is_a_positive_number(ample: float) -> None:
    with pytest.raises(InputError, match="ample is"):
        InstanceThreshold(_grammar(), FORMULAS).multiple(0.1, 1, ample=ample)


@pytest.mark.parametrize("level", [0, 4, 32.0, True])
def test_a_level_is_one_of_the_grammar(level: int) -> None:
    with pytest.raises(InputError, match="level is"):
        InstanceThreshold(_grammar(), FORMULAS).multiple(0.1, level)


def test_an_ambiguous_grammar_is_refused() -> None:
    shared = ((np.array([[0, 0]]), np.array([[0, 0]])),)
    with pytest.raises(InputError, match="ambiguous"):
        InstanceThreshold(Grammar((2, 2), shared), FORMULAS).multiple(0.05)
