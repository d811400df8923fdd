"""From a theorem's number to its formula, its check, its verdict and its erratum."""

import io
import json
import re
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console
from typer.testing import CliRunner

from layerproof.theory.statements import catalogue
from layerproof.verify.checks import CHECKS
from layerproof.verify.cli import app
from layerproof.verify.report.document import document
from layerproof.verify.report.errata import errata, to_markdown
from layerproof.verify.report.schemas.results import checked
from layerproof.verify.report.terminal import render
from layerproof.verify.run.runner import plan, run
from layerproof.verify.searches import SEARCHES

ROOT = Path(__file__).parents[3]
BROKEN = [entry for entry in catalogue().numbered() if entry.erratum is not None]


def printed(*arguments: str | Path) -> str:
    result = CliRunner().invoke(app, ["statements", *(str(argument) for argument in arguments)])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_every_check_is_named_with_a_file_that_exists() -> None:
    entries = {entry["id"]: entry for entry in json.loads(printed("--json"))}
    for check in CHECKS.values():
        (found,) = [one for one in entries[check.statement]["checks"] if one["id"] == check.id]
        assert f'id = "{check.id}"' in (ROOT / found["file"]).read_text()
    for name, search in SEARCHES.items():
        assert entries[name]["search"]["command"] == f"layerproof refute {name}"
        assert (ROOT / entries[name]["search"]["file"]).is_file()
        assert entries[name]["search"]["forms"] == list(search.forms)


def test_the_page_says_what_is_expected_where_and_why() -> None:
    text = printed("R26.theorem-7")
    assert re.search(r"theorem-7  layerproof/verify/checks/ren2026/theorem_7\.py", text)
    assert re.search(r"- quick, as printed: holds", text)
    assert "layerproof verify quick --only R26.theorem-7" in text


def test_the_page_has_the_erratum_and_both_forms() -> None:
    text = " ".join(printed("R26.lemma-24").split())
    erratum = catalogue()["R26.lemma-24"].erratum
    assert erratum is not None
    for part in (erratum.printed, erratum.fails, erratum.by, erratum.repair, erratum.consequence):
        assert part in text
    for part in ("As printed", "As repaired", "Derivation", "layerproof refute R26.lemma-24"):
        assert part in text


def test_pages_fit_80_columns_but_for_latex_and_tall_formulas() -> None:
    for entry in catalogue():
        lines = [line for line in printed(entry.id).splitlines() if not line.startswith("LaTeX: ")]
        assert max(map(cell_len, lines)) <= 80, max(lines, key=cell_len)


def test_the_graph_is_written_or_printed(tmp_path: Path) -> None:
    assert printed("--graph", "svg", "-o", tmp_path / "graph.svg").startswith("wrote ")
    assert (tmp_path / "graph.svg").read_text().startswith("<?xml")
    assert printed("--graph", "dot").startswith("digraph")
    near = printed("R26.lemma-18", "--graph", "dot")
    assert "R26.theorem-7" in near
    assert "C24.signal" not in near


def test_the_catalogue_in_latex_is_plain_and_balanced() -> None:
    text = printed("--latex")
    assert text.isascii()
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")
    assert text.count("$") % 2 == 0
    assert text.count(r"\begin{gathered}") == text.count(r"\end{gathered}") > 0
    for entry in catalogue():
        assert all(f"% {entry.id} ({form})" in text for form in entry.forms)
    assert printed("R26.lemma-18", "--latex") in text


@pytest.mark.parametrize(
    "arguments",
    [
        ["--graph", "png"],
        ["--graph", "dot", "--json"],
        ["--latex", "--errata"],
        ["R26.definition-3", "--errata"],
        ["-o", "page.txt"],
        ["R26.lemma-99", "--graph", "dot"],
        ["--graph", "dot", "-o", "no/such/folder.dot"],
    ],
)
def test_what_cannot_be_shown_is_refused(arguments: list[str]) -> None:
    result = CliRunner().invoke(app, ["statements", *arguments])
    assert (result.exit_code, result.stdout) == (4, "")
    assert len(result.stderr.splitlines()) == 1


def test_the_errata_table_has_a_row_for_every_erratum_with_its_commands() -> None:
    table = printed("--errata").splitlines()
    assert len(table) == 2 + len(BROKEN)
    widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table}
    assert len(widths) == 1  # every row has every cell
    for entry, line in zip(BROKEN, table[2:], strict=True):
        assert f"`{entry.id}`" in line
        suite = re.search(rf"`layerproof verify ([\w-]+) --only {re.escape(entry.id)}`", line)
        assert suite, line
        assert plan(suite[1], only=[entry.id], form="printed").trials > 0
        search = SEARCHES.get(entry.id)
        found = search is not None and search.expects_violation("printed")
        assert (f"`layerproof refute {entry.id}`" in line) == found


def test_one_row_of_the_table() -> None:
    assert to_markdown(errata([BROKEN[0]])) == printed(BROKEN[0].id, "--errata")


SUITE = """
name = "one"
errata = true
question = "Does a count concentrate?"

[[check]]
id = "lemma-24"
expected = "violated"
reason = "γV is no integer"
"""


def test_a_run_ends_with_the_errata_of_its_statements(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a path is not broken over lines, and temporary ones are long
    suite = Path("one.toml")
    suite.write_text(SUITE)
    chosen = plan(suite, seed=0)
    found = checked(document(chosen, run(chosen, workers=1)), "results.json")
    assert [row.id for row in found.errata] == ["R26.lemma-24"]
    stream = io.StringIO()
    render(found, Console(file=stream, width=80))
    text = stream.getvalue()
    assert text.index("Errata") > text.index("verdict")
    assert "layerproof refute R26.lemma-24" in text
    assert max(map(cell_len, text.splitlines())) <= 80


def test_a_run_without_errata_has_no_table() -> None:
    chosen = plan("quick", only=["R26.assumption-6a"], seed=0)
    found = document(chosen, run(chosen, workers=1))
    assert "errata" not in found


def test_letters_of_the_paper_are_no_markup_in_the_table() -> None:
    cells = re.sub(r"`[^`]*`", "", printed("--errata").replace("<br>", ""))
    assert not re.search(r"(?<!\\)[*_<>]", cells)
