"""The per-layer report of a trained learner, shared by `train` and `invariance`."""

from collections.abc import Iterator
from textwrap import fill
from typing import TYPE_CHECKING, Any

from rich.table import Table

from layerproof.theory.errors import InputError
from layerproof.theory.formatting import figures, interval
from layerproof.verify.commands.output import columns, standard_output
from layerproof.verify.commands.progress import ProgressReport
from layerproof.verify.commands.signals import signal_lines
from layerproof.verify.verdicts.layer_columns import (
    FLAG,
    TOLD_APART,
    clusters_overlap,
    contradictions,
    excluded,
    judged_prediction,
    legend,
)

if TYPE_CHECKING:
    from layerproof.layerwise.training import Training

HEADINGS = {
    "level": "level",
    "samples": "samples",
    "multiple": "N /\nn m^l",
    "route": "route",
    "seconds": "seconds",
    "loss": "loss",
    "intracluster": "intra-\ncluster",
    "intercluster": "inter-\ncluster",
    "max_error": "max\n|h - q|",
}
"""The numbers of a level, and what stands above them."""

WIDEST_TEXT = 100
"""Columns that a line of words takes: longer ones are hard to follow."""
WRAPPED: dict[str, Any] = {"subsequent_indent": "  ", "break_on_hyphens": False}


def report_of(training: "Training", *, seed: int) -> dict[str, Any]:
    """Accuracy for the signal and the invariance of every layer, as a JSON-ready document.

    `attainable_accuracy` is what unlimited samples would reach on this grammar: below 1 where
    symbols share q and are merged; None where it is too large a computation. `contradictions` says
    in sentences where Assumption 9 fails, and which predictions an interval excludes.
    """
    from layerproof.verify.measure.invariance import invariance_report

    with ProgressReport("measuring the layers") as bar:
        report = invariance_report(training, seed=seed, progress=bar)
    document: dict[str, Any] = report.to_dict()
    told = {"contradictions": contradictions(document["levels"])}
    return document | {"attainable_accuracy": _attainable(training)} | told


def _attainable(training: "Training") -> float | None:
    from layerproof.theory.merging import attainable_accuracy

    try:
        return attainable_accuracy(training.grammar, training.signal)
    except InputError:
        return None


def print_layers(report: dict[str, Any]) -> None:
    """Print accuracy and one line per level; fits 80 columns."""
    console = standard_output()
    for line in signal_lines(report):
        console.print(line, markup=False)
    if report.get("labels") is not None:
        text = f"{figures(report['labels'])} labels, at level 1 alone"
        console.print(text, markup=False)
    bounds = interval(report["accuracy_interval"], 4)
    console.print(f"accuracy {figures(report['accuracy'])} {bounds}", style="bold", markup=False)
    for line in _beside(report):
        console.print(line, markup=False)
    console.print()
    console.print(_layer_table(report["levels"]))
    console.print()
    console.print(_sensitivity_table(report["levels"]))
    console.print()
    if any(level.get("accuracy") is not None for level in report["levels"]):
        console.print(_told_apart_table(report["levels"]))
        console.print()
    for line in legend(_shown(report["levels"])):
        console.print(line, markup=False)
    if report.get("unpredicted"):
        console.print(f"\n{fill(report['unpredicted'], min(console.width, WIDEST_TEXT))}")
    for sentence in contradictions(report["levels"]):
        text = fill(f"{FLAG} {sentence}", min(console.width, WIDEST_TEXT), **WRAPPED)
        console.print(f"\n{text}", style="bold", markup=False)


def _beside(report: dict[str, Any]) -> Iterator[str]:
    """What the accuracy is to be held against."""
    if report.get("chance") is not None:
        yield f"chance {figures(report['chance'])}"
    if report.get("few_labels_accuracy") is not None:
        floor = figures(report["few_labels_accuracy"])
        yield f"perfect level-1 tokens, and as many labels {floor} (derived.few-labels)"
    yield f"attainable with unlimited samples {figures(report['attainable_accuracy'])}"


def _shown(levels: list[dict[str, Any]]) -> list[str]:
    """The columns of the three tables."""
    keys = [key for key in HEADINGS if any(key in level for level in levels)]
    told = TOLD_APART[1:] if any(level.get("accuracy") is not None for level in levels) else ()
    return [*keys, "measured", "interval", "predicted", "predicted_in_training", *told]


def _layer_table(levels: list[dict[str, Any]]) -> Table:
    shown = [key for key in HEADINGS if any(key in level for level in levels)]
    table = columns(*(HEADINGS[key] for key in shown))
    for level in levels:
        cells = {key: figures(level.get(key), 3) for key in shown}
        if clusters_overlap(level):
            cells["intracluster"] += FLAG
        table.add_row(*cells.values())
    return table


def _told_apart_table(levels: list[dict[str, Any]]) -> Table:
    table = columns("level", "tokens\ntold apart", "95 % interval", "chance")
    for level in levels:
        limits = interval(level["accuracy_interval"])
        found = figures(level["accuracy"]), limits, figures(level["chance"])
        table.add_row(str(level["level"]), *found)
    return table


def _sensitivity_table(levels: list[dict[str, Any]]) -> Table:
    table = columns(
        "level", "synonym\nsensitivity", "95 % interval", "predicted", "predicted\nin training"
    )
    for level in levels:
        found, judged = level["synonym_sensitivity"] or {}, judged_prediction(level)
        table.add_row(
            str(level["level"]),
            figures(found.get("measured")),
            interval(found.get("interval")),
            *(
                figures(found.get(key)) + FLAG * (key == judged and excluded(level, key))
                for key in ("predicted", "predicted_in_training")
            ),
        )
    return table
