"""Pages that are made when the site is built: statements, links, letters; nothing from outside."""

import inspect
import re
from pathlib import Path

import pytest

from layerproof.theory.statements import Statement, shipped
from layerproof.verify.report.reference import reference
from tools.site import letters, links, statement_pages
from tools.site.outside import faults, loads_from_outside

IDS = [statement.id for statement in shipped()]


def _statement(identifier: str) -> Statement:
    return next(entry for entry in shipped() if entry.id == identifier)


@pytest.fixture(scope="module")
def page() -> str:
    """Of a statement that has all there is: two forms, an erratum, checks, a search."""
    return statement_pages.page(_statement("R26.lemma-18"))


def test_every_statement_has_a_page_in_the_navigation() -> None:
    listed = [name for names in statement_pages.by_source().values() for name in names]
    assert sorted(listed) == sorted(IDS)


@pytest.mark.parametrize(
    "title",
    [
        "Hypotheses", "As printed", "As repaired", "Erratum", "Derivation", "What tests it",
        "Verdicts", "See for yourself", "In the proof",
    ],
)  # fmt: skip
def test_a_page_has_all_that_the_catalogue_knows(page: str, title: str) -> None:
    _, _, after = page.partition(f"\n## {title}\n")
    assert after.strip()
    assert not after.lstrip().startswith("## ")


def test_a_page_has_the_formula_of_every_form(page: str) -> None:
    for form in _statement("R26.lemma-18").forms.values():
        for formula in form.formulas.values():
            assert f"$$\n{formula.latex()}\n$$" in page


def test_a_page_leads_to_the_code_and_to_what_runs_it(page: str) -> None:
    uri = statement_pages.place("R26.lemma-18")
    assert {
        "theory/statements/ren2026/lemma_18.py",
        "verify/checks/ren2026/lemma_18.py",
        "verify/searches/ren2026/lemma_18.py",
    } <= set(links.repository_files(page, uri))
    assert "    layerproof verify paper --only R26.lemma-18" in page
    assert "    layerproof refute R26.lemma-18" in page


def test_a_page_has_what_the_reference_run_measured(page: str) -> None:
    known = [row for row in reference().results if row.statement == "R26.theorem-7"]
    shown = statement_pages.page(_statement("R26.theorem-7"))
    _, _, after = shown.partition("\n## Measured in the reference run\n")
    table, _, _ = after.partition("\n## ")
    lines = [line for line in table.split("\n") if line.startswith("| P[")]
    assert len(lines) == len(known) == 1
    assert "≤ 0.1 | 0 | [0, 0.087" in lines[0]
    assert lines[0].endswith("| holds |")
    assert "## Measured in the reference run" not in page, "quick has no Lemma 18"


def test_a_page_shows_what_stands_below_and_above_in_the_proof(page: str) -> None:
    _, below, above = re.split(r"It needs, on the instance|What rests on it", page)
    assert "`R26.assumption-6a` Non-degeneracy (printed: holds)" in below
    assert "`R26.lemma-18`" in below.rpartition("<div")[0]
    assert "`R26.lemma-17` Training one layer" in above


@pytest.mark.parametrize("identifier", IDS)
def test_a_derivation_keeps_every_letter(identifier: str) -> None:
    """What markdown shows is the text itself, but for its headings' stars and its backquotes."""
    text = re.sub(r":\w+:(?=`)", "", inspect.cleandoc(_statement(identifier).derivation))
    shown = letters.derivation(_statement(identifier).derivation)
    marks = re.sub(r"\\.", "", re.sub(r"`[^`\n]+`", "", shown), flags=re.DOTALL)
    assert not set("_<|") & set(marks)
    assert marks.count("*") % 2 == 0
    assert re.sub(r"\\([*_<>|\[\]$])", r"\1", shown) == text.replace("``", "`")


def test_what_a_derivation_sets_apart_is_set_apart() -> None:
    shown = letters.derivation("**Repair.** *Below* (Chernoff): W_* x_μ is |P_l|. ``a_b`` too")
    assert shown == "**Repair.** *Below* (Chernoff): W\\_\\* x\\_μ is \\|P\\_l\\|. `a_b` too"


def test_examples_of_docstrings_are_listings() -> None:
    shown = letters.docstring("The q_mu of :class:`Form`.\n\n>>> f(x)[0]\n1\n\nrules[l][nu].")
    assert shown == (
        "The q\\_mu of `Form`.\n\n```pycon\n>>> f(x)[0]\n1\n```\n\nrules\\[l\\]\\[nu\\]."
    )


def test_links_into_the_repository_lead_to_pages_of_the_site() -> None:
    text = (
        "[a](../notebooks/how_a_lemma_fails.ipynb) [b](../verify/testing.py) [c](errata.md#x)"
        " [d](../README.md) [e](https://arxiv.org)"
    )
    assert links.led_to_pages(text, "index.md") == (
        "[a](notebooks/how_a_lemma_fails.md) [b](source/verify/testing.py.md) [c](errata.md#x)"
        " [d](index.md) [e](https://arxiv.org)"
    )
    below = links.led_to_pages("[b](../../verify/testing.py)", "statements/R26.lemma-18.md")
    assert below == "[b](../source/verify/testing.py.md)"


def test_ids_of_statements_lead_to_their_pages_but_not_in_listings() -> None:
    text = "`R26.lemma-18` [`R26.lemma-18`](x.md)\n```\n`R26.lemma-18`\n```\n`R26.lemma-1`"
    assert links.with_statements(text, "errata.md", IDS) == (
        "[`R26.lemma-18`](statements/R26.lemma-18.md) [`R26.lemma-18`](x.md)\n"
        "```\n`R26.lemma-18`\n```\n`R26.lemma-1`"
    )


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://cdn.example/x.js"></script>',
        '<link rel="stylesheet" href="//fonts.example/css">',
        '<link rel="preconnect" href="https://fonts.example" crossorigin>',
        '<img src="https://badges.example/x.svg">',
        '<p style="background: url(https://pictures.example/x.png)">',
        "<style>@import 'https://fonts.example/x.css';</style>",
    ],
)
def test_what_a_page_loads_from_another_host_is_found(html: str) -> None:
    assert len(loads_from_outside(html)) == 1


def test_links_that_a_reader_may_follow_are_no_fault(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<a href="https://arxiv.org">a</a><img src="b.png">')
    (tmp_path / "a.css").write_text("p { background: url(b.png) }")
    assert faults(tmp_path) == []
    (tmp_path / "a.css").write_text("p { background: url(https://pictures.example/b.png) }")
    assert faults(tmp_path) == ["a.css: https://pictures.example/b.png"]
