"""Formulas and sentences of the whole catalogue print, in LaTeX and in the paper's letters."""

import re

import pytest
import sympy as sp

from layerproof.theory.formula import to_latex
from layerproof.theory.latex_text import text_to_latex
from layerproof.theory.pretty import pretty
from layerproof.theory.statements import catalogue
from layerproof.theory.symbols import LATEX, N, kappa, patches

SENTENCES = [form.reading for entry in catalogue() for form in entry.forms.values()]
SENTENCES += [entry.title for entry in catalogue()]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_every_sentence_is_ascii_in_latex_with_mathematics_closed(sentence: str) -> None:
    text = text_to_latex(sentence)
    assert text.isascii(), text
    assert text.count("$") % 2 == 0
    assert text.count("{") == text.count("}")


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


CONCLUSIONS = {
    f"{entry.id}, {name}": form.conclusion
    for entry in catalogue()
    for name, form in entry.forms.items()
    if form.conclusion is not None
}


@pytest.mark.parametrize("conclusion", CONCLUSIONS.values(), ids=CONCLUSIONS)
def test_the_left_side_of_a_conclusion_keeps_its_latex(conclusion: sp.Basic) -> None:
    assert not re.search(r"\\|\{|(?<!_)__(?!_)", pretty(conclusion, 200))
    for symbol in conclusion.free_symbols:
        if "\\" in symbol.name:
            assert symbol.name in to_latex(conclusion)


def test_theorem_7_bounds_the_samples() -> None:
    form = catalogue()["R26.theorem-7"].form("printed")
    assert pretty(form.conclusion) == "‖h⁽⁰⁾ - e_ζ‖ ≤ ε_*"
    assert form.formulas["samples"].latex().startswith(r"N \lesssim \mathrm{poly}(")
    assert "=" not in form.formulas["samples"].latex()


def test_formulas_are_at_most_as_wide_as_asked() -> None:
    for entry in catalogue():
        for form in entry.forms.values():
            for formula in form.formulas.values():
                text = pretty(formula.expression, 70)
                assert max(map(len, text.splitlines())) <= 76, formula.title


def test_extrema_are_written_as_functions() -> None:
    assert pretty(sp.Max(kappa, N)) == "max(N, κ)"
    assert pretty(sp.Min(patches, N)) == "min(N, |P_l|)"
