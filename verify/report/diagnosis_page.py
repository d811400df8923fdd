"""The diagnosis of a grammar on the page, and in its proof graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from layerproof.theory.statements.base import Catalogue
from layerproof.verify.report.diagnosis import headline, left_out, told
from layerproof.verify.report.schemas.results import Document
from layerproof.verify.verdicts.verdict import Verdict
from layerproof.verify.verdicts.words import WORDS


def diagnosis_view(document: Document) -> dict[str, Any] | None:
    """What the template shows; None for a run that is not of a user's own grammar."""
    found = document.diagnosis
    if found is None:
        return None
    return {
        "headline": headline(found),
        "findings": [
            {
                "verdict": one.verdict,
                "sign": WORDS[one.verdict].sign,
                "head": one.head,
                "lines": one.lines,
            }
            for one in told(found)
        ],
        "left_out": left_out(document),
    }


def premises_found(document: Document, catalogue: Catalogue) -> Mapping[str, dict[str, Verdict]]:
    """The verdicts of the findings by statement and form, for the proof graph."""
    if document.diagnosis is None:
        return {}
    return {
        one.statement: {"printed": one.verdict}
        for one in document.diagnosis.findings
        if one.statement in catalogue
    }


def failing(document: Document) -> list[str]:
    """The statements that do not hold on the grammar: the argument breaks first there."""
    if document.diagnosis is None:
        return []
    return [
        one.statement for one in document.diagnosis.findings if one.verdict is not Verdict.HOLDS
    ]


def premise_sentences(document: Document) -> list[str]:
    """One sentence on every statement that does not hold: what says nothing without it."""
    if document.diagnosis is None:
        return []
    return [
        f"On this grammar {one.statement} fails, so that what needs it says nothing:"
        f" {', '.join(one.stops)}."
        for one in document.diagnosis.findings
        if one.verdict is Verdict.VIOLATED
    ]
