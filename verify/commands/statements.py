"""`layerproof statements`: the catalogue as a list, a page, LaTeX, a graph, the errata table."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from layerproof.theory.errors import InputError
from layerproof.verify.commands import options
from layerproof.verify.commands.devices import check_device
from layerproof.verify.commands.option_values import choice, integer
from layerproof.verify.commands.output import (
    columns,
    opened_output,
    print_path,
    print_text,
    standard_output,
)

if TYPE_CHECKING:
    from layerproof.theory.files import OutputFile
    from layerproof.theory.statements.base import Catalogue, Statement

EPILOG = (
    "Examples: layerproof statements R26.lemma-18; layerproof statements --graph svg -o graph.svg"
)

Identifier = Annotated[
    str | None,
    typer.Argument(metavar="[ID]", help="One entry, such as R26.lemma-18; all unless given."),
]
Latex = Annotated[bool, typer.Option("--latex", help="Print the formulas as LaTeX.")]
Graph = Annotated[
    str | None,
    typer.Option(
        "--graph",
        metavar="FORMAT",
        help="Print the proof graph, dot or svg; with an ID, only what is connected with it.",
    ),
]
Errata = Annotated[bool, typer.Option("--errata", help="Print the errata table as markdown.")]
Output = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="FILE", help="Where to write; unless given, print it."),
    options.Names.WRITTEN_FILE,
]


def statements(
    identifier: Identifier = None,
    latex: Latex = False,
    graph: Graph = None,
    errata: Errata = False,
    output: Output = None,
    seed: options.Seed = "0",
    device: options.Device = None,
    json: options.Json = False,
) -> None:
    """List the statements under test, or show one: its formula, its proof, its checks."""
    from layerproof.theory.statements import catalogue

    wanted = _format(latex, graph, errata, json)
    integer("--seed", seed, least=0)
    check_device(device)
    if wanted is None and output is not None:
        raise InputError("-o/--output", output, "with one of --graph, --latex, --errata and --json")
    entries = catalogue()
    chosen = entries.numbered() if identifier is None else [entries[identifier]]
    if wanted is not None:
        with opened_output(output) as file:
            _write(_text(wanted, entries, chosen, identifier), file)
    elif identifier is None:
        _print_list(chosen)
    else:
        from layerproof.verify.commands.statement_page import print_page

        print_page(entries, chosen[0], standard_output())


def _format(latex: bool, graph: str | None, errata: bool, json: bool) -> str | None:
    """The one form asked for: "latex", "dot", "svg", "errata", "json"; None for a page of text."""
    if graph is not None:
        choice("--graph", graph, ("dot", "svg"))
    asked = {"--latex": latex, "--graph": graph is not None, "--errata": errata, "--json": json}
    given = [option for option, found in asked.items() if found]
    if len(given) > 1:
        raise InputError(given[0], f"given with {given[1]}", f"one of {', '.join(asked)}")
    if not given:
        return None
    return graph or given[0].removeprefix("--")


def _text(
    wanted: str,
    entries: "Catalogue",
    chosen: "list[Statement]",
    identifier: str | None,
) -> str:
    match wanted:
        case "json":
            return _json(entries, chosen)
        case "latex":
            from layerproof.verify.commands.statement_latex import to_latex

            return to_latex(chosen)
        case "errata":
            return _errata(chosen)
    return _drawn(wanted, entries, identifier)


def _json(entries: "Catalogue", chosen: "Sequence[Statement]") -> str:
    from layerproof.theory.jsonable import to_json
    from layerproof.verify.run.tested_by import checks_of, search_of

    documents: list[dict[str, Any]] = [
        entry.to_dict()
        | {
            "assumes": list(entry.assumes),
            "proof_uses": list(entry.proof_uses),
            "supports": list(entries.supports(entry.id)),
            "checks": checks_of(entry.id),
            "search": search_of(entry.id),
        }
        for entry in chosen
    ]
    return to_json(documents, indent=2)


def _errata(chosen: "Sequence[Statement]") -> str:
    from layerproof.verify.report.errata import errata, to_markdown

    rows = errata(chosen)
    if not rows:
        raise InputError("--errata", chosen[0].id, "a statement whose printed form has an erratum")
    return to_markdown(rows)


def _drawn(wanted: str, entries: "Catalogue", identifier: str | None) -> str:
    from layerproof.verify.report.graph import neighbourhood, to_dot, to_svg

    shown = list(entries) if identifier is None else neighbourhood(entries, identifier)
    return to_dot(shown) if wanted == "dot" else to_svg(shown)


def _write(text: str, file: "OutputFile | None") -> None:
    if file is None:
        print_text(text)
        return
    file.write(text if text.endswith("\n") else text + "\n")
    print_path("wrote", file.given)


def _print_list(entries: "Iterable[Statement]") -> None:
    table = columns("statement", "title", "forms")
    for column in table.columns:
        column.justify = "left"
    table.columns[0].no_wrap = True  # an id is to be copied
    for entry in entries:
        table.add_row(entry.id, entry.title, ", ".join(entry.forms))
    console = standard_output()
    console.print(table)
    console.print("\n`layerproof statements ID` prints one of them.", markup=False)
