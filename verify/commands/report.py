"""`layerproof report`: the page of a run or of an invariance matrix, written anew from its JSON."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from layerproof.theory.errors import InputError
from layerproof.verify.commands import options
from layerproof.verify.commands.devices import check_device
from layerproof.verify.commands.folders import writable_folder
from layerproof.verify.commands.invariance_report import RESULTS as INVARIANCE
from layerproof.verify.commands.invariance_report import write_page
from layerproof.verify.commands.option_values import integer
from layerproof.verify.commands.output import print_json, print_path, tried

if TYPE_CHECKING:
    from layerproof.verify.report.schemas.results import Document

EPILOG = "Example: layerproof report runs/quick-20260101-120000"
NAME, LATEX, FIGURES = "report.html", "latex", "figures"

Folder = Annotated[
    str,
    typer.Argument(metavar="DIR", help="The folder of a run, or of invariance -o."),
    options.Names.READ_FOLDER,
]


Latex = Annotated[
    bool, typer.Option("--latex", help="Also tables in LaTeX and figures in PDF, for a paper.")
]


def report(
    folder: Folder,
    latex: Latex = False,
    seed: options.Seed = "0",
    device: options.Device = None,
    json: options.Json = False,
) -> None:
    """Write report.html of a run, and with --latex DIR/latex, from its JSON alone."""
    integer("--seed", seed, least=0)
    check_device(device)
    written = (
        _write_invariance(Path(folder), latex) if _is_invariance(folder) else _pages(folder, latex)
    )
    if json:
        print_json({name: str(path) for name, path in written.items()})
        return
    for path in written.values():
        print_path("", path)


def _pages(folder: str, latex: bool) -> dict[str, Path]:
    from layerproof.verify.report import read_results

    return _write(read_results(folder), Path(folder), latex)


def _is_invariance(folder: str) -> bool:
    """Whether the folder is one of `invariance -o`, and none of a run."""
    with suppress(OSError, ValueError):  # whatever it is, reading its results says what is wrong
        return (Path(folder) / INVARIANCE).is_file() and not (
            Path(folder) / "results.json"
        ).exists()
    return False


def _write_invariance(folder: Path, latex: bool) -> dict[str, Path]:
    from layerproof.theory.json_text import read_json_file

    if latex:
        raise InputError("--latex", str(folder), "only for the folder of a run, with results.json")
    return {"report": write_page(read_json_file(folder / INVARIANCE, "DIR"), folder)}


def _write(found: "Document", folder: Path, latex: bool) -> dict[str, Path]:
    """Write what was asked for, once all of it is known to have its place."""
    from layerproof.theory.files import check_writable

    check_writable(folder / NAME, "report")
    if not latex:
        return {"report": write_report(found, folder)}
    with writable_folder(folder / LATEX, "latex"):
        return {"report": write_report(found, folder), "latex": write_latex(found, folder)}


def write_latex(found: "Document", folder: Path) -> Path:
    """Write tables and figures of the results document `found` into `folder`/latex; its path.

    Raises InputError where they cannot be written.
    """
    from layerproof.theory.files import write_files
    from layerproof.verify.report.latex import latex_files

    target = folder / LATEX
    with writable_folder(target, "latex"), writable_folder(target / FIGURES, "latex"):
        write_files(target, latex_files(found), "latex")
    return target


def write_report(found: "Document", folder: Path) -> Path:
    """Write the page of the results document `found` into `folder`; its path.

    Raises InputError where it cannot be written.
    """
    from layerproof.theory.files import atomic_write_text
    from layerproof.verify.report import render_html

    path = folder / NAME
    atomic_write_text(path, render_html(found), "report")
    return path


def try_report(found: "Document", folder: Path) -> None:
    """As :func:`write_report`; a failure is one sentence on standard error, and no more.

    For a run whose results are already kept, which no defect of a page may turn into a failure.
    """
    tried(lambda: write_report(found, folder), NAME, "results.json")
