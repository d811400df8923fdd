"""What a search is: the instances of one statement, and how far each is from breaking it.

A search decides on every instance exactly, or by a deterministic computation with a known rounding
error. It comes by the statement's formulas through :meth:`Search.formula` alone and computes the
quantity they bound in its own way, apart from the statement's check.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
)

from layerproof.theory.errors import InputError
from layerproof.theory.formula import Formula
from layerproof.theory.grammar import Grammar
from layerproof.theory.json_text import read_json
from layerproof.theory.jsonable import to_json
from layerproof.theory.statements import Statement, catalogue
from layerproof.verify.verdicts.claims import Relation

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

SCHEMA = "layerproof/instance/1"


@dataclass(frozen=True)
class Comparison:
    """``measured relation bound`` on one instance.

    `slack` is negative where the statement is broken: the distance from the bound in units of
    `scale`. `rounding` is the error of the slack that is allowed for.
    """

    measured: float
    relation: Relation
    bound: float
    rounding: float = 0.0
    scale: float = 1.0

    @property
    def slack(self) -> float:
        """How far the instance is from breaking the statement."""
        sign = 1.0 if self.relation == "<=" else -1.0
        return sign * (self.bound - self.measured) / self.scale

    @property
    def violated(self) -> bool:
        """Whether the instance breaks the statement, beyond rounding."""
        return self.slack <= 0.0 if self.relation == ">" else self.slack < -self.rounding

    def to_dict(self) -> dict[str, Any]:
        """JSON of the comparison."""
        return {
            "measured": self.measured,
            "relation": self.relation,
            "bound": self.bound,
            "slack": self.slack,
            "violated": self.violated,
        }


class SearchInstance(BaseModel):
    """An instance in plain JSON values; its validators are the statement's hypotheses."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _grammar_of(value: Any) -> Grammar:
    if isinstance(value, Grammar):
        return value
    return small_enough(Grammar.from_json(json.dumps(value)), "grammar")


FRACTION = r"-?[0-9]{1,16}(/[0-9]{1,16})?"
"""A fraction as text: whole numbers that a double holds, so that sums of them end soon."""

LARGEST_WHOLE = 10**9
"""Of a whole number in an instance that nothing else bounds, such as an entry of a vector."""

Whole = Annotated[int, Field(ge=-LARGEST_WHOLE, le=LARGEST_WHOLE)]
"""A whole number inside an instance, of either sign."""


def _fraction_of(value: Any) -> Fraction:
    if isinstance(value, Fraction):
        return value
    written = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    try:
        if isinstance(written, str) and re.fullmatch(FRACTION, written, re.ASCII):
            return Fraction(written)
    except ZeroDivisionError:
        pass
    raise ValueError('a rational number as text, such as "1/10", of at most 16 digits each')


GrammarField = Annotated[
    Grammar,
    PlainValidator(_grammar_of),
    PlainSerializer(lambda grammar: json.loads(grammar.to_json()), return_type=dict),
    WithJsonSchema({"type": "object", "description": "A grammar, as in its file."}),
]
"""A grammar inside an instance, as the object of its file."""

FractionField = Annotated[
    Fraction,
    PlainValidator(_fraction_of),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": ["string", "integer"], "pattern": f"^{FRACTION}$"}),
]
"""A rational number inside an instance, as text: "1/10"."""

I = TypeVar("I")
M = TypeVar("M", bound=SearchInstance)


class Search(ABC, Generic[I]):
    """A search for an instance that breaks one statement. Stateless.

    `quantity` says what :meth:`examine` measures; `examples` is the budget unless another is given.
    """

    statement: ClassVar[str]
    quantity: ClassVar[str]
    forms: ClassVar[tuple[str, ...]] = ("printed",)
    examples: ClassVar[int] = 200
    printed_is_true: ClassVar[bool] = False
    """Whether the printed form holds as it stands, its erratum being about how it is used."""

    @abstractmethod
    def strategy(self, form: str) -> SearchStrategy[I]:
        """The instances that meet the statement's hypotheses, simple ones first."""

    @abstractmethod
    def examine(self, instance: I, form: str) -> Comparison:
        """What the statement says of the instance, beside what is so."""

    def unmet(self, instance: I, form: str) -> str:
        """The hypothesis of the form that the instance does not meet; empty where it meets all."""
        return ""

    @abstractmethod
    def describe(self, instance: I, form: str) -> Sequence[str]:
        """The instance in words, a few short lines."""

    @abstractmethod
    def write(self, instance: I) -> str:
        """The text of the instance's file."""

    @abstractmethod
    def read(self, text: str) -> I:
        """The instance in the text of a file. Raises InputError where it is none."""

    @abstractmethod
    def plain(self, instance: I) -> Any:
        """The instance in plain JSON values."""

    def slack(self, instance: I, form: str) -> float:
        """How far the instance is from breaking the statement; negative where it breaks it."""
        return self.examine(instance, form).slack

    def size(self, instance: I) -> float:
        """How large the instance is; among counterexamples of one size Hypothesis finds the least.

        Shrinking takes small steps and can stop early: it starts from the smallest size seen.
        """
        return 0.0

    def formula(self, form: str, name: str) -> Formula:
        """A formula of the statement."""
        return self.entry.form(form).formulas[name]

    @property
    def entry(self) -> Statement:
        """The statement's entry in the catalogue."""
        return catalogue()[self.statement]

    def expects_violation(self, form: str) -> bool:
        """Whether a counterexample is expected.

        So it is of a printed form with an erratum, and of a premise, which some instances meet and
        others do not.
        """
        premise = self.entry.kind in ("definition", "assumption")
        wrong = self.entry.erratum is not None and not self.printed_is_true
        return premise or (form == "printed" and wrong)

    def commands(self, file: str) -> Sequence[str]:
        """Commands, besides `refute --replay`, that show the same on the instance's file."""
        return ()


class ModelSearch(Search[M]):
    """A search whose instances are validated models, kept as JSON."""

    instance: type[M]

    def write(self, instance: M) -> str:
        """The instance with its schema and its statement."""
        values = self.plain(instance)
        return to_json(
            {"schema": SCHEMA, "statement": self.statement, "instance": values}, indent=1
        )

    def plain(self, instance: M) -> Any:
        """The fields of the instance."""
        return instance.model_dump(mode="json")

    def read(self, text: str) -> M:
        """The instance of a file of :meth:`write`."""
        return self.validated(_body(text, self.statement))

    def validated(self, values: Mapping[str, Any]) -> M:
        """The instance with these plain JSON values, each of the very type that is asked for.

        Raises InputError where they are none.
        """
        try:
            return self.instance.model_validate_json(json.dumps(values), strict=True)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = ".".join(str(part) for part in ("instance", *first["loc"]))
            allowed = first["msg"].removeprefix("Value error, ")
            raise InputError(field, first.get("input"), allowed) from error


MOST_PAIRS = 10**6
"""Pairs of patches of a grammar, times its classes: what a search may have to compare exactly."""


def small_enough(grammar: Grammar, field: str) -> Grammar:
    """`grammar`, where exact arithmetic over its pairs of patches ends soon.

    Raises InputError, naming `field`.
    """
    patches = [sum(map(len, level)) for level in grammar.rules]
    work = sum(number**2 for number in patches) * grammar.classes
    if work > MOST_PAIRS:
        allowed = f"a grammar whose levels have at most {MOST_PAIRS} pairs of patches x classes"
        raise InputError(field, work, allowed)
    return grammar


class GrammarSearch(Search[Grammar]):
    """A search whose instances are grammars, kept as grammar files."""

    def write(self, instance: Grammar) -> str:
        """The grammar file."""
        return instance.to_json()

    def size(self, instance: Grammar) -> float:
        """The number of tokens in its rules."""
        return float(sum(patches.size for level in instance.rules for patches in level))

    def read(self, text: str) -> Grammar:
        """The grammar of a grammar file, small enough to be decided exactly."""
        return small_enough(Grammar.from_json(text), "--replay")

    def plain(self, instance: Grammar) -> Any:
        """The object of the grammar file."""
        return json.loads(instance.to_json())

    def describe(self, instance: Grammar, form: str) -> Sequence[str]:
        """The sizes and every rule."""
        return grammar_lines(instance)


def grammar_lines(grammar: Grammar) -> list[str]:
    """A grammar in words: its sizes, then the rules of every symbol."""
    sizes = ", ".join(map(str, grammar.vocabularies))
    head = f"vocabularies {sizes}; s = {grammar.branching}, L = {grammar.levels}; rules by level:"
    return [head, *(_rule_line(level, symbols) for level, symbols in enumerate(grammar.rules))]


def _rule_line(level: int, symbols: Sequence[Any]) -> str:
    rules = (
        f"{symbol} → {' '.join(''.join(map(str, patch)) for patch in patches.tolist())}"
        for symbol, patches in enumerate(symbols)
    )
    return f"  {level}: {'; '.join(rules)}"


def _body(text: str, statement: str) -> Mapping[str, Any]:
    found = read_json(text, "the instance", "--replay")
    fields = {"schema": SCHEMA, "statement": statement}
    if not isinstance(found, dict):
        raise InputError("--replay", found, "a JSON object")
    for name, expected in fields.items():
        if found.get(name) != expected:
            raise InputError(name, found.get(name), expected)
    body = found.get("instance")
    if not isinstance(body, dict):
        raise InputError("instance", body, "a JSON object")
    return body
