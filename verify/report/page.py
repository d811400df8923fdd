"""The page: what the template shows, computed from the results document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from theory.statements import catalogue
from verify.formatting import ERRATUM_COLUMNS, figures
from verify.graph import Marks, to_svg
from verify.report.figures import draw_clusters, draw_curve, draw_expectations
from verify.report.levels import Level, levels, number
from verify.report.style import embedded, figure_svg
from verify.rows import Row, badness, closing_line, labels, measured_interval, prediction, remarks
from verify.verdict import Verdict

MEANINGS = {
    "error": "the check crashed",
    "violated": "the statement is false here, at the declared confidence",
    "not-run": "the check did not run",
    "inconclusive": "the budget was too small to decide",
    "not-applicable": "a premise fails on this instance",
    "vacuous": "the bound could not have failed at this size",
    "holds": "true here, at the declared confidence, and could have failed",
}
SIGNS = {
    "error": "‼",
    "violated": "✗",
    "not-run": "○",
    "inconclusive": "?",
    "not-applicable": "∅",
    "vacuous": "≈",
    "holds": "✓",
}

EXPECTATIONS = "Measured over predicted, with interval; the band is the margin."
CLUSTERS = (
    "Representations of trained layers, in the trial where the clusters of synonyms come nearest: "
    "they are apart where the distance within is less than that between."
)


def render_html(document: Mapping[str, Any]) -> str:
    """The report of a results document (schema layerproof/results/1): one page, complete in itself.

    No script, no request, no other file. What the document says is shown as text, whatever it is.
    """
    environment = Environment(
        loader=PackageLoader("verify.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("report.html.j2").render(_context(document))
    return page.encode("utf-8", "replace").decode("utf-8")  # JSON can hold half a surrogate pair


def _context(document: Mapping[str, Any]) -> dict[str, Any]:
    rows = sorted(document["results"], key=badness)
    views = [_view(row, label, i) for i, (row, label) in enumerate(_labelled(rows), start=1)]
    places = {id(row): view for row, view in zip(rows, views, strict=True)}
    return {
        "suite": document["suite"],
        "question": document.get("question", ""),
        "counts": _counts(document),
        "closing": closing_line(document),
        "surprises": sum(view["surprise"] for view in views),
        "groups": _groups(views),
        "graph": _graph(document),
        "breaks": {form: ids for form, ids in document.get("first_breaks", {}).items() if ids},
        "levels": [_level_view(level, places) for level in levels(rows)],
        "errata": document.get("errata") or [],
        "erratum_columns": ERRATUM_COLUMNS,
        "matrix": _matrix(document.get("controls") or []),
        "provenance": _flat(document.get("provenance", {})) | _run(document),
    }


def _counts(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every word of the verdicts with its count, worst first, also where it is 0."""
    counts = document["counts"]
    return [
        {"word": str(word), "count": counts.get(str(word), 0), "meaning": MEANINGS[word]}
        | {"sign": SIGNS[word]}
        for word in Verdict
    ]


def _labelled(rows: Sequence[Row]) -> list[tuple[Row, str]]:
    return list(zip(rows, labels(rows), strict=True))


def _view(row: Row, label: str, place: int) -> dict[str, Any]:
    """One row as the table shows it."""
    quantity = row.get("quantity", "")
    detail = label.removeprefix(row["statement"]).replace(quantity, "", 1) if quantity else label
    return {
        "anchor": f"row-{place}",
        "verdict": row["verdict"],
        "sign": SIGNS[row["verdict"]],
        "surprise": row["verdict"] != row["expected"],
        "statement": row["statement"],
        "title": row.get("title", ""),
        "source": row.get("source", ""),
        "detail": " ".join(detail.removeprefix(row["statement"]).split()),
        "form": row["form"],
        "quantity": quantity,
        "prediction": _prediction(row),
        "measured": figures(row["measured"], 3),
        "interval": measured_interval(row),
        "slack": figures(row.get("slack"), 3),
        "expected": row["expected"],
        "remarks": remarks(row),
        "reproduce": row["reproduce"],
        "more": _more(row),
    }


def _prediction(row: Row) -> str:
    """The prediction, with the margin in which it counts as met; a margin around 0 is absolute."""
    margin = number(row.get("evidence", {}).get("margin"))
    if row.get("relation") != "=" or margin is None:
        return prediction(row)
    around = f"± {figures(margin)}" if row["predicted"] == 0 else f"± {figures(100 * margin)} %"
    return f"{prediction(row)} {around}"


def _more(row: Row) -> dict[str, str]:
    """What stands behind a row: instance, trials, power, premises, evidence."""
    premises = (f"{entry['id']} {entry['verdict']}" for entry in row.get("premises", ()))
    found = {
        "instance": _pairs(row["parameters"]),
        "trials": figures(row["trials"]),
        "confidence": figures(row.get("confidence"), 6),
        "would have been seen": _power(row.get("power")),
        "premises": ", ".join(premises),
        "evidence": _pairs(row.get("evidence", {})),
    }
    return {name: text for name, text in found.items() if text not in ("", "–")}


def _power(power: Mapping[str, Any] | None) -> str:
    if not power:
        return ""
    return f"{power['deviation']}, with probability {figures(power['probability'], 3)}"


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {_text(value)}" for name, value in values.items())


def _text(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    return _pairs(value) if isinstance(value, Mapping) else figures(value)


def _groups(views: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows by verdict, worst first."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for view in views:
        groups[view["verdict"]].append(view)
    return [
        {"word": word, "sign": SIGNS[word], "meaning": MEANINGS[word], "rows": rows}
        for word, rows in groups.items()
    ]


def _graph(document: Mapping[str, Any]) -> Markup | None:
    """The statements that were tested and all that they rest on, with their worst verdicts."""
    worst: dict[str, dict[str, str]] = defaultdict(dict)
    for row in sorted(document["results"], key=badness):
        worst[row["statement"]].setdefault(row["form"], row["verdict"])
    entries = catalogue()
    tested = {name for name in worst if name in entries}
    shown = tested.union(*(entries.ancestors(name) for name in tested))
    if not shown:
        return None
    known = {name: dict(sorted(worst[name].items())) for name in tested}  # printed, then repaired
    breaks = document.get("first_breaks", {}).values()
    marks = Marks(known, frozenset(name for names in breaks for name in names))
    svg = to_svg([statement for statement in entries if statement.id in shown], marks)
    return Markup(embedded(svg, "proof", "The proof graph with verdicts"))


def _level_view(level: Level, places: Mapping[int, dict[str, Any]]) -> dict[str, Any]:
    """The figures and rows of one level."""
    name = f"level-{level.level}"
    drawn = []
    for place, curve in enumerate(level.curves):
        svg = figure_svg(partial(draw_curve, curve), f"{name}-{place}", "Prediction and data")
        caption = f"{curve.quantity} over {curve.axis}, as {curve.form}. {curve.instance}."
        drawn.append({"svg": Markup(svg), "caption": caption})
    if level.expectations:
        draw = partial(draw_expectations, level.expectations)
        svg = figure_svg(draw, f"{name}-expectations", "Measured over predicted")
        drawn.append({"svg": Markup(svg), "caption": EXPECTATIONS})
    if level.clusters:
        svg = figure_svg(
            partial(draw_clusters, level.clusters), f"{name}-clusters", "Cluster distances"
        )
        drawn.append({"svg": Markup(svg), "caption": CLUSTERS})
    return {"level": level.level, "figures": drawn, "rows": [places[id(r)] for r in level.rows]}


def _matrix(controls: Sequence[Row]) -> dict[str, Any] | None:
    """Which control turned which check, beside which it should have."""
    if not controls:
        return None
    checks = dict.fromkeys(name for row in controls for name in _named(row))
    rows = []
    for row in controls:
        missed = [name for name in row["should_turn"] if name not in row["turned"]]
        strayed = row.get("strayed") or []
        cells = [_cell(name, row, missed, strayed) for name in checks]
        fault = ", ".join([f"missed by {n}" for n in missed] + [f"strayed to {n}" for n in strayed])
        rows.append({"control": row["control"], "fault": fault, "cells": cells})
    return {"checks": list(checks), "rows": rows}


def _named(row: Row) -> list[str]:
    return [*row["should_turn"], *row["turned"]]


def _cell(name: str, row: Row, missed: Sequence[str], strayed: Sequence[str]) -> str:
    if name in missed:
        return "missed"
    if name in strayed:
        return "strayed"
    return ("caught" if name in row["should_turn"] else "also") if name in row["turned"] else ""


def _run(document: Mapping[str, Any]) -> dict[str, str]:
    rows = document["results"]
    found = {
        "seed": figures(document.get("seed")),
        "error rate of the suite": figures(document["error_rate"]),
        "devices": ", ".join(dict.fromkeys(str(row.get("device", "")) for row in rows)),
        "schema": str(document.get("schema", "")),
    }
    return {name: text for name, text in found.items() if text}


def _flat(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: _text(value) for name, value in values.items()}
