"""Rows, groups of rows and the control matrix, as the template shows them: every value a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from layerproof.theory.formatting import counted, figures
from layerproof.theory.statements import catalogue
from layerproof.verify.report.by_statement import StatementRows, by_statement, outcome
from layerproof.verify.report.diagnosis import counted_names
from layerproof.verify.report.rows import labels, measured, measured_interval, prediction, remarks
from layerproof.verify.report.schemas.results import ControlRecord, PowerRecord, Row
from layerproof.verify.verdicts.words import WORDS

LONGEST_QUANTITY = 28
"""Characters of what was measured, beside a row's outcome."""


def views(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Every row as the table shows it, in their order."""
    labelled = zip(rows, labels(rows), strict=True)
    return [_view(row, label, place) for place, (row, label) in enumerate(labelled, start=1)]


def statement_views(
    statements: Sequence[StatementRows], places: Mapping[int, dict[str, Any]]
) -> list[dict[str, Any]]:
    """Every source with its statements, and each with its verdicts, its worst row and its groups.

    `places` are the :func:`views` of all rows by the row's id in memory.
    """
    known = catalogue()
    found: dict[str, dict[str, Any]] = {}
    for entry in statements:
        source = known.source_of(entry.id)
        name = {"key": source.key, "name": source.name if source.name != source.key else ""}
        found.setdefault(source.key, name | {"statements": []})["statements"].append(
            _statement_view(entry, places)
        )
    return list(found.values())


def _statement_view(entry: StatementRows, places: Mapping[int, dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": entry.id,
        "anchor": f"statement-{entry.id}",
        "title": entry.title,
        "source": entry.rows[0].source,
        "count": counted(len(entry.rows), "row"),
        "surprises": entry.surprises,
        "forms": {
            form: {"word": found, "sign": WORDS[found.verdict].sign}
            for form, found in entry.forms.items()
        },
        "worst": _named(entry.worst),
        "worst_anchor": places[id(entry.worst)]["anchor"],
        "groups": _group_views(entry, places),
    }


def _group_views(
    entry: StatementRows, places: Mapping[int, dict[str, Any]], before: str = ""
) -> list[dict[str, Any]]:
    """The rows of a statement by instance.

    `before` says of which statement, among rows of one cause: that is told once, above them.
    """
    told: dict[str, Any] = {"remarks": []} if before else {}
    return [
        {
            "heading": before + group.heading,
            "rows": [
                {**places[id(row)], "what": label, **told}
                for row, label in zip(group.rows, group.labels, strict=True)
            ],
        }
        for group in entry.groups
    ]


def cause_views(
    causes: Mapping[str, Sequence[Row]], places: Mapping[int, dict[str, Any]]
) -> list[dict[str, Any]]:
    """The rows that were not measured, in the form of :func:`statement_views`: one for a cause."""
    found = [
        _cause_view(f"since {why}", rows, places) | {"anchor": f"not-measured-{number}"}
        for number, (why, rows) in enumerate(causes.items(), start=1)
    ]
    if not found:
        return []
    return [{"key": "not measured", "name": "what says nothing here", "statements": found}]


def _cause_view(
    why: str, rows: Sequence[Row], places: Mapping[int, dict[str, Any]]
) -> dict[str, Any]:
    groups = [
        group
        for entry in by_statement(rows)
        for group in _group_views(entry, places, f"{entry.id} ")
    ]
    told = {"title": "", "worst": counted_names(rows), "groups": groups}
    return _statement_view(StatementRows(why, tuple(rows)), places) | told


def _named(row: Row) -> str:
    """The outcome of a row after what was measured, where that is short."""
    short = row.quantity and len(row.quantity) <= LONGEST_QUANTITY
    return f"{row.quantity}: {outcome(row)}" if short else outcome(row)


def _view(row: Row, label: str, place: int) -> dict[str, Any]:
    """One row as the table shows it."""
    detail = label.removeprefix(row.statement)
    detail = detail.replace(row.quantity, "", 1) if row.quantity else detail
    return {
        "anchor": f"row-{place}",
        "verdict": row.verdict,
        "sign": WORDS[row.verdict].sign,
        "surprise": row.surprise,
        "statement": row.statement,
        "title": row.title,
        "source": row.source,
        "detail": " ".join(detail.removeprefix(row.statement).split()),
        "form": row.form,
        "quantity": row.quantity,
        "prediction": prediction(row),
        "measured": measured(row),
        "interval": measured_interval(row),
        "slack": figures(row.slack, 3),
        "expected": row.expected,
        "remarks": remarks(row),
        "reproduce": row.reproduce,
        "more": _more(row),
    }


def _more(row: Row) -> dict[str, str]:
    """What stands behind a row: instance, trials, power, premises, evidence."""
    found = {
        "instance": _pairs(row.parameters),
        "trials": _trials(row),
        "confidence": figures(row.confidence, 6),
        "would have been seen": _power(row.power),
        "premises": ", ".join(f"{premise.id} {premise.verdict}" for premise in row.premises),
        "evidence": _pairs(row.evidence.in_words),
    }
    return {name: text for name, text in found.items() if text not in ("", "–")}


def _trials(row: Row) -> str:
    """How many there were, and how many of them count: the n of the interval."""
    applicable = row.evidence.applicable
    said = "" if applicable is None else f", of which {figures(applicable)} met the premises"
    return f"{figures(row.trials)}{said}"


def _power(power: PowerRecord | None) -> str:
    if power is None:
        return ""
    return f"{power.deviation}, with probability {figures(power.probability, 3)}"


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {_text(value)}" for name, value in values.items())


def _text(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    return _pairs(value) if isinstance(value, Mapping) else figures(value)


def control_matrix(controls: Sequence[ControlRecord]) -> dict[str, Any] | None:
    """Which control turned which check, beside which it should have."""
    if not controls:
        return None
    checks = dict.fromkeys(name for one in controls for name in (*one.should_turn, *one.turned))
    rows = [
        {
            "control": one.control,
            "fault": ", ".join(one.faults),
            "cells": [_cell(name, one) for name in checks],
        }
        for one in controls
    ]
    return {"checks": list(checks), "rows": rows}


def _cell(name: str, control: ControlRecord) -> str:
    if name in control.missed:
        return "missed"
    if name in control.strayed:
        return "strayed"
    if name not in control.turned:
        return ""
    return "caught" if name in control.should_turn else "also"


def texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Each value in words, nested ones on one line."""
    return {name: _text(value) for name, value in values.items()}
