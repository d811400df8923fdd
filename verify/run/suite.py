"""Suites: which checks run, on what, how often, and which verdicts are expected."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from layerproof.theory.costs import Extent, check
from layerproof.theory.errors import MISSING, InputError, guessed, listed, unknown_name
from layerproof.theory.files import read_text
from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.base import Check, InstanceParameters, Parameters, Row
from layerproof.verify.checks.grammar_file import GrammarFile
from layerproof.verify.run.suite_files import SUITES, Step, SuiteFile
from layerproof.verify.verdicts.verdict import Verdict

Model = TypeVar("Model", bound=BaseModel)
Place = tuple[Step, ...]


DEFINITION = "definition-4"
"""The check that every run of a user's grammar begins with."""

MOST_TRIALS = 10**6
"""Of one ``[[check]]``: every trial is planned, and may be stored, one by one."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CheckTable(_Table):
    """One ``[[check]]`` of a suite file.

    `sweep` gives lists; the check runs once for every combination. `trials` is the budget, fixed
    before looking; `quick_trials` the one of ``--budget quick``. `expected` is the verdict of every
    row that `rows` does not name ("level=3/part=error" = "violated"); `quick_rows` names those for
    which ``--budget quick`` is expected to find something else, such as too little to decide.
    """

    id: str = Field(description="the id of a check")
    forms: tuple[str, ...] = ("printed",)
    trials: int = Field(1, ge=1, le=MOST_TRIALS)
    quick_trials: int | None = Field(None, ge=1, le=MOST_TRIALS)
    expected: Verdict = Verdict.HOLDS
    reason: str = ""
    rows: dict[str, Verdict] = Field(default_factory=dict)
    quick_rows: dict[str, Verdict] = Field(default_factory=dict)
    parameters: dict[str, Any] = Field(default_factory=dict)
    sweep: dict[str, list[Any]] = Field(default_factory=dict)


class SuiteTable(_Table):
    """A suite file. `errata`: whether its report ends with the errata of what it checks."""

    name: str = Field(description="a text: what the suite is called")
    question: str = Field(description="a text: what the suite answers")
    error_rate: float = Field(0.01, gt=0, lt=1)
    errata: bool = False
    check: tuple[CheckTable, ...] = Field(min_length=1, description="one [[check]] or more")


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
    expected: Verdict | None
    """None of a grammar that a user brings: nobody knows what to expect of it."""
    reason: str
    rows: Mapping[str, Verdict]

    @property
    def about_another_ensemble(self) -> bool:
        """Whether the check averages over an ensemble and was given one grammar."""
        return self.check.about_ensemble and "grammar" in self.settings

    def expectation(self, row: Row) -> Verdict | None:
        """The verdict that the suite expects of one row; None where it expects nothing."""
        return self.rows.get(row_name(row), self.expected)

    @property
    def settings(self) -> dict[str, Any]:
        """The parameters as they stand in the results."""
        return self.parameters.settings()

    @property
    def key(self) -> str:
        """What names this entry's random streams: equal for every form, so that forms compare.

        It does not depend on where a grammar's file lies.
        """
        contents = self.parameters.contents()
        body = ",".join(f"{name}={value}" for name, value in sorted(contents.items()))
        return f"{self.check.id}({body})"


@dataclass(frozen=True)
class Suite:
    """A named list of entries with one error rate."""

    name: str
    question: str
    error_rate: float
    entries: tuple[Entry, ...]
    errata: bool = False


def load_suite(
    suite: str | Path,
    *,
    budget: str = "full",
    grammar: GrammarFile | None = None,
    about: str | None = None,
) -> Suite:
    """Read a suite by name or from a TOML file.

    `about` is a check or a statement: only its entries are read, and the parameters of others,
    which may load what they need to be judged, are not.
    `grammar` replaces the instance of every check that has one. Nothing is then expected, a check
    of an ensemble has no trials, one whose trials are all alike has one, and the parts of
    Definition 4 are checked whether or not the suite lists them. Raises InputError, naming the
    file, the line and the field, for an unknown suite, an unreadable file, or a field that does not
    fit.
    """
    if budget not in ("full", "quick"):
        raise InputError("budget", budget, "full or quick")
    if grammar is not None:
        check(Extent.of(grammar.grammar))
    files = {} if grammar is None else {str(grammar): grammar}
    source = _read(suite)
    table = _validated(SuiteTable, source.parsed(), source)
    entries: dict[tuple[str, str, int], Entry] = {}
    if grammar is not None and DEFINITION not in {item.id for item in table.check}:
        (added,) = _entries(
            CheckTable(id=DEFINITION, trials=1, quick_trials=None),
            source,
            0,
            budget,
            grammar,
            files,
        )
        entries[added.key, added.form, 0] = added
    for index, item in enumerate(table.check):
        if about is not None and not _concerns(item, about):
            continue
        for entry in _entries(item, source, index, budget, grammar, files):
            # One grammar file in place of several sizes makes them alike, which is no mistake.
            place = (entry.key, entry.form, 0 if grammar is None else len(entries))
            if place in entries:
                allowed = "every form and combination of parameters once"
                found = f"{entry.key} as {entry.form}, a second time"
                raise source.error(("check", index), f"check[{index}]", found, allowed)
            entries[place] = entry
    return Suite(
        table.name, table.question, table.error_rate, tuple(entries.values()), table.errata
    )


def with_unlisted(
    suite: Suite, only: Sequence[str], *, budget: str = "full", grammar: GrammarFile | None = None
) -> Suite:
    """The suite, and the checks of other packages that `only` asks for and the suite does not list.

    Such a check runs on its default parameters, with its own number of trials, in all its forms.
    """
    listed = {entry.check.id for entry in suite.entries}
    added = [
        CHECKS[name]
        for name in CHECKS.origins
        if name not in listed and {name, CHECKS[name].statement}.intersection(only)
    ]
    entries = itertools.chain.from_iterable(
        _entries(
            CheckTable(id=check.id, forms=check.forms, trials=check.trials, quick_trials=None),
            SuiteFile(f"{CHECKS.origins[check.id]}, no suite names its parameters", ""),
            0,
            budget,
            grammar,
            {},
        )
        for check in added
    )
    return replace(suite, entries=(*suite.entries, *entries))


def _read(suite: str | Path) -> SuiteFile:
    if str(suite) in SUITES:
        return SUITES[str(suite)]
    path = Path(suite)
    if path.suffix != ".toml":
        allowed = f"one of {', '.join(SUITES)}, or a .toml file"
        raise unknown_name("suite", str(suite), SUITES, allowed)
    return SuiteFile(str(suite), read_text(path, "suite"))


def _entries(
    table: CheckTable,
    source: SuiteFile,
    index: int,
    budget: str,
    grammar: GrammarFile | None,
    files: dict[str, GrammarFile],
) -> Iterator[Entry]:
    """The entries of one table; `files` are the grammar files that have been read, by path."""
    place = ("check", index)
    check = _check(table, source, place)
    trials = (table.quick_trials or table.trials) if budget == "quick" else table.trials
    expected = table.rows | (table.quick_rows if budget == "quick" else {})
    for form in table.forms:
        for values in itertools.product(*table.sweep.values()):
            settings = table.parameters | dict(zip(table.sweep, values, strict=True))
            if grammar is not None and "grammar" in check.parameters.model_fields:
                settings["grammar"] = str(grammar)
                files = files | {str(grammar): grammar}
            settings = check.parameters.gathered(settings)
            parameters = _validated(check.parameters, settings, source, place, table.sweep, files)
            entry = Entry(check, form, parameters, trials, table.expected, table.reason, expected)
            if grammar is None:
                _check_rows(entry, table, source, place)
            elif "grammar" in check.parameters.model_fields:
                entry = _of_a_grammar(entry)
            yield entry


def _concerns(table: CheckTable, about: str) -> bool:
    """Whether a table is about this check or statement; an unknown one is: it will be refused."""
    check = CHECKS.get(table.id)
    return check is None or about in (check.id, check.statement)


def _of_a_grammar(entry: Entry) -> Entry:
    """The entry on one grammar that a user brings: a trial that finds the same again is not run."""
    trials = 1 if entry.check.alike_on_one_grammar else entry.trials
    if entry.about_another_ensemble:
        trials = 0
    return replace(entry, trials=trials, expected=None, reason="", rows={})


def _check(table: CheckTable, source: SuiteFile, place: Place) -> Check[Any]:
    """The check that a table names, once it is clear that the table fits it."""
    where = _label(place)
    if table.id not in CHECKS:
        allowed = guessed(f"one of {listed(CHECKS)}", table.id, CHECKS)
        raise source.error((*place, "id"), f"{where}.id", table.id, allowed)
    check = CHECKS[table.id]
    for number, form in enumerate(table.forms):
        if form not in check.forms:
            allowed = guessed(f"one of {', '.join(check.forms)}", form, check.forms)
            raise source.error((*place, "forms", number), f"{where}.forms", form, allowed)
    rows = (*table.rows.values(), *table.quick_rows.values())
    surprising = {table.expected, *rows} - {Verdict.HOLDS}
    if surprising and not table.reason:
        allowed = f"why {', '.join(sorted(surprising))} is expected"
        key = "rows" if table.expected is Verdict.HOLDS else "expected"
        raise source.error((*place, key), f"{where}.reason", "", allowed)
    return check


def _check_rows(entry: Entry, table: CheckTable, source: SuiteFile, place: Place) -> None:
    try:
        if isinstance(entry.parameters, InstanceParameters):
            entry.parameters.check_sizes()
        known = [row_name(row) for row in entry.check.rows(entry.parameters)]
    except InputError as error:
        raise _refused(error, source, place, table.sweep) from error
    for name in entry.rows:
        if name not in known:
            allowed = guessed(f"one of {', '.join(known)}", name, known)
            key = "rows" if name in table.rows else "quick_rows"
            raise source.error((*place, key, name), f"{_label(place)}.{key}", name, allowed)


def _refused(
    error: InputError, source: SuiteFile, place: Place, swept: Mapping[str, Any]
) -> InputError:
    """The refusal of a parameter, with its line in the file."""
    holder = "sweep" if error.field in swept else "parameters"
    label = f"{_label((*place, holder))}: {error.field}"
    return source.error((*place, holder, error.field), label, error.value, error.allowed)


def _validated(
    model: type[Model],
    data: Mapping[str, Any],
    source: SuiteFile,
    place: Place = (),
    swept: Mapping[str, Any] | None = None,
    files: dict[str, GrammarFile] | None = None,
) -> Model:
    """`data` as a model; `place` is the ``[[check]]`` whose parameters it holds, if it does."""
    try:
        # As JSON, of which pydantic takes no text for a number, nor 2.0 or true for a whole one.
        return model.model_validate_json(json.dumps(data, default=str), strict=True, context=files)
    except ValidationError as error:
        first = error.errors()[0]
        refused = first.get("ctx", {}).get("error")
        if isinstance(refused, InputError):
            raise _refused(refused, source, place, swept or {}) from error
        steps = first["loc"]
        path, label = steps, _label(steps)
        if place:
            holder = "sweep" if steps and steps[0] in (swept or ()) else "parameters"
            path = (*place, holder, *(steps[:1] if holder == "sweep" else steps))
            label = f"{_label((*place, holder))}: {_label(steps)}".rstrip(": ")
        value = MISSING if first["type"] == "missing" else first.get("input")
        table = CheckTable if model is SuiteTable and len(steps) > 1 else model
        raise source.error(path, label, value, _allowed(first, table)) from error


def _allowed(error: Mapping[str, Any], model: type[BaseModel]) -> str:
    """What pydantic would have taken in a field of `model`."""
    known = model.model_fields
    match error["type"]:
        case "extra_forbidden":
            names = [name for name in known if name != "own"]
            return guessed(f"one of {', '.join(names)}", error["loc"][-1], names)
        case "missing":
            return known[error["loc"][-1]].description or "a value"
        case "too_short":
            return f"{error['ctx']['min_length']} or more of them"
    return str(error["msg"]).removeprefix("Input should be ").removeprefix("Value error, ")


def _label(steps: Place) -> str:
    """A place as a reader writes it: check[0].trials."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return text.removeprefix(".")
