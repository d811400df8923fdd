"""One page a statement: what it says, its formulas, its derivation, what tests it, what fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sympy as sp

from layerproof.theory.formatting import ERRATUM_COLUMNS
from layerproof.theory.formula import to_latex
from layerproof.theory.statements import Statement, catalogue
from layerproof.theory.statements.base import Form
from layerproof.verify.report.by_statement import by_statement
from layerproof.verify.report.errata import escaped
from layerproof.verify.report.reference import reference
from layerproof.verify.report.rows import measured, measured_interval, prediction
from layerproof.verify.report.schemas.results import Row
from layerproof.verify.run.tested_by import checks_of, expectations, search_of
from tools.manual import ROOT, in_the_repository, of_this_package, source_file, verdicts_found
from tools.site.letters import derivation

FOLDER = "statements"
"""Where the pages stand below docs/."""


def pages() -> dict[str, str]:
    """Every page as markdown, by its place below docs/."""
    return {place(statement.id): page(statement) for statement in of_this_package()}


def place(identifier: str) -> str:
    """Where the page of a statement stands below docs/: "statements/R26.lemma-18.md"."""
    return f"{FOLDER}/{identifier}.md"


def by_source() -> dict[str, list[str]]:
    """Ids of the statements, in the order in which a reader looks for them, by their source."""
    found: dict[str, list[str]] = {}
    for statement in of_this_package():
        source = catalogue().source_of(statement.id)
        name = f"{source.key}: {source.name}" if source.is_paper else "Derived here"
        found.setdefault(name, []).append(statement.id)
    return found


def page(statement: Statement) -> str:
    """The page of one statement, as markdown."""
    source = catalogue().source_of(statement.id)
    expected = expectations(statement.id)
    file = source_file(statement)
    blocks = [
        f"# {statement.id}: {escaped(statement.title)}",
        f"{escaped(statement.source)} ({statement.kind}). {source.key} is {escaped(source.name)}:"
        f" {escaped(source.citation)}",
        *_section("Hypotheses", _items(escaped(str(one)) for one in statement.hypotheses)),
        *(block for name, form in statement.forms.items() for block in _form(name, form)),
        *_erratum(statement),
        *_section("Derivation", derivation(statement.derivation)),
        *_section("What tests it", _checks(statement.id)),
        *_section("Verdicts", _verdicts(expected)),
        *_section("Measured in the reference run", _measured(statement.id)),
        *_section("See for yourself", _commands(statement.id, expected)),
        *_section("In the proof", _proof(statement)),
        f"Formula and derivation stand in [{file}](../../{file}), where"
        " `layerproof statements` and every check take them from.",
    ]
    return "\n\n".join(blocks) + "\n"


def _section(title: str, text: str) -> list[str]:
    return [f"## {title}", text] if text else []


def _items(texts: Iterable[str]) -> str:
    return "\n".join(f"- {text}" for text in texts)


def _form(name: str, form: Form) -> Iterator[str]:
    yield f"## As {name}"
    yield escaped(form.reading)
    for relation in _relations(form.conclusion):
        yield displayed(to_latex(relation))
    for formula in dict.fromkeys(form.formulas.values()):
        yield f"{escaped(formula.title)} ({escaped(formula.source)}):"
        yield displayed(formula.latex())


def _relations(conclusion: sp.Basic | None) -> tuple[sp.Basic, ...]:
    """The parts of a conclusion, each to stand on a line of its own."""
    if conclusion is None:
        return ()
    return conclusion.args if isinstance(conclusion, sp.And) else (conclusion,)


def displayed(latex: str) -> str:
    """A formula on a line of its own, as GitHub and the site read it."""
    return f"$$\n{latex}\n$$"


def _erratum(statement: Statement) -> list[str]:
    if statement.erratum is None:
        return []
    rows = (
        f"**{heading}**: {escaped(getattr(statement.erratum, name))}"
        for name, heading in ERRATUM_COLUMNS.items()
    )
    return ["## Erratum", _items(rows)]


def _checks(identifier: str) -> str:
    lines = [
        f"- `{check['id']}` measures {escaped(check['measures'])} ({_file(check)})"
        for check in checks_of(identifier)
    ]
    search = search_of(identifier)
    if search is not None:
        lines.append(
            f"- `{search['command']}` searches for a counterexample, measured by"
            f" {escaped(search['measures'])} ({_file(search)})"
        )
    nothing = "Nothing tests it by itself: it is a premise or a part of what rests on it."
    return "\n".join(lines) or nothing


def _file(found: Mapping[str, Any]) -> str:
    """A link to the file of a check or a search."""
    file = in_the_repository(ROOT / found["file"])
    return f"[{file}](../../{file})"


def _verdicts(expected: Sequence[Mapping[str, Any]]) -> str:
    """The verdicts of every suite: a run in which one is another ends with exit code 1."""
    if not expected:
        return ""
    head = "| suite | form | verdicts | why |\n| --- | --- | --- | --- |\n"
    return head + "\n".join(
        f"| `{line['suite']}` | {line['form']} | {', '.join(line['expected'])} "
        f"| {escaped('; '.join(line['reasons']))} |"
        for line in expected
    )


def _measured(identifier: str) -> str:
    """What the reference run found, row by row; nothing where its suite has no such statement."""
    found = reference()
    rows = by_statement([row for row in found.results if row.statement == identifier])
    if not rows:
        return ""
    lines = [
        _line(group.heading, row, label)
        for group in rows[0].groups
        for row, label in zip(group.rows, group.labels, strict=True)
    ]
    said = f"`layerproof verify {found.suite} --seed {found.seed}`, which every installation is"
    columns = ("of", "row", "form", "predicted", "measured", "interval", "verdict")
    head = f"| {' | '.join(columns)} |\n" + "| --- " * len(columns) + "|\n"
    return f"{said} compared with:\n\n{head}" + "\n".join(lines)


def _line(heading: str, row: Row, label: str) -> str:
    found = (heading, label, row.form, prediction(row), measured(row), measured_interval(row))
    return f"| {' | '.join(map(escaped, found))} | {row.verdict} |"


def _commands(identifier: str, expected: Sequence[Mapping[str, Any]]) -> str:
    suites = dict.fromkeys(line["suite"] for line in expected)
    commands = [f"layerproof verify {suite} --only {identifier}" for suite in suites]
    if not suites and checks_of(identifier):
        commands = [f"layerproof verify --only {identifier}"]
    search = search_of(identifier)
    commands += [search["command"]] if search else []
    commands.append(f"layerproof statements {identifier}")
    return "\n".join(f"    {command}" for command in commands)


def _proof(statement: Statement) -> str:
    """What it rests on, and what rests on it, to its left and right, with links and verdicts."""
    below = {
        "It needs, on the instance": statement.assumes,
        "Its proof quotes": statement.proof_uses,
    }
    above = {"What rests on it": catalogue().supports(statement.id)}
    columns = (_neighbours(below), _neighbour(statement.id), _neighbours(above))
    if not any((columns[0], columns[2])):
        return ""
    boxes = "\n\n".join(f'<div markdown="1">\n\n{text}\n\n</div>' for text in columns)
    return f'<div class="proof" markdown="1">\n\n{boxes}\n\n</div>'


def _neighbours(lists: Mapping[str, Sequence[str]]) -> str:
    return "\n\n".join(
        f"{what}:\n\n{_items(map(_neighbour, names))}" for what, names in lists.items() if names
    )


def _neighbour(identifier: str) -> str:
    """A statement in the proof: its name and what was found of each form."""
    entry = catalogue()[identifier]
    said = zip(("printed", "repaired"), verdicts_found(entry), strict=True)
    words = "; ".join(f"{form}: {verdicts}" for form, verdicts in said if verdicts)
    return f"`{identifier}` {escaped(entry.title)}" + (f" ({words})" if words else "")
