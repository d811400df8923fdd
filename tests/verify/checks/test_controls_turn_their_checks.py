"""Under each negative control the checks that must turn do, and the others stay."""

from dataclasses import replace

import pytest

from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError
from layerproof.theory.population import closest_non_synonyms, patch_law
from layerproof.theory.randomness import generator
from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.controls import (
    CONTROLS,
    NO_CONTROL,
    dead_symbol,
    identical_parents,
    uncorrelated_rules,
)
from layerproof.verify.run.control_matrix import run_controls
from layerproof.verify.run.runner import Plan, evaluate, plan
from layerproof.verify.verdicts.verdict import Judgement, Result, Verdict


def test_every_control_turns_what_it_must_and_nothing_else() -> None:
    rows = run_controls(plan("controls"), workers=1)
    assert [row["control"] for row in rows] == list(CONTROLS)
    for row in rows:
        assert row["should_turn"], f"{row['control']} is watched by no check of the suite"
        assert not row["missed"], f"{row['control']} was missed by {row['missed']}"
        assert not row["strayed"], f"{row['control']} also turned {row['strayed']}"


@pytest.mark.parametrize("verdict", list(Verdict))
def test_to_be_undecided_or_to_crash_is_not_to_turn(
    verdict: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every control gives this verdict in place of `holds`: who turned is who gave an answer."""
    (plain,) = evaluate(CHECKS["principle-2-ii"], {"V": 8, "m": 4, "s": 2, "L": 3}, trials=0)

    def answers(chosen: Plan, **_: object) -> list[Result]:
        return [replace(plain, judgement=Judgement(said[chosen.control == NO_CONTROL]))]

    said = {True: Verdict.HOLDS, False: verdict}
    monkeypatch.setattr(
        "layerproof.verify.run.control_matrix.run_on", lambda _, chosen, **__: answers(chosen)
    )
    rows = run_controls(plan("controls"), workers=1)
    turned = {name for row in rows for name in row["turned"]}
    expected = {"principle-2-ii"} if verdict in ("violated", "not-applicable") else set()
    assert turned == expected


def test_checks_name_controls_that_exist() -> None:
    for check in CHECKS.values():
        assert CONTROLS.keys() >= {*check.turned_by, *check.may_be_turned_by}


def test_identical_parents_share_their_posterior_exactly() -> None:
    grammar = draw("uniform-first-token", vocabulary=8, rules=3, branching=2, levels=2, seed=0)
    twins = identical_parents(grammar, generator(0, "twins"))
    assert closest_non_synonyms(patch_law(grammar, 2)).rho > 0
    assert closest_non_synonyms(patch_law(twins, 2)).rho == 0
    assert twins.is_uniform
    assert twins.is_nonambiguous


def test_a_dead_symbol_never_comes_first() -> None:
    grammar = draw("uniform-first-token", vocabulary=8, rules=3, branching=2, levels=2, seed=0)
    changed = dead_symbol(grammar, generator(0, "dead"))
    assert not patch_law(changed, 2).can_come_first.all()
    assert changed.is_nonambiguous


def test_a_control_that_cannot_be_had_says_so() -> None:
    full = draw("uniform-first-token", vocabulary=3, rules=3, branching=2, levels=2, seed=0)
    with pytest.raises(InputError, match="rules per symbol"):
        dead_symbol(full, generator(0, "dead"))
    few = draw("uniform-first-token", vocabulary=8, rules=3, branching=2, levels=2, seed=0)
    with pytest.raises(InputError, match="as many as tokens"):
        uncorrelated_rules(few, generator(0, "latin"))
