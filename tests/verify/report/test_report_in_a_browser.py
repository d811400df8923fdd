"""report.html in a real browser: nothing requested, no console message, readable on a phone."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from layerproof.verify.report import render_html
from tests.verify.report.results_documents import READ

CHROMIUM = Path("/usr/bin/chromium")

# Where CI is set, a missing browser is a failure.
pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists() and not os.environ.get("CI"), reason=f"there is no {CHROMIUM}"
)

# A superuser's Chromium has no sandbox; the others keep it from calling home.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render_html(READ), "utf-8")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield found
        found.close()


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
    before = "getComputedStyle(document.querySelector('td[data-label=measured]'), '::before')"
    assert "measured" in shown.evaluate(f"{before}.content")
    assert shown.evaluate("getComputedStyle(document.querySelector('.row')).display") == "grid"


def test_a_link_leads_to_the_end_of_the_proof_graph(show: Any) -> None:
    shown = show(800)
    end = "document.querySelector('#proof-R26\\\\.theorem-7').getBoundingClientRect().right"
    assert shown.evaluate(end) > 800
    shown.page.click("#proof .note a")
    assert 0 < shown.evaluate(end) <= 800


def test_on_paper_no_column_is_cut_off(show: Any) -> None:
    shown = show(718)  # A4 with margins of 1 cm, in CSS pixels
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
