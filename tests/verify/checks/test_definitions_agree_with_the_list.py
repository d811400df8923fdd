"""Definitions 3 and 4 and Assumption 6 are checked against all derivations, and can fail."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from torch import Tensor

from layerproof.layerwise.sampling import strings
from layerproof.layerwise.sampling.strings import sample_strings
from layerproof.theory.ensembles import draw
from layerproof.theory.enumeration import enumerate_derivations
from layerproof.theory.errors import InputError
from layerproof.theory.exact_law import ExactLaw
from layerproof.theory.grammar import Grammar
from layerproof.theory.population import PatchLaw, patch_law
from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.controls import CONTROLS, Control
from layerproof.verify.checks.ren2026 import definition_4 as definitions
from layerproof.verify.run.runner import evaluate
from layerproof.verify.verdicts.verdict import Verdict
from tests.theory import brute_force

UNEVEN = Grammar(
    (2, 3, 3),
    (
        (((0, 1), (2, 2)), ((1, 0),)),
        (((0, 0), (1, 1)), ((2, 1),), ((0, 2), (1, 2), (2, 0))),
    ),
    (((0.25, 0.75), (1.0,)), ((0.5, 0.5), (1.0,), (0.5, 0.0, 0.5))),
    (0.25, 0.75),
)


@pytest.mark.parametrize(
    "grammar",
    [
        UNEVEN,
        draw("uniform-first-token", vocabulary=3, rules=2, branching=2, levels=3, seed=1),
        draw("uniform", vocabulary=2, rules=2, branching=3, levels=2, classes=3, seed=0),
    ],
    ids=["uneven", "uniform first token", "uniform"],
)
def test_the_list_is_that_of_the_oracle(grammar: Grammar) -> None:
    listed, oracle = enumerate_derivations(grammar), brute_force.derivations(grammar)
    assert {(d.levels, d.probability) for d in listed.derivations} == {
        (d.levels, d.probability) for d in oracle
    }
    for level in range(1, grammar.levels + 1):
        assert listed.first_patches(level) == brute_force.first_patches(grammar, oracle, level)
        parents = {patch: set(law) for patch, law in ExactLaw(grammar).patches(level).items()}
        assert parents == brute_force.parents(grammar, level)
    assert sum(listed.strings.values()) == 1


def test_rules_have_the_probabilities_of_the_file() -> None:
    assert ExactLaw(UNEVEN).patches(1) == {
        (0, 1): {0: Fraction(1, 4)},
        (2, 2): {0: Fraction(3, 4)},
        (1, 0): {1: Fraction(1)},
    }


def test_long_lists_are_refused() -> None:
    with pytest.raises(InputError, match="derivations"):
        enumerate_derivations(
            draw("uniform-first-token", vocabulary=8, rules=4, branching=2, levels=4, seed=0)
        )


def _verdicts(
    check: str, parameters: dict[str, Any], trials: int, **changes: Any
) -> dict[str, Verdict]:
    control = Control("broken", "", "", **changes)
    rows = evaluate(CHECKS[check], parameters, trials=trials, control=control)
    return {row.id: row.judgement.verdict for row in rows}


@pytest.mark.parametrize(
    ("check", "parameters"),
    [
        ("definition-3", {"L": 3}),
        ("definition-3", {"L": 2, "ensemble": "uniform", "classes": 2}),
        ("definition-4", {"L": 3}),
        ("assumption-6", {"V": 16, "m": 8}),
    ],
)
def test_they_hold_where_nothing_is_broken(check: str, parameters: dict[str, Any]) -> None:
    assert set(_verdicts(check, parameters, 4).values()) == {Verdict.HOLDS}


def test_ambiguous_rules_break_definition_4() -> None:
    found = _verdicts("definition-4", {"L": 2}, 4, change=CONTROLS["ambiguous-rules"].change)
    broken = {row for row, verdict in found.items() if verdict is Verdict.VIOLATED}
    assert broken >= {
        "definition-4/part=patches/level=2",
        "definition-4/part=one parent a patch",
        "definition-4/part=synonyms share q",
    }
    # What is not about ambiguity stays.
    assert found["definition-4/part=labels equally likely"] is Verdict.HOLDS
    assert found["definition-4/part=patches/level=1"] is Verdict.HOLDS


def test_classes_other_than_tokens_are_not_uniform() -> None:
    found = _verdicts("definition-4", {"L": 2, "V": 4, "classes": 2}, 1)
    assert found["definition-4/part=vocabularies of one size"] is Verdict.VIOLATED


def test_each_part_of_assumption_6_fails_alone() -> None:
    sizes = {"V": 16, "m": 8, "L": 2}
    dead = _verdicts("assumption-6", sizes, 3, change=CONTROLS["dead-symbol"].change)
    twins = _verdicts("assumption-6", sizes, 3, change=CONTROLS["identical-parents"].change)
    rarest, signal = "assumption-6/constant=1/kappa", "assumption-6/constant=K_rho"
    assert (dead[rarest], dead[signal]) == (Verdict.VIOLATED, Verdict.HOLDS)
    assert (twins[rarest], twins[signal]) == (Verdict.HOLDS, Verdict.VIOLATED)


def test_a_wrong_first_patch_law_breaks_definition_3(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(grammar: Grammar, level: int) -> PatchLaw:
        law = patch_law(grammar, level)
        return replace(law, joint=law.joint[:, ::-1])

    monkeypatch.setattr(definitions, "patch_law", wrong)
    found = _verdicts("definition-3", {"L": 3}, 3)
    assert found["definition-3/of=first patches/level=3"] is Verdict.VIOLATED
    assert found["definition-3/of=strings"] is Verdict.HOLDS


def test_a_wrong_sampler_breaks_definition_3(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*arguments: Any, **options: Any) -> Iterator[tuple[Tensor, Tensor]]:
        return (
            (leaves.flip(1), labels) for leaves, labels in sample_strings(*arguments, **options)
        )

    monkeypatch.setattr(strings, "sample_strings", wrong)
    found = _verdicts("definition-3", {"L": 2}, 3)
    assert found["definition-3/of=strings"] is Verdict.VIOLATED
    assert found["definition-3/of=first patches/level=2"] is Verdict.HOLDS
