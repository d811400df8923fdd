"""What a check is: it measures, trial by trial; it does not judge."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeVar

import sympy as sp
from pydantic import BaseModel, ConfigDict, Field, field_validator

from theory.assumptions import assumptions
from theory.ensembles import check_sizes, draw
from theory.errors import InputError
from theory.formula import Formula
from theory.grammar import Grammar
from theory.randomness import derive_seed
from theory.statements import catalogue
from verify.charts import Picture
from verify.claims import Claim
from verify.controls import NO_CONTROL, Control
from verify.verdict import Premise, Verdict

Row = dict[str, Any]
"""What sets one result of a check apart from its others, such as {"level": 2}."""


LARGEST = 2**53
"""No number of a parameter is larger: up to here whole numbers are exact in float64."""

MOST_LEVELS = 64
"""Levels of a drawn grammar; a string of two tokens a patch has 2^L of them."""


class Parameters(BaseModel):
    """Parameters of a check, validated; a check adds its own by subclassing."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

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

    def settings(self) -> dict[str, Any]:
        """The parameters as they stand in the results."""
        return self.model_dump(mode="json", exclude_none=True)

    def contents(self) -> dict[str, Any]:
        """The same with what a file holds in place of its path: what names random streams."""
        return self.settings()


def _numbers(value: Any) -> Iterator[float]:
    """The numbers of a value, and of the tuples inside it."""
    if isinstance(value, int | float):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _numbers(item)


class InstanceParameters(Parameters):
    """Which grammar a trial looks at: drawn from an ensemble, or read from a file."""

    V: int = Field(8, ge=1, description="vocabulary size")
    m: int = Field(4, ge=1, description="rules per symbol")
    s: int = Field(2, ge=1, description="branching factor")
    L: int = Field(3, ge=1, description="levels")
    classes: int | None = Field(None, ge=1, description="number of classes; V by default")
    ensemble: str = "uniform-first-token"
    zipf: float | None = Field(
        None, ge=0, description="Zipf exponent of the rules; uniform if none"
    )
    label_zipf: float | None = Field(None, ge=0, description="Zipf exponent of the labels")
    grammar: Path | None = Field(None, description="a grammar file, in place of a draw")

    def settings(self) -> dict[str, Any]:
        """Without the sizes of a draw where the grammar is a file."""
        drawn = {"V", "m", "s", "L", "classes", "ensemble", "zipf", "label_zipf"}
        sizes = drawn if self.grammar else None
        return self.model_dump(mode="json", exclude_none=True, exclude=sizes)

    def contents(self) -> dict[str, Any]:
        """With the grammar's digest for its file: a copy under another name is the same grammar."""
        if self.grammar is None:
            return self.settings()
        return self.settings() | {"grammar": Grammar.load(self.grammar).digest}

    def check_sizes(self) -> None:
        """Raise InputError, naming the parameter, where the ensemble has no grammar to draw."""
        if self.grammar is not None:
            return
        sizes = {"vocabulary": "V", "rules": "m", "branching": "s", "levels": "L"}
        try:
            check_sizes(self.ensemble, self.V, self.m, self.s, self.L, self.classes)
        except InputError as error:
            name = sizes.get(error.field, error.field)
            raise InputError(name, error.value, error.allowed) from error

    @property
    def depth(self) -> int:
        """The number of levels, of the file where there is one."""
        return self.L if self.grammar is None else Grammar.load(self.grammar).levels


@dataclass(frozen=True)
class Trial:
    """One trial's identity: everything random in it comes from `seed`, by name."""

    seed: int
    index: int
    form: str
    device: str
    control: Control = NO_CONTROL

    def derive(self, *path: str | int) -> int:
        """A seed of this trial's own, for the draw named by `path`."""
        return derive_seed(self.seed, "trial", self.index, *path)

    def grammar(self, parameters: InstanceParameters) -> Grammar:
        """The instance of this trial, after the control has had its way with it."""
        if parameters.grammar is not None:
            instance = Grammar.load(parameters.grammar)
        else:
            instance = draw(
                parameters.ensemble,
                vocabulary=parameters.V,
                rules=parameters.m,
                branching=parameters.s,
                levels=parameters.L,
                classes=parameters.classes,
                zipf=parameters.zipf or 0.0,
                label_zipf=parameters.label_zipf or 0.0,
                seed=self.derive("grammar"),
            )
        return self.control.grammar(instance, self.derive("control"))


@dataclass(frozen=True)
class Outcome:
    """What one trial brought back: plain values, and the premises found on its instance."""

    values: Mapping[str, Any]
    premises: Mapping[str, str] = field(default_factory=dict)
    """Premise id → why it fails on this instance, empty where it holds."""

    @property
    def applicable(self) -> bool:
        """Whether every premise holds."""
        return not any(self.premises.values())


P = TypeVar("P", bound=Parameters)


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
    parameters: type[P]

    def __init__(self, changed: Mapping[tuple[str, str], Formula] | None = None) -> None:
        self._changed = dict(changed or {})

    def formula(self, form: str, name: str) -> Formula:
        """A formula of the statement under test; the only way in which a check comes by one."""
        found = catalogue()[self.statement].form(form).formulas[name]
        return self._changed.get((form, name), found)

    def perturbed(self, form: str, name: str, change: Callable[[sp.Expr], sp.Expr]) -> Self:
        """This check with one formula of its statement changed: it should no longer say `holds`."""
        formula = self.formula(form, name)
        wrong = replace(formula, expression=change(formula.expression))
        return type(self)(self._changed | {(form, name): wrong})

    @property
    def is_perturbed(self) -> bool:
        """Whether a formula of its statement was changed."""
        return bool(self._changed)

    def rows(self, parameters: P) -> Sequence[Row]:
        """The results that this check will give, known before anything is measured."""
        return ({},)

    @abstractmethod
    def trial(self, parameters: P, trial: Trial) -> Outcome:
        """One independent trial."""

    @abstractmethod
    def claim(self, parameters: P, row: Row, outcomes: Sequence[Outcome], form: str) -> Claim:
        """The measurement for one row, from the outcomes whose premises hold (at least one)."""

    def pictures(
        self, parameters: P, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Sequence[Picture]:
        """What the report draws beside the row, from the outcomes that `claim` was given."""
        return ()


def premises_of(outcomes: Sequence[Outcome]) -> tuple[Premise, ...]:
    """The premises over all trials: `holds` where it held in at least one applicable trial.

    A premise that failed in some trials is reported with their number; those trials are left out.
    """
    names = {name for outcome in outcomes for name in outcome.premises}
    return tuple(_premise(name, outcomes) for name in sorted(names))


def _premise(name: str, outcomes: Sequence[Outcome]) -> Premise:
    failures = [outcome.premises[name] for outcome in outcomes if outcome.premises.get(name)]
    if not failures:
        return Premise(name, Verdict.HOLDS)
    share = f"fails in {len(failures)} of {len(outcomes)} trials, which are left out: "
    verdict = Verdict.VIOLATED if len(failures) == len(outcomes) else Verdict.HOLDS
    return Premise(name, verdict, (share if len(outcomes) > 1 else "") + failures[0])


def theorem_premises(grammar: Grammar) -> dict[str, str]:
    """Definition 4 and Assumption 6 on an instance: id → why it fails, empty where it holds."""
    return {name: " ".join(why) for name, why in assumptions(grammar).failures.items()}
