"""`layerproof statements`: the catalogue, and one entry with its formula and its neighbours."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from theory.errors import InputError
from verify.commands import options
from verify.commands.devices import check_device
from verify.commands.output import columns, print_json, print_text, standard_output
from verify.commands.values import integer

if TYPE_CHECKING:
    from theory.statements.base import Catalogue, Form, Statement

EPILOG = "Example: layerproof statements R26.lemma-18"
FORMULA_WIDTH = 76

Identifier = Annotated[
    str | None,
    typer.Argument(metavar="[ID]", help="One entry, such as R26.lemma-18; all unless given."),
]
Latex = Annotated[bool, typer.Option("--latex", help="Print the formulas as LaTeX.")]


def statements(
    identifier: Identifier = None,
    latex: Latex = False,
    seed: options.Seed = "0",
    device: options.Device = None,
    json: options.Json = False,
) -> None:
    """List the statements under test, or print one with its formula and what it rests on."""
    from theory.statements import catalogue

    if latex and json:
        raise InputError("--latex", "given with --json", "one of --latex and --json")
    integer("--seed", seed, least=0)
    check_device(device)
    entries = catalogue()
    chosen = list(entries) if identifier is None else [entries[identifier]]
    if json:
        print_json([entry.to_dict() for entry in chosen])
    elif latex:
        print_text("\n".join(_latex_lines(chosen)))
    elif identifier is None:
        _print_list(chosen)
    else:
        _print_entry(entries, chosen[0])


def _print_list(entries: "Iterable[Statement]") -> None:
    table = columns("statement", "title", "forms")
    for column in table.columns:
        column.justify = "left"
    for entry in entries:
        table.add_row(entry.id, entry.title, ", ".join(entry.forms))
    console = standard_output()
    console.print(table)
    console.print("\n`layerproof statements ID` prints one of them.", markup=False)


def _print_entry(entries: "Catalogue", entry: "Statement") -> None:
    console = standard_output()
    console.print(f"{entry.id}  {entry.title}", style="bold", markup=False)
    console.print(entry.source, markup=False)
    _print_items(console, "Hypotheses", entry.hypotheses)
    for name, form in entry.forms.items():
        console.print(f"\nAs {name}", style="bold")
        console.print(form.reading, markup=False)
        print_text("\n".join(_pretty_lines(form)))
        console.print(f"LaTeX: {form.latex()}", markup=False, soft_wrap=True)
    _print_items(console, "Rests on", entry.rests_on)
    _print_items(console, "What rests on it", entries.supports(entry.id))
    derivation = entry.to_dict()["derivation"]
    if derivation:
        console.print("\nDerivation", style="bold")
        print_text(derivation)
    console.print("\nCheck it", style="bold")
    console.print(f"layerproof verify --only {entry.id}", markup=False)


def _print_items(console: Console, title: str, items: Iterable[str]) -> None:
    console.print(f"\n{title}", style="bold")
    found = list(items)
    for item in found:
        console.print(f"  - {item}", markup=False)
    if not found:
        console.print("  nothing")


def _pretty_lines(form: "Form") -> list[str]:
    lines = [] if form.conclusion is None else [_pretty(form.conclusion), ""]
    for name, formula in form.formulas.items():
        lines += [f"{name}: {formula.title} ({formula.source})", _pretty(formula.expression), ""]
    return [f"    {line}".rstrip() for block in lines for line in block.split("\n")]


def _pretty(expression: Any) -> str:
    from sympy import pretty

    return str(pretty(expression, use_unicode=True, num_columns=FORMULA_WIDTH))


def _latex_lines(entries: "Iterable[Statement]") -> list[str]:
    lines = []
    for entry in entries:
        for name, form in entry.forms.items():
            lines += [f"% {entry.id} ({name}): {entry.title}, {entry.source}"]
            lines += [r"\[", form.latex(), r"\]", ""]
    return lines
