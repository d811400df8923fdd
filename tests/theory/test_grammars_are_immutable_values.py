"""A grammar is a value: read-only, equal by content, the same after JSON, a file or a pickle."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from tests.theory.strategies import small_grammars

RULES = [[[[0, 1], [1, 1]], [[1, 0], [0, 0]]]]

small = settings(max_examples=60, deadline=None, derandomize=True)


@small
@given(small_grammars())
def test_json_round_trip(grammar: Grammar) -> None:
    text = grammar.to_json()
    back = Grammar.from_json(text)
    assert back == grammar
    assert hash(back) == hash(grammar)
    assert back.to_json() == text
    assert back.digest == grammar.digest
    np.testing.assert_array_equal(back.label_prior, grammar.label_prior)  # every bit
    for level in range(grammar.levels):
        for ours, theirs in zip(grammar.level_rules(level), back.level_rules(level), strict=True):
            np.testing.assert_array_equal(ours, theirs)


@small
@given(small_grammars())
def test_pickles_keep_the_value_and_the_protection(grammar: Grammar) -> None:
    back = pickle.loads(pickle.dumps(grammar))  # noqa: S301
    assert back == grammar
    assert not back.rules[0][0].flags.writeable
    assert not back.label_prior.flags.writeable


def test_file_round_trip(tmp_path: Path) -> None:
    grammar = draw("uniform", vocabulary=6, rules=3, branching=3, levels=2, classes=4, seed=5)
    path = tmp_path / "grammar.json"
    grammar.save(path)
    assert Grammar.load(path) == grammar
    assert [entry.name for entry in tmp_path.iterdir()] == ["grammar.json"]
    document = json.loads(path.read_text())
    assert set(document) == {"schema", "vocabularies", "rules"}
    assert document["vocabularies"] == [4, 6, 6]


def test_nothing_can_be_written_and_nothing_is_shared() -> None:
    patches = np.array(RULES[0][0])
    prior = np.array([0.25, 0.75])
    grammar = Grammar((2, 2), [[patches, RULES[0][1]]], None, prior)  # type: ignore[arg-type,list-item]
    patches[:], prior[:] = 0, 0.5
    assert grammar.rules[0][0].tolist() == [[0, 1], [1, 1]]
    assert grammar.label_prior.tolist() == [0.25, 0.75]
    for array in (
        grammar.rules[0][0],
        grammar.label_prior,
        *grammar.level_rules(0),
        *grammar.patches(1),
    ):
        assert not array.flags.writeable
    with pytest.raises(AttributeError):
        grammar.vocabularies = (3, 3)  # type: ignore[misc]


def test_uniform_laws_may_be_given_or_left_out() -> None:
    plain = Grammar((2, 2), RULES)  # type: ignore[arg-type]
    given_laws = Grammar((2, 2), RULES, [[[0.5, 0.5], [0.5, 0.5]]], [0.5, 0.5])  # type: ignore[arg-type]
    assert plain == given_laws
    assert given_laws.probabilities is None
    other = Grammar((2, 2), RULES, [[[0.5, 0.5], [0.25, 0.75]]])  # type: ignore[arg-type]
    assert other != plain
    assert (plain == "a grammar") is False
    assert plain.digest[:12] in repr(plain)


def test_order_of_rules_is_part_of_the_value() -> None:
    turned = [[RULES[0][0][::-1], RULES[0][1]]]
    assert Grammar((2, 2), RULES) != Grammar((2, 2), turned)  # type: ignore[arg-type]


def test_laws_that_sum_to_one_within_rounding_by_hand_are_used_normalised() -> None:
    third = 0.333333333333
    rules = [[[[0, 0], [0, 1], [1, 0]]]]
    grammar = Grammar((1, 2), rules, [[[third, third, 0.3333333333]]])  # type: ignore[arg-type]
    assert grammar.probabilities is not None
    assert grammar.probabilities[0][0].tolist() == [third, third, 0.3333333333]
    assert grammar.level_rules(0).probability.sum() == pytest.approx(1.0, abs=1e-15)
    prior = Grammar((3, 1), [[[[0, 0]]] * 3], None, [third, 0.3333333332, third])  # type: ignore[arg-type]
    assert prior.label_prior.sum() == pytest.approx(1.0, abs=1e-15)
    with pytest.raises(InputError):
        Grammar((1, 2), rules, [[[0.333, 0.333, 0.333]]])  # type: ignore[arg-type]


def test_shape_properties() -> None:
    grammar = draw("uniform", vocabulary=8, rules=4, branching=3, levels=5, classes=2, seed=0)
    assert (grammar.levels, grammar.branching, grammar.classes) == (5, 3, 2)
    assert grammar.input_length == 243
    assert [grammar.leaves_below(level) for level in (1, 2, 5)] == [243, 81, 3]
    assert (grammar.vocabulary, grammar.rules_per_symbol) == (8, 4)
    assert grammar.mean_rules_per_symbol == 4.0
    assert not grammar.is_uniform  # n is not V
    assert draw("uniform", vocabulary=8, rules=4, branching=3, levels=5, seed=0).is_uniform
    uneven = Grammar((2, 3), [[[[0, 1], [1, 2]], [[2, 2]]]])  # type: ignore[arg-type]
    assert uneven.rules_per_symbol is None
    assert uneven.mean_rules_per_symbol == 1.5
    assert Grammar((1, 2, 3), [[[[0, 1]]], [[[0, 1]], [[2, 2]]]]).vocabulary is None  # type: ignore[arg-type]


def test_zero_probability_rules_are_no_patches() -> None:
    rules = [[[[0, 0], [0, 1]], [[0, 0], [1, 1]]]]
    grammar = Grammar((2, 2), rules, [[[0.0, 1.0], [0.5, 0.5]]])  # type: ignore[arg-type]
    assert grammar.is_nonambiguous
    assert grammar.patches(1).patch.tolist() == [[0, 0], [0, 1], [1, 1]]
    assert grammar.level_rules(0).patch.tolist() == [[0, 0], [0, 1], [0, 0], [1, 1]]
    assert not Grammar((2, 2), rules).is_nonambiguous  # type: ignore[arg-type]
    assert grammar.derivations() == 3
    assert grammar.derivations_below(0) == [1, 2]


def test_huge_numbers_of_strings_are_exact() -> None:
    grammar = draw("uniform-first-token", vocabulary=64, rules=8, branching=2, levels=12, seed=0)
    assert grammar.derivations() == 64 * 8 ** (2**12 - 1)
    assert grammar.derivations_below(10) == [8**3] * 64
    assert grammar.derivations_below(0, at_most=1000) == [1000] * 64
    assert grammar.derivations_below(12) == [1] * 64
    long = Grammar((1,) * 41, [[[[0, 0]]]] * 40)  # type: ignore[arg-type]
    assert long.input_length == 2**40
    with pytest.raises(InputError, match="the input length"):
        long.derivations()
