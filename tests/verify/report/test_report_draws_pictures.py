"""Charts and matrices of rows, drawn from the evidence: every point that can be shown, and text."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.markers import CARETUPBASE

from layerproof.verify.report import render_html
from layerproof.verify.report.document import as_read
from layerproof.verify.report.draw_charts import draw
from layerproof.verify.report.level_figures import draw_curve
from layerproof.verify.report.levels import Curve, CurvePoint
from layerproof.verify.report.style import INK, VARIABLES, figure_style
from layerproof.verify.verdicts.charts import Axis, Chart, Matrix, Series
from tests.verify.report.results_documents import document, read, read_picture, row

MEASURED = Series(
    "layer by layer", [10, 100, 1000], [0.9, 0.5, 0.1], [0.8, 0.4, 0.0], [1, 0.6, 0.2]
)
PREDICTED = Series("predicted", [10, 1000], [0.9, 0.1], role="predicted")


def chart(*series: Series, scale: Any = "log") -> dict[str, Any]:
    caption = "The error falls <b>once</b>."
    return Chart("Error", caption, Axis("N", scale), Axis("error", scale), series).to_dict()


def matrix(**changes: Any) -> dict[str, Any]:
    sizes: dict[str, Any] = {"rows": ["level 1", "level 2"], "columns": ["conv1"]}
    values: dict[str, Any] = {"values": [[0.25], [None]], "low": [[0.2], [None]]}
    values |= {"high": [[0.3], [None]], "predicted": [[0.24], [0.0]]}
    return Matrix("S", "Invariance.", "level", "layer", **(sizes | values | changes)).to_dict()


def page(*pictures: dict[str, Any], rows: int = 1) -> str:
    forms = ("printed", "repaired")[:rows]
    evidence = {"evidence": {"pictures": list(pictures)}}
    found = document(*(row("R26.lemma-10", "holds", form=form, **evidence) for form in forms))
    return render_html(as_read(found))


def lines(picture: dict[str, Any]) -> list[int]:
    """The number of points of every line and row of marks that is drawn."""
    with figure_style():
        axes = draw(read_picture(picture)).axes[0]
    return [
        len(line.get_xdata()) for line in axes.get_lines() if line.get_marker() not in ("|", "_")
    ]


def test_every_point_of_a_chart_is_drawn() -> None:
    assert sorted(lines(chart(MEASURED, PREDICTED))) == [2, 3]


def test_what_an_axis_cannot_show_is_left_out_and_stays_in_the_table() -> None:
    odd = Series("odd", [0.0, 10.0, math.inf, 20.0], [0.5, -1.0, 0.5, 0.25])
    assert lines(chart(odd)) == [1]
    assert lines(chart(odd, scale="linear")) == [3]
    assert "∞" in page(chart(odd))


@pytest.mark.parametrize("series", [(), (Series("empty", [], []),), (Series("one", [1], [1]),)])
def test_a_chart_without_points_is_still_a_figure(series: tuple[Series, ...]) -> None:
    assert "<figure>" in page(chart(*series))


def test_limits_that_cannot_be_shown_are_no_error_bar() -> None:
    lost = Series("lost", [10, 100], [0.5, 0.4], [0.0, None], [None, 0.6])  # type: ignore[list-item]
    assert lines(chart(lost)) == [2]


@pytest.mark.parametrize("limit", [math.inf, "inf"], ids=["number", "from JSON"])
def test_an_infinite_limit_is_an_arrow(limit: Any) -> None:
    def arrows(most: Any) -> int:
        bound = Series("at least", [10, 100], [0.5, 0.4], [0.4, 0.3], [most, 0.6])
        with figure_style():
            axes = draw(read_picture(chart(bound))).axes[0]
        bars = axes.containers[0].lines[2][0].get_segments()
        # The bar reaches down to the lower limit, and up to the arrow.
        assert bars[0][0][1] == pytest.approx(0.4, rel=1e-12)
        return sum(line.get_marker() == CARETUPBASE for line in axes.get_lines())

    assert arrows(limit) == 1
    assert arrows(0.7) == 0


def test_series_of_a_group_share_a_colour_and_differ_in_their_marks() -> None:
    several = [Series(str(i), [1, 2], [i + 1, i + 2], group=f"L = {i % 2}") for i in range(6)]
    with figure_style():
        drawn = draw(read_picture(chart(*several, scale="linear"))).axes[0].get_lines()
    looks = [(line.get_color(), line.get_marker()) for line in drawn]
    assert len(set(looks)) == 6
    assert len({colour for colour, _ in looks[::2]}) == 1
    assert len({colour for colour, _ in looks}) == 2


def test_series_differ_without_colour() -> None:
    several = [Series(str(i), [1, 2], [i + 1, i + 2], [i, i], [i + 3, i + 3]) for i in range(5)]
    with figure_style():
        drawn = draw(read_picture(chart(*several, scale="linear"))).axes[0].get_lines()
    marks = {line.get_marker() for line in drawn} - {"|", "_", "None"}
    assert len(marks) == 5


def test_a_matrix_has_a_number_an_interval_and_the_prediction_in_every_cell() -> None:
    with figure_style():
        texts = [text.get_text() for text in draw(read_picture(matrix())).axes[0].texts]
    assert texts == ["0.25\n[0.2, 0.3]\npredicted 0.24", "–\npredicted 0"]


def test_a_matrix_of_nothing_is_still_a_figure() -> None:
    assert "<figure>" in page(matrix(values=[[None], [None]], low=None, high=None, predicted=None))


def test_forms_that_share_a_picture_share_the_figure() -> None:
    assert page(chart(MEASURED), rows=2).count("<figure><h3>Error") == 1
    assert page(chart(MEASURED), chart(PREDICTED)).count("<figure><h3>Error") == 2


def test_text_of_a_picture_is_text() -> None:
    found = page(chart(Series("<script>x</script>", [1], [1])), matrix(rows=["<i>", "&"]))
    assert found.count("<script") == 1  # that of the package
    assert "<script>x" not in found
    assert "falls <b>" not in found
    assert "&lt;b&gt;once" in found


def test_pictures_are_not_told_twice() -> None:
    """The evidence in words leaves out what is drawn."""
    assert "pictures =" not in page(chart(MEASURED))


def colours(picture: dict[str, Any]) -> list[str]:
    """The colour of every series."""
    with figure_style():
        axes = draw(read_picture(picture)).axes[0]
    handles, names = axes.get_legend_handles_labels()
    lines = (getattr(handle, "lines", (handle,))[0] for handle in handles)
    found = {name: line.get_color() for name, line in zip(names, lines, strict=True)}
    return [found[series["name"]] for series in picture["series"]]


def test_a_line_for_several_series_has_a_colour_of_its_own() -> None:
    other = Series("other", [10, 100], [0.7, 0.3])
    one, two, line = colours(chart(MEASURED, other, PREDICTED))
    assert len({one, two, line}) == 3
    assert line == INK
    assert colours(chart(MEASURED, PREDICTED))[1] == INK
    # With one prediction for each of several series, the two of a pair share theirs.
    more = Series("other, predicted", [10, 1000], [0.7, 0.1], role="predicted")
    first, second, *predicted = colours(chart(MEASURED, other, PREDICTED, more))
    assert predicted == [first, second]
    # A group has one colour, whatever is in it.
    found = [replace(one, group=g) for one, g in ((MEASURED, "a"), (other, "b"), (PREDICTED, "b"))]
    first, second, predicted = colours(chart(*found))
    assert predicted == second != first


def test_a_curve_of_few_predictions_shows_where_they_are() -> None:
    def marks(points: int) -> str:
        x = [10**i for i in range(points)]
        with figure_style():
            (line,) = (
                draw(read_picture(chart(Series("p", x, x, role="predicted")))).axes[0].get_lines()
            )
        return str(line.get_marker())

    assert [marks(points) for points in (1, 2, 3)] == [".", "", "."]


def test_margins_stand_at_the_predictions_and_not_between_them() -> None:
    points = tuple(CurvePoint(x, 1 / x, 1 / x, 0.9 / x, 1.1 / x, 0.1) for x in (1.0, 4.0, 16.0))
    with figure_style():
        axes = draw_curve(Curve("S(N)", "", "printed", "N", points)).axes[0]
    bars = axes.containers[0].lines[2][0].get_segments()
    found = [[list(end) for end in bar] for bar in bars]
    expected = [[[x, 0.9 / x], [x, 1.1 / x]] for x in (1.0, 4.0, 16.0)]
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert not [one for one in axes.collections if isinstance(one, PolyCollection)]


def test_pictures_of_one_title_say_what_they_differ_in() -> None:
    rows = [
        row(
            "R26.lemma-10", "holds", form=form, id=f"lemma-10/part={part}",
            parameters={"V": 8, "part": part},
            evidence={"pictures": [chart(Series(f"{form} {part}", [1, 2], [1, 2]))]},
        )
        for form, part in (("printed", "a"), ("repaired", "a"), ("repaired", "b"))
    ]  # fmt: skip
    shown = render_html(read(*rows))
    for told in ("as printed, part a", "as repaired, part a", "as repaired, part b"):
        assert f"<h3>Error, {told}</h3>" in shown
        assert f'aria-label="Error, {told}"' in shown
    assert "Error, as" not in page(chart(MEASURED))


def test_a_figure_is_named_after_its_title() -> None:
    odd = Chart('N < "M"', "", Axis("N", "log"), Axis("error", "log"), (MEASURED,)).to_dict()
    assert 'aria-label="N &lt; &#34;M&#34;"' in page(odd)


def test_numbers_on_light_cells_are_dark_on_every_page() -> None:
    """An SVG leaves pure black out, and the ink of a dark page, which is light, would take over."""
    light = page(matrix(values=[[0.25], [1.0]], low=[[None], [None]], high=[[None], [None]]))
    assert "fill: #010101" in light
    assert "#010101" not in VARIABLES
