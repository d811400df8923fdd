"""`layerproof compare`: what changed between two runs."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from layerproof.theory.formatting import counted
from layerproof.verify.commands import options
from layerproof.verify.commands.devices import check_device
from layerproof.verify.commands.option_values import integer
from layerproof.verify.commands.output import print_json, standard_output

if TYPE_CHECKING:
    from layerproof.verify.report.compare import Change
    from layerproof.verify.report.schemas.results import Document

EPILOG = "Example: layerproof compare runs/before runs/after"
GOT_WORSE = 1

Before = Annotated[
    str,
    typer.Argument(metavar="DIR", help="The folder of the earlier run."),
    options.Names.READ_FOLDER,
]
After = Annotated[
    str,
    typer.Argument(metavar="DIR", help="The folder of the later run."),
    options.Names.READ_FOLDER,
]


def compare(
    before: Before,
    after: After,
    seed: options.Seed = "0",
    device: options.Device = None,
    json: options.Json = False,
) -> int:
    """Say what changed between two runs; the exit code is 1 where a verdict got worse."""
    integer("--seed", seed, least=0)
    check_device(device)
    from layerproof.verify.report import read_results
    from layerproof.verify.report.compare import compare as compared

    first, second = read_results(before), read_results(after)
    changes = compared(first, second)
    worse = sum(change.worse for change in changes)
    if json:
        suites = [first.suite, second.suite]
        rows = [change.to_dict() for change in changes]
        print_json({"suites": suites, "worse": worse, "rows": rows})
    else:
        if first.suite != second.suite:
            _print_wrapped(standard_output(), _of_two_suites(first, second, changes))
        _print(changes)
    return GOT_WORSE if worse else 0


def _of_two_suites(before: Document, after: Document, changes: Sequence[Change]) -> str:
    """That the runs answer different questions, and how many rows they have in common."""
    both = sum(change.before is not None and change.after is not None for change in changes)
    return (
        f"These are two suites, {before.suite} and {after.suite}: {counted(both, 'row')} in both."
        " What one of them checks alone is absent from the other."
    )


def _print(changes: Sequence[Change]) -> None:
    """What changed, row by row, and one sentence."""
    console = standard_output()
    changed = [change for change in changes if not change.agrees]
    for change in changed:
        style = "bold" if change.worse else ""
        console.print(change.name, style=style, markup=False, soft_wrap=True)
        _print_wrapped(console, "; ".join(_parts(change)), "    ")
    _print_wrapped(console, _sentence(changes, changed))


def _print_wrapped(console: Console, text: str, indent: str = "") -> None:
    width = min(console.width, 100)
    for line in textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent):
        console.print(line, markup=False, no_wrap=True, overflow="ignore", crop=False)


def _parts(change: Change) -> list[str]:
    """The verdicts, and every value that moved: before → after."""
    from layerproof.theory.formatting import figures, interval
    from layerproof.verify.report.compare import VALUES

    parts = [_verdicts(change)]
    if change.before is None or change.after is None:
        return parts
    for name in change.moved:
        show = interval if name == "interval" else figures
        get = VALUES[name]
        parts.append(f"{name} {_pair(show, get(change.before), get(change.after))}")
    if "measured" in change.moved and change.difference is not None:
        error = change.standard_error
        sure = "" if error is None else f" ± {figures(error, 2)}"
        parts.append(f"difference {figures(change.difference, 3)}{sure}")
    return parts


def _pair(show: Callable[[Any, int], str], first: Any, second: Any) -> str:
    """Two values that differ, with as many digits as show it."""
    for digits in (3, 6, 17):
        texts = show(first, digits), show(second, digits)
        if texts[0] != texts[1]:
            break
    return " → ".join(texts)


def _verdicts(change: Change) -> str:
    first, second = (
        "absent" if row is None else str(row.verdict) for row in (change.before, change.after)
    )
    return first if first == second else f"{first} → {second}{' (worse)' if change.worse else ''}"


def _sentence(changes: Sequence[Change], changed: Sequence[Change]) -> str:
    """How many rows changed, and how many verdicts got worse."""
    if not changed:
        same = all(change.identical for change in changes)
        rows = "The 1 row is" if len(changes) == 1 else f"All {len(changes)} rows are"
        return f"{rows} {'identical' if same else 'equal up to rounding'}."
    worse = sum(change.worse for change in changes)
    better = sum(change.better for change in changes)
    return (
        f"{len(changed)} of {counted(len(changes), 'row')} changed. Verdicts that got worse:"
        f" {worse}, better: {better}. Rows with other parameters are not compared. Differences"
        " are after − before, ± their standard error if the runs are independent."
    )
