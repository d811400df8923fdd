"""What a file says is shown on a terminal, in figures and in LaTeX as text, and can do nothing."""

import io
import json
import math
from pathlib import Path
from typing import Any

import pytest
from rich.text import Text
from typer.testing import CliRunner

from layerproof.theory.errors import InputError
from layerproof.theory.formatting import figures
from layerproof.theory.jsonable import to_json
from layerproof.theory.latex_text import text_to_latex
from layerproof.theory.printable import printable
from layerproof.verify.cli import app
from layerproof.verify.commands.output import SafeConsole
from layerproof.verify.report import render_html
from layerproof.verify.report.draw_charts import MOST_WRITTEN, draw
from layerproof.verify.report.latex import latex_files
from layerproof.verify.report.levels import MOST_FIGURES, MOST_SHOWN, levels
from layerproof.verify.report.settings import parameter
from layerproof.verify.report.style import figure_style
from tests.verify.report.results_documents import document, read, read_picture, read_rows, row
from tests.verify.report.test_report_draws_pictures import MEASURED, chart, matrix, page

STEERING = "\x1b[2J\x1b]0;t\x07\x9b31m\u202eab\u2066\u2028\ud800\x00\x7f"
MATHTEXT = r"$\frac{$ $x^$ \unknown"


def unseen(text: str) -> set[str]:
    return {c for c in text if not c.isprintable()} - {"\n"}


def test_what_cannot_be_seen_is_written_as_an_escape() -> None:
    assert not unseen(printable(STEERING))
    assert printable("κ ≤ 1, q̂\u00a0×\u2009漢 🙂") == "κ ≤ 1, q̂\u00a0×\u2009漢 🙂"
    assert printable("a\n\tb") == r"a\n\tb"
    assert printable("a\n\tb", lines=True) == "a\n\tb"


def test_a_refusal_is_one_line_that_can_be_seen() -> None:
    assert str(InputError(f"a\n{STEERING}", STEERING, f"b{STEERING}")).isprintable()


def test_a_console_shows_text_and_keeps_its_own_styles() -> None:
    target = io.StringIO()
    console = SafeConsole(file=target, force_terminal=True, color_system="standard")
    console.print(Text(f"x{STEERING}y", style="bold red"))
    console.print(f"z{STEERING}", markup=False, highlight=False)
    shown = target.getvalue()
    assert "\x1b[1;31m" in shown
    assert not unseen(shown.replace("\x1b[1;31m", "").replace("\x1b[0m", ""))


def test_json_escapes_what_cannot_be_seen() -> None:
    text = to_json({"a": STEERING, "b": "κ q̂"})
    assert not unseen(text)
    assert json.loads(text) == {"a": STEERING, "b": "κ q̂"}
    assert "κ q̂" in text


def test_markup_and_mathematics_in_fields_are_text_on_a_page() -> None:
    odd = chart(MEASURED) | {"title": MATHTEXT, "caption": MATHTEXT}
    odd["x"] = {"label": MATHTEXT, "scale": "log"}
    odd["series"][0]["name"] = MATHTEXT
    named = matrix(rows=[MATHTEXT, "$"], columns=[MATHTEXT])
    shown = page(odd, named | {"row_label": MATHTEXT})
    assert shown.count("$x^$") >= 5
    # Statements of the catalogue are drawn with the form's own word.
    assert "$x^$" in render_html(read(row("R26.lemma-10", "holds", form=MATHTEXT)))


def test_long_labels_leave_room_for_the_figure() -> None:
    """filterwarnings turns matplotlib's warning of a lost layout into an error."""
    odd = chart(MEASURED) | {"y": {"label": "y\n" * 400, "scale": "linear"}}
    odd["series"][0]["name"] = "n" * 1000
    page(odd, matrix(rows=["r" * 1000, "\n" * 99]))


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_numbers_at_the_ends_of_the_doubles_are_no_crash(scale: Any) -> None:
    from layerproof.verify.verdicts.charts import Series

    ends = [1e308, -1e308, 5e-324, 0.0, 1e-200]
    assert "<figure>" in page(chart(Series("s", ends, ends, ends, ends), scale=scale))


def test_numbers_at_the_ends_of_the_doubles_are_no_crash_at_a_level() -> None:
    rows = []
    pairs = ((1e-308, 1e308), (1e308, 5e-324), (-1e308, 1e308), (1e-100, 1e100), (1e100, 1e-100))
    for level, (predicted, measured) in enumerate(pairs):
        values = {"predicted": predicted, "measured": measured, "interval": [predicted, measured]}
        for margin in (0.5, 1e-300, 1e300, -1.0):
            clusters = {"intracluster": predicted, "intercluster": measured}
            rows.append({"evidence": clusters | {"margin": margin}, **values})
            rows[-1]["parameters"] = {"V": 4, "level": level}
        rows.append(values | {"parameters": {"level": level, "N_over_crossover": abs(measured)}})
    render_html(read(*(row("Own.a", "holds", **changes) for changes in rows)))


def test_a_large_matrix_is_drawn_in_colours_alone() -> None:
    """120 × 120 cells with three texts each took half a minute."""
    names = [str(i) for i in range(120)]
    values = [[math.sin(i * j) for j in range(120)] for i in range(120)]
    large = matrix(rows=names, columns=names, values=values, low=None, high=None, predicted=None)
    with figure_style():
        figure = draw(read_picture(large))
    assert len(figure.axes[0].texts) == 0
    assert len(figure.axes[0].images) == 1
    assert len(figure.axes[0].get_xticklabels()) <= 20
    assert MOST_WRITTEN < 120 * 120


def test_figures_of_levels_are_so_many_at_most_and_the_page_says_so() -> None:
    clusters = {"intracluster": 0.1, "intercluster": 0.5}
    rows = [
        row("Own.a", "holds", parameters={"level": level}, evidence=clusters)
        for level in range(MOST_FIGURES + 2)
        for _ in range(1 if level else MOST_SHOWN + 5)
    ]
    found = levels(read_rows(rows))
    assert sum(level.figures for level in found) == MOST_FIGURES
    assert [level.drawn for level in found].count(False) == 2
    assert len(found[0].clusters) == MOST_SHOWN


@pytest.mark.parametrize("text", ["--5", "²", "٣", "-", "9" * 200_000])
def test_what_only_looks_like_a_number_is_text(text: str) -> None:
    assert figures(text) == text


def test_parameters_of_any_kind_have_words() -> None:
    assert parameter({"a": 1, "b": 2}) == "2 values"
    odd = {"V": {"a": [1]}, "m": [1, 2], "s": None, "level": 1}
    render_html(
        read(
            row(
                "Own.a",
                "holds",
                parameters=odd,
                evidence={"intracluster": 1, "intercluster": "inf"},
            )
        )
    )


def test_no_accent_and_no_empty_line_lets_a_text_out_of_latex() -> None:
    assert text_to_latex("}\u0302") == "\\}\u0302"
    found = latex_files(read(row("R26.lemma-10", "holds", quantity="a\n\n\nb"), suite="a\n\nb"))
    assert "\n\n" not in found["verdicts.tex"].decode()
    assert not [name for name in found if ".." in name]


def test_a_refused_document_leaves_the_old_report(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text(json.dumps(document(row("R26.a", "fine"))))
    (tmp_path / "report.html").write_text("old")
    done = CliRunner().invoke(app, ["report", str(tmp_path), "--latex"])
    assert (done.exit_code, done.stdout) == (4, "")
    assert "results[0].verdict" in done.stderr
    assert (tmp_path / "report.html").read_text() == "old"
    assert not (tmp_path / "latex").exists()


def test_compare_shows_names_and_verdicts_that_steer_nothing(tmp_path: Path) -> None:
    for name, measured in (("a", 0.1), ("b", 0.2)):
        (tmp_path / name).mkdir()
        odd = row("Own.a", "holds", id=f"[bold]{STEERING}", measured=measured)
        (tmp_path / name / "results.json").write_text(json.dumps(document(odd)))
    done = CliRunner().invoke(app, ["compare", str(tmp_path / "a"), str(tmp_path / "b")])
    assert done.exit_code == 0
    assert "[bold]" in done.stdout
    assert not unseen(done.stdout)


def test_a_grammar_outside_the_hypotheses_is_no_instance(tmp_path: Path) -> None:
    """Two rules for one symbol and one for the other: an assertion failed here."""
    uneven = {"schema": "layerproof/grammar/1", "vocabularies": [2, 2]}
    uneven |= {"rules": [[[[0, 0], [0, 1]], [[1, 1]]]]}
    (tmp_path / "g.json").write_text(json.dumps(uneven))
    for statement in ("R26.definition-4", "R26.assumption-6a", "R26.assumption-6b", "R26.lemma-20"):
        done = CliRunner().invoke(app, ["refute", statement, "--replay", str(tmp_path / "g.json")])
        assert done.exit_code == 4, done.output
        assert len(done.stderr.splitlines()) == 1
