"""Suites: which checks run, on what, how often, and which verdicts are expected."""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from theory.errors import InputError
from theory.grammar import Grammar
from verify.checks import CHECKS
from verify.checks.base import Check, Parameters, Row
from verify.verdict import Verdict

Model = TypeVar("Model", bound=BaseModel)


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CheckTable(_Table):
    """One ``[[check]]`` of a suite file.

    `sweep` gives lists; the check runs once for every combination. `trials` is the budget, fixed
    before looking; `quick_trials` the one of ``--budget quick``. `expected` is the verdict of every
    row that `rows` does not name ("level=3/part=error" = "violated").
    """

    id: str
    forms: tuple[str, ...] = ("printed",)
    trials: int = Field(1, ge=1)
    quick_trials: int | None = Field(None, ge=1)
    expected: Verdict = Verdict.HOLDS
    reason: str = ""
    rows: dict[str, Verdict] = Field(default_factory=dict)
    parameters: dict[str, Any] = Field(default_factory=dict)
    sweep: dict[str, list[Any]] = Field(default_factory=dict)


class SuiteTable(_Table):
    """A suite file. `errata`: whether its report ends with the errata of what it checks."""

    name: str
    question: str
    error_rate: float = Field(0.01, gt=0, lt=1)
    errata: bool = False
    check: tuple[CheckTable, ...] = Field(min_length=1)


def row_name(row: Row) -> str:
    """A row as it stands in ids and suite files: "level=2/part=error"."""
    return "/".join(f"{name}={value}" for name, value in row.items())


@dataclass(frozen=True)
class Entry:
    """One check on one instance in one form, with its budget."""

    check: Check[Any]
    form: str
    parameters: Parameters
    trials: int
    expected: Verdict
    reason: str
    rows: Mapping[str, Verdict]

    @property
    def about_another_ensemble(self) -> bool:
        """Whether the check averages over an ensemble and was given one grammar."""
        return self.check.about_ensemble and "grammar" in self.settings

    def expectation(self, row: Row) -> Verdict:
        """The verdict that the suite expects of one row."""
        return self.rows.get(row_name(row), self.expected)

    @property
    def settings(self) -> dict[str, Any]:
        """The parameters as they stand in the results."""
        return self.parameters.settings()

    @property
    def key(self) -> str:
        """What names this entry's random streams: equal for every form, so that forms compare."""
        body = ",".join(f"{name}={value}" for name, value in sorted(self.settings.items()))
        return f"{self.check.id}({body})"


@dataclass(frozen=True)
class Suite:
    """A named list of entries with one error rate."""

    name: str
    question: str
    error_rate: float
    entries: tuple[Entry, ...]
    errata: bool = False


def suite_names() -> list[str]:
    """The suites that come with the package."""
    folder = resources.files("verify") / "suites"
    return sorted(item.name[:-5] for item in folder.iterdir() if item.name.endswith(".toml"))


def load_suite(suite: str | Path, *, budget: str = "full", grammar: str | None = None) -> Suite:
    """Read a suite by name or from a TOML file.

    `grammar` is a file that replaces the instance of every check that has one; a check of an
    ensemble then has no trials and is expected not to apply. Raises InputError, naming the field,
    for an unknown suite, an unreadable file, or a field that does not fit.
    """
    if budget not in ("full", "quick"):
        raise InputError("budget", budget, "full or quick")
    if grammar is not None:
        Grammar.load(grammar)
    table = _validated(SuiteTable, _parse(suite), str(suite))
    entries = itertools.chain.from_iterable(
        _entries(item, f"check[{index}]", budget, grammar) for index, item in enumerate(table.check)
    )
    return Suite(table.name, table.question, table.error_rate, tuple(entries), table.errata)


def _parse(suite: str | Path) -> dict[str, Any]:
    text = _read(suite)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(str(suite), str(error), "a TOML suite file") from error


def _read(suite: str | Path) -> str:
    if str(suite) in suite_names():
        return (resources.files("verify") / "suites" / f"{suite}.toml").read_text("utf-8")
    path = Path(suite)
    if path.suffix != ".toml":
        allowed = f"one of {', '.join(suite_names())}, or a .toml file"
        raise InputError("suite", str(suite), allowed)
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("suite", str(suite), f"a readable TOML file ({error})") from error


def _entries(table: CheckTable, where: str, budget: str, grammar: str | None) -> Iterator[Entry]:
    if table.id not in CHECKS:
        raise InputError(f"{where}.id", table.id, f"one of {', '.join(CHECKS)}")
    check = CHECKS[table.id]
    trials = (table.quick_trials or table.trials) if budget == "quick" else table.trials
    surprising = {table.expected, *table.rows.values()} - {Verdict.HOLDS}
    if surprising and not table.reason:
        raise InputError(f"{where}.reason", "", f"why {', '.join(surprising)} is expected")
    for form in table.forms:
        if form not in check.forms:
            raise InputError(f"{where}.forms", form, f"one of {', '.join(check.forms)}")
        for values in itertools.product(*table.sweep.values()):
            settings = table.parameters | dict(zip(table.sweep, values, strict=True))
            if grammar is not None and "grammar" in check.parameters.model_fields:
                settings["grammar"] = grammar
            parameters = _validated(check.parameters, settings, f"{where}.parameters")
            entry = Entry(check, form, parameters, trials, table.expected, table.reason, table.rows)
            if grammar is None:
                _check_rows(table.rows, check.rows(parameters), where)
            elif entry.about_another_ensemble:
                reason = "an ensemble's statement"
                entry = replace(
                    entry, trials=0, expected=Verdict.NOT_APPLICABLE, reason=reason, rows={}
                )
            yield entry


def _check_rows(expected: Mapping[str, Verdict], rows: Sequence[Row], where: str) -> None:
    known = [row_name(row) for row in rows]
    for name in expected:
        if name not in known:
            raise InputError(f"{where}.rows", name, f"one of {', '.join(known)}")


def _validated(model: type[Model], data: Mapping[str, Any], where: str) -> Model:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{where}: {field}", first.get("input"), first["msg"]) from error
