"""`layerproof refute`: search for an instance that breaks a statement, and shrink it."""

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from layerproof.theory.errors import MISSING, InputError
from layerproof.theory.formatting import counted, figures
from layerproof.verify.commands import options
from layerproof.verify.commands.devices import check_device
from layerproof.verify.commands.folders import results_folder
from layerproof.verify.commands.option_values import choice, inside_file, integer, optional_integer
from layerproof.verify.commands.output import (
    print_json,
    print_path,
    standard_error,
    standard_output,
)
from layerproof.verify.commands.overwriting import Force, keep_other_search
from layerproof.verify.commands.progress import ProgressReport

if TYPE_CHECKING:
    from layerproof.verify.searches import Refutation, Search

EPILOG = (
    "Exit codes: 0 what was found is what is expected (a counterexample of a printed form with an"
    " erratum or of a premise, none of anything else); 1 an unexpected counterexample, or an"
    " expected one that did not come; 4 bad input, such as a statement without a search; 5 no"
    " instance was examined. Example: layerproof refute R26.lemma-18"
)

Identifier = Annotated[
    str | None, typer.Argument(metavar="ID", help="A statement, such as R26.lemma-18.")
]
Form = Annotated[
    str, typer.Option("--form", metavar="NAME", help="The form to break: printed or repaired.")
]
Examples = Annotated[
    str | None,
    typer.Option("--examples", metavar="N", help="Instances to examine; 200 unless given."),
]
Replay = Annotated[
    str | None,
    typer.Option("--replay", metavar="FILE", help="Look at one saved instance; search nothing."),
    options.Names.READ_FILE,
]
Folder = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="DIR", help="Where to keep what is found; under runs/."),
    options.Names.WRITTEN_FOLDER,
]


def refute(
    identifier: Identifier = None,
    form: Form = "printed",
    examples: Examples = None,
    replay: Replay = None,
    output: Folder = None,
    force: Force = False,
    seed: options.Seed = "0",
    device: options.Device = None,
    json: options.Json = False,
) -> int:
    """Search for an instance that breaks a statement; keep the smallest and the worst.

    A statement that survives is not refuted, which is no proof.
    """
    number = integer("--seed", seed, least=0)
    budget = optional_integer("--examples", examples)
    choice("--form", form, ("printed", "repaired"))
    check_device(device)
    from layerproof.verify.searches import SEARCHES, search_for

    if identifier is None:
        raise InputError("ID", MISSING, f"a statement with a search: {', '.join(SEARCHES)}")
    search = search_for(identifier, form)
    if replay is not None:
        return _replay(search, form, replay, output, json)
    if not force:
        keep_other_search(output, identifier, form)
    with results_folder(output, f"refute-{identifier}") as folder:
        found = _search(search, form, budget, number)
        return _finish(found, folder, json)


def _search(search: "Search[Any]", form: str, budget: int | None, seed: int) -> "Refutation[Any]":
    from layerproof.verify.searches import refute as look

    with ProgressReport(f"refute {search.statement}") as report:

        def progress(done: int, total: int) -> None:
            report(min(1.0, done / total), f"refute {search.statement}, instance {done}")

        return look(search, form, examples=budget, seed=seed, progress=progress)


def _finish(found: "Refutation[Any]", folder: Path, json: bool) -> int:
    from layerproof.theory.files import UnwrittenError
    from layerproof.verify.searches.record import exit_code, record, save

    document = record(found, folder)
    unwritten: UnwrittenError | None = None
    try:
        save(found, document, folder)
    except UnwrittenError as error:
        unwritten = error
    if json:
        print_json(document)
        print_path("", folder, standard_error())
    else:
        _print_search(document, standard_output())
        standard_output().print()
        print_path("", folder)
    if unwritten:
        raise unwritten.printed() if json else unwritten
    return exit_code(document)


def _replay(search: "Search[Any]", form: str, file: str, output: str | None, json: bool) -> int:
    from layerproof.theory.files import read_text
    from layerproof.theory.json_text import refuse_large
    from layerproof.verify.searches.record import exit_code, replay_record

    if output is not None:
        raise InputError("-o/--output", output, "no folder with --replay, which keeps nothing")
    refuse_large(file, "--replay")
    text = read_text(file, "--replay")
    with inside_file(file):
        instance = search.read(text)
        unmet = search.unmet(instance, form)
        if unmet:
            raise InputError("--replay", file, f"an instance of the hypotheses; {unmet}")
        document = replay_record(search, form, instance, search.examine(instance, form), file)
    if json:
        print_json(document)
    else:
        _print_replay(document, standard_output())
    return exit_code(document)


def _print_search(document: dict[str, Any], console: Console) -> None:
    outcome = "refuted" if document["refuted"] else "not refuted"
    _print_head(document, outcome, console)
    broken = document["violations"]
    count = f"{counted(document['examples'], 'instance')} examined"
    if document["refuted"]:
        _print_text(f"{count}, {broken} {'breaks' if broken == 1 else 'break'} it.", console)
        _print_instance("Smallest counterexample", document["smallest"], document, console)
        _print_instance("Worst seen", document["worst"], document, console)
    else:
        _print_text(f"{count}, none breaks it. This is no proof.", console)
        if document["worst"]:
            _print_instance("Least slack", document["worst"], document, console)
    if document["form"] == "printed" and document["erratum"]:
        _print_erratum(document["erratum"], console)


def _print_replay(document: dict[str, Any], console: Console) -> None:
    _print_head(document, "broken" if document["refuted"] else "not broken", console)
    _print_instance("Instance", document["replayed"], document, console)


def _print_head(document: dict[str, Any], outcome: str, console: Console) -> None:
    surprise = document["refuted"] != document["expected"] and "replayed" not in document
    note = ", which was not expected" if surprise else ""
    name = f"{document['statement']} as {document['form']}: {outcome}{note}"
    console.print(name, style="bold", markup=False)
    _print_text(document["reading"], console)


def _print_instance(
    title: str, found: dict[str, Any], document: dict[str, Any], console: Console
) -> None:
    console.print(f"\n{title}", style="bold")
    for line in found["words"]:
        _print_text(line, console, "  ")
    sign = found["relation"] if not found["violated"] else f"is not {found['relation']}"
    numbers = f"{figures(found['measured'])} {sign} {figures(found['bound'])}"
    _print_text(f"{document['quantity']}: {numbers}", console, "  ")
    for command in found["reproduce"]:
        console.print(f"  {command}", markup=False, soft_wrap=True)


def _print_erratum(erratum: dict[str, str], console: Console) -> None:
    console.print("\nErratum", style="bold")
    for name in ("fails", "by", "repair"):
        _print_text(f"{name}: {erratum[name]}", console, "  ")


def _print_text(text: str, console: Console, indent: str = "") -> None:
    width = min(console.width, 100)
    for line in textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent + "  " * bool(indent),
        break_on_hyphens=False,
    ):
        console.print(line, markup=False, no_wrap=True, overflow="ignore", crop=False)
