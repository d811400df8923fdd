"""report.html in a real browser: nothing requested, no console message, readable on a phone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from layerproof.theory.statements import catalogue
from layerproof.verify.report import render_html
from layerproof.verify.report.document import as_read
from tests.verify.report.a_browser import NEEDS_A_BROWSER
from tests.verify.report.results_documents import EVERY_PART, READ, row

pytestmark = NEEDS_A_BROWSER


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render_html(READ), "utf-8")
    return path


class Shown:
    """The page as one reader sees it, with every message and every request that it made."""

    def __init__(self, page: Page, file: Path) -> None:
        self.page = page
        self.messages: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.messages.append(message.text))
        page.on("pageerror", lambda error: self.messages.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(file.as_uri())

    def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page."""
        return self.page.evaluate(expression)


@pytest.fixture
def show(browser: Browser, file: Path) -> Iterator[Any]:
    """A function (width, scheme) that opens the page."""
    pages: list[Page] = []

    def opened(width: int = 1280, scheme: Any = "light") -> Shown:
        viewport = {"width": width, "height": 900}
        pages.append(browser.new_page(viewport=viewport, color_scheme=scheme))
        return Shown(pages[-1], file)

    yield opened
    for page in pages:
        page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
def test_it_opens_without_a_request_and_without_a_message(
    show: Any, file: Path, width: int, scheme: str
) -> None:
    shown = show(width, scheme)
    assert shown.page.locator(".result").count() == 12
    assert shown.page.locator("table").count() >= 4
    assert [url for url in shown.requests if not url.startswith("data:")] == [file.as_uri()]
    assert shown.messages == []


def test_a_page_with_a_script_and_a_request_would_be_noticed(browser: Browser, file: Path) -> None:
    """The negative control of the test above."""
    loud = file.with_name("loud.html")
    loud.write_text("<script>console.error('x')</script><img src='missing.png'>", "utf-8")
    page = browser.new_page()
    shown = Shown(page, loud)
    page.close()
    assert "x" in shown.messages
    assert len(shown.requests) == 2


@pytest.mark.parametrize("width", [400, 800, 1280])
def test_the_page_is_never_wider_than_the_window(show: Any, width: int) -> None:
    shown = show(width)
    shown.evaluate("document.querySelectorAll('details').forEach(found => found.open = true)")
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    widths = (
        "[...document.querySelectorAll('figure svg')].map(f => f.getBoundingClientRect().width)"
    )
    assert max(shown.evaluate(widths)) <= width


def test_on_a_phone_rows_are_cards_with_their_headings(show: Any) -> None:
    shown = show(400)
    shown.evaluate("document.querySelectorAll('details').forEach(found => found.open = true)")
    before = "getComputedStyle(document.querySelector('td[data-label=measured]'), '::before')"
    assert "measured" in shown.evaluate(f"{before}.content")
    assert shown.evaluate("getComputedStyle(document.querySelector('.row')).display") == "grid"


@pytest.mark.parametrize("width", [400, 1200])
def test_the_theorem_is_in_view_and_the_graph_fits_a_wide_window(show: Any, width: int) -> None:
    shown = show(width)
    box = "document.querySelector('#proof-R26\\\\.theorem-7').getBoundingClientRect()"
    assert 0 < shown.evaluate(f"{box}.left") < shown.evaluate(f"{box}.right") <= width
    graph = "document.querySelector('.graph')"
    fits = shown.evaluate(f"{graph}.scrollWidth <= {graph}.clientWidth")
    assert fits == (width == 1200)


def test_premises_are_drawn_on_demand_without_a_script(browser: Browser, file: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    edge = page.locator('#proof [id^="proof-assumes:"] path').first
    assert edge.is_hidden()
    page.check("#premises")
    assert edge.is_visible()
    context.close()


def test_breaks_and_errata_are_marked_differently(show: Any) -> None:
    shown = show()
    box = "getComputedStyle(document.querySelector('#proof-R26\\\\.lemma-{} path'))"
    broken, erratum, plain = (
        shown.evaluate(f"[{style}.stroke, {style}.strokeWidth]")
        for style in map(box.format, (18, 15, 20))
    )
    assert erratum == plain
    assert broken[0] != plain[0]
    assert float(broken[1].rstrip("px")) > 2 * float(plain[1].rstrip("px"))


def test_without_a_script_the_page_reads_and_its_rows_open(browser: Browser, file: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert page.locator("#filters").is_hidden()
    rows = page.locator(".result")
    assert rows.first.is_hidden()
    page.click(".statement summary >> nth=0")
    assert rows.first.is_visible()
    context.close()


def test_rows_are_searched_and_filtered(show: Any) -> None:
    shown = show()
    told = shown.page.locator("#filters output")
    assert told.inner_text() == "10 statements, 12 rows"
    shown.page.fill("[name=words]", "lemma 18 VIOLATED")
    assert told.inner_text() == "1 of 10 statements, 1 row"
    assert shown.page.locator(".result:visible").count() == 1
    shown.page.fill("[name=words]", "")
    shown.page.select_option("[name=verdict]", "holds")
    assert told.inner_text() == "3 of 10 statements, 5 rows"
    shown.page.select_option("[name=source]", "derived")
    assert told.inner_text() == "1 of 10 statements, 3 rows"
    assert shown.page.locator("tbody.source:visible").count() == 1
    shown.page.check("[name=unexpected]")
    assert told.inner_text() == "0 of 10 statements, 0 rows"
    assert shown.messages == []


def test_a_link_opens_the_rows_that_it_leads_to(show: Any) -> None:
    shown = show()
    shown.page.click(".unexpected a >> nth=0")
    row = shown.page.locator(".result", has_text="because of error")
    assert row.is_visible()


def test_a_page_of_a_whole_paper_opens_within_a_second(browser: Browser, file: Path) -> None:
    """The best of three, as the machine may have other things to do: 640 rows of 80 statements."""
    names = [entry.id for entry in catalogue().numbered()][:80]
    rows = [row(name, "holds", reason="r" * 150) for name in names for _ in range(8)]
    long = file.with_name("long.html")
    long.write_text(render_html(as_read(EVERY_PART | {"results": rows})), "utf-8")
    page = browser.new_page()
    end = "performance.getEntriesByType('navigation')[0].loadEventEnd"
    seconds = []
    for _ in range(3):
        page.goto(long.as_uri())
        seconds.append(page.evaluate(end) / 1000)
    assert page.evaluate("document.documentElement.scrollHeight") < 12_000
    page.close()
    assert min(seconds) < 1


def test_on_paper_no_column_is_cut_off(show: Any) -> None:
    shown = show(718)  # A4 with margins of 1 cm, in CSS pixels
    shown.evaluate("document.querySelectorAll('details').forEach(found => found.open = true)")
    shown.page.emulate_media(media="print")
    cut = "[...document.querySelectorAll('section[id^=level] .wide')]"
    assert shown.evaluate(f"{cut}.length") > 0
    assert shown.evaluate(f"{cut}.filter(wide => wide.scrollWidth > wide.clientWidth).length") == 0


def luminance(shown: Shown, expression: str) -> float:
    """Mean of red, green and blue of a computed colour, 0 to 255."""
    text = shown.evaluate(expression)
    numbers = [float(part) for part in text[text.index("(") + 1 : -1].split(",")[:3]]
    return sum(numbers) / 3


@pytest.mark.parametrize(("scheme", "dark"), [("light", False), ("dark", True)])
def test_page_and_drawings_follow_the_scheme(show: Any, scheme: str, dark: bool) -> None:
    shown = show(1280, scheme)
    ground = luminance(shown, "getComputedStyle(document.body).backgroundColor")
    letters = luminance(shown, "getComputedStyle(document.querySelector('#proof text')).fill")
    assert (ground < 64, letters > 192) == (dark, dark)
    boxes = "getComputedStyle(document.querySelector('#proof-R26\\\\.lemma-18 path')).fill"
    assert abs(luminance(shown, boxes) - letters) > 90  # a box's text stands out
