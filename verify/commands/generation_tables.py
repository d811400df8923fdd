"""What `generate` prints: the losses, the levels, and the strings that were made."""

from textwrap import fill
from typing import Any

from layerproof.theory.formatting import figures, interval
from layerproof.verify.commands.output import columns, standard_output

WIDEST_TEXT = 80


def print_generation(report: dict[str, Any]) -> None:
    """Three tables, each with the exact floor and the null beside what was trained."""
    console = standard_output()
    for line in _lines(report):
        console.print(fill(line, min(console.width, WIDEST_TEXT)), markup=False)
    for table in (_losses(report), *_levels(report), _rules(report)):
        console.print()
        console.print(table)
    console.print()
    for line in _notes(report):
        console.print(fill(line, min(console.width, WIDEST_TEXT)), markup=False)


def _lines(report: dict[str, Any]) -> list[str]:
    of = "fresh strings" if report["strings"] is None else f"{figures(report['strings'])} strings"
    ended = "stopped early" if report["stopped_early"] else "all steps made"
    return [
        f"{report['body']} of width {figures(report['width'])}, {report['noise']} noise, trained"
        f" on {of}: {figures(report['steps'])} steps ({ended}), the weights of step"
        f" {figures(report['best_step'])} kept"
    ]


def _losses(report: dict[str, Any]) -> Any:
    table = columns(f"loss, {report['unit']} a string", "estimate", "95 % interval")
    rows = {
        "trained": "trained",
        "exact (the floor)": "exact",
        "independent tokens (the null)": "null",
        "excess over the exact loss": "excess",
        "excess / exact": "share_of_exact",
    }
    for name, key in rows.items():
        table.add_row(name, *_cells(report["losses"][key]))
    return table


def _levels(report: dict[str, Any]) -> list[Any]:
    if report["levels"] is None:
        return []
    table = columns(
        "level", "strings\nneeded", "excess,\nnats", "null", "missed\nof null", "95 % interval"
    )
    for level in report["levels"]:
        table.add_row(
            str(level["level"]),
            figures(level["strings_needed"], 3),
            figures(level["excess"]["estimate"], 3),
            figures(level["null_excess"]["estimate"], 3),
            *_cells(level["missed"], 3),
        )
    return [table]


def _rules(report: dict[str, Any]) -> Any:
    table = columns(
        "level", "valid\nrules", "95 % interval", "exact", "null f", "valid from\nhere down", "null"
    )
    for level in report["generated"]["levels"]:
        table.add_row(
            str(level["level"]),
            *_cells(level["valid"], 3),
            figures(level["valid_exact"]["estimate"], 3),
            figures(level["valid_null"], 3),
            figures(level["whole"]["estimate"], 3),
            figures(level["whole_null"], 3),
        )
    return table


def _notes(report: dict[str, Any]) -> list[str]:
    found = []
    if report["levels"] is not None:
        found.append(
            "missed: with all below one symbol of the level hidden, the excess of a hidden token"
            " over its exact cost, as a share of what independent tokens pay more. strings needed,"
            " about: to group the patches one level down by the nearest token outside"
            " (derived.path-law); of leaf patches, to see each of them."
        )
    made = report["generated"]
    found.append(
        f"valid rules: of {figures(made['strings'])} strings made by the reverse process, the"
        " share of patches that are the grammar's where all below them is; null: independent"
        " uniform tokens."
    )
    copied = made["copied"]
    if copied is not None:
        found.append(
            f"copies of training strings: {figures(copied['estimate'], 3)}"
            f" {interval(copied['interval'])}; an exact generator has {figures(copied['exact'], 3)}"
        )
    return found


def _cells(found: dict[str, Any], digits: int = 4) -> tuple[str, str]:
    return figures(found["estimate"], digits), interval(found["interval"])
