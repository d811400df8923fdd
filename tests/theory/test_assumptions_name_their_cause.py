"""Where R26's Assumption 6 fails, the report names the patch or the pair, and only there."""

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings

from layerproof.theory.assumptions import assumptions
from layerproof.theory.ensembles import draw
from layerproof.theory.grammar import Grammar
from layerproof.theory.population import closest_non_synonyms, mean_noise, patch_law
from tests.theory import brute_force
from tests.theory.strategies import small_grammars

# Two levels, V = 4, m = 2. The labels' first tokens are {0, 1}, {0, 1}, {2, 3} and {2, 3}: tokens 0
# and 1 have one posterior, and so have 2 and 3.
MERGED = [
    [
        [[0, 0], [1, 0]],
        [[0, 1], [1, 1]],
        [[2, 0], [3, 0]],
        [[2, 1], [3, 1]],
    ],
    [
        [[0, 0], [1, 0]],
        [[2, 0], [3, 0]],
        [[0, 1], [1, 1]],
        [[2, 1], [3, 1]],
    ],
]


def _with_top(probabilities: list[list[float]] | None) -> Grammar:
    lower = [[0.5, 0.5]] * 4
    laws = None if probabilities is None else [probabilities, lower]
    return Grammar((4, 4, 4), MERGED, laws)  # type: ignore[arg-type]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(small_grammars())
def test_kappa_and_rho_equal_their_definitions(grammar: Grammar) -> None:
    report = assumptions(grammar)
    listed = brute_force.derivations(grammar)
    for part in report.levels:
        patches = brute_force.parents(grammar, part.level)
        joint = brute_force.first_patches(grammar, listed, part.level)
        never = sorted(set(patches) - set(joint))
        assert part.patches == len(patches)
        assert part.never_count == len(never)
        assert part.never_first == (never[0] if never else None)
        rarest = min(sum(joint[patch].values()) for patch in joint)
        kappa = math.inf if never else float(1 / (len(patches) * rarest))
        assert part.kappa == pytest.approx(kappa, rel=1e-12)
        if part.K_rho is not None:
            rules = grammar.rules_per_symbol
            assert rules is not None
            assert part.K_rho == pytest.approx(part.rho * math.sqrt(rules**part.level), rel=1e-14)
    assert report.kappa == max(part.kappa for part in report.levels)
    assert report.holds == (report.reasons == ())
    assert (report.K_rho is None) == (grammar.rules_per_symbol is None)


def test_identical_posteriors_give_exactly_zero_and_the_pair() -> None:
    report = assumptions(_with_top(None))
    assert [part.rho for part in report.levels] == [math.sqrt(2), 0.0]
    assert report.K_rho == 0.0
    assert not report.holds
    assert report.levels[1].closest == ((0, 0), (2, 0))
    assert report.reasons == (
        "Level 2: patches (0, 0) and (2, 0) are no synonyms but have the same label posterior q, "
        "so rho is 0.",
    )


def test_a_tiny_but_real_difference_is_not_zero() -> None:
    """Control: the same rules, one probability moved by 1e-9, far above rounding."""
    shift = 1e-9
    law = [[0.5 + shift, 0.5 - shift], [0.5, 0.5], [0.5, 0.5], [0.5, 0.5]]
    grammar = _with_top(law)
    rho = assumptions(grammar).levels[1].rho
    # q of tokens 0 and 1 is (1/2 +- shift, 1/2 -+ shift) over the first two labels, up to
    # shift^2; tokens 2 and 3 still agree exactly, so they are the closest.
    assert rho == 0.0
    law[2] = [0.5 + 3 * shift, 0.5 - 3 * shift]
    rho = assumptions(_with_top(law)).levels[1].rho
    assert rho == pytest.approx(math.sqrt(2) * shift, rel=1e-6)


def test_a_patch_too_rare_for_a_double_is_named_and_nothing_is_warned_of() -> None:
    rules = (np.array([[0, 1], [1, 1]]), np.array([[1, 0], [0, 0]]))
    rare = ((np.array([1.0, 1e-320]), np.array([0.5, 0.5])), (np.array([0.5, 0.5]),) * 2)
    grammar = Grammar((2, 2, 2), (rules, rules), rare)
    report = assumptions(grammar)
    assert report.kappa == math.inf
    assert report.levels[0].never_first == (1, 1)
    (reason,) = report.failures["R26.assumption-6a"]
    assert reason.startswith("Level 1: patch (1, 1) comes first with probability 5e-321,")
    # The second level averages over both symbols: its patches are as common as any.
    assert report.levels[1].never_count == 0
    assert mean_noise(patch_law(grammar, 2)) < math.inf
    # A level on, a rare symbol's label posterior is open; the noise of its patches is infinite.
    below = ((np.array([0.5, 0.5]),) * 2, rare[0])
    assert mean_noise(patch_law(Grammar((2, 2, 2), (rules, rules), below), 2)) == math.inf


def test_a_separation_far_below_rounding_is_found_where_the_numbers_are_exact() -> None:
    """A label of probability 1e-20 is all that tells the tokens apart: q_1 of them is 1, 2 : 1e-20.

    Its share of q differs by a third or more, which no rounding of the file's numbers explains.
    """
    top = [[[0, 0], [0, 1], [1, 0], [1, 1]], [[2, 0], [2, 1], [2, 2], [0, 2]]]
    top[0].append([2, 3])
    below = [[[0, 0]], [[1, 1]], [[2, 2]], [[3, 3]]]
    grammar = Grammar((2, 4, 4), [top, below], None, (1.0, 1e-20))  # type: ignore[arg-type]
    law = patch_law(grammar, 2)
    rho, _, _, unknown = closest_non_synonyms(law)
    # Of five patches of label 0 two begin with 0 and two with 1; of four of label 1 one with 0.
    assert not unknown
    assert rho == pytest.approx(math.sqrt(2) * 1e-20 * (1 / 4) / (2 / 5), rel=1e-9)
    assert rho < law.rounding


def test_a_patch_that_underflows_is_rare_and_not_impossible() -> None:
    """Probability 1e-400: no double holds it, yet it comes first."""
    rules = [[[0, 0], [1, 1]], [[0, 1], [1, 0]]]
    law = [[[1.0, 1e-200], [1.0, 1e-200]]] * 2
    report = assumptions(Grammar((2, 2, 2), [rules] * 2, law))  # type: ignore[arg-type]
    part = report.levels[1]
    assert part.kappa == math.inf
    assert part.too_rare
    (reason,) = report.failures["R26.assumption-6a"]
    assert "never" not in reason
    assert reason.endswith("kappa is larger than a double holds.")


def test_decimals_that_differ_by_rounding_count_as_equal() -> None:
    """0.1 + 0.2 is not 0.3 in floating point: such a difference is no separation."""
    law = [[0.1 + 0.2, 0.7], [0.3, 0.7], [0.4, 0.6], [0.5, 0.5]]
    grammar = _with_top(law)
    table = patch_law(grammar, 2)
    first, second = (int(np.flatnonzero(table.parent == parent)[0]) for parent in (0, 1))
    gap = np.linalg.norm(table.posterior[first] - table.posterior[second])
    assert 0.0 < gap < table.rounding
    part = assumptions(grammar).levels[1]
    assert part.rho == 0.0
    assert "as numbers rounded to doubles may" in part.unknown
    assert part.closest == (table.tokens(first), table.tokens(second))


def test_separations_below_rounding_are_settled_exactly() -> None:
    """First-child matrix ((2, 1), (1, 2))/3 contracts by 3 a level: 3^-39 is real, and not 0."""
    level = [
        [[0, 0, 0], [0, 0, 1], [1, 0, 0]],
        [[1, 1, 1], [1, 1, 0], [0, 1, 1]],
    ]
    grammar = Grammar((2,) * 41, [level] * 40)  # type: ignore[arg-type]
    law = patch_law(grammar, 40)
    rho, first, second, unknown = closest_non_synonyms(law)
    assert not unknown
    assert rho < law.rounding
    assert rho == pytest.approx(math.sqrt(2) * 3.0**-39, rel=1e-12)
    assert first is not None
    assert second is not None
    assert first[:2] != second[:2]
    assert assumptions(grammar).K_rho == pytest.approx(math.sqrt(2) * math.sqrt(3) * 3**-19.5)


def test_a_patch_that_never_comes_first_makes_kappa_infinite() -> None:
    rules = [[[[0, 1], [0, 2]], [[1, 0], [1, 2]]], [[[0, 0]], [[0, 1]], [[1, 0]]]]
    report = assumptions(Grammar((2, 3, 2), rules))  # type: ignore[arg-type]
    assert report.kappa == math.inf
    assert report.levels[1].never_first == (1, 0)
    assert "Level 2: patch (1, 0) never comes first, so kappa is infinite." in report.reasons
    assert report.to_dict()["kappa"] == "inf"
    assert report.to_dict()["levels"][1]["kappa"] == "inf"
    assert report.to_dict()["levels"][0]["kappa"] == 1.0


def test_ambiguity_and_unequal_shapes_are_named() -> None:
    rules = [[[[0, 1], [1, 1]], [[0, 1]]]]
    report = assumptions(Grammar((2, 2), rules, [[[0.25, 0.75], [1.0]]], [0.5, 0.5]))  # type: ignore[arg-type]
    assert not report.uniform
    assert not report.non_ambiguous
    assert report.K_rho is None
    assert report.levels[0].K_rho is None
    assert report.reasons == (
        "Symbols have from 1 to 2 rules, not one number m.",
        "The rules of a symbol are not equally likely.",
        "Level 1: patch (0, 1) is generated by the symbols 0, 1, so the grammar is ambiguous.",
    )


def test_no_pair_of_non_synonyms_is_no_failure() -> None:
    report = assumptions(draw("uniform", vocabulary=1, rules=1, branching=2, levels=2, seed=0))
    assert [part.rho for part in report.levels] == [math.inf, math.inf]
    assert report.to_dict()["K_rho"] == "inf"
    assert report.holds


def test_holds_on_an_instance_of_the_theorem() -> None:
    report = assumptions(
        draw("uniform-first-token", vocabulary=8, rules=4, branching=2, levels=3, seed=0)
    )
    assert report.holds
    assert report.reasons == ()
    assert report.kappa == pytest.approx(1.0, rel=1e-14)
    assert report.K_rho is not None
    assert report.K_rho > 0


@pytest.mark.parametrize("ensemble", ["uniform-first-token", "uniform"])
def test_deep_grammars_are_measured_in_seconds(ensemble: str) -> None:
    """L = 12, V = 64, m = 8, drawing included; about 0.1 s where this was written."""
    start = time.process_time()
    grammar = draw(ensemble, vocabulary=64, rules=8, branching=2, levels=12, seed=0)
    report = assumptions(grammar)
    assert time.process_time() - start < 4.0
    assert len(report.levels) == 12
    assert report.levels[-1].rho > 0
