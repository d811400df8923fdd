"""The diagnosis of a user's own grammar in results.json: the types that it is read into.

They are written by :mod:`layerproof.verify.verdicts.diagnosis`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from layerproof.verify.report.schemas.values import DocumentPart, Name, Text
from layerproof.verify.verdicts.verdict import Verdict

MOST = 1000
"""Entries of a list."""

Tokens = Annotated[list[int], Field(max_length=1_000_000)]


class CauseRecord(DocumentPart):
    """What is to blame for one part that fails, what follows, and what would mend it."""

    sentence: Text
    so: Text
    change: Text
    level: int | None
    patches: list[Tokens] = Field(max_length=MOST)
    symbols: Tokens
    others: int
    decided: bool


class FindingRecord(DocumentPart):
    """One statement: whether it holds on the grammar, and what does not apply where it fails."""

    statement: Name
    title: Text
    verdict: Annotated[Verdict, Field(strict=False)]
    measured: Text
    causes: list[CauseRecord] = Field(max_length=MOST)
    stops: list[Name] = Field(max_length=MOST)


class LeftOutRecord(DocumentPart):
    """A check that was left out, why, and what runs it."""

    check: Name
    statement: Name
    reason: Text
    command: Text


class DiagnosisRecord(DocumentPart):
    """What a report says first of a user's own grammar."""

    grammar: Text
    covered: bool
    findings: list[FindingRecord] = Field(max_length=MOST)
    left_out: list[LeftOutRecord] = Field(max_length=MOST)
