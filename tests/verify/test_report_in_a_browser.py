"""report.html in a real browser: nothing requested, no console message, readable on a phone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.verify.headless import CHROMIUM, Page, page
from tests.verify.results_documents import EVERY_PART
from verify.report import render_html

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no {CHROMIUM}")

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render_html(EVERY_PART), "utf-8")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with page() as found:
        yield found


def assert_silent(browser: Page, file: Path) -> None:
    """No message, and no request but for the page itself."""
    requests = [found["request"]["url"] for found in browser.of("Network.requestWillBeSent")]
    assert [url for url in requests if not url.startswith("data:")] == [file.as_uri()]
    messages: list[Any] = browser.of("Log.entryAdded") + browser.of("Runtime.consoleAPICalled")
    assert messages + browser.of("Runtime.exceptionThrown") == []


def width_of(browser: Page, selector: str) -> float:
    found = browser.evaluate(f"document.querySelector('{selector}').getBoundingClientRect().width")
    return float(found)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
def test_it_opens_without_a_request_and_without_a_message(
    browser: Page, file: Path, width: int, scheme: str
) -> None:
    browser.open(file, width=width, scheme=scheme)
    assert browser.evaluate("document.querySelectorAll('.result').length") == 12
    assert browser.screenshot(whole=True).startswith(PNG)
    assert_silent(browser, file)


@pytest.mark.parametrize("width", [400, 800, 1280])
def test_the_page_is_never_wider_than_the_window(browser: Page, file: Path, width: int) -> None:
    browser.open(file, width=width, scheme="light")
    browser.evaluate("document.querySelectorAll('details').forEach(found => found.open = true)")
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert width_of(browser, "figure svg") <= width


def test_on_a_phone_rows_are_cards_with_their_headings(browser: Page, file: Path) -> None:
    browser.open(file, width=400, scheme="light")
    before = "getComputedStyle(document.querySelector('td[data-label=measured]'), '::before')"
    assert "measured" in browser.evaluate(f"{before}.content")
    assert browser.evaluate("getComputedStyle(document.querySelector('.row')).display") == "grid"


def luminance(browser: Page, expression: str) -> float:
    """Mean of red, green and blue of a computed colour, 0 to 255."""
    text = browser.evaluate(expression)
    numbers = [float(part) for part in text[text.index("(") + 1 : -1].split(",")[:3]]
    return sum(numbers) / 3


@pytest.mark.parametrize(("scheme", "dark"), [("light", False), ("dark", True)])
def test_page_and_drawings_follow_the_scheme(
    browser: Page, file: Path, scheme: str, dark: bool
) -> None:
    browser.open(file, width=1280, scheme=scheme)
    ground = luminance(browser, "getComputedStyle(document.body).backgroundColor")
    letters = luminance(browser, "getComputedStyle(document.querySelector('#proof text')).fill")
    assert (ground < 64, letters > 192) == (dark, dark)
    boxes = "getComputedStyle(document.querySelector('#proof-R26\\\\.lemma-18 path')).fill"
    assert abs(luminance(browser, boxes) - letters) > 90  # a box's text stands out
