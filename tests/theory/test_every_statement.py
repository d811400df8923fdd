"""What every statement must have, and the graph that they form.

A statement is tested by being listed: it has its source, its premises, its derivation and a claim
that prints; the graph has no cycle, and bad graphs are refused.
"""

import re
from pathlib import Path

import pytest

from layerproof.theory import statements
from layerproof.theory.errors import InputError
from layerproof.theory.formula import to_latex
from layerproof.theory.latex_text import text_to_latex
from layerproof.theory.pretty import pretty
from layerproof.theory.statements import STATEMENT_KIND, Source, catalogue, shipped, sources
from layerproof.theory.statements.base import Catalogue, Form, Hypothesis, Statement
from layerproof.theory.statements.sources import key_of


def _statement(name: str, *needs: str) -> Statement:
    forms = {"printed": Form("a claim")}
    return Statement(name, name, "a source", "lemma", (), forms, proof_uses=needs)  # type: ignore[arg-type]


def test_nothing_precedes_what_it_rests_on() -> None:
    seen: set[str] = set()
    for statement in catalogue():
        assert seen.issuperset(statement.rests_on)
        seen.add(statement.id)


every_statement = pytest.mark.parametrize("statement", catalogue(), ids=lambda one: one.id)


@every_statement
def test_it_says_what_it_is_and_where_it_is_from(statement: Statement) -> None:
    entry = statement.to_dict()
    assert all(entry[key] for key in ("title", "source", "derivation"))
    assert set(entry["formula"]) == set(entry["forms"])
    assert all(entry["formula"].values())
    assert STATEMENT_KIND.fault(statement) == ""
    assert statement.erratum is None or all(statement.erratum.to_dict().values())


@every_statement
def test_a_repaired_form_comes_with_its_derivation(statement: Statement) -> None:
    if "repaired" in statement.forms:
        assert "Derivation" in statement.derivation
        assert "fails" in statement.derivation


@every_statement
def test_its_hypotheses_name_their_premises(statement: Statement) -> None:
    for hypothesis in statement.hypotheses:
        assert isinstance(hypothesis, Hypothesis), f"{hypothesis!r} is a mere sentence"
        assert hypothesis.premises, f"{hypothesis} names no premise"
    assert statement.premises or statement.id == "R26.definition-3"


@every_statement
def test_a_claim_with_a_quantity_is_a_sympy_relation(statement: Statement) -> None:
    for form in statement.forms.values():
        claim = form.claim()
        assert (claim is None) == (form.conclusion is None and not form.formulas)
        assert claim is None or claim.free_symbols


@every_statement
def test_its_sentences_are_ascii_in_latex_with_mathematics_closed(statement: Statement) -> None:
    for sentence in (statement.title, *(form.reading for form in statement.forms.values())):
        text = text_to_latex(sentence)
        assert text.isascii(), text
        assert text.count("$") % 2 == 0
        assert text.count("{") == text.count("}")


@every_statement
def test_the_left_side_of_its_conclusion_keeps_its_latex(statement: Statement) -> None:
    for conclusion in (form.conclusion for form in statement.forms.values()):
        if conclusion is None:
            continue
        assert not re.search(r"\\|\{|(?<!_)__(?!_)", pretty(conclusion, 200))
        for symbol in conclusion.free_symbols:
            if "\\" in symbol.name:
                assert symbol.name in to_latex(conclusion)


@every_statement
def test_its_formulas_are_at_most_as_wide_as_asked(statement: Statement) -> None:
    for form in statement.forms.values():
        for formula in form.formulas.values():
            text = pretty(formula.expression, 70)
            assert max(map(len, text.splitlines())) <= 76, formula.title


def test_ancestors_are_what_a_statement_rests_on_directly_or_not() -> None:
    found = Catalogue([_statement("a"), _statement("b", "a"), _statement("c", "b")])
    assert found.ancestors("c") == ("a", "b")
    assert found.supports("a") == ("b",)


def test_a_cycle_is_refused() -> None:
    with pytest.raises(InputError, match="cycle"):
        Catalogue([_statement("a", "b"), _statement("b", "a")])


def test_an_unknown_support_and_an_unknown_id_are_refused() -> None:
    with pytest.raises(InputError, match="rests_on"):
        Catalogue([_statement("a", "nothing")])
    with pytest.raises(InputError, match=r"R26\.lemma-99"):
        catalogue()["R26.lemma-99"]


def test_a_hypothesis_of_several_premises_is_stated_once() -> None:
    """Two statements that ask for the same share it: a copy could be changed alone."""
    first: dict[str, Hypothesis] = {}
    for statement in catalogue():
        for hypothesis in statement.hypotheses:
            if len(hypothesis.premises) > 1:
                assert first.setdefault(hypothesis.text, hypothesis) is hypothesis, statement.id
    assert first


def test_statements_are_listed_by_source_in_its_order_then_by_number() -> None:
    known = {name: Source(name, name, name, 2024, order) for name, order in (("z", 0), ("a", 1))}
    names = ["a.lemma-2", "other.law", "z.lemma-10", "z.lemma-9", "a.lemma-1"]
    found = Catalogue([_statement(name) for name in names], known).numbered()
    assert [one.id for one in found] == [names[i] for i in (3, 2, 4, 0, 1)]


def test_every_folder_of_statements_declares_its_source() -> None:
    folders = {path.parent.name for path in Path(statements.__path__[0]).glob("*/__init__.py")}
    assert len(folders) == len(sources().own)
    assert {key_of(statement.id) for statement in shipped()} == set(sources().own)
    assert [name for name, one in sources().own.items() if not one.is_paper] == ["derived"]
