"""The page of an invariance matrix: whole in itself, every column defined, nothing left out."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from layerproof.theory.errors import InputError
from layerproof.verify.measure.invariance.cells import cell_verdict, cell_verdicts
from layerproof.verify.report.invariance_page import render_invariance
from tests.verify.report.a_browser import NEEDS_A_BROWSER
from tests.verify.report.invariance_documents import FULL, NASTY, PLAIN, read


def page(**changed: Any) -> str:
    return render_invariance(read(FULL | changed)) if changed else full()


@cache
def full() -> str:
    return render_invariance(read(FULL))


@pytest.mark.parametrize(
    ("limits", "predicted", "verdict"),
    [
        ((0.0, 0.0), 0.0, "holds"),
        ((0.0, 0.005), 0.0, "holds"),
        ((0.004, 0.006), 0.0, "inconclusive"),
        ((0.006, 0.01), 0.0, "violated"),
        ((0.75, 0.85), 0.8, "holds"),
        ((0.7, 0.85), 0.8, "inconclusive"),
        ((0.5, 0.71), 0.8, "violated"),
        ((None, None), 0.8, "not-applicable"),
        ((0.5, 0.7), None, None),
    ],
)
def test_a_cell_is_judged_by_its_interval_and_the_margin(
    limits: tuple[float | None, float | None], predicted: float | None, verdict: str | None
) -> None:
    assert cell_verdict(*limits, predicted) == verdict
    low, high = limits
    assert cell_verdicts([[low]], [[high]], [[predicted]]) == [[verdict]]


class TestWhatIsShown:
    def test_accuracy_stands_beside_chance_with_the_warning(self) -> None:
        assert "Accuracy 0.27 [0.25, 0.29], chance 0.25." in page()
        assert "near chance" in page()
        assert "near chance" not in page(near_chance=False)

    def test_no_accuracy_has_its_reason(self) -> None:
        told = page(accuracy=None, accuracy_reason="its output is no score for each class")
        assert "Accuracy is not known: its output is no score for each class" in told

    def test_every_heading_of_the_cells_is_defined(self) -> None:
        for document in (FULL, PLAIN, FULL | {"represents": None}, FULL | {"baseline": None}):
            found = render_invariance(read(document))
            cells = found[found.index('id="cells"') :]
            head = re.findall(r'<th scope="col"[^>]*>([^<]*)</th>', cells.partition("</thead>")[0])
            defined = re.findall(r"<dt>([^<]*)</dt>", cells.partition("</dl>")[0])
            assert sorted(head) == sorted(defined)

    def test_every_cell_has_its_row_and_its_verdict(self) -> None:
        rows = re.findall(r"<tr[^>]*><td>.*?</tr>", page().partition('id="left-out"')[0])
        assert len(rows) == 4 * 2  # three layers and the output, two levels
        words = re.findall(r'<td><span class="word v-([a-z-]+)">', "".join(rows))
        assert sorted(words) == sorted(
            ["inconclusive", "violated", "inconclusive", "holds", "violated", "inconclusive"]
        )

    def test_what_was_left_out_and_what_is_random_is_named(self) -> None:
        assert "called 2 times" in page()
        assert "<td>drop</td>" in page()
        plain = render_invariance(read(PLAIN))
        assert "Layers left out" not in plain
        assert "Random layers" not in plain
        assert "No cell has a prediction" in plain

    def test_three_maps_share_one_scale_and_layers_run_down(self) -> None:
        assert re.findall(r"<h3>(.*?)</h3>", page()) == [
            "S, measured", "S, predicted", "S, baseline",
        ]  # fmt: skip
        assert len(re.findall(r"<h3>", render_invariance(read(PLAIN)))) == 1
        texts = re.findall(r"<text[^>]*>([^<]*)</text>", page())
        assert "layer" in texts
        assert "synonyms exchanged at level" in texts

    def test_where_the_output_alone_is_predicted_no_empty_map_is_shown(self) -> None:
        found = page(predicted=None, verdicts=None, represents=None)
        assert re.findall(r"<h3>(.*?)</h3>", found) == ["S, measured", "S, baseline"]
        assert "1 ✗ violated" in found
        assert "knows the label" in found
        assert "the stage's number of samples" not in found

    def test_nothing_of_a_file_becomes_markup(self) -> None:
        assert NASTY not in page()
        assert "&lt;script&gt;" in page()

    def test_more_layers_than_a_figure_shows_have_their_table(self) -> None:
        many = [str(k) for k in range(501)]
        tables = {name: [[0.5] * 501] for name in ("values", "low", "high")}
        found = render_invariance(read(PLAIN | {"layers": many, "levels": [1]} | tables))
        assert "More layers than a figure can show" in found
        assert "<td>500</td>" in found


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"schema": "layerproof/invariance/2"}, "schema in invariance.json"),
        ({"values": [[0.1]]}, "a row for each level and a column for each layer"),
        ({"verdicts": [["fine"] * 3] * 2}, "verdicts[0][0]"),
        ({"samples": "many"}, "samples"),
    ],
)
def test_another_document_is_refused_by_its_field(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError) as refusal:
        read(FULL | changed)
    assert says in str(refusal.value)


@NEEDS_A_BROWSER
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1200])
def test_it_opens_without_a_request_and_fits(
    browser: Browser, tmp_path: Path, width: int, scheme: Any
) -> None:
    file = tmp_path / "report.html"
    file.write_text(page(), "utf-8")
    shown = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    told: list[str] = []
    shown.on("console", lambda message: told.append(message.text))
    shown.on("request", lambda request: told.append(request.url))
    shown.goto(file.as_uri())
    assert told == [file.as_uri()]
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    ink, paper = shown.evaluate(
        "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    )
    bright = [sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in (ink, paper)]
    assert (bright[0] > bright[1]) == (scheme == "dark")
    shown.close()
