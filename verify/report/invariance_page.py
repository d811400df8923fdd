"""The page of an invariance matrix: accuracy, heat maps, a verdict per cell, what was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from layerproof.theory.formatting import figures, interval
from layerproof.verify.report.draw_charts import draw_matrix
from layerproof.verify.report.levels import drawable
from layerproof.verify.report.schemas.invariance import InvarianceDocument
from layerproof.verify.report.schemas.pictures import MOST_LINES, MatrixRecord
from layerproof.verify.report.style import figure_svg
from layerproof.verify.report.templates import rendered
from layerproof.verify.report.views import texts
from layerproof.verify.verdicts.layer_columns import MEANINGS, NAMES, cell, contradictions
from layerproof.verify.verdicts.verdict import Verdict
from layerproof.verify.verdicts.words import WORDS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OUTPUT = "network's output"
LONGEST_LAYER = 22
"""Characters of a layer's name beside a figure; a table has all of it."""
ROOMY, LARGE = 3, 8.5
"""Levels beside which larger numbers have room, and their size in points."""
DOWN, ACROSS = "layer", "synonyms exchanged at level"
"""The axes: layers run down in the order of a forward pass, levels from left to right."""

Rows = Sequence[Sequence[Any]]


def render_invariance(document: InvarianceDocument) -> str:
    """The report of a document of the schema layerproof/invariance/1: one page, whole in itself.

    No script, no request, no other file. What the document says is shown as text, whatever it is.
    """
    return rendered("invariance.html.j2", _context(document))


def _context(document: InvarianceDocument) -> dict[str, Any]:
    learner = document.learner or {}
    levels = learner.get("levels", [])
    return {
        "words": WORDS,
        "document": document,
        "accuracy": _accuracy(document),
        "counts": _counts(document),
        "maps": _heat_maps(document),
        "cells": _cells(document),
        "columns": _columns(document),
        "levels": _levels(levels),
        "contradictions": contradictions(levels),
        "unpredicted": learner.get("unpredicted"),
        "left_out": document.left_out,
        "random": [(one.layer, figures(one.change, 3)) for one in document.random],
        "measured": {name: text for name, text in document.measured.items() if text},
        "provenance": texts(document.provenance),
    }


def _accuracy(document: InvarianceDocument) -> str:
    """The accuracy beside chance, or why there is none; "" where the document says neither."""
    if document.accuracy is None:
        reason = document.accuracy_reason
        return f"Accuracy is not known: {reason}" if reason else ""
    chance = "" if document.chance is None else f", chance {figures(document.chance)}"
    limits = interval(document.accuracy_interval)
    return f"Accuracy {figures(document.accuracy)} {limits}{chance}."


def _counts(document: InvarianceDocument) -> list[dict[str, Any]]:
    """Every word that a cell has, with its count and sign, worst first."""
    tables = [*(document.verdicts or []), document.output_verdicts or []]
    found = Counter(word for row in tables for word in row if word is not None)
    return [{"word": word, "sign": WORDS[word].sign, "count": found[word]} for word in WORDS
            if found[word]]  # fmt: skip


def _by_layer(document: InvarianceDocument, name: str) -> list[list[Any]] | None:
    """A table of the document with one row a layer, the network's output last; None without it."""
    table = getattr(document, name)
    own = "output_verdicts" if name == "verdicts" else name
    source = document if name == "verdicts" else document.output
    last = getattr(source, own, None) if document.output is not None else None
    if table is None and last is None:
        return None
    nothing = [None] * len(document.levels)
    rows = [list(row) for row in zip(*table, strict=True)] if table else [
        nothing for _ in document.layers]  # fmt: skip
    return rows + ([list(last or nothing)] if document.output is not None else [])


def _names(document: InvarianceDocument) -> list[str]:
    return [*document.layers, *([OUTPUT] if document.output is not None else [])]


def _heat_maps(document: InvarianceDocument) -> list[dict[str, Any]]:
    """Measured, predicted and baseline, in one scale of colours; none of too many layers."""
    tables = {
        "measured": ("S, measured", _by_layer(document, "values")),
        "predicted": ("S, predicted", document.predicted and _by_layer(document, "predicted")),
        "baseline": ("S, baseline", _by_layer(document, "baseline")),
    }
    shown = {name: (title, rows) for name, (title, rows) in tables.items() if rows}
    if not 0 < len(_names(document)) <= MOST_LINES:
        return []
    values = [v for _, rows in shown.values() for row in rows for v in map(drawable, row)]
    top = max([1.0, *(value for value in values if value is not None)])
    return [
        {
            "title": title,
            "svg": Markup(figure_svg(partial(_draw, record, top), f"map-{name}", title)),
        }
        for name, (title, rows) in shown.items()
        for record in [_record(document, name, title, rows)]
    ]


def _draw(record: MatrixRecord, top: float) -> Figure:
    """The heat map; where there is room its numbers are as large as a phone needs."""
    figure = draw_matrix(record, top)
    if len(record.columns) <= ROOMY:
        for text in figure.axes[0].texts:
            text.set_fontsize(LARGE)
    return figure


def _record(document: InvarianceDocument, name: str, title: str, rows: Rows) -> MatrixRecord:
    measured = name == "measured"
    low, high = (_by_layer(document, end) if measured else None for end in ("low", "high"))
    return MatrixRecord.model_validate({
        "kind": "matrix", "title": title, "caption": "", "row_label": DOWN,
        "column_label": ACROSS, "rows": list(map(_short, _names(document))),
        "columns": list(map(str, document.levels)), "values": rows, "low": low, "high": high,
    })  # fmt: skip


def _short(name: str) -> str:
    """The end of a layer's name, which says more than its beginning."""
    return name if len(name) <= LONGEST_LAYER else f"…{name[1 - LONGEST_LAYER :]}"


def _cells(document: InvarianceDocument) -> list[dict[str, Any]]:
    """One row for every layer and level."""
    tables = {
        name: _by_layer(document, name)
        for name in ("values", "low", "high", "predicted", "baseline", "verdicts")
    }
    held = document.represents or []
    found = []
    for k, layer in enumerate(_names(document)):
        for l, level in enumerate(document.levels):
            at = {name: rows[k][l] if rows else None for name, rows in tables.items()}
            limits = None if at["low"] is None else (at["low"], at["high"])
            word: Verdict | None = at["verdicts"]
            found.append({
                "layer": layer,
                "first": l == 0,
                "level": level,
                "holds": figures(held[k]) if k < len(held) else "",
                "value": figures(at["values"], 3),
                "interval": interval(limits),
                "predicted": figures(at["predicted"], 3),
                "baseline": figures(at["baseline"], 3),
                "verdict": word,
                "sign": "" if word is None else WORDS[word].sign,
            })  # fmt: skip
    return found


def _columns(document: InvarianceDocument) -> dict[str, str]:
    """Every column of the table of cells, and what it is."""
    share, least = (figures(document.margin[name]) for name in ("relative", "absolute"))
    found = {"layer": "its name in the network, in the order of the matrix"}
    if document.represents is not None:
        found["held"] = "level whose tokens the layer is taken to hold: 0 is the label"
    found |= {
        "level": "where synonyms are exchanged: 1 below the label, the last at the leaves",
        "S": f"{document.meaning}; 0: the layer does not see which synonym was chosen, 1: the"
        " exchange is as good as another string",
        "interval": f"of S at {document.confidence:.0%}, over {document.samples} strings, each cell"
        " by itself",
    }
    if any(one is not None for row in _by_layer(document, "predicted") or [] for one in row):
        found["predicted"] = (
            "S that the stage's number of samples predicts"
            if document.learner is not None
            else "S of a layer that holds the tokens of the level held, and nothing else; of the"
            " network's output, that of one that knows the label alone"
        )
        found["verdict"] = (
            f"holds: the interval lies within {share} of the prediction, and at least within"
            f" {least}; violated: outside; inconclusive: neither, and more strings would decide;"
            " not-applicable: nothing was measured"
        )
    if document.baseline is not None:
        found["baseline"] = "S of the network as its factory returns it"
    return found


def _levels(levels: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The table of a layerwise learner's stages, with what each column is."""
    flat = [level | (level.get("synonym_sensitivity") or {}) for level in levels]
    keys = [key for key in NAMES if any(key in level for level in flat)]
    return {
        "head": [NAMES[key] for key in keys],
        "body": [[cell(key, level.get(key)) for key in keys] for level in flat],
        "meanings": {NAMES[key]: MEANINGS[key] for key in keys},
    }
