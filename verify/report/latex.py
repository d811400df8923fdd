"""Tables in LaTeX and figures in PDF, ready for a paper, from the results document alone."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from layerproof.theory.formatting import ERRATUM_COLUMNS
from layerproof.theory.latex_text import number_to_latex, quantity_to_latex, text_to_latex
from layerproof.verify.report.draw_charts import distinct_pictures, draw
from layerproof.verify.report.level_figures import (
    CLUSTERS,
    EXPECTATIONS,
    curve_caption,
    draw_clusters,
    draw_curve,
    draw_expectations,
)
from layerproof.verify.report.levels import levels
from layerproof.verify.report.rows import badness, closing_line
from layerproof.verify.report.schemas.results import Document, ErratumRecord, Row
from layerproof.verify.report.style import figure_style
from layerproof.verify.report.views import views

if TYPE_CHECKING:
    from matplotlib.figure import Figure

VERDICTS = {
    "statement": r"p{0.3\linewidth}",
    "form": "l",
    "prediction": "r",
    "measured": "r",
    "interval": "r",
    "verdict": "l",
}
"""Columns of the table of verdicts, with their alignment."""
NUMBERS = ("prediction", "measured", "interval")
FORMULA = re.compile(r"((?<!\\)\$.*?(?<!\\)\$)")
"""Mathematics inside LaTeX text."""

WRAPPER = r"""\documentclass{article}
\usepackage[a4paper,margin=2cm]{geometry}
\usepackage{amsmath,amssymb,booktabs,longtable,array,graphicx}
\begin{document}
%s
\end{document}
"""


FIGURE = r"""\begin{figure}[htbp]
\centering
\includegraphics[width=0.7\linewidth]{%s}
\caption{%s}
\end{figure}"""
MOST_FLOATS = 12
"""Figures between two page breaks: LaTeX keeps no more than some dozens back."""


@dataclass(frozen=True)
class CaptionedFigure:
    """A figure that is drawn when asked for, and what stands below it."""

    draw: Callable[[], Figure]
    caption: str


def latex_files(document: Document) -> dict[str, bytes]:
    """File names with their contents: verdicts.tex, errata.tex, figures/*.pdf, and report.tex.

    The tables need booktabs, longtable, array, amsmath and amssymb, in any engine. report.tex is
    a document that holds everything, to look at or to copy from. Equal documents give equal bytes.
    """
    rows = sorted(document.results, key=badness)
    tables = {"verdicts.tex": verdict_table(document)}
    if document.errata:
        tables["errata.tex"] = errata_table(document.errata)
    figures = {f"figures/{name}.pdf": figure for name, figure in _figures(rows).items()}
    drawn = {name: _pdf(figure.draw) for name, figure in figures.items()}
    parts = [rf"\input{{{name}}}" for name in tables]
    for number, (name, figure) in enumerate(figures.items(), start=1):
        parts.append(FIGURE % (name, quantity_to_latex(_on_one_line(figure.caption))))
        parts += [r"\clearpage"] * (number % MOST_FLOATS == 0)
    found = {name: text.encode() for name, text in tables.items()}
    return found | drawn | {"report.tex": (WRAPPER % "\n\n".join(parts)).encode()}


def verdict_table(document: Document) -> str:
    """Every row of the results, worst verdict first."""
    rows = sorted(document.results, key=badness)
    body = [[_verdict_cell(name, view) for name in VERDICTS] for view in views(rows)]
    caption = (
        f"Suite {document.suite}: {document.question} Predicted values with their margins, measured"
        f" ones with their intervals. {closing_line(document)}"
    )
    headings = [name.replace("prediction", "predicted") for name in VERDICTS]
    return _table(list(VERDICTS.values()), headings, body, caption)


def errata_table(errata: Sequence[ErratumRecord]) -> str:
    """What is printed and fails, statement by statement."""
    width = r"p{0.14\linewidth}"
    body = [
        [_cell(row.id), *(_sentence(getattr(row, name)) for name in ERRATUM_COLUMNS)]
        for row in errata
    ]
    return _table(
        [width] * (1 + len(ERRATUM_COLUMNS)),
        ["statement", *ERRATUM_COLUMNS.values()],
        body,
        "Errata: what is printed, what fails and by how much, the repair, and its consequence.",
    )


def _statement(view: Mapping[str, Any]) -> str:
    """The statement as text, what is measured as mathematics."""
    about = " ".join(part for part in (view["quantity"], view["detail"]) if part)
    return f"{_cell(view['statement'])} {_sentence(about)}".strip()


def _verdict_cell(name: str, view: Mapping[str, Any]) -> str:
    if name == "statement":
        return _statement(view)
    return _number(view[name]) if name in NUMBERS else _cell(view[name])


def _table(
    columns: Sequence[str], headings: Sequence[str], body: Sequence[Sequence[str]], caption: str
) -> str:
    """A longtable of cells in LaTeX, under headings and a caption of text."""
    ragged = [rf">{{\raggedright\arraybackslash}}{c}" if c[0] == "p" else c for c in columns]
    head = " & ".join(map(text_to_latex, headings))
    lines = [" & ".join(row) + r" \\" for row in body]
    return "\n".join(
        [
            r"\begingroup\footnotesize",
            rf"\begin{{longtable}}{{@{{}}{''.join(ragged)}@{{}}}}",
            rf"\caption{{{text_to_latex(_on_one_line(caption))}}}\\",
            r"\toprule",
            head + r" \\",
            r"\midrule\endhead",
            *lines,
            r"\bottomrule",
            r"\end{longtable}",
            r"\endgroup",
            "",
        ]
    )


def _cell(text: str) -> str:
    """Text of a cell; long names may break after a full stop, a slash or a hyphen."""
    return _breakable(text_to_latex(_on_one_line(text)))


def _sentence(text: str) -> str:
    """A sentence with formulas in a cell."""
    return _breakable(quantity_to_latex(_on_one_line(text)))


def _number(text: str) -> str:
    return _guarded(number_to_latex(_on_one_line(text)))


def _guarded(written: str) -> str:
    """A cell that begins with [ would be read as an option of the line before it."""
    return "{}" + written if written.startswith(("[", "*")) else written


def _breakable(written: str) -> str:
    pieces = FORMULA.split(_guarded(written))
    return "".join(
        piece if piece.startswith("$") else re.sub(r"[/.](?=\w)", r"\g<0>\\allowbreak{}", piece)
        for piece in pieces
    )


def _on_one_line(text: str) -> str:
    """An empty line would end the paragraph, which a caption must not."""
    return " ".join(text.split())


def _figures(rows: Sequence[Row]) -> dict[str, CaptionedFigure]:
    """Every figure of the page by the name of its file."""
    found: dict[str, CaptionedFigure] = {}
    for level in levels(rows):
        name, where = f"level-{level.level}", f"Level {level.level}. "
        for place, curve in enumerate(level.curves):
            drawn = CaptionedFigure(partial(draw_curve, curve), where + curve_caption(curve))
            found[f"{name}-curve-{place}"] = drawn
        if level.expectations:
            drawn = CaptionedFigure(
                partial(draw_expectations, level.expectations), where + EXPECTATIONS
            )
            found[f"{name}-expectations"] = drawn
        if level.clusters:
            drawn = CaptionedFigure(partial(draw_clusters, level.clusters), where + CLUSTERS)
            found[f"{name}-clusters"] = drawn
    for place, entry in enumerate(distinct_pictures(rows)):
        told = ". ".join(filter(None, (entry.picture.title, entry.picture.caption)))
        found[f"picture-{place}"] = CaptionedFigure(partial(draw, entry.picture), told)
    return found


def _pdf(figure: Callable[[], Figure]) -> bytes:
    """The figure as PDF, its fonts inside, without a date: equal data give equal bytes."""
    target = io.BytesIO()
    with figure_style():
        figure().savefig(
            target, format="pdf", metadata={"CreationDate": None, "Producer": None, "Creator": None}
        )
    return target.getvalue()
