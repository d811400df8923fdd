"""Sentences in LaTeX: the paper's letters and signs as mathematics, everything else as text."""

from __future__ import annotations

import re
import unicodedata
from itertools import groupby
from operator import itemgetter

SIGNS = {
    "−": "-",
    "‖": r"\|",
    "≤": r"\le",
    "≥": r"\ge",
    "<": "<",
    ">": ">",
    "≲": r"\lesssim",
    "≳": r"\gtrsim",
    "≪": r"\ll",
    "≫": r"\gg",
    "≈": r"\approx",
    "≠": r"\ne",
    "±": r"\pm",
    "√": r"\surd",
    "·": r"\cdot",
    "×": r"\times",
    "∨": r"\vee",
    "∧": r"\wedge",
    "∪": r"\cup",
    "∩": r"\cap",
    "∈": r"\in",
    "ℕ": r"\mathbb{N}",
    "∞": r"\infty",
    "∑": r"\sum",
    "∏": r"\prod",
    "→": r"\to",
    "⇒": r"\Rightarrow",
    "⇔": r"\Leftrightarrow",
    "⌊": r"\lfloor",
    "⌋": r"\rfloor",
    "⌈": r"\lceil",
    "⌉": r"\rceil",
    "⟨": r"\langle",
    "⟩": r"\rangle",
    "|": "|",
    "ᵀ": r"{}^\top",
    "∗": "*",
    "…": r"\dots",
    "⋯": r"\cdots",
    "∥": r"\parallel",
    "⊥": r"\perp",
    "½": r"\tfrac12",
    "¼": r"\tfrac14",
    # Capitals that look like Latin ones have no command.
    **{g: rf"\mathrm{{{c}}}" for g, c in zip("ΑΒΕΖΗΙΚΜΝΟΡΤΧ", "ABEZHIKMNOPTX", strict=True)},
}
ESCAPES = {c: rf"\{c}" for c in "%$#_{}&"} | {
    "\\": r"\textbackslash{}",
    "^": r"\^{}",
    "~": r"\~{}",
    "–": "--",
    "—": "---",
    "’": "'",
    "“": "``",
    "”": "''",
}
ACCENTS = {
    "\u0302": "hat",
    "\u0303": "tilde",
    "\u0304": "bar",
    "\u0305": "bar",
    "\u0307": "dot",
}
LETTER = re.compile(r"(.)([\u0300-\u036f]?)", re.DOTALL)


def text_to_latex(sentence: str) -> str:
    r"""A sentence in LaTeX text mode, for any engine, with amsmath and amssymb.

    >>> print(text_to_latex("‖q̂ − q‖ ≤ 5% of κ_1"))
    $\| \hat{q}$ $-$ q$\|$ $\le$ 5\% of $\kappa$\_1
    """
    pieces = LETTER.findall(unicodedata.normalize("NFD", sentence))
    written = [_letter(base, accent) for base, accent in pieces]
    return "".join(
        f"${' '.join(text for _, text in run)}$" if formula else "".join(text for _, text in run)
        for formula, run in groupby(written, key=itemgetter(0))
    )


def _letter(base: str, accent: str) -> tuple[bool, str]:
    """Whether it is mathematics, and its LaTeX."""
    mathematics = _mathematics(base)
    if accent in ACCENTS and (mathematics or base.isalnum()):
        return True, rf"\{ACCENTS[accent]}{{{mathematics or base}}}"
    if mathematics is not None:
        return True, mathematics
    return False, ESCAPES.get(base, base) + accent


def _mathematics(character: str) -> str | None:
    """LaTeX of a sign or a Greek letter in mathematics; None for what is text."""
    if character in SIGNS:
        return SIGNS[character]
    name = unicodedata.name(character, "")
    greek = re.fullmatch(r"GREEK (SMALL|CAPITAL) LETTER (\w+)", name)
    if greek is not None:
        return _greek(*greek.groups())
    script = re.fullmatch(r"(SUPER|SUB)SCRIPT \w+", name)
    digit = unicodedata.digit(character, None)
    if script is None or digit is None:
        return None
    return f"{{}}^{digit}" if script[1] == "SUPER" else f"{{}}_{digit}"


def _greek(case: str, name: str) -> str:
    letter = {"EPSILON": "varepsilon", "LAMDA": "lambda", "PHI": "varphi"}.get(name, name.lower())
    if case == "SMALL":
        return "o" if name == "OMICRON" else rf"\{letter}"
    return rf"\{letter.removeprefix('var').capitalize()}"
