"""Where a hypothesis of a statement is broken its checks say `not-applicable`, and name it.

Statements, hypotheses and checks are those that are listed: one more is tested by being listed, and
fails here by its name until it is answered, and until an instance breaks it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from layerproof.theory.statements import catalogue
from layerproof.theory.statements.base import Hypothesis
from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.base import Check, InstanceParameters, Outcome, Trial
from layerproof.verify.checks.controls import CONTROLS, NO_CONTROL
from layerproof.verify.checks.premises import Given, Instance, InTrial, OnGrammar, OnParameters
from layerproof.verify.run.runner import evaluate
from layerproof.verify.run.suite import Entry, load_suite
from layerproof.verify.run.suite_source import SUITES
from layerproof.verify.verdicts.claims import Claim, Inequality
from layerproof.verify.verdicts.verdict import Verdict
from tests.verify.checks.broken_hypotheses import Break, breaks_of, sizes_of

CONTROL = {control.id: control for control in (*CONTROLS, NO_CONTROL)}

STATEMENTS = [statement.id for statement in catalogue()]


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


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_hypothesis_of_a_statement_names_its_premises(name: str) -> None:
    statement = catalogue()[name]
    for hypothesis in statement.hypotheses:
        assert isinstance(hypothesis, Hypothesis), f"{hypothesis!r} is a mere sentence"
        assert hypothesis.premises, f"{hypothesis} names no premise"
    assert statement.premises or name == "R26.definition-3"


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_check_of_a_statement_answers_every_premise(name: str) -> None:
    checks = [check for check in CHECKS.values() if check.statement == name]
    assert checks, f"no check of {name}"
    for check in checks:
        assert not check.unanswered, f"{check.id} leaves {check.unanswered} unanswered"
        stale = set(check.answers).difference(check.premises)
        assert not stale, f"{check.id} answers {stale}, which its statement does not need"


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


ENTRIES = [entry for suite in SUITES for entry in load_suite(suite).entries]


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
