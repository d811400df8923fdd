"""The page: what the template shows, computed from the results document."""

from __future__ import annotations

from base64 import b64encode
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from hashlib import sha256
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from layerproof.theory.formatting import ERRATUM_COLUMNS, counted, figures
from layerproof.theory.statements import catalogue
from layerproof.verify.report.by_statement import by_statement
from layerproof.verify.report.diagnosis import not_measured
from layerproof.verify.report.diagnosis_page import (
    diagnosis_view,
    failing,
    premise_sentences,
    premises_found,
)
from layerproof.verify.report.draw_charts import drawn_pictures
from layerproof.verify.report.graph import COMPACT, Marks, to_svg
from layerproof.verify.report.level_figures import (
    CLUSTERS,
    EXPECTATIONS,
    curve_caption,
    draw_clusters,
    draw_curve,
    draw_expectations,
)
from layerproof.verify.report.levels import MOST_FIGURES, LevelReport, levels
from layerproof.verify.report.rows import badness, closing_line
from layerproof.verify.report.schemas.results import Document
from layerproof.verify.report.style import embedded, figure_svg
from layerproof.verify.report.templates import rendered
from layerproof.verify.report.views import (
    cause_views,
    control_matrix,
    statement_views,
    texts,
    views,
)
from layerproof.verify.verdicts.flow import CONCLUSIONS, break_sentences
from layerproof.verify.verdicts.verdict import Verdict
from layerproof.verify.verdicts.words import WORDS

SCRIPT = (files("layerproof.verify.report") / "report.js").read_text("utf-8")
UNDRAWN = f"Not drawn: the figures of the levels are at most {MOST_FIGURES} together."


def render_html(document: Document) -> str:
    """The report of a results document (schema layerproof/results/1): one page, complete in itself.

    No request, no other file. What the document says is shown as text, whatever it is. The one
    script, which searches and filters the rows, is that of this package; without it all is there.
    """
    return rendered("report.html.j2", _context(document))


def _context(document: Document) -> dict[str, Any]:
    rows = sorted(document.results, key=badness)
    shown = views(rows)
    places = {id(row): view for row, view in zip(rows, shown, strict=True)}
    pictures = drawn_pictures(rows, {key: view["anchor"] for key, view in places.items()})
    found = levels(rows)
    sections = {level.level for level in found}
    causes = not_measured(document)  # rows of one cause stand together, and not one by one
    together = {id(row) for same in causes.values() for row in same}
    statements = by_statement([row for row in rows if id(row) not in together])
    sources = [*statement_views(statements, places), *cause_views(causes, places)]
    return {
        "words": WORDS,
        "script": Markup(SCRIPT),
        "script_hash": b64encode(sha256(SCRIPT.encode()).digest()).decode(),
        "forms": ("printed", "repaired"),
        "sources": sources,
        "statement_count": counted(len(statements), "statement"),
        "row_count": counted(len(rows), "row"),
        "unexpected": [view for view in shown if view["surprise"]],
        "suite": document.suite,
        "question": document.question,
        "counts": _counts(document, shown),
        "closing": closing_line(document),
        "diagnosis": diagnosis_view(document),
        "pictures": [picture for picture in pictures if picture["level"] not in sections],
        "graph": _graph(document),
        "breaks": [
            *premise_sentences(document),
            *break_sentences(document.first_breaks, catalogue()),
        ],
        "levels": [_level_view(level, places, pictures) for level in found],
        "errata": document.errata,
        "erratum_columns": ERRATUM_COLUMNS,
        "matrix": control_matrix(document.controls),
        "provenance": texts(document.provenance) | _run(document),
    }


def _counts(document: Document, shown: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every word of the verdicts with its count, worst first, and the first row that has it."""
    first = {view["verdict"]: view["anchor"] for view in reversed(shown)}
    return [
        {"word": word, "count": document.counts[word], "look": look, "first": first.get(word, "")}
        for word, look in WORDS.items()
    ]


def _graph(document: Document) -> dict[str, Any] | None:
    """The statements that were tested and all that they rest on, with their worst verdicts.

    `ends` are the conclusions among them, `theorem` the one that rests on most.
    """
    worst: dict[str, dict[str, Verdict]] = defaultdict(dict)
    for row in sorted(document.results, key=badness):
        worst[row.statement].setdefault(row.form, row.verdict)
    entries = catalogue()
    for name, found in premises_found(document, entries).items():
        worst[name] = found
    tested = {name for name in worst if name in entries}
    names = tested.union(*(entries.ancestors(name) for name in tested))
    shown = [statement for statement in entries if statement.id in names]
    if not shown:
        return None
    known = {name: dict(sorted(worst[name].items())) for name in tested}  # printed, then repaired
    breaks = document.first_breaks.values()
    first = frozenset(name for names in breaks for name in names).union(failing(document))
    marks = Marks(known, first, COMPACT)
    svg = embedded(to_svg(shown, marks), "proof", "The proof graph with verdicts")
    ends = [statement.id for statement in shown if statement.kind in CONCLUSIONS]
    last = max(ends, key=lambda name: len(entries.ancestors(name)), default="")
    theorems = [name for name in ends if entries[name].kind == "theorem"]
    theorem = max(theorems, key=lambda name: len(entries.ancestors(name)), default=last)
    return {"svg": Markup(svg), "ends": ends, "theorem": theorem}


def _level_view(
    level: LevelReport, places: Mapping[int, dict[str, Any]], pictures: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """The figures and rows of one level."""
    name = f"level-{level.level}"
    drawn = []
    for place, curve in enumerate(level.curves):
        svg = figure_svg(partial(draw_curve, curve), f"{name}-{place}", "Prediction and data")
        drawn.append({"svg": Markup(svg), "caption": curve_caption(curve)})
    if level.expectations:
        draw = partial(draw_expectations, level.expectations)
        svg = figure_svg(draw, f"{name}-expectations", "Measured over predicted")
        drawn.append({"svg": Markup(svg), "caption": EXPECTATIONS})
    if level.clusters:
        svg = figure_svg(
            partial(draw_clusters, level.clusters), f"{name}-clusters", "Cluster distances"
        )
        drawn.append({"svg": Markup(svg), "caption": CLUSTERS})
    return {
        "level": level.level,
        "figures": drawn,
        "undrawn": "" if level.drawn else UNDRAWN,
        "pictures": [picture for picture in pictures if picture["level"] == level.level],
        "rows": [places[id(r)] for r in level.rows],
        "count": counted(len(level.rows), "row"),
    }


def _run(document: Document) -> dict[str, str]:
    rows = document.results
    found = {
        "seed": figures(document.seed),
        "error rate of the suite": figures(document.error_rate),
        "devices": ", ".join(dict.fromkeys(row.device for row in rows)),
        "schema": document.schema_,
    }
    return {name: text for name, text in found.items() if text}
