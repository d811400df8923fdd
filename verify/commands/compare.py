"""`layerproof compare`: what changed between two runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from verify.commands import options
from verify.commands.devices import check_device
from verify.commands.output import print_json, standard_output
from verify.commands.values import integer

if TYPE_CHECKING:
    from verify.compare import Change

EPILOG = "Example: layerproof compare runs/before runs/after"
GOT_WORSE = 1

Before = Annotated[str, typer.Argument(metavar="DIR", help="The folder of the earlier run.")]
After = Annotated[str, typer.Argument(metavar="DIR", help="The folder of the later run.")]


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
    from verify.compare import compare as compared
    from verify.report import read_results

    changes = compared(read_results(before), read_results(after))
    worse = sum(change.worse for change in changes)
    if json:
        print_json({"worse": worse, "rows": [change.to_dict() for change in changes]})
    else:
        _print(changes)
    return GOT_WORSE if worse else 0


def _print(changes: Sequence[Change]) -> None:
    """A table of what changed, and one sentence."""
    from rich.markup import escape
    from rich.table import Table

    console = standard_output()
    changed = [change for change in changes if not change.agrees]
    if changed:
        table = Table(box=None, pad_edge=False)
        for heading in ("row", "difference", "before", "after", "verdict"):
            table.add_column(heading, justify="left" if heading in ("row", "verdict") else "right")
        for change in changed:
            table.add_row(*map(escape, _cells(change)), style="bold" if change.worse else "")
        console.print(table)
    console.print(_sentence(changes, changed), markup=False, highlight=False)


def _cells(change: Change) -> tuple[str, ...]:
    from verify.formatting import figures

    difference = figures(change.difference, 3)
    if change.difference is not None and change.standard_error is not None:
        difference += f" ± {figures(change.standard_error, 2)}"
    sides = (change.before, change.after)
    measured = ("–" if row is None else figures(row["measured"], 3) for row in sides)
    return change.name, difference, *measured, _verdicts(change)


def _verdicts(change: Change) -> str:
    first, second = (
        "absent" if row is None else str(row["verdict"]) for row in (change.before, change.after)
    )
    return first if first == second else f"{first} → {second}{' (worse)' if change.worse else ''}"


def _sentence(changes: Sequence[Change], changed: Sequence[Change]) -> str:
    """How many rows changed, and how many verdicts got worse."""
    if not changed:
        same = all(change.identical for change in changes)
        return f"All {len(changes)} rows are {'identical' if same else 'equal up to rounding'}."
    worse = sum(change.worse for change in changes)
    better = sum(change.better for change in changes)
    return (
        f"{len(changed)} of {len(changes)} rows changed. Verdicts that got worse: {worse}, better:"
        f" {better}. Differences are after − before, ± their standard error if the runs are"
        " independent."
    )
