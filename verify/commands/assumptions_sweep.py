"""`layerproof assumptions --sweep`: how often the assumptions hold, over sizes and ensembles."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from layerproof.theory.errors import InputError
from layerproof.theory.formatting import figures, interval
from layerproof.theory.phases import extent_of, impossible, parse_sweep, points_of
from layerproof.theory.sizes import Sizes
from layerproof.verify.commands.folders import results_folder
from layerproof.verify.commands.grammars import own_sizes, read_ensemble
from layerproof.verify.commands.many import check_many
from layerproof.verify.commands.option_values import integer, size_value
from layerproof.verify.commands.options import GivenSizes
from layerproof.verify.commands.output import columns, print_json, print_path, standard_output
from layerproof.verify.commands.progress import ProgressReport

if TYPE_CHECKING:
    from layerproof.theory.files import UnwrittenError

DRAWS = 100
"""Instances of a point unless `--draws` names another number."""


@dataclass(frozen=True)
class Request:
    """What was asked for, checked."""

    sweep: dict[str, list[int | float | str]]
    base: dict[str, Any]
    draws: int
    seed: int
    workers: int
    output: str | None


def read_request(
    sweep: str,
    sizes: GivenSizes,
    *,
    refused: Mapping[str, str | None],
    draws: str | None,
    seed: str,
    workers: str | None,
    output: str | None,
) -> Request:
    """The request; raises InputError for the first value that is missing, double or invalid."""
    for option, value in refused.items():
        if value is not None:
            raise InputError(option, value, "not with --sweep")
    found = parse_sweep(sweep, "--sweep")
    base = _base(sizes, found)
    return Request(
        sweep=found,
        base=base,
        draws=DRAWS if draws is None else integer("--draws", draws, most=10**6),
        seed=integer("--seed", seed, least=0),
        workers=1 if workers is None else integer("--workers", workers, most=1024),
        output=output,
    )


def _base(given: GivenSizes, swept: Mapping[str, Any]) -> dict[str, Any]:
    """What the options give, by key; raises InputError for a size that both or neither give."""
    from layerproof.theory.ensembles import ENSEMBLES

    base: dict[str, Any] = {"ensemble": read_ensemble(given.ensemble)}
    texts = {found: given.texts[found.name] for found in Sizes.size_fields()}
    named = {found.key: (found.option, text) for found, text in texts.items()}
    for key, (option, text) in (named | {"ensemble": ("--ensemble", given.ensemble)}).items():
        if text is not None and key in swept:
            raise InputError(option, text, f"either the option or {key} in --sweep, not both")
    for found, text in texts.items():
        if text is not None:
            base[found.key] = size_value(found, text)
        elif found.required and found.key not in swept:
            integer(found.option, None)  # says what is missing
    return base | own_sizes(ENSEMBLES[base["ensemble"]], given.own)


def print_diagram(request: Request, json: bool) -> None:
    """Measure the diagram, keep it where a folder was named, and print it."""
    from layerproof.verify.measure.phases import diagram
    from layerproof.verify.run.executors import executor

    extents = [
        extent_of(point)
        for point in points_of(request.sweep, request.base)
        if not impossible(point)
    ]
    check_many("--draws", request.draws, extents, workers=request.workers)
    with _folder(request.output) as folder:
        with executor(request.workers) as pool, ProgressReport("drawing instances") as bar:
            document = diagram(
                request.sweep,
                request.base,
                draws=request.draws,
                seed=request.seed,
                pool=pool,
                report=lambda fraction: bar(fraction),
            )
        unwritten, paths = _kept(document, folder)
    if json:
        print_json(document)
    else:
        _print_table(document)
        for path in paths:
            print_path("wrote", path)
    if unwritten:
        raise unwritten.printed() if json else unwritten


def _kept(
    document: dict[str, Any], folder: Path | None
) -> tuple[UnwrittenError | None, list[Path]]:
    """What could not be written, to be raised when the diagram is printed, and what was."""
    from layerproof.theory.files import UnwrittenError

    try:
        return None, [] if folder is None else keep(document, folder)
    except UnwrittenError as error:
        return error, []


def _folder(output: str | None) -> AbstractContextManager[Path | None]:
    return nullcontext() if output is None else results_folder(output, "phases")


def keep(document: dict[str, Any], folder: Path) -> list[Path]:
    """Write phases.json, then the figure.

    Raises UnwrittenError, which says where they are, where they cannot be written there.
    """
    from layerproof.theory.files import encoded, write_files
    from layerproof.theory.jsonable import to_json
    from layerproof.verify.report.phase_figure import phase_figures

    data = {"phases.json": encoded(to_json(document, indent=2))}
    figures: dict[str, bytes] = {}
    try:
        figures = phase_figures(document)
    finally:  # no defect of a figure may lose the data
        write_files(folder, figures | data, "-o/--output")
    return [folder / name for name in (*data, *figures)]


def _print_table(document: dict[str, Any]) -> None:
    console = standard_output()
    names = list(document["sweep"])
    error = f"{document['error_rate']:.0%}"
    console.print(f"{document['draws']} draws at each of {len(document['points'])} points")
    console.print(
        f"Below each value its interval; all of them hold at once but for an error rate of {error}."
    )
    console.print()
    table = columns(" ".join(names), "kappa\nfinite", "K_rho\npositive", "Prop. 19\nbound",
                    "K_rho\nmedian", "K_rho\n10 %, 90 %")  # fmt: skip
    for point in document["points"]:
        place = _place(point, names)
        if "impossible" in point:
            table.add_row(place, "none", "–", "–", "–", "–")
        else:
            table.add_row(place, *_cells(point))
    console.print(table)
    impossible = [point for point in document["points"] if "impossible" in point]
    if impossible:
        console.print()
        count = "1 point has" if len(impossible) == 1 else f"{len(impossible)} points have"
        count = f"{count} no grammars, marked none"
        console.print(f"{count}; the first: {impossible[0]['impossible']}", markup=False)


def _place(point: dict[str, Any], names: list[str]) -> str:
    """The values of a point, in the order of the sweep; the ensemble on a line of its own."""
    numbers = " ".join(f"{point[name]:g}" for name in names if name != "ensemble")
    if "ensemble" not in names:
        return numbers
    return f"{numbers}\n{point['ensemble'].removeprefix('uniform-')}"


def _share(part: dict[str, Any]) -> str:
    """A probability over its interval, rounded outwards."""
    low, high = part["interval"]
    bounds = f"{math.floor(low * 100) / 100:.2f}–{math.ceil(high * 100) / 100:.2f}"
    return f"{figures(part['fraction'], 3)}\n{bounds}"


def _cells(point: dict[str, Any]) -> list[str]:
    parts = [point[name] for name in ("kappa_finite", "K_rho_positive", "proposition_19")]
    low, median, high = point["K_rho"]
    cells = [_share(part) for part in parts]
    cells.append(f"{figures(median['value'], 3)}\n{interval(median['interval'], 2)}")
    cells.append(f"{figures(low['value'], 3)}, {figures(high['value'], 3)}")
    return cells
