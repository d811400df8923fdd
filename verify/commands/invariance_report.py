"""The folder that `layerproof invariance -o DIR` writes: invariance.json, and report.html of it."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from layerproof.theory.errors import InputError
from layerproof.theory.paths import checked_path
from layerproof.theory.printable import printable
from layerproof.verify.commands.folders import OPTION, results_folder
from layerproof.verify.commands.output import tried
from layerproof.verify.commands.overwriting import held

if TYPE_CHECKING:
    from layerproof.theory.files import UnwrittenError
    from layerproof.verify.measure.invariance import InvarianceMatrix

RESULTS, PAGE = "invariance.json", "report.html"

Force = Annotated[
    bool, typer.Option("--force", help="Write into -o DIR though something else is in it.")
]


@contextmanager
def report_folder(output: str | None, reproduce: str, *, force: bool) -> Iterator[Path | None]:
    """The folder that -o names, proved to be writable before the work starts; None without -o.

    Raises InputError where it cannot be written, where it has something else in it than the results
    of the same command, unless `force`, and for the name of a JSON file.
    """
    if output is None:
        if force:
            raise InputError("--force", "without a folder", "only together with -o DIR")
        yield None
        return
    if output.endswith(".json"):
        allowed = f"the name of a folder, which gets {RESULTS} and {PAGE}; --json prints the matrix"
        raise InputError(OPTION, output, allowed)
    if not force:
        _keep_others(output, reproduce)
    with results_folder(output, "invariance") as folder:
        yield folder


def _keep_others(output: str, reproduce: str) -> None:
    """Raise InputError where the folder has other files, or the results of another command."""
    try:
        found = set(os.listdir(checked_path(output, OPTION)))
    except OSError:  # there is none, or it cannot be read, which is told where it is made
        return
    others = sorted(found - {RESULTS, PAGE})
    if (
        not others
        and found
        and not any(one.get("reproduce") == reproduce for one in held(output, RESULTS))
    ):
        others = [f"{RESULTS} of another command"]
    if others:
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        allowed = f"an empty folder, or --force; this one has {printable(others[0])}{more}"
        raise InputError(OPTION, output, allowed)


def document(
    found: "InvarianceMatrix",
    reproduce: str,
    measured: Mapping[str, str | None],
    learner: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The document of the folder: the matrix, a verdict for each cell, and what was measured.

    `learner` is the report of a layerwise learner, where the network is one.
    """
    from layerproof.verify.measure.invariance.cells import ABSOLUTE, RELATIVE, cell_verdicts
    from layerproof.verify.measure.invariance.result import MEANING
    from layerproof.verify.report.document import environment
    from layerproof.verify.report.schemas.invariance import SCHEMA

    verdicts = None
    if found.predicted is not None:
        verdicts = cell_verdicts(found.low, found.high, found.predicted)
    about = {
        "schema": SCHEMA,
        "meaning": MEANING[found.normalisation],
        "verdicts": verdicts,
        "output_verdicts": _output_verdicts(found),
        "margin": {"relative": RELATIVE, "absolute": ABSOLUTE},
        "measured": dict(measured),
        "learner": learner,
        "reproduce": reproduce,
        "provenance": environment(),
    }
    return found.to_dict() | about


def _output_verdicts(found: "InvarianceMatrix") -> Any:
    from layerproof.verify.measure.invariance.cells import cell_verdicts

    output = getattr(found, "output", None)
    if output is None or output.predicted is None:
        return None
    return cell_verdicts([output.low], [output.high], [output.predicted])[0]


def write(document: Mapping[str, Any], folder: Path | None) -> "UnwrittenError | None":
    """Write the results, then their page; the error to raise when all else has been printed.

    A page that fails is one sentence on standard error: the results are what the run is for.
    """
    from layerproof.theory.files import UnwrittenError, encoded, write_files
    from layerproof.theory.jsonable import to_json

    if folder is None:
        return None
    text = to_json(dict(document), indent=1) + "\n"
    try:
        write_files(folder, {RESULTS: encoded(text)}, OPTION)
    except UnwrittenError as error:
        return error
    tried(lambda: write_page(json.loads(text), folder), PAGE, RESULTS)
    return None


def write_page(found: Any, folder: Path) -> Path:
    """Write the page of the results that were read from `folder`; its path.

    Raises InputError where they are none, or it cannot be written.
    """
    from layerproof.theory.files import atomic_write_text
    from layerproof.verify.report.invariance_page import render_invariance
    from layerproof.verify.report.schemas.invariance import checked_invariance

    path = folder / PAGE
    page = render_invariance(checked_invariance(found, str(folder / RESULTS)))
    atomic_write_text(path, page, "report")
    return path
