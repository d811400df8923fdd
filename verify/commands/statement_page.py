"""One statement on a terminal: from its number to its formula, its check and its verdict."""

import inspect
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console

from layerproof.theory.formatting import ERRATUM_COLUMNS
from layerproof.theory.plain_text import plain_text
from layerproof.verify.commands.output import print_text

if TYPE_CHECKING:
    from layerproof.theory.statements.base import Catalogue, Erratum, Form, Statement

WIDEST = 100
INDENT = "    "


def print_page(entries: "Catalogue", entry: "Statement", console: Console) -> None:
    """Everything that the catalogue, the checks and the suites hold of a statement."""
    from layerproof.verify.run.tested_by import checks_of, expectations, search_of

    tests = checks_of(entry.id), expectations(entry.id), search_of(entry.id)  # may be refused
    console.print(f"{entry.id}  {entry.title}", style="bold", markup=False)
    console.print(f"{entry.source} ({entry.kind})", markup=False)
    source = entries.source_of(entry.id)
    _print_wrapped(console, f"{source.key} is {source.name}: {source.citation}")
    _print_items(console, "Hypotheses", [str(hypothesis) for hypothesis in entry.hypotheses])
    for name, form in entry.forms.items():
        _print_form(console, name, form)
    _print_items(
        console, "Rests on", _named(entries, entry.assumes, " (must hold on the instance)")
    )
    _print_items(console, "Its proof quotes", _named(entries, entry.proof_uses))
    _print_items(console, "What rests on it", _named(entries, entries.supports(entry.id)))
    if entry.derivation:
        _print_heading(console, "Derivation")
        _print_paragraphs(console, plain_text(inspect.cleandoc(entry.derivation)))
    if entry.erratum is not None:
        _print_erratum(console, entry.erratum)
    _print_tests(console, entry.id, *tests)


def _print_form(console: Console, name: str, form: "Form") -> None:
    _print_heading(console, f"As {name}")
    _print_wrapped(console, form.reading)
    console.print()
    print_text("\n".join(_pretty_lines(form, min(console.width, WIDEST) - len(INDENT))))
    console.print(f"LaTeX: {form.latex()}", markup=False, soft_wrap=True)


def _pretty_lines(form: "Form", width: int) -> list[str]:
    from layerproof.theory.pretty import pretty

    lines = [] if form.conclusion is None else [pretty(form.conclusion, width), ""]
    for name, formula in form.formulas.items():
        heading = f"{name}: {formula.title} ({formula.source})"
        lines += [*textwrap.wrap(heading, width), pretty(formula.expression, width), ""]
    return [f"{INDENT}{line}".rstrip() for block in lines for line in block.split("\n")]


def _print_erratum(console: Console, erratum: "Erratum") -> None:
    _print_heading(console, "Erratum")
    for name, heading in ERRATUM_COLUMNS.items():
        _print_wrapped(console, f"{heading}: {getattr(erratum, name)}", "  ")


def _print_tests(
    console: Console,
    identifier: str,
    checks: Iterable[Mapping[str, str]],
    expected: Sequence[Mapping[str, Any]],
    search: Mapping[str, Any] | None,
) -> None:
    """The checks with their files, the verdicts that the suites expect, and what to run."""
    lines = [
        f"{check['id']}  {check['file']}" + (f": {check['measures']}" if check["measures"] else "")
        for check in checks
    ]
    _print_items(console, "Checks", lines)
    _print_items(console, "Expected verdicts", map(_expectation, expected))
    _print_heading(console, "See for yourself")
    suites = dict.fromkeys(line["suite"] for line in expected)
    for suite in suites:
        console.print(f"  layerproof verify {suite} --only {identifier}", markup=False)
    if lines and not suites:
        console.print(f"  layerproof verify --only {identifier}", markup=False)
    if search is not None:
        console.print(f"  {search['command']}", markup=False)
    if not lines and search is None:
        console.print("  nothing tests it by itself: it is a premise or part of what rests on it")


def _expectation(line: Mapping[str, Any]) -> str:
    reasons = f" ({'; '.join(line['reasons'])})" if line["reasons"] else ""
    return f"{line['suite']}, as {line['form']}: {', '.join(line['expected'])}{reasons}"


def _named(entries: "Catalogue", identifiers: Iterable[str], note: str = "") -> list[str]:
    return [f"{name}  {entries[name].title}{note}" for name in identifiers]


def _print_items(console: Console, title: str, items: Iterable[str]) -> None:
    _print_heading(console, title)
    found = list(items)
    for item in found:
        _print_wrapped(console, f"- {item}", "  ")
    if not found:
        console.print("  nothing")


def _print_heading(console: Console, title: str) -> None:
    console.print(f"\n{title}", style="bold", markup=False)


def _print_paragraphs(console: Console, text: str) -> None:
    """Text as it stands where it fits, else filled anew."""
    width = min(console.width, WIDEST)
    for number, paragraph in enumerate(text.split("\n\n")):
        fits = all(len(line) <= width for line in paragraph.split("\n"))
        print_text("\n" * bool(number) + (paragraph if fits else _filled(paragraph, width)))


def _filled(paragraph: str, width: int) -> str:
    return textwrap.fill(" ".join(paragraph.split()), width, break_on_hyphens=False)


def _print_wrapped(console: Console, text: str, indent: str = "") -> None:
    lines = textwrap.wrap(
        text,
        min(console.width, WIDEST),
        initial_indent=indent,
        subsequent_indent=indent * 2,
        break_on_hyphens=False,
    )
    for line in lines:
        console.print(line, markup=False, no_wrap=True, overflow="ignore", crop=False)
