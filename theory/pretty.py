"""Formulas in two dimensions for a terminal, with the paper's letters."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import sympy as sp
from sympy.printing.pretty.pretty import PrettyPrinter
from sympy.printing.pretty.stringpict import prettyForm

from layerproof.theory.symbols import LATEX

ACCENTS = {"hat": "\u0302", "tilde": "\u0303", "bar": "\u0304"}
GREEK = {"varepsilon": "ε", "epsilon": "ϵ", "lambda": "λ", "varphi": "φ"}
SIGNS = {
    "|": "‖",
    "mid": "| ",
    "sum": "Σ",
    "times": "×",
    "cdots": "⋯ ",
    "pm": "±",
    "top": "ᵀ",
    "ell": "ℓ",
    "langle": "⟨",
    "rangle": "⟩",
}
SUPERSCRIPTS = str.maketrans("0123456789+-()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾")


def pretty(expression: sp.Basic, width: int = 76) -> str:
    """The expression on several lines of at most `width` columns.

    >>> from layerproof.theory.symbols import N, patches
    >>> print(pretty(patches / N))
    |P_l|
    ─────
      N
    """
    parts = expression.args if isinstance(expression, sp.And) else (expression,)
    printer = _Printer({"use_unicode": True, "num_columns": width})
    return "\n\n".join(printer.doprint(part) for part in parts)


class _Printer(PrettyPrinter):  # type: ignore[misc]  # sympy is not annotated
    def _print_Symbol(self, symbol: sp.Symbol, bold_name: bool = False) -> Any:
        latex = LATEX.get(symbol, symbol.name)
        if symbol in LATEX or "\\" in latex:  # a conclusion's left side stands in LaTeX
            return prettyForm(_letters(latex))
        return super()._print_Symbol(symbol, bold_name)

    def _print_Max(self, expression: sp.Max) -> Any:
        return self._helper_print_function(expression.func, expression.args, func_name="max")

    def _print_Min(self, expression: sp.Min) -> Any:
        return self._helper_print_function(expression.func, expression.args, func_name="min")


@cache
def _letters(latex: str) -> str:
    """The LaTeX of a symbol as it can be written in one line.

    >>> _letters(r"\\tilde\\varepsilon_S"), _letters(r"\\|q\\|^2")
    ('ε̃_S', '‖q‖²')
    """
    text = re.sub(r"\\(mathbb|mathrm|text|mathcal)\{(\w+)\}", r"\2", latex)
    text = text.replace(r"\textstyle", "")
    text = re.sub(r"\\(hat|tilde|bar)\s*(\\[a-z]+|\{?\w\}?)", lambda m: m[2] + ACCENTS[m[1]], text)
    text = re.sub(r"\\([a-zA-Z]+|\|)( (?![-+=]))?", lambda m: _sign(m[1]), text)
    text = re.sub(r"\^(\{[^}]*\}|\w)", lambda m: m[1].translate(SUPERSCRIPTS), text)
    return re.sub(r"[{}]", "", text).strip()


def _sign(name: str) -> str:
    if name in SIGNS:
        return SIGNS[name]
    return GREEK.get(name) or str(sp.pretty(sp.Symbol(name)))
