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
    "\u0301": "acute",
    "\u0302": "hat",
    "\u0303": "tilde",
    "\u0304": "bar",
    "\u0305": "bar",
    "\u0307": "dot",
}
INDEX = re.compile(
    r"(?<=[^\s_^])(?P<sign>[_^])(?P<index>\([^()\s]*\)|-?(?:[^\W_²³¹⁰⁴-⁹ᵀ][\u0300-\u036f]?)+|[×∗*])"
)
"""A letter's index or exponent: one in parentheses, a word, or a sign."""
JOINING = re.compile(r"[=+/<>]|[-−]?\d[\d.,]*[;:]?")
"""What belongs to the formula that it follows."""
NAME = re.compile(r"[A-Za-z]{2,}_|\w_\w+_\w")
"""What has no index but the underscores of a name."""
WORD = re.compile(r"[A-Za-z]{2,}")
NUMBERS = re.compile(r"[-−+±≤≥<>=%∞\[\](),.\s\d]|e-?\d")
EXPONENT = re.compile(r"(?<=\d)e(-?\d+)")
IN_MATHEMATICS = {"\\": r"\backslash", "^": r"\wedge", "~": r"\sim"}
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


def quantity_to_latex(text: str) -> str:
    r"""What is measured, as mathematics where it is a formula and as text where it is a word.

    >>> print(quantity_to_latex("E‖q_μ − q_μ'‖² level=2"))
    $E\| q_{\mu} - q_{\mu}'\| {}^2$ level=2
    >>> print(quantity_to_latex("N/(n m^l)=4 in trials of N_over_crossover=1"))
    $N/(n m^{l})=4$ in trials of N\_over\_crossover=1
    """
    words = list[tuple[bool, str]]()
    for word in text.split(" "):
        follows = bool(words and words[-1][0] and JOINING.fullmatch(word))
        words.append((follows or _is_formula(word), word))
    return " ".join(
        f"${' '.join(_formula(word).strip() for _, word in run)}$"
        if formula
        else " ".join(text_to_latex(word) for _, word in run)
        for formula, run in groupby(words, key=itemgetter(0))
    )


def number_to_latex(text: str) -> str:
    r"""Numbers, an interval, a bound or a margin as mathematics; other text as text.

    >>> print(number_to_latex("0.113 ± 5 %"), number_to_latex("1.11e-16"), number_to_latex("≤ ∞"))
    $0.113 \pm 5\,\%$ $1.11 \times 10^{-16}$ $\le \infty$
    >>> print(number_to_latex("[1,024, 2e5]"), number_to_latex("worst of 20"))
    $[1{,}024, 2 \times 10^{5}]$ worst of 20
    """
    if not re.search(r"[\d∞]", text) or NUMBERS.sub("", text):
        return text_to_latex(text)
    found = EXPONENT.sub(lambda power: rf" \times 10^{{{power[1]}}}", text)
    found = re.sub(r"(?<=\d),(?=\d)", "{,}", found).replace(" %", "\\,\\%")
    return f"${''.join(SIGNS.get(c, c) for c in found)}$"


def _is_formula(word: str) -> bool:
    """Whether a word has a sign, a Greek letter or an index, or is a letter of its own."""
    pieces = LETTER.findall(unicodedata.normalize("NFD", word))
    signs = any(_mathematics(base) or accent in ACCENTS for base, accent in pieces)
    index = INDEX.search(word) and not NAME.search(word)
    return signs or bool(index) or bool(re.match(r"[B-Zb-z](\W|$)|[Aa][(\[]", word))


def _formula(word: str) -> str:
    """A word in LaTeX mathematics: indices are read, longer Latin words stand upright."""
    word = unicodedata.normalize("NFD", word)
    parts, at, before = list[str](), 0, ""
    for found in INDEX.finditer(word):
        sign, index = found["sign"], _signs(found["index"]).strip()
        again = at == found.start() and before == sign  # LaTeX takes one index of a kind
        parts += [_signs(word[at : found.start()]), f"{'{}' * again}{sign}{{{index}}}"]
        at, before = found.end(), sign
    return "".join([*parts, _signs(word[at:])])


def _signs(text: str) -> str:
    parts, at = [], 0
    for found in WORD.finditer(text):
        parts += [*_each(text[at : found.start()]), rf"\mathrm{{{found[0]}}}"]
        at = found.end()
    return "".join([*parts, *_each(text[at:])])


def _each(text: str) -> list[str]:
    """Letter by letter; a command ends before what follows it."""
    pieces = LETTER.findall(text)
    written = [IN_MATHEMATICS.get(base) or _letter(base, accent)[1] for base, accent in pieces]
    return [f"{one} " if re.search(r"\\[A-Za-z|]+$", one) else one for one in written]


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
