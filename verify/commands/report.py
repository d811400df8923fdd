"""`layerproof report`: the page of a run, written anew from its results.json."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from verify.commands import options
from verify.commands.devices import check_device
from verify.commands.output import print_json, standard_error, standard_output
from verify.commands.values import integer

EPILOG = "Example: layerproof report runs/quick-20260101-120000"
NAME = "report.html"

Folder = Annotated[
    str, typer.Argument(metavar="DIR", help="The folder of a run, with its results.json.")
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
    """Write report.html of a run, and with --latex DIR/latex, from its results.json alone."""
    integer("--seed", seed, least=0)
    check_device(device)
    from verify.report import read_results

    found = read_results(folder)
    written = {"report": write_report(found, Path(folder))}
    if latex:
        written["latex"] = write_latex(found, Path(folder))
    if json:
        print_json({name: str(path) for name, path in written.items()})
        return
    for path in written.values():
        standard_output().print(str(path), markup=False, soft_wrap=True)


def write_latex(found: Mapping[str, Any], folder: Path) -> Path:
    """Write tables and figures of the results document `found` into `folder`/latex; its path.

    Raises InputError where they cannot be written.
    """
    from theory.files import atomic_write_bytes
    from verify.commands.folders import make
    from verify.report.latex import latex_files

    target = folder / "latex"
    make(target / "figures")
    for name, content in latex_files(found).items():
        atomic_write_bytes(target / name, content, "latex")
    return target


def write_report(found: Mapping[str, Any], folder: Path) -> Path:
    """Write the page of the results document `found` into `folder`; its path.

    Raises InputError where it cannot be written.
    """
    from theory.files import atomic_write_text
    from verify.report import render_html

    path = folder / NAME
    atomic_write_text(path, render_html(found), "report")
    return path


def try_report(found: Mapping[str, Any], folder: Path) -> None:
    """As :func:`write_report`; a failure is one sentence on standard error, and no more.

    For a run whose results are already kept, which no defect of a page may turn into a failure.
    """
    try:
        write_report(found, folder)
    except Exception as error:  # noqa: BLE001 -- the results are what the run is for
        sentence = f"layerproof: {NAME} was not written ({error}); results.json is complete"
        standard_error().print(sentence, markup=False, soft_wrap=True)
