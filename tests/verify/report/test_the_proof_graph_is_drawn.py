"""The proof graph as DOT and as SVG: every statement, both kinds of edges, nothing overlaps."""

import itertools
import re
import xml.etree.ElementTree as ElementTree

import pytest

from layerproof.theory.statements import catalogue
from layerproof.theory.statements.base import Catalogue, Form, Statement
from layerproof.verify.report.graph import edges, neighbourhood, to_dot, to_svg
from layerproof.verify.report.graph.layout import layout

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def drawn() -> ElementTree.Element:
    return ElementTree.fromstring(to_svg(list(catalogue())))


def statement(name: str, assumes: tuple[str, ...] = (), uses: tuple[str, ...] = ()) -> Statement:
    forms = {"printed": Form("a claim")}
    return Statement(name, f'a "{name}"', "a source", "lemma", (), forms, assumes, uses)  # type: ignore[arg-type]


def test_the_edges_are_the_premises_and_what_proofs_quote() -> None:
    found = {(edge.source, edge.target, edge.kind) for edge in edges(catalogue())}
    for entry in catalogue():
        assert {s for s, t, k in found if (t, k) == (entry.id, "assumes")} == set(entry.assumes)
        quoted = {s for s, t, k in found if (t, k) == (entry.id, "proof_uses")}
        assert quoted == set(entry.proof_uses)


def test_dot_lists_every_statement_and_edge_with_its_style() -> None:
    text = to_dot(list(catalogue()))
    links = re.findall(r'^  "([^"]+)" -> "([^"]+)" \[style=(\w+), color=', text, re.MULTILINE)
    styles = {"assumes": "dashed", "proof_uses": "solid"}
    expected = [(edge.source, edge.target, styles[edge.kind]) for edge in edges(catalogue())]
    assert links == expected
    nodes = re.findall(r'^  "([^"]+)" \[label=', text, re.MULTILINE)
    assert nodes == [entry.id for entry in catalogue()]


def test_dot_escapes_what_would_end_a_label() -> None:
    assert r"a \"one\"" in to_dot([statement("one")])


def test_svg_keeps_its_text_as_text(drawn: ElementTree.Element) -> None:
    words = " ".join("".join(text.itertext()) for text in drawn.iter(f"{SVG}text"))
    for entry in catalogue():
        assert entry.id in words
        assert all(word in words for word in entry.title.split())


def test_svg_draws_every_statement_and_edge_under_its_name(drawn: ElementTree.Element) -> None:
    names = {group.get("id") for group in drawn.iter(f"{SVG}g")}
    assert {entry.id for entry in catalogue()} <= names
    assert {f"{e.kind}:{e.source}:{e.target}" for e in edges(catalogue())} <= names


def test_premises_and_quotations_differ_by_line_and_by_colour(drawn: ElementTree.Element) -> None:
    styles: dict[str, set[str]] = {"assumes": set(), "proof_uses": set()}
    for group in drawn.iter(f"{SVG}g"):
        kind = (group.get("id") or "").split(":")[0]
        if kind in styles:
            styles[kind] |= {path.get("style") or "" for path in list(group.iter(f"{SVG}path"))[:1]}
    assert all("stroke-dasharray" in style for style in styles["assumes"])
    assert not any("stroke-dasharray" in style for style in styles["proof_uses"])
    colours = [set(re.findall(r"stroke: (#\w+)", " ".join(found))) for found in styles.values()]
    assert colours[0].isdisjoint(colours[1])


def test_equal_catalogues_give_equal_drawings() -> None:
    few = neighbourhood(catalogue(), "R26.lemma-17")
    assert to_svg(few) == to_svg(few)


def test_arrows_point_right_and_boxes_do_not_overlap() -> None:
    placed = layout(list(catalogue()))
    for edge, path in placed.path.items():
        assert path[0] == placed.place[edge.source]
        assert path[-1] == placed.place[edge.target]
        columns = [column for column, _ in path]
        assert columns == list(range(int(columns[0]), int(columns[-1]) + 1))
        assert len(columns) >= 2
    for first, second in itertools.combinations(placed.place.values(), 2):
        # A box is 1 high; rows are sums of a few hundred doubles of order 10.
        assert first[0] != second[0] or abs(first[1] - second[1]) > 1 - 1e-9


def test_a_neighbourhood_is_what_a_statement_rests_on_and_what_rests_on_it() -> None:
    chain = Catalogue(
        [statement("a"), statement("b", ("a",)), statement("c", (), ("b",)), statement("d", ("a",))]
    )
    assert [entry.id for entry in neighbourhood(chain, "b")] == ["a", "b", "c"]
