"""Rows, groups of rows and the control matrix, as the template shows them: every value a text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from layerproof.theory.formatting import figures
from layerproof.verify.report.levels import number
from layerproof.verify.report.rows import Row, labels, measured_interval, prediction, remarks

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


def views(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Every row as the table shows it, in their order."""
    labelled = zip(rows, labels(rows), strict=True)
    return [_view(row, label, place) for place, (row, label) in enumerate(labelled, start=1)]


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
    """The prediction, with the margin in which it counts as met."""
    evidence = row.get("evidence", {})
    margin = number(evidence.get("margin"))
    if row.get("relation") != "=" or margin is None:
        return prediction(row)
    absolute = evidence.get("margin_is") == "absolute"
    return f"{prediction(row)} ± {figures(margin) if absolute else f'{figures(100 * margin)} %'}"


def _more(row: Row) -> dict[str, str]:
    """What stands behind a row: instance, trials, power, premises, evidence."""
    premises = (f"{entry['id']} {entry['verdict']}" for entry in row.get("premises", ()))
    found = {
        "instance": _pairs(row["parameters"]),
        "trials": _trials(row),
        "confidence": figures(row.get("confidence"), 6),
        "would have been seen": _power(row.get("power")),
        "premises": ", ".join(premises),
        "evidence": _pairs(_told(row.get("evidence", {}))),
    }
    return {name: text for name, text in found.items() if text not in ("", "–")}


def _trials(row: Row) -> str:
    """How many there were, and how many of them count: the n of the interval."""
    applicable = row.get("evidence", {}).get("applicable")
    said = "" if applicable is None else f", of which {figures(applicable)} met the premises"
    return f"{figures(row['trials'])}{said}"


def _told(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """The evidence in words: without the pictures, which are drawn."""
    return {name: value for name, value in evidence.items() if name != "pictures"}


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


def grouped(views: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows by verdict, worst first."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for view in views:
        groups[view["verdict"]].append(view)
    return [
        {"word": word, "sign": SIGNS[word], "meaning": MEANINGS[word], "rows": rows}
        for word, rows in groups.items()
    ]


def control_matrix(controls: Sequence[Row]) -> dict[str, Any] | None:
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


def texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Each value in words, nested ones on one line."""
    return {name: _text(value) for name, value in values.items()}
