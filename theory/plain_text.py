"""Text that is written for a page of documentation, as a terminal shows it."""

from __future__ import annotations

import re

ROLE = re.compile(r":\w+:`~?(?:[^`<]*<)?(?:layerproof\.)?([^`<>]+)>?`")
CODE = re.compile(r"(`{1,2})([^`]+)\1")
STRONG = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*", re.DOTALL)
EMPHASIS = re.compile(r"(?<![\w*^_)])\*(?=[^\W\d])([^*\n]+?)(?<=[\w.])\*(?![\w*^])")
"""A word between asterisks; those of the papers' letters follow an underscore or are products."""


def plain_text(marked: str) -> str:
    """The text without the marks of emphasis, code and references.

    >>> plain_text("**Lower.** *Above*: `derived.noise`, :mod:`layerproof.theory.grammar`")
    'Lower. Above: derived.noise, theory.grammar'
    >>> plain_text("W_* = −W_*, ε_*^(l+1) and a * b * c")
    'W_* = −W_*, ε_*^(l+1) and a * b * c'
    """
    for mark, name in ((ROLE, 1), (CODE, 2), (STRONG, 1), (EMPHASIS, 1)):
        marked = mark.sub(rf"\{name}", marked)
    return marked
