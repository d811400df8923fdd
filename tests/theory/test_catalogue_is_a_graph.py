"""The catalogue is complete, its graph has no cycle, and bad graphs are refused."""

from pathlib import Path

import pytest

from layerproof.theory import statements
from layerproof.theory.errors import InputError
from layerproof.theory.statements import Source, catalogue, shipped, sources
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


def test_every_entry_says_what_it_is_and_where_it_is_from() -> None:
    for statement in catalogue():
        entry = statement.to_dict()
        assert all(entry[key] for key in ("title", "source", "derivation"))
        assert set(entry["formula"]) == set(entry["forms"])
        assert all(entry["formula"].values())


def test_a_repaired_form_comes_with_its_derivation() -> None:
    for statement in catalogue():
        if "repaired" in statement.forms:
            assert "Derivation" in statement.derivation
            assert "fails" in statement.derivation


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


def test_every_claim_with_a_quantity_is_a_sympy_relation() -> None:
    for statement in catalogue():
        for form in statement.forms.values():
            claim = form.claim()
            assert (claim is None) == (form.conclusion is None and not form.formulas)
            assert claim is None or claim.free_symbols


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
