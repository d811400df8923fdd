"""Tables in LaTeX and figures in PDF, ready for a paper, from the results document alone."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from layerproof.theory.formatting import ERRATUM_COLUMNS
from layerproof.theory.latex_text import text_to_latex
from layerproof.verify.report.draw_charts import distinct_pictures, draw
from layerproof.verify.report.level_figures import draw_clusters, draw_curve, draw_expectations
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

WRAPPER = r"""\documentclass{article}
\usepackage[a4paper,margin=2cm]{geometry}
\usepackage{amsmath,amssymb,booktabs,longtable,array,graphicx}
\begin{document}
%s
\end{document}
"""


def latex_files(document: Document) -> dict[str, bytes]:
    """File names with their contents: verdicts.tex, errata.tex, figures/*.pdf, and report.tex.

    The tables need booktabs, longtable, array, amsmath and amssymb, in any engine. report.tex is
    a document that holds everything, to look at or to copy from. Equal documents give equal bytes.
    """
    rows = sorted(document.results, key=badness)
    tables = {"verdicts.tex": verdict_table(document)}
    if document.errata:
        tables["errata.tex"] = errata_table(document.errata)
    drawn = {f"figures/{name}.pdf": _pdf(figure) for name, figure in _figures(rows).items()}
    parts = [rf"\input{{{name}}}" for name in tables]
    parts += [rf"\includegraphics[width=0.48\linewidth]{{{name}}}" for name in drawn]
    found = {name: text.encode() for name, text in tables.items()}
    return found | drawn | {"report.tex": (WRAPPER % "\n\n".join(parts)).encode()}


def verdict_table(document: Document) -> str:
    """Every row of the results, worst verdict first."""
    rows = sorted(document.results, key=badness)
    body = [
        [_statement(view), *(view[name] for name in list(VERDICTS)[1:])] for view in views(rows)
    ]
    caption = f"Suite {document.suite}. {closing_line(document)}"
    headings = [name.replace("prediction", "predicted") for name in VERDICTS]
    return _table(list(VERDICTS.values()), headings, body, caption)


def errata_table(errata: Sequence[ErratumRecord]) -> str:
    """What is printed and fails, statement by statement."""
    width = r"p{0.14\linewidth}"
    body = [[row.id, *(getattr(row, name) for name in ERRATUM_COLUMNS)] for row in errata]
    return _table(
        [width] * (1 + len(ERRATUM_COLUMNS)),
        ["statement", *ERRATUM_COLUMNS.values()],
        body,
        "Errata.",
    )


def _statement(view: Mapping[str, Any]) -> str:
    return " ".join(part for part in (view["statement"], view["quantity"], view["detail"]) if part)


def _table(
    columns: Sequence[str], headings: Sequence[str], body: Sequence[Sequence[str]], caption: str
) -> str:
    """A longtable of texts."""
    ragged = [rf">{{\raggedright\arraybackslash}}{c}" if c[0] == "p" else c for c in columns]
    head = " & ".join(map(text_to_latex, headings))
    lines = [" & ".join(_cell(text) for text in row) + r" \\" for row in body]
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
    written = text_to_latex(_on_one_line(text))
    # A cell that begins with [ would be read as an option of the line before it.
    written = "{}" + written if written.startswith(("[", "*")) else written
    return written.replace("/", r"/\allowbreak{}").replace(".", r".\allowbreak{}")


def _on_one_line(text: str) -> str:
    """An empty line would end the paragraph, which a caption must not."""
    return " ".join(text.split())


def _figures(rows: Sequence[Row]) -> dict[str, Callable[[], Figure]]:
    """Every figure of the page by the name of its file."""
    found: dict[str, Callable[[], Figure]] = {}
    for level in levels(rows):
        name = f"level-{level.level}"
        for place, curve in enumerate(level.curves):
            found[f"{name}-curve-{place}"] = partial(draw_curve, curve)
        if level.expectations:
            found[f"{name}-expectations"] = partial(draw_expectations, level.expectations)
        if level.clusters:
            found[f"{name}-clusters"] = partial(draw_clusters, level.clusters)
    for place, entry in enumerate(distinct_pictures(rows)):
        found[f"picture-{place}"] = partial(draw, entry.picture)
    return found


def _pdf(figure: Callable[[], Figure]) -> bytes:
    """The figure as PDF, its fonts inside, without a date: equal data give equal bytes."""
    target = io.BytesIO()
    with figure_style():
        figure().savefig(
            target, format="pdf", metadata={"CreationDate": None, "Producer": None, "Creator": None}
        )
    return target.getvalue()
