"""`layerproof report --latex`: tables and figures for a paper, the same bytes for the same run."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from layerproof.verify.cli import app
from layerproof.verify.report.document import as_read
from layerproof.verify.report.latex import latex_files
from tests.verify.report.results_documents import EVERY_PART, READ, document, read, row
from tests.verify.report.test_report_draws_pictures import MEASURED, chart, matrix

HOSTILE = r"50% of $x_1$ & {a} \input{/etc/passwd} #1 ~ ^ ‖q̂ − q‖ ≤ ε² [3]"


def tables(found: dict[str, bytes]) -> str:
    return "".join(text.decode() for name, text in found.items() if name.endswith(".tex"))


def test_every_row_and_every_erratum_stands_in_a_table() -> None:
    found = latex_files(READ)
    rows = re.findall(r"\\\\$", found["verdicts.tex"].decode(), re.MULTILINE)
    assert len(rows) == len(EVERY_PART["results"]) + 2  # and the caption and the headings
    for entry in EVERY_PART["errata"]:
        assert entry["id"].split(".")[-1] in found["errata.tex"].decode()


def test_figures_are_pdf_and_all_are_in_the_report() -> None:
    pictured = row("R26.lemma-10", "holds", evidence={"pictures": [chart(MEASURED), matrix()]})
    found = latex_files(read(pictured))
    figures = [name for name in found if name.endswith(".pdf")]
    assert len([name for name in figures if "picture" in name]) == 2
    assert all(found[name].startswith(b"%PDF") for name in figures)
    assert re.findall(r"{(figures/[^}]*)}", found["report.tex"].decode()) == figures


def test_text_is_text() -> None:
    """What LaTeX would read as a command is escaped: every & and every $ is one of ours."""
    found = latex_files(read(row("R26.lemma-10", "holds", quantity=HOSTILE)))["verdicts.tex"]
    (line,) = [text for text in found.decode().splitlines() if r"50\%" in text]
    assert len(re.findall(r"(?<!\\)&", line)) == 5
    assert len(re.findall(r"(?<!\\)\$", line)) % 2 == 0
    assert r"\input" not in line
    assert line.isascii()


def test_numbers_and_formulas_are_mathematics() -> None:
    """Numbers, bounds, margins and intervals; of what is measured, formulas and not words."""
    shown = {"quantity": "E‖q_μ − q_μ'‖² of all", "predicted": 2e-7, "measured": 2.5e-7}
    found = latex_files(read(row("R26.lemma-10", "holds", interval=[0.0, 1.5e-6], **shown)))
    (line,) = [text for text in found["verdicts.tex"].decode().splitlines() if "lemma-10" in text]
    cells = line.removesuffix(r" \\").split(" & ")
    assert cells[0].endswith(r"$E\| q_{\mu} - q_{\mu}'\| {}^2$ of all level=1")
    assert cells[2:5] == [
        r"$2 \times 10^{-7} \pm 10\,\%$",
        r"$2.5 \times 10^{-7}$",
        r"$[0, 1.5 \times 10^{-6}]$",
    ]


def test_every_figure_and_every_table_has_a_caption() -> None:
    pictured = row("R26.lemma-10", "holds", evidence={"pictures": [chart(MEASURED)]})
    found = latex_files(read(pictured, *EVERY_PART["results"]))
    report = found["report.tex"].decode()
    drawn = [name for name in found if name.endswith(".pdf")]
    captions = re.findall(r"\\includegraphics.*\n\\caption{(.+)}\n\\end{figure}", report)
    assert len(captions) == len(drawn) > 2
    assert any(r"$N_{\times}$" in caption or "N_{" in caption for caption in captions)
    assert "Does it hold?" in found["verdicts.tex"].decode()


def test_equal_results_give_equal_bytes() -> None:
    assert latex_files(READ) == latex_files(READ)


def test_the_command_writes_them_beside_the_page(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text(json.dumps(EVERY_PART))
    done = CliRunner().invoke(app, ["report", str(tmp_path), "--latex", "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["latex"] == str(tmp_path / "latex")
    written = {str(p.relative_to(tmp_path / "latex")) for p in tmp_path.glob("latex/**/*.*")}
    assert written == set(latex_files(READ))


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex")
def test_it_compiles(tmp_path: Path) -> None:
    strange = document(*EVERY_PART["results"], row("R26.lemma-10", "holds", quantity=HOSTILE))
    for name, content in latex_files(as_read(strange | {"errata": EVERY_PART["errata"]})).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "report.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
