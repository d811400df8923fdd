"""What every signal must do: its law is that of its values, and all that takes a signal takes it.

A new signal is tested by being listed. Laws are compared with enumeration in rational arithmetic.
"""

import json
import math
import pickle
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest

from layerproof.theory.assumptions import assumptions
from layerproof.theory.ensembles import DEFAULT, ENSEMBLES
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.grammar_checks import Floats
from layerproof.theory.inflation import noise_inflation
from layerproof.theory.jsonable import to_json
from layerproof.theory.merging import attainable_accuracy
from layerproof.theory.population import (
    closest_non_synonyms,
    crossover_samples,
    joint_rounding,
    mean_square_separation,
    patch_law,
)
from layerproof.theory.predict import predict_ensemble, predict_instance
from layerproof.theory.schedule import chain_of, lemma_11_samples, practical
from layerproof.theory.signals import LABEL, PREMISES, SIGNALS, Signal, signal_named
from layerproof.theory.signals.sibling import Sibling
from layerproof.theory.thresholds import FORMULAS, InstanceThreshold
from tests.layerwise.instances import BINARY, EXAMPLES, UNEVEN
from tests.theory import brute_force
from tests.theory.own_signals import EVERY, TOLD, LastPart, OwnLeaf

every_signal = pytest.mark.parametrize("signal", EVERY, ids=lambda signal: signal.name)
told = pytest.mark.parametrize("signal", TOLD, ids=lambda signal: signal.name)
every_grammar = pytest.mark.parametrize("name", EXAMPLES)


@cache
def _listed(name: str) -> list[brute_force.Derivation]:
    return brute_force.derivations(EXAMPLES[name])


def _positions(grammar: Grammar, level: int) -> range:
    return range(grammar.branching ** (level - 1))


def _table(grammar: Grammar, signal: Signal, level: int, joint: brute_force.Joint) -> Any:
    found = np.zeros((len(grammar.patches(level).patch), signal.size(grammar, level)))
    for row, patch in enumerate(grammar.patches(level).patch.tolist()):
        for value, probability in joint.get(tuple(patch), {}).items():
            found[row, value] = float(probability)
    return found


@told
@every_grammar
def test_the_law_is_that_of_the_values(name: str, signal: Signal) -> None:
    grammar = EXAMPLES[name]
    for level in signal.taught(grammar):
        off = joint_rounding(grammar, level, signal)
        mean = 0.0
        for place in _positions(grammar, level):
            joint = brute_force.signal_joint(grammar, _listed(name), signal, level, place)
            exact = _table(grammar, signal, level, joint)
            found = signal.joint(grammar, level, place)
            assert found.shape == exact.shape
            assert (np.abs(found - exact) <= 2 * off * exact).all()
            mean = mean + exact / len(_positions(grammar, level))
        assert signal.joint(grammar, level, None) == pytest.approx(mean, rel=1e-12)


@every_signal
@every_grammar
def test_it_is_a_joint_law_with_the_patch(name: str, signal: Signal) -> None:
    grammar = EXAMPLES[name]
    for level in signal.taught(grammar):
        for place in (*_positions(grammar, level), None):
            law = patch_law(grammar, level, place, signal)
            assert (law.joint >= 0).all()
            assert law.joint.sum() == pytest.approx(1.0, abs=1e-12)
            if "same strings" not in signal.broken(grammar, level):
                label = patch_law(grammar, level, place)
                assert law.probability == pytest.approx(label.probability, abs=1e-12)


@dataclass(frozen=True)
class _Misplaced(LastPart):
    """The law of the first patch, whichever is asked for."""

    def with_parent(self, grammar: Grammar, level: int, position: int = 0) -> Floats:
        return super().with_parent(grammar, level, 0)


def test_a_law_of_another_position_is_caught() -> None:
    with pytest.raises(AssertionError):
        test_the_law_is_that_of_the_values("binary", _Misplaced())


def _is_blind(signal: Signal, grammar: Grammar, level: int) -> bool:
    law = patch_law(grammar, level, signal=signal)
    alike = [
        np.allclose(law.posterior[first], law.posterior[second], rtol=0, atol=1e-12)
        for first in np.flatnonzero(law.can_come_first)
        for second in np.flatnonzero(law.can_come_first & (law.parent == law.parent[first]))
        if law.parent[first] >= 0
    ]
    return all(alike)


def _is_clean(signal: Signal, name: str, level: int) -> bool:
    """Whether, given the patch, the value and the leaves below are independent, exactly."""
    grammar, place = EXAMPLES[name], 0
    both: dict[Any, Fraction] = defaultdict(Fraction)
    leaves: dict[Any, Fraction] = defaultdict(Fraction)
    values: dict[Any, Fraction] = defaultdict(Fraction)
    patches: dict[Any, Fraction] = defaultdict(Fraction)
    for probability, levels in _listed(name):
        patch = levels[level][: grammar.branching]
        below = levels[-1][: grammar.leaves_below(level)]
        value = brute_force.value_of(signal, grammar, levels, level, place)
        both[patch, below, value] += probability
        leaves[patch, below] += probability
        values[patch, value] += probability
        patches[patch] += probability
    return all(
        both[patch, below, value] * patches[patch] == leaves[patch, below] * values[patch, value]
        for patch, below in leaves
        for other, value in values
        if patch == other
    )  # fmt: skip


@told
def test_the_premises_that_it_breaks_are_those_it_says(signal: Signal) -> None:
    for premise, holds in (
        ("clean", lambda name, level: _is_clean(signal, name, level)),
        ("synonym-blind", lambda name, level: _is_blind(signal, EXAMPLES[name], level)),
    ):
        for depth in range(2):  # the leaf level, and the one above
            found, said = [], []
            for name, grammar in EXAMPLES.items():
                level = grammar.levels - depth
                if level in signal.taught(grammar):
                    broken = signal.broken(grammar, level)
                    assert set(broken) <= set(PREMISES)
                    assert all(broken.values())
                    found.append(holds(name, level))
                    said.append(premise not in broken)
            # What is broken shows somewhere, what holds everywhere.
            assert all(found) == all(said)


@every_signal
@every_grammar
def test_every_level_is_taught_or_not_with_a_reason(name: str, signal: Signal) -> None:
    grammar = EXAMPLES[name]
    missing = signal.unreachable_levels(grammar)
    assert [*missing, *signal.taught(grammar)] == list(range(1, grammar.levels + 1))
    assert all(missing.values())


@every_signal
def test_it_is_a_value_that_travels(signal: Signal) -> None:
    again = pickle.loads(pickle.dumps(signal))  # noqa: S301
    assert again == signal
    assert hash(again) == hash(signal)
    assert signal.name == signal.name.strip() != ""
    assert signal.help


@every_signal
@every_grammar
def test_what_theory_says_takes_it(name: str, signal: Signal) -> None:
    grammar = EXAMPLES[name]
    taught, report = list(signal.taught(grammar)), assumptions(grammar, signal)
    assert [part.level for part in report.levels] == taught
    for part in report.levels:
        law = patch_law(grammar, part.level, signal=signal)
        assert part.rho == closest_non_synonyms(law).rho
    document = json.loads(to_json(predict_instance(grammar, signal)))
    assert document["signal"] == report.to_dict()["signal"] == signal.name
    assert [level["level"] for level in document["levels"]] == taught
    missing = document["unreachable_levels"]
    assert {entry["level"]: entry["reason"] for entry in missing} == report.unreachable_levels
    schedule = practical(grammar, multiple=32, signal=signal)
    assert [stage.level for stage in schedule.stages] == taught
    chain = chain_of(grammar, signal)
    assert len(chain.patches) == len(taught)


@every_signal
def test_a_broken_premise_is_a_reason(signal: Signal) -> None:
    broken = {
        premise for level in signal.taught(BINARY) for premise in signal.broken(BINARY, level)
    }
    report = assumptions(BINARY, signal)
    told = " ".join(report.failures["R26.principle-2"])
    assert all(f"{signal.name} is not {premise}" in told for premise in broken)
    assert bool(told) == bool(broken)
    assert not (report.holds and broken)


@every_signal
def test_thresholds_and_noise_take_it_where_it_breaks_nothing(signal: Signal) -> None:
    taught = signal.taught(BINARY)
    threshold = InstanceThreshold(BINARY, FORMULAS, signal)
    broken = {premise for level in taught for premise in signal.broken(BINARY, level)}
    if broken == {"same strings"}:
        with pytest.raises(InputError, match=f"{signal.name}.*same strings"):
            threshold.error([1e12] * BINARY.levels)
        return
    if broken:
        with pytest.raises(InputError, match=signal.name):
            attainable_accuracy(BINARY, signal)
        return
    ample = [1e12] * BINARY.levels
    best = patch_law(BINARY, taught[0], signal=signal).joint.max(axis=1).sum()
    assert attainable_accuracy(BINARY, signal) <= best + 1e-12
    assert threshold.error(ample) == pytest.approx(1.0 - threshold.attainable, abs=1e-6)
    assert threshold.error([1.0] * BINARY.levels) > threshold.error(ample)
    schedule = practical(BINARY, multiple=32, signal=signal)
    inflation = noise_inflation(BINARY, schedule, signal=signal, seed=0)
    assert set(inflation) == set(taught)
    assert all(value >= 1.0 for value in inflation.values())


def test_the_label_is_the_default_to_the_last_bit() -> None:
    for grammar in EXAMPLES.values():
        for level in range(1, grammar.levels + 1):
            default, named = patch_law(grammar, level), patch_law(grammar, level, signal=LABEL)
            assert np.array_equal(default.joint, named.joint)
            assert default.rounding == named.rounding
        assert assumptions(grammar) == assumptions(grammar, LABEL)
        assert practical(grammar, multiple=3) == practical(grammar, multiple=3, signal=LABEL)


def test_sizes_and_laws_differ_by_level_and_position() -> None:
    sibling, part = Sibling(), LastPart()
    assert [sibling.size(UNEVEN, level) for level in (1, 2, 3)] == [2, 3, 3]
    # The last level-1 token is above the last level-2 patch: there it is the parent itself.
    last = part.with_parent(BINARY, 2, 1)
    assert np.array_equal(last, np.diag(np.diag(last)))
    assert not np.array_equal(part.with_parent(BINARY, 2, 0), last)


def test_unlabelled_signals_say_nothing_where_every_patch_is_grammatical() -> None:
    """f = 1: siblings are independent, so q is one and the same (all V^s patches have a parent)."""
    every = [[[0, 0], [1, 1]], [[0, 1], [1, 0]]]
    grammar = Grammar((2, 2, 2), [every, every])
    assert mean_square_separation(patch_law(grammar, 2, signal=Sibling())) == 0.0
    assert crossover_samples(patch_law(grammar, 2, signal=Sibling())) == math.inf
    assert not assumptions(grammar, Sibling()).holds
    with pytest.raises(InputError, match="rho"):
        list(lemma_11_samples(chain_of(grammar, Sibling()), delta=0.1))


def test_a_signal_that_teaches_nothing_is_refused_with_its_reason() -> None:
    grammar = Grammar((2, 2), [[[[0, 1]], [[1, 0]]]])
    with pytest.raises(InputError, match="everything in the string descends from the label"):
        assumptions(grammar, Sibling())


def test_a_signal_without_a_law_given_the_parent_says_so() -> None:
    with pytest.raises(InputError, match="one for all synonyms"):
        OwnLeaf().with_parent(BINARY, 3)


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    assert signal_named("label") == LABEL == SIGNALS["label"]
    with pytest.raises(InputError, match=r"'lable'; allowed: .*did you mean label\?"):
        signal_named("lable")


@pytest.mark.parametrize(
    ("name", "levels", "accuracy"),
    [
        ("far-token", 2, "exact"),
        ("far-token", 3, "leading order"),
        ("token", 4, "exact"),
        ("own-latent", 4, "exact"),
        ("sibling", 4, "exact"),
    ],
)
def test_averages_are_exact_unless_a_way_goes_both_up_and_down(
    name: str, levels: int, accuracy: str
) -> None:
    sizes = {"vocabulary": 8, "rules": 3, "branching": 2, "levels": levels}
    found = predict_ensemble(ENSEMBLES[DEFAULT](**sizes), signal_named(name))
    assert found["accuracy"] == accuracy
