"""What every check must do: answer the premises of its statement, and be able to fail.

Where a hypothesis of a statement is broken its checks say `not-applicable`, and name it. Something
turns every check: a control, or a slip in its formula. Statements, hypotheses, checks and controls
are those that are listed: one more is tested by being listed, and fails here by its name until it
is answered, and until an instance breaks it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from layerproof.theory.statements import catalogue
from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Trial
from layerproof.verify.checks.controls import CONTROLS, NO_CONTROL
from layerproof.verify.checks.kind import CHECK_KIND
from layerproof.verify.checks.premises import Given, Instance, InTrial, OnGrammar, OnParameters
from layerproof.verify.run.control_matrix import TURNED
from layerproof.verify.run.runner import evaluate
from layerproof.verify.run.suite import Entry, load_suite
from layerproof.verify.run.suite_files import SUITES
from layerproof.verify.testing import Slip
from layerproof.verify.verdicts.claims import Claim, Inequality
from layerproof.verify.verdicts.verdict import Verdict
from tests.verify.checks import (
    perturbations_laws_and_principle,
    perturbations_lemmas_10_to_16,
    perturbations_lemmas_11_17_18,
    perturbations_lemmas_20_to_30,
    perturbations_own_latents,
    perturbations_scaling,
    perturbations_zipf_and_sizes,
)
from tests.verify.checks.broken_hypotheses import Break, breaks_of, sizes_of

CONTROL = {**CONTROLS, NO_CONTROL.id: NO_CONTROL}

STATEMENTS = [statement.id for statement in catalogue()]

SLIPS: list[Slip] = [
    *perturbations_lemmas_20_to_30.PERTURBATIONS,
    *perturbations_lemmas_11_17_18.PERTURBATIONS,
    *perturbations_lemmas_10_to_16.PERTURBATIONS,
    *perturbations_laws_and_principle.PERTURBATIONS,
    *perturbations_own_latents.PERTURBATIONS,
    *perturbations_scaling.PERTURBATIONS,
    *perturbations_zipf_and_sizes.PERTURBATIONS,
]

TURNED_BY_A_TEST = {
    "definition-3": "definitions_agree_with_the_list",
    "appendix-c": "verdicts_on_laws_and_principle",
    "shallow-threshold": "depth_is_measured",
    "signal-synonym-blind": "theorem_7_takes_signals",
    "signal-separation": "theorem_7_takes_signals",
    "denoiser-threshold": "layerwise_denoisers_are_told",
    "denoiser-learns-levels": "denoisers_that_learn_too_little_are_told",
    "latent-recovery": "guesses_token_by_token_are_told",
    "reverse-process": "guesses_token_by_token_are_told",
    "m24-factorised": "the_network_of_a_grammar_is_judged",
    "m24-bounded": "the_network_of_a_grammar_is_judged",
    "synonym-laws": "signals_inside_the_patch_are_told",
}
"""Checks that neither a control nor a slip turns, and the test here that shows how they turn."""


@dataclass(frozen=True)
class Case:
    """One premise of one statement, in one of its checks."""

    statement: str
    premise: str
    check: str

    def __str__(self) -> str:
        return f"{self.statement} needs {self.premise}, {self.check}"


def _cases(*, given: bool) -> list[Case]:
    return [
        Case(check.statement, premise, check.id)
        for check in CHECKS.values()
        for premise in check.premises
        if given is _is_given(check, premise)
    ]


def _is_given(check: Check[Any], premise: str) -> bool:
    answers = check.answers_to(premise)
    return bool(answers) and all(isinstance(answer, Given) for answer in answers)


@pytest.mark.parametrize("name", CHECKS)
def test_it_is_what_a_package_may_bring(name: str) -> None:
    check = CHECKS[name]
    assert (check.id, CHECK_KIND.fault(check)) == (name, "")
    assert type(check).__doc__
    assert check.quantity
    check.parameters()


@pytest.mark.parametrize("name", CHECKS)
def test_something_turns_it(name: str) -> None:
    """A control that it names, a slip that is caught, or a test of its own that is named here."""
    slips = {slip.check.id for slip in SLIPS if not slip.loose}
    if CHECKS[name].turned_by or name in slips:
        assert name not in TURNED_BY_A_TEST
        return
    assert name in TURNED_BY_A_TEST, f"no control or slip turns {name}"
    text = Path(__file__).with_name(f"test_{TURNED_BY_A_TEST[name]}.py").read_text("utf-8")
    assert f'"{name}"' in text
    assert "VIOLATED" in text


@pytest.mark.parametrize("name", CONTROLS)
def test_a_control_is_named_by_a_check_of_the_suite_of_controls(name: str) -> None:
    """So that `verify --controls` looks at what it does."""
    assert CONTROLS[name].title
    assert CONTROLS[name].premise
    assert any(name in entry.check.turned_by for entry in load_suite("controls").entries)


def _turned() -> list[tuple[str, str]]:
    """The controls that a check names, where the suite of controls does not run both."""
    watched = {entry.check.id for entry in load_suite("controls").entries}
    return [
        (name, control)
        for name, check in CHECKS.items()
        for control in check.turned_by
        if name not in watched
    ]


@pytest.mark.parametrize(("name", "control"), _turned())
def test_the_controls_that_it_names_turn_it(name: str, control: str) -> None:
    """By a premise that is gone, before the trial; else by what the trials of a budget find."""
    check, world = CHECKS[name], CONTROLS[control]
    known = check.parameters.model_fields
    broken = [
        one
        for premise in check.premises
        for one in breaks_of(check, premise)
        if one.control == control
    ]
    budget = {"ratios": [4.0], "margin": 0.3, **world.parameters}
    own = Break({key: value for key, value in budget.items() if key in known})
    one, trials = (broken[0], 1) if broken else (own, 30)
    form = one.form if one.form in check.forms else check.forms[-1]
    rows = evaluate(check, one.on(check), form=form, trials=trials, control=world)
    assert any(row.judgement.verdict in TURNED for row in rows), [row.judgement for row in rows]


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_check_of_a_statement_answers_every_premise(name: str) -> None:
    checks = [check for check in CHECKS.values() if check.statement == name]
    assert checks, f"no check of {name}"
    for check in checks:
        assert not check.unanswered, f"{check.id} leaves {check.unanswered} unanswered"
        stale = set(check.answers).difference(check.premises)
        assert not stale, f"{check.id} answers {stale}, which its statement does not need"


@pytest.mark.parametrize("slip", perturbations_zipf_and_sizes.PERTURBATIONS, ids=lambda s: s.id)
def test_a_slip_in_the_laws_of_zipf_or_the_polynomials_is_caught(slip: Slip) -> None:
    assert slip.caught()


@pytest.mark.parametrize("case", _cases(given=True), ids=str)
def test_what_is_not_measured_has_a_reason(case: Case) -> None:
    answers = CHECKS[case.check].answers_to(case.premise)
    assert all(isinstance(answer, Given) and len(answer.reason) > 10 for answer in answers)


@pytest.mark.parametrize("case", _cases(given=False), ids=str)
def test_a_broken_hypothesis_makes_its_statement_say_nothing(case: Case) -> None:
    check = CHECKS[case.check]
    broken = breaks_of(check, case.premise)
    assert broken, (
        f"no instance breaks {case.premise} of {check.id}: tests/verify/checks/broken_hypotheses.py"
    )
    for one in broken:
        _demand_refusal(check, case.premise, one)


def _demand_refusal(check: Check[Any], premise: str, broken: Break) -> None:
    form = broken.form if broken.form in check.forms else check.forms[0]
    control = CONTROL[broken.control]
    rows = evaluate(check, broken.on(check), form=form, trials=1, control=control)
    assert rows
    for row in rows:
        told = f"{broken}: {row.id} says {row.judgement.verdict}, {row.judgement.reason}"
        assert row.judgement.verdict is Verdict.NOT_APPLICABLE, told
        named = {found.id: found for found in row.premises}
        assert named[premise].verdict is Verdict.VIOLATED, told
        assert named[premise].reason, told


@pytest.mark.parametrize(
    "name", [n for n, c in CHECKS.items() if issubclass(c.parameters, InstanceParameters)]
)
def test_without_a_break_every_premise_holds(name: str) -> None:
    """What is measured before the trial: else the instances above would break more than one."""
    check = CHECKS[name]
    parameters = check.parameters.model_validate(sizes_of(check))
    trial = Trial(seed=3, index=0, form=check.forms[0], device="cpu")
    instance = Instance(parameters, trial.form, lambda: check.instance(parameters, trial))
    for kind in (OnParameters, OnGrammar):
        assert not any(check.measured(instance, kind).values())


class _Silent(Check[InstanceParameters]):
    id = "silent"
    statement = "R26.lemma-14"
    parameters = InstanceParameters
    answers = {"ridge": Given("a constant")}  # noqa: RUF012

    def trial(self, parameters: InstanceParameters, trial: Trial) -> Outcome:
        return Outcome({})

    def claim(self, *_: Any) -> Claim:
        return Inequality(0.0, "<=", 1.0, examined=1)


class _Deaf(_Silent):
    statement = "R26.lemma-24"


def test_a_trial_that_leaves_a_premise_open_is_a_crash() -> None:
    assert _Silent().answers_to("R26.assumption-13") == (InTrial(),)
    (row,) = evaluate(_Silent(), {})
    assert row.judgement.verdict is Verdict.ERROR
    assert "leaves R26.assumption-13 unanswered" in row.judgement.reason


def test_a_check_that_does_not_ask_says_so() -> None:
    """As a package of a user may: its row is judged, and shows what nobody looked at."""
    assert "R26.lemma-24/epsilon" in _Deaf().unanswered
    (row,) = evaluate(_Deaf(), {})
    found = {premise.id: premise.verdict for premise in row.premises}
    assert found["R26.lemma-24/epsilon"] is Verdict.NOT_RUN


def test_premises_that_always_hold_are_told_with_their_reason() -> None:
    (row,) = evaluate(CHECKS["lemma-24"], {}, form="repaired")
    told = {premise.id: premise for premise in row.premises}
    assert set(told) == set(catalogue()["R26.lemma-24"].premises)
    assert told["R26.lemma-24/colour"].reason.startswith("always: ")
    assert told["R26.lemma-24/epsilon"].reason == ""


def test_a_grammar_that_no_premise_asks_for_is_not_drawn() -> None:
    """2.6 million patches take minutes to draw, and only their matrices are looked at."""
    large = {"V": 1617, "m": 1617, "L": 2, "source": "deal"}
    check = CHECKS["proposition-19"]
    parameters = check.parameters.model_validate(large)
    instance = Instance(parameters, "repaired", lambda: pytest.fail("a grammar was drawn"))
    assert not any(check.measured(instance, OnGrammar).values())
    assert instance.drawn is None


ENTRIES = [
    entry
    for suite in SUITES.own
    for entry in load_suite(suite).entries
    if entry.expected is not Verdict.NOT_APPLICABLE  # such as a signal that breaks the theorem
]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.key} {entry.form}")
def test_the_suites_own_instances_meet_the_premises_of_their_statements(entry: Entry) -> None:
    """Some draws may not, and are left out; an entry whose draws never do would test nothing."""
    assert any(not any(_before(entry, index).values()) for index in range(6)), _before(entry, 0)


def _before(entry: Entry, index: int) -> dict[str, str]:
    """What is measured before the trial runs, and why it fails."""
    check, parameters = entry.check, entry.parameters
    trial = Trial(seed=1, index=index, form=entry.form, device="cpu")
    instance = Instance(parameters, entry.form, lambda: check.instance(parameters, trial))
    return check.measured(instance, OnParameters) | check.measured(instance, OnGrammar)
