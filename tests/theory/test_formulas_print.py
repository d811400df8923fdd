"""Formulas and sentences print, in LaTeX and in the paper's letters."""

import pytest
import sympy as sp

from layerproof.theory.latex_text import text_to_latex
from layerproof.theory.pretty import pretty
from layerproof.theory.statements import catalogue
from layerproof.theory.symbols import LATEX, N, kappa, patches


def test_what_latex_reads_as_a_command_is_escaped() -> None:
    assert text_to_latex("5% of a_b & {c} # ^2") == r"5\% of a\_b \& \{c\} \# \^{}2"


def test_adjacent_letters_share_one_formula() -> None:
    assert text_to_latex("ε̃ ≤ κρ") == r"$\tilde{\varepsilon}$ $\le$ $\kappa \rho$"


def test_capitals_without_a_command_are_the_latin_ones_that_they_look_like() -> None:
    assert text_to_latex("ΑΗΡΤΧ") == r"$\mathrm{A} \mathrm{H} \mathrm{P} \mathrm{T} \mathrm{X}$"
    assert text_to_latex("ΓΛΦΩ") == r"$\Gamma \Lambda \Phi \Omega$"


@pytest.mark.parametrize("symbol", list(LATEX), ids=str)
def test_every_letter_prints_without_its_keyword_or_a_command(symbol: sp.Symbol) -> None:
    text = pretty(symbol)
    assert "\\" not in text
    assert "{" not in text
    assert "_" not in symbol.name or symbol.name not in text


def test_theorem_7_bounds_the_samples() -> None:
    form = catalogue()["R26.theorem-7"].form("printed")
    assert pretty(form.conclusion) == "‖h⁽⁰⁾ - e_ζ‖ ≤ ε_*"
    assert form.formulas["samples"].latex().startswith(r"N \lesssim \mathrm{poly}(")
    assert "=" not in form.formulas["samples"].latex()


def test_extrema_are_written_as_functions() -> None:
    assert pretty(sp.Max(kappa, N)) == "max(N, κ)"
    assert pretty(sp.Min(patches, N)) == "min(N, |P_l|)"
