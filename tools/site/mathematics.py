"""Formulas as MathML, which a browser shows by itself: no script, no font, no network."""

from __future__ import annotations

import re
from html import unescape

from latex2mathml.converter import convert

_FORMULA = re.compile(
    r'<(?P<tag>span|div) class="arithmatex">\\[(\[](?P<latex>.*?)\\[)\]]</(?P=tag)>', re.DOTALL
)
"""What pymdownx.arithmatex makes of $…$ and $$…$$."""

_BAR = re.compile(r'<mo(?: stretchy="false")?>&#x0007C;</mo>')
_CLOSE = '<mo fence="false" stretchy="false" lspace="0" rspace="0">|</mo>'
"""A bar, as of |P|, which MathML spaces as a relation unless told not to."""


def with_formulas(html: str) -> str:
    """A page in which every formula is MathML. ValueError for LaTeX that has none."""
    return _FORMULA.sub(_shown, html)


def _shown(found: re.Match[str]) -> str:
    latex = unescape(found["latex"]).strip()
    displayed = found["tag"] == "div"
    formula = _BAR.sub(_CLOSE, convert(latex, display="block" if displayed else "inline"))
    if re.search(r">\\[A-Za-z]", formula):
        raise ValueError(f"no MathML for a command in {latex}")
    return f'<div class="formula">{formula}</div>' if displayed else formula
