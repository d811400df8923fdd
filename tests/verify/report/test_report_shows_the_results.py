"""report.html shows every row and every count, worst first, as text, and asks for nothing."""

import copy
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest

from layerproof.theory.statements import catalogue
from layerproof.verify.report import render_html
from layerproof.verify.report.document import as_read
from layerproof.verify.report.levels import levels
from layerproof.verify.verdicts.verdict import Verdict
from tests.verify.report.results_documents import (
    EVERY_PART,
    READ,
    document,
    read,
    read_rows,
    row,
    swept,
)

VOID = {"meta", "link", "br", "input", "use", "path", "rect", "circle", "line"}
LOADING = {"src", "srcset", "data", "action", "poster", "background", "xlink:href", "href"}
HOSTILE = "<script>alert('x')</script><img src=http://evil.example/x onerror=alert(1)> \"'& $x_1$"


class Element:
    """One element: its tag, attributes and children, which are elements and texts."""

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag, self.attributes = tag, attributes
        self.children: list[Element | str] = []

    def all(self) -> "Iterator[Element]":
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.all()

    def find(self, tag: str = "", **wanted: str) -> "list[Element]":
        """Elements of a tag whose attributes contain all words wanted."""
        return [
            found
            for found in self.all()
            if (not tag or found.tag == tag)
            and all(word in found.attributes.get(k, "").split() for k, word in wanted.items())
        ]

    @property
    def text(self) -> str:
        parts = (child if isinstance(child, str) else child.text for child in self.children)
        return " ".join(" ".join(parts).split())


class Tree(HTMLParser):
    """The page as a tree. An end tag that ends nothing, or the wrong element, is an error."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.root = Element("", {})
        self.open = [self.root]
        self.feed(page)
        self.close()
        assert len(self.open) == 1, [element.tag for element in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID or self.open[-1].tag in ("svg", "g", "defs", "clippath"):
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, {n: v or "" for n, v in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag, tag

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def tree(found: dict[str, Any]) -> Element:
    return Tree(render_html(as_read(found))).root


@pytest.fixture(scope="module")
def page() -> Element:
    return tree(EVERY_PART)


def poisoned(value: Any, key: str = "") -> Any:
    """The document with every free text replaced by markup."""
    fixed = ("schema", "verdict", "expected", "relation", "form", "statement")
    fixed += ("measured", "interval")  # numbers, of which only "inf" is a text
    if isinstance(value, dict):
        changed = {name: poisoned(entry, name) for name, entry in value.items()}
        return changed | ({HOSTILE: HOSTILE} if key in ("parameters", "evidence") else {})
    if isinstance(value, list):
        return [poisoned(entry, key) for entry in value]
    return HOSTILE if isinstance(value, str) and key not in fixed else value


def test_it_opens_with_the_question_and_the_counts_of_all_words(page: Element) -> None:
    (heading,) = page.find("h1")
    assert heading.text == "Does it hold?"
    (counts,) = page.find("ul", **{"class": "counts"})
    for word, entry in zip(Verdict, counts.find("li"), strict=True):
        number, _, name, *_ = entry.text.split()
        assert (int(number), name) == (EVERY_PART["counts"][word], word)


def test_every_count_is_there_where_nothing_ran() -> None:
    empty = tree(document())
    (counts,) = empty.find("ul", **{"class": "counts"})
    assert [entry.text.split()[0] for entry in counts.find("li")] == ["0"] * len(Verdict)
    assert "Nothing ran" in empty.text


def test_one_row_per_statement_with_its_rows_collapsed_below(page: Element) -> None:
    (section,) = page.find("section", id="statements")
    statements = section.find("tbody", **{"class": "statement"})
    names = [found.attributes["id"].removeprefix("statement-") for found in statements]
    known = [entry.id for entry in catalogue().numbered()]
    assert names == sorted({found["statement"] for found in EVERY_PART["results"]}, key=known.index)
    assert names[-1] == "derived.sensitivity-curve"
    rows = [found.find("tbody", **{"class": "result"}) for found in statements]
    assert [len(found) for found in rows] == [1] * 9 + [3]
    for found, below in zip(statements, rows, strict=True):
        (details,) = [d for d in found.find("details") if d.find("table")]
        assert "open" not in details.attributes
        assert details.find("tbody", **{"class": "result"}) == below
    lemma = statements[names.index("R26.lemma-18")]
    cells = {c.attributes["data-label"]: c.text for c in lemma.find("tr")[0].find("td")}
    worst = "E‖q‖²: 0.499, predicted 0.5 ± 10 %"
    assert cells == {"printed": "✗ violated", "repaired": "", "worst row": worst}


def test_rows_of_a_statement_are_worst_first_and_say_their_instance() -> None:
    words = ("holds", "vacuous", "violated", "error")
    rows = [row("R26.lemma-18", word, expected=word) for word in words]
    (statement,) = tree(document(*rows)).find("tbody", **{"class": "statement"})
    shown = statement.find("tbody", **{"class": "result"})
    found = [result.find("span", **{"class": "word"})[0].text.split()[1] for result in shown]
    assert found == list(reversed(words))
    (group,) = statement.find("tbody", **{"class": "group"})
    assert group.text == "E‖q‖²; V=8 m=4 s=2 L=3, 40 trials"
    assert "✗" not in statement.find("th")[0].text
    assert "‼ error 1 of 4" in statement.text


def test_what_is_not_as_expected_stands_first(page: Element) -> None:
    (first,) = page.find("ul", **{"class": "unexpected"})
    entries = [entry.text for entry in first.find("li")]
    assert [text.split()[1] for text in entries][:2] == ["error!", "violated!"]
    assert "because of error" in entries[0]
    assert not tree(document(row("R26.a", "holds"))).find("ul", **{"class": "unexpected"})


def test_a_row_says_what_was_predicted_and_measured_why_and_how_to_see_it(page: Element) -> None:
    results = page.find("tbody", **{"class": "result"})
    (found,) = [result for result in results if "--only R26.lemma-18" in result.text]
    labelled = [cell for cell in found.find("td") if "data-label" in cell.attributes]
    cells = {cell.attributes["data-label"]: cell.text for cell in labelled[1:]}
    assert cells == {
        "form": "printed",
        "what": "level=1",
        "predicted": "0.5 ± 10 %",
        "measured": "0.499",
        "interval": "[0.47, 0.53]",
        "slack": "0.01",
        "expected": "violated",
    }
    for part in (
        "because of violated",
        "expected: a factor is missing",
        "--only R26.lemma-18",
    ):
        assert part in found.text
    assert "a deviation of 0.05, with probability 0.9" in found.text


def test_an_absolute_margin_is_one_around_whatever_is_predicted() -> None:
    evidence = {"margin": 0.005, "margin_is": "absolute"}
    small = row("R26.lemma-18", "holds", predicted=1e-8, evidence=evidence)
    near = row("R26.lemma-18", "holds", predicted=0.5, evidence=evidence)
    shown = tree(document(small, near))
    cells = [c.text for c in shown.find("td") if c.attributes.get("data-label") == "predicted"]
    assert cells == ["1e-8 ± 0.005", "0.5 ± 0.005"]
    # Measured over predicted says nothing where the prediction is less than its margin.
    strips = [text for text in shown.find("text") if text.text == "E‖q‖², as printed"]
    assert len(strips) == 1


def test_every_row_has_its_reproduce_line(page: Element) -> None:
    results = page.find("tbody", **{"class": "result"})
    commands = {result.find("code")[0].text for result in results}
    assert commands == {found["reproduce"] for found in EVERY_PART["results"]}


def test_the_graph_carries_the_verdicts_and_the_first_break(page: Element) -> None:
    (section,) = page.find("section", id="proof")
    assert (
        "As printed, the argument for R26.theorem-7 breaks first at R26.lemma-18." in section.text
    )
    assert "#proof-R26.theorem-7" in [link.attributes["href"] for link in section.find("a")]
    (graph,) = section.find("svg")
    texts = [text.text for text in graph.find("text")]
    at = [" ".join(text.split()) for text in texts].index("R26.lemma-18 *")
    assert texts[at : at + 3] == ["R26.lemma-18 *", "printed: violated", "breaks first"]
    for word in ("printed: violated", "printed: not-applicable", "repaired: holds"):
        assert word in texts


def test_each_level_has_its_curves_clusters_and_thresholds(page: Element) -> None:
    (first,) = page.find("section", id="level-1")
    (second,) = page.find("section", id="level-2")
    assert len(second.find("figure")) == 1
    (axis,) = second.find("svg")
    texts = axis.text
    for part in ("N / N_×", "S(N)", "predicted, with margin", "measured, with interval", "16"):
        assert part in texts
    assert "between clusters, least" in first.text
    assert "measured / predicted" in first.text
    assert "0.5 ± 10 %" in second.text


def test_errata_controls_and_provenance_are_there_where_the_document_has_them(
    page: Element,
) -> None:
    (errata,) = page.find("section", id="errata")
    assert "add the factor" in errata.text
    (matrix,) = page.find("section", id="controls")
    caught, missed = matrix.find("tbody")[0].find("tr")
    assert caught.text == "dead-symbol caught ● ○"
    assert missed.text == "few-samples missed by theorem-7 ✗"
    (provenance,) = page.find("section", id="provenance")
    assert "layerproof verify" in provenance.text
    bare = tree(document(row("R26.theorem-7", "holds")))
    assert not bare.find("section", id="errata") + bare.find("section", id="controls")


def test_names_are_unique_and_links_arrive(page: Element) -> None:
    names = [found.attributes["id"] for found in page.all() if "id" in found.attributes]
    repeated = {name for name in names if names.count(name) > 1}
    assert not repeated
    links = [found.attributes["href"] for found in page.find("a")]
    assert links
    assert {link.removeprefix("#") for link in links} <= set(names)


def test_markup_in_a_document_stays_text() -> None:
    clean = render_html(READ)
    page = Tree(render_html(as_read(poisoned(EVERY_PART)))).root
    plain = Tree(clean).root
    (script,) = page.find("script")  # that of the package, and no other
    assert script.text == plain.find("script")[0].text
    assert not page.find("img") + page.find("iframe")
    assert not [n for e in page.all() for n in e.attributes if n.startswith("on")]
    assert {e.tag for e in page.all()} == {e.tag for e in plain.all()}
    assert "<script>alert('x')</script>" in page.text


def test_nothing_is_loaded_from_anywhere() -> None:
    for found in (EVERY_PART, poisoned(EVERY_PART)):
        page = render_html(as_read(found))
        for element in Tree(page).root.all():
            for name, value in element.attributes.items():
                inside = value.startswith("#") or value == "data:,"
                assert name not in LOADING or inside, (element.tag, name, value)
        assert "@import" not in page
        assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", page))
    assert "://" not in render_html(READ)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_coloured_text_stands_out_of_the_page(scheme: int) -> None:
    """By the ratio 4.5 that WCAG 2.1 (1.4.3) asks of small text."""
    css = render_html(READ).partition("</style>")[0]

    def luminance(name: str) -> float:
        hexadecimal = re.findall(rf"--{name}: #([0-9a-f]+);", css)[scheme]
        wide = hexadecimal if len(hexadecimal) == 6 else "".join(2 * c for c in hexadecimal)
        parts = [int(wide[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        red, green, blue = (c / 12.92 if c <= 0.04 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    paper = luminance("paper")
    for name in ("ink", "muted", "link", "measured", "predicted", "other"):
        dark, light = sorted((luminance(name), paper))
        assert (light + 0.05) / (dark + 0.05) >= 4.5, name
    assert "opacity" not in css


def test_colours_follow_light_and_dark_everywhere() -> None:
    page = render_html(READ)
    assert "prefers-color-scheme: dark" in page
    drawings = "".join(re.findall(r"<svg.*?</svg>", page, re.DOTALL))
    assert "var(--ink)" in drawings
    assert not re.findall(r"#[0-9a-f]{6}\b(?!-)", re.sub(r'"#[^"]*"|\(#[^)]*\)', "", drawings))


def test_numbers_of_every_kind_are_shown() -> None:
    strange = row(
        "R26.theorem-7",
        "violated",
        predicted="123456789012345678901",
        measured="inf",
        interval=["-inf", "inf"],
        evidence={"margin": 0.1, "list": [1, [2.5, None]], "huge": 10**400},
        parameters={"level": 1, "classes": 10**400},
    )
    text = tree(document(strange)).text
    for part in ("1.23e20", "∞", "[-∞, ∞]", "1e400", "[1, [2.5, –]]"):
        assert part in text


def test_half_a_surrogate_pair_is_no_crash() -> None:
    half = json.loads('"\\ud800"')
    render_html(read(row("R26.theorem-7", "holds", parameters={"note": half}))).encode("utf-8")


def test_a_statement_that_the_catalogue_lacks_is_listed_and_not_drawn() -> None:
    page = tree(document(row("Own.statement", "holds")))
    assert "Own.statement" in page.find("table", **{"class": "verdicts"})[0].text
    assert not page.find("section", id="proof")


def test_a_long_document_stays_below_two_megabytes() -> None:
    """Twice the rows of `paper`, at twelve levels."""
    long = [swept(float(2**i), level) for level in range(12) for i in range(24)]
    long += [row("R26.lemma-18", "violated", reason="r" * 150) for _ in range(300)]
    page = render_html(as_read(EVERY_PART | {"results": EVERY_PART["results"] + long}))
    assert len(page.encode()) < 2_000_000


def test_equal_documents_give_equal_pages() -> None:
    assert render_html(READ) == render_html(as_read(copy.deepcopy(EVERY_PART)))


def test_expectations_of_one_size_are_told_apart() -> None:
    sizes = {"V": 16, "m": 4, "s": 2, "L": 3, "level": 2}
    rows = [
        row("derived.uneven-sensitivity", "holds", parameters=sizes | {"zipf": a, "N_over": N})
        for a in (0.5, 1.0) for N in (1, 4)
    ]  # fmt: skip
    (level,) = levels(read_rows(rows))
    names = [entry.instance for entry in level.expectations]
    assert names[0] == "N_over=1, zipf=0.5, V = 16, m = 4, s = 2, L = 3"
    assert len(set(names)) == 4
    # What only one check has is no difference between its rows.
    other = row("R26.lemma-10", "holds", parameters=sizes | {"strings": 500})
    (level,) = levels(read_rows([*rows, other]))
    assert [entry.instance for entry in level.expectations[:-1]] == names
    assert level.expectations[-1].instance == "V = 16, m = 4, s = 2, L = 3"
