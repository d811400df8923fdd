"""What a check is: it measures, trial by trial; it does not judge."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Generic, Self

import sympy as sp
from pydantic import BaseModel, ConfigDict, Field, field_validator
from typing_extensions import TypeVar

from layerproof.theory.assumptions import assumptions
from layerproof.theory.costs import Extent
from layerproof.theory.ensembles import DEFAULT, ENSEMBLES, Ensemble, ensemble_of
from layerproof.theory.errors import InputError
from layerproof.theory.formula import Formula
from layerproof.theory.grammar import Grammar
from layerproof.theory.randomness import derive_seed
from layerproof.theory.signals import LABEL, Signal
from layerproof.theory.signals.base import TreeShape
from layerproof.theory.sizes import Sizes
from layerproof.theory.statements import catalogue
from layerproof.verify.checks.controls import NO_CONTROL, Control
from layerproof.verify.checks.grammar_file import ReadGrammar
from layerproof.verify.checks.premises import (
    SHARED,
    Answer,
    Answers,
    Given,
    Instance,
    InTrial,
    OnGrammar,
    OnParameters,
)
from layerproof.verify.verdicts.charts import Picture
from layerproof.verify.verdicts.claims import RELATIONS, Claim, Relation
from layerproof.verify.verdicts.verdict import Premise, Verdict

Row = dict[str, Any]
"""What sets one result of a check apart from its others, such as {"level": 2}."""


LARGEST = 2**53
"""No number of a parameter is larger: up to here whole numbers are exact in float64."""

MOST_LEVELS = 64
"""Levels of a drawn grammar; a string of two tokens a patch has 2^L of them."""


class Parameters(BaseModel):
    """Parameters of a check, validated; a check adds its own by subclassing."""

    # Of a hundred checks a command validates the parameters of a few: the others are not built.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)

    @field_validator("*")
    @classmethod
    def _computable(cls, value: Any) -> Any:
        if any(abs(number) > LARGEST for number in _numbers(value)):
            raise ValueError("numbers are at most 2^53")
        return value

    @field_validator("L", check_fields=False)
    @classmethod
    def _few_levels(cls, value: int) -> int:
        if value > MOST_LEVELS:
            raise ValueError(f"at most {MOST_LEVELS} levels")
        return value

    @classmethod
    def gathered(cls, settings: Mapping[str, Any]) -> dict[str, Any]:
        """What `settings` gives, as the fields have it."""
        return dict(settings)

    @classmethod
    def validated(cls, settings: Mapping[str, Any]) -> Self:
        """The parameters that stand so in results and suite files."""
        return cls.model_validate(cls.gathered(settings))

    def settings(self) -> dict[str, Any]:
        """The parameters as they stand in the results."""
        return self.model_dump(mode="json", exclude_none=True)

    def contents(self) -> dict[str, Any]:
        """The same with what a file holds in place of its path: what names random streams."""
        return self.settings()


def _numbers(value: Any) -> Iterator[float]:
    """The numbers of a value, and of the tuples and tables inside it."""
    value = tuple(value.values()) if isinstance(value, dict) else value
    if isinstance(value, int | float):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _numbers(item)


SIZE_NAMES = {found.name: found.key for found in Sizes.size_fields()}
SIZE_KEYS = tuple(SIZE_NAMES.values())
"""How parameters call the sizes that every ensemble has."""


def _size(name: str) -> Any:
    """A size as a parameter: what its field says of it. Its upper bounds are the ensemble's."""
    found = next(found for found in Sizes.size_fields() if found.name == name)
    usual = found.usual if found.required else None
    return Field(usual, ge=min(1, found.least), description=found.help)


class InstanceParameters(Parameters):
    """Which grammar a trial looks at: drawn from an ensemble, or read from a file."""

    V: int = _size("vocabulary")
    m: int = _size("rules")
    s: int = _size("branching")
    L: int = _size("levels")
    classes: int | None = _size("classes")
    ensemble: str = DEFAULT
    zipf: float | None = _size("zipf")
    label_zipf: float | None = _size("label_zipf")
    own: dict[str, int | float] = Field(
        default_factory=dict, description="sizes of this ensemble alone"
    )
    grammar: ReadGrammar | None = Field(None, description="a grammar file, in place of a draw")

    @classmethod
    def gathered(cls, settings: Mapping[str, Any]) -> dict[str, Any]:
        """With what only the ensemble has in one field: there it stands among the other sizes."""
        name = settings.get("ensemble", cls.model_fields["ensemble"].default)
        known = ENSEMBLES[name].own_fields() if isinstance(name, str) and name in ENSEMBLES else ()
        own = {found.key: settings.get(found.key, found.usual) for found in known}
        left = {key: value for key, value in settings.items() if key not in own}
        return left | ({"own": own} if own else {})

    def settings(self) -> dict[str, Any]:
        """Without the sizes of a draw where the grammar is a file."""
        drawn = {*SIZE_KEYS, "ensemble"} if self.grammar else set()
        shown = self.model_dump(mode="json", exclude_none=True, exclude={"own", *drawn})
        return shown if self.grammar else shown | self.own

    def contents(self) -> dict[str, Any]:
        """With the grammar's digest for its file: a copy under another name is the same grammar."""
        if self.grammar is None:
            return self.settings()
        return self.settings() | {"grammar": self.grammar.grammar.digest}

    @property
    def family(self) -> Ensemble:
        """The ensemble at these sizes; raises InputError where there is none of its name."""
        given = {key: getattr(self, key) for key in SIZE_KEYS} | self.own
        return ensemble_of(self.ensemble, {k: v for k, v in given.items() if v is not None})

    def check_sizes(self) -> None:
        """Raise InputError, naming the parameter, where the ensemble has no grammar to draw."""
        if self.grammar is not None:
            return
        try:
            self.family.check()
        except InputError as error:
            name = SIZE_NAMES.get(error.field, error.field)
            raise InputError(name, error.value, error.allowed) from error

    @property
    def extent(self) -> Extent:
        """The sizes of the grammar of the file, or of those that are drawn; InputError where these
        are of more levels than are analysed.
        """
        if self.grammar is not None:
            return Extent.of(self.grammar.grammar)
        return Extent.of_ensemble(self.V, self.m, self.s, self.L, self.classes)

    @property
    def shape(self) -> TreeShape:
        """The grammar of the file, or the ensemble that is drawn from; InputError as `family`."""
        return self.family if self.grammar is None else self.grammar.grammar

    @property
    def depth(self) -> int:
        """The number of levels, of the file where there is one."""
        return self.L if self.grammar is None else self.grammar.grammar.levels


@dataclass(frozen=True)
class Trial:
    """One trial's identity: everything random in it comes from `seed`, by name."""

    seed: int
    index: int
    form: str
    device: str
    control: Control = NO_CONTROL
    drawn: tuple[Parameters, Grammar] | None = field(default=None, compare=False, repr=False)
    """The instance of these parameters where a premise was measured on it already."""

    def derive(self, *path: str | int) -> int:
        """A seed of this trial's own, for the draw named by `path`."""
        return derive_seed(self.seed, "trial", self.index, *path)

    def grammar(self, parameters: InstanceParameters) -> Grammar:
        """The instance of this trial, with what the control breaks in it."""
        if self.drawn is not None and self.drawn[0] is parameters:
            return self.drawn[1]
        if parameters.grammar is not None:
            instance = parameters.grammar.grammar
        else:
            instance = parameters.family.draw(self.derive("grammar"))
        return self.control.grammar(instance, self.derive("control"))


F = TypeVar("F", bound=Mapping[str, object], default=Mapping[str, Any], covariant=True)
"""What a trial of one check finds: a TypedDict of its own, or a mapping by level or size.

Either is a plain dictionary, which the store keeps as it is.
"""


@dataclass(frozen=True)
class Outcome(Generic[F]):
    """What one trial found: plain values, and the premises found on its instance.

    >>> from typing import TypedDict
    >>> class Found(TypedDict):
    ...     error: float
    >>> def trial() -> Outcome[Found]:
    ...     return Outcome({"error": 0.25})
    >>> trial().values["error"]
    0.25
    """

    values: F
    premises: Mapping[str, str] = field(default_factory=dict)
    """Premise id → why it fails on this instance, empty where it holds."""

    @classmethod
    def without(cls, premises: Mapping[str, str]) -> Outcome[Any]:
        """A trial of which nothing was measured, since a premise fails."""
        return Outcome({}, premises)

    @property
    def applicable(self) -> bool:
        """Whether every premise holds."""
        return not any(self.premises.values())


Outcomes = Sequence[Outcome[F]]
"""What all trials that met the premises found."""

P = TypeVar("P", bound=Parameters)
T = TypeVar("T")


class Check(ABC, Generic[P]):
    """Measures one statement. Stateless: `trial` runs in any process, `claim` where they meet."""

    id: ClassVar[str]
    statement: ClassVar[str]
    quantity: ClassVar[str] = ""
    """What is measured, as a reader of the report would write it."""
    forms: ClassVar[tuple[str, ...]] = ("printed",)
    trials: ClassVar[int] = 1
    """The budget where no suite names one."""
    needs_torch: ClassVar[bool] = False
    forms_share_trials: ClassVar[bool] = False
    """Whether a trial is the same under every form; a suite then runs it once for all of them."""
    about_ensemble: ClassVar[bool] = False
    """Whether the statement averages over an ensemble, so that one grammar cannot test it."""
    needs_theorem_7: ClassVar[bool] = False
    """Whether a trial does nothing on a grammar that Theorem 7 does not cover."""
    alike_on_one_grammar: ClassVar[bool] = False
    """Whether all trials on one grammar find the same, so that one is enough for a file's."""
    answers: ClassVar[Answers] = {}
    """Premises of the statement that are answered other than in :data:`SHARED`."""
    turned_by: ClassVar[tuple[str, ...]] = ()
    """Ids of the controls under which it must say `violated`, or `not-applicable` where they take a
    premise away."""
    may_be_turned_by: ClassVar[tuple[str, ...]] = ()
    """Ids of those that have consequences for it which are not certain."""
    parameters: type[P]

    def __init__(self, changed: Mapping[tuple[str, str], Formula] | None = None) -> None:
        self._changed = dict(changed or {})

    def formula(self, form: str, name: str) -> Formula:
        """A formula of the statement under test; the only way in which a check comes by one."""
        found = catalogue()[self.statement].form(form).formulas[name]
        return self._changed.get((form, name), found)

    def relation(self, form: str) -> Relation:
        """How the two sides of the statement's conclusion stand, as it is printed and judged.

        Raises TypeError where the conclusion is no inequality, or several that differ.
        """
        conclusion = catalogue()[self.statement].form(form).conclusion
        parts = conclusion.args if isinstance(conclusion, sp.And) else (conclusion,)
        found = {RELATIONS.get(type(part)) for part in parts}
        relation = found.pop()
        if found or relation is None:
            raise TypeError(f"{self.statement} as {form} is not one inequality: {conclusion}")
        return relation

    def perturbed(self, form: str, name: str, change: Callable[[sp.Expr], sp.Expr]) -> Self:
        """This check with one formula of its statement changed: it should no longer say `holds`."""
        formula = self.formula(form, name)
        wrong = replace(formula, expression=change(formula.expression))
        return type(self)(self._changed | {(form, name): wrong})

    @property
    def is_perturbed(self) -> bool:
        """Whether a formula of its statement was changed."""
        return bool(self._changed)

    def answers_to(self, premise: str) -> tuple[Answer, ...]:
        """How the check finds out whether a premise holds; empty where it does not."""
        found = self.answers.get(premise) or SHARED.get(premise, ())
        answers = found if isinstance(found, tuple) else (found,)
        if issubclass(self.parameters, InstanceParameters):
            return answers
        # What is shared speaks of the grammar of a trial.
        own = premise in self.answers
        return tuple(a for a in answers if own or not isinstance(a, OnGrammar | OnParameters))

    @property
    def premises(self) -> tuple[str, ...]:
        """Ids of all that the statement needs of an instance."""
        return catalogue()[self.statement].premises

    @property
    def unanswered(self) -> tuple[str, ...]:
        """Premises of the statement of which the check says nothing."""
        return tuple(premise for premise in self.premises if not self.answers_to(premise))

    def instance(self, parameters: P, trial: Trial) -> Grammar:
        """The grammar that premises are measured on: the one that the trial looks at."""
        if not isinstance(parameters, InstanceParameters):
            raise TypeError(f"{self.id} has no grammar to measure a premise on")
        return trial.grammar(parameters)

    def measured(self, instance: Instance, kind: type[OnParameters | OnGrammar]) -> dict[str, str]:
        """Premise → why it fails, of the premises with an answer of this kind."""
        return {
            premise: next(filter(None, (answer.why(instance) for answer in answers)), "")
            for premise in self.premises
            if (answers := [a for a in self.answers_to(premise) if isinstance(a, kind)])
        }

    def without_trial(self, parameters: P, form: str) -> Outcome:
        """The premises that parameters alone decide, where no trial runs."""

        def nothing() -> Grammar:
            raise TypeError(f"a premise of {self.id} on parameters asks for a grammar")

        return Outcome.without(self.measured(Instance(parameters, form, nothing), OnParameters))

    def measure(self, parameters: P, trial: Trial) -> Outcome:
        """One trial with every premise that was measured; it does not run where one fails before.

        Raises RuntimeError where the trial leaves a premise open that it was to measure.
        """
        instance = Instance(parameters, trial.form, lambda: self.instance(parameters, trial))
        before = self.measured(instance, OnParameters)
        if any(before.values()):
            return Outcome.without(before)
        on_grammar = self.measured(instance, OnGrammar)
        before |= {name: why for name, why in on_grammar.items() if why or name not in before}
        if any(before.values()):
            return Outcome.without(before)
        known = None if instance.drawn is None else (parameters, instance.drawn)
        found = self.trial(parameters, replace(trial, drawn=known))
        left = [p for p in self.premises if InTrial() in self.answers_to(p)]
        if found.applicable and (missing := [p for p in left if p not in found.premises]):
            raise RuntimeError(f"{self.id} leaves {', '.join(missing)} unanswered")
        return Outcome(found.values, before | dict(found.premises))

    def trial_seconds(self, parameters: P) -> float | None:
        """Processor seconds of one trial at these sizes; None where only a measurement tells."""
        return None

    def rows(self, parameters: P) -> Sequence[Row]:
        """The results that this check will give, known before anything is measured."""
        return ({},)

    @abstractmethod
    def trial(self, parameters: P, trial: Trial) -> Outcome[Any]:
        """One independent trial."""

    @abstractmethod
    def claim(self, parameters: P, row: Row, outcomes: Sequence[Outcome[Any]], form: str) -> Claim:
        """The measurement for one row, from the outcomes whose premises hold (at least one)."""

    def pictures(
        self, parameters: P, row: Row, outcomes: Sequence[Outcome[Any]], form: str
    ) -> Sequence[Picture]:
        """What the report draws beside the row, from the outcomes that `claim` was given."""
        return ()


def at_level(outcomes: Sequence[Outcome[Mapping[str, T]]], level: int) -> list[T]:
    """What every trial found at a level, of values by level."""
    return [outcome.values[str(level)] for outcome in outcomes]


def premises_of(
    outcomes: Sequence[Outcome], check: Check[Any] | None = None
) -> tuple[Premise, ...]:
    """The premises over all trials: `holds` where it held in at least one applicable trial.

    A premise that failed in some trials is reported with their number; those trials are left out.
    Those of the statement of `check` that nothing measures stand at the end: `holds` with the
    reason where every instance of the check meets them, else `not-run`.
    """
    names = {name for outcome in outcomes for name in outcome.premises}
    found = [_premise(name, outcomes) for name in sorted(names)]
    for premise in check.premises if check else ():
        answers = check.answers_to(premise) if check else ()
        if premise not in names and not answers:
            found.append(Premise(premise, Verdict.NOT_RUN, "the check does not measure it"))
        elif premise not in names and all(isinstance(answer, Given) for answer in answers):
            reasons = "; ".join(a.reason for a in answers if isinstance(a, Given))
            found.append(Premise(premise, Verdict.HOLDS, f"always: {reasons}"))
    return tuple(found)


def _premise(name: str, outcomes: Sequence[Outcome]) -> Premise:
    failures = [outcome.premises[name] for outcome in outcomes if outcome.premises.get(name)]
    if not failures:
        return Premise(name, Verdict.HOLDS)
    share = f"fails in {len(failures)} of {len(outcomes)} trials, which are left out: "
    verdict = Verdict.VIOLATED if len(failures) == len(outcomes) else Verdict.HOLDS
    return Premise(name, verdict, (share if len(outcomes) > 1 else "") + failures[0])


def theorem_premises(grammar: Grammar, signal: Signal = LABEL) -> dict[str, str]:
    """Definition 4 and Assumption 6 on an instance: id → why it fails, empty where it holds."""
    found = assumptions(grammar, signal=signal).failures
    return {name: " ".join(why) for name, why in found.items()}
