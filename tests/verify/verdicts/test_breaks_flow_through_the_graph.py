"""What rests on a violated statement is told where its argument breaks first."""

from dataclasses import replace

from layerproof.theory.statements.base import Catalogue, Form, Statement
from layerproof.verify.verdicts.flow import break_sentences, first_breaks, with_breaks
from layerproof.verify.verdicts.verdict import Judgement, Result, Verdict


def _statement(name: str, *needs: str) -> Statement:
    forms = {"printed": Form("a claim"), "repaired": Form("a claim")}
    return Statement(name, name, "a source", "lemma", (), forms, proof_uses=needs)  # type: ignore[arg-type]


CATALOGUE = Catalogue([_statement("a"), _statement("b", "a"), _statement("c", "b")])


def _result(statement: str, verdict: Verdict, form: str = "printed") -> Result:
    return Result(
        id=statement,
        statement=statement,
        form=form,
        title="",
        source="",
        quantity="",
        parameters={},
        premises=(),
        judgement=Judgement(verdict),
        trials=1,
        confidence=0.99,
        expected=Verdict.HOLDS,
        expected_reason="",
        seconds=0.0,
        device="cpu",
        reproduce="",
    )


def test_the_first_break_is_the_deepest_violated_statement() -> None:
    results = [_result("a", Verdict.VIOLATED), _result("b", Verdict.VIOLATED)]
    assert first_breaks(results, CATALOGUE, "printed") == ["a"]


def test_everything_above_a_break_is_told_and_nothing_below() -> None:
    results = [
        _result("a", Verdict.HOLDS),
        _result("b", Verdict.VIOLATED),
        _result("c", Verdict.HOLDS),
    ]
    assert [row.broken_at for row in with_breaks(results, CATALOGUE)] == [(), (), ("b",)]


def test_forms_do_not_break_each_other() -> None:
    results = [_result("b", Verdict.VIOLATED, "printed"), _result("c", Verdict.HOLDS, "repaired")]
    assert [row.broken_at for row in with_breaks(results, CATALOGUE)] == [(), ()]


def test_breaks_are_told_by_the_argument_that_they_are_in() -> None:
    theorem = replace(_statement("theorem", "b"), kind="theorem")
    entries = Catalogue([*CATALOGUE, _statement("apart"), theorem])
    told = break_sentences({"printed": ["a", "apart", "theorem"], "repaired": []}, entries)
    assert told == [
        "As printed, the argument for theorem breaks first at a.",
        "As printed, violated outside these arguments: apart, theorem.",
    ]
    assert break_sentences({"repaired": ["c"]}, entries) == ["As repaired, violated: c."]


def test_two_theorems_that_share_a_lemma_break_at_it_each_in_its_own_argument() -> None:
    first = replace(_statement("A.theorem-1", "b"), kind="theorem")
    second = replace(_statement("B.theorem-9", "b", "own"), kind="theorem")
    entries = Catalogue([*CATALOGUE, _statement("own"), first, second])
    results = [_result(name, Verdict.VIOLATED) for name in ("b", "own")]
    results += [_result(end, Verdict.HOLDS) for end in ("A.theorem-1", "B.theorem-9")]
    broken = [row.broken_at for row in with_breaks(results, entries)]
    assert [set(names) for names in broken] == [set(), set(), {"b"}, {"b", "own"}]
    told = break_sentences({"printed": ["b", "own"]}, entries)
    assert told == [
        "As printed, the argument for A.theorem-1 breaks first at b.",
        "As printed, the argument for B.theorem-9 breaks first at b, own.",
    ]
