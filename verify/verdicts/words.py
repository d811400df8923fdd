"""What each word of the verdicts means and looks like: every report reads it here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from layerproof.verify.verdicts.verdict import Verdict


@dataclass(frozen=True)
class Word:
    """One word: its meaning, the sign beside it, its look, and what it does to the exit code."""

    meaning: str
    sign: str
    style: str
    """On a terminal, in the words of rich."""
    tint: str
    """Behind it, on a light page and in the proof graph."""
    dark_tint: str
    """Behind it, on a dark page."""
    exit_code: int
    """Of a run where it comes and is not expected, or is expected and does not come."""


WORDS: Mapping[Verdict, Word] = {
    Verdict.ERROR: Word("the check crashed", "‼", "bold magenta", "#f2d5e4", "#5a2343", 3),
    Verdict.VIOLATED: Word(
        "the statement is false here, at the declared confidence",
        "✗",
        "bold red",
        "#f9d8c2",
        "#6a3414",
        1,
    ),
    Verdict.NOT_RUN: Word("the check did not run", "○", "red", "#e3e3e3", "#3c3f43", 6),
    Verdict.INCONCLUSIVE: Word(
        "the budget was too small to decide", "?", "yellow", "#f8edb0", "#574b0c", 6
    ),
    Verdict.NOT_APPLICABLE: Word(
        "a premise fails on this instance", "∅", "cyan", "#ddeaf2", "#213f52", 6
    ),
    Verdict.VACUOUS: Word(
        "the bound could not have failed at this size", "≈", "blue", "#e9e4f5", "#3b3358", 6
    ),
    Verdict.HOLDS: Word(
        "true here, at the declared confidence, and could have failed",
        "✓",
        "green",
        "#d3ede2",
        "#154636",
        6,
    ),
}
"""Every word, worst first."""
