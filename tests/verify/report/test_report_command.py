"""`layerproof report` and the page that `verify` leaves: files, refusals, what is never lost."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from layerproof.verify.cli import app
from tests.verify.report.results_documents import EVERY_PART, document, row

SUITE = """\
name = "mine"
question = "Does it hold?"
[[check]]
id = "assumption-6a"
trials = 3
parameters = { V = 4, m = 2, s = 2, L = 2 }
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def verify(*arguments: str) -> Result:
    Path("mine.toml").write_text(SUITE)
    return run("verify", "mine.toml", "--workers", "1", "-o", "kept", *arguments)


def keep(found: Any) -> None:
    Path("kept").mkdir(exist_ok=True)
    text = found if isinstance(found, str) else json.dumps(found)
    Path("kept/results.json").write_text(text, "utf-8")


def test_a_run_leaves_its_page_and_its_folder_is_still_the_last_line() -> None:
    done = verify()
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[-1] == "kept"
    assert "Does it hold?" in Path("kept/report.html").read_text("utf-8")


def test_the_page_of_a_run_is_that_of_its_results_alone() -> None:
    verify()
    first = Path("kept/report.html").read_bytes()
    Path("kept/report.html").unlink()
    done = run("report", "kept")
    assert (done.exit_code, done.stdout) == (0, "kept/report.html\n")
    assert Path("kept/report.html").read_bytes() == first


def test_json_mode_prints_the_path_and_nothing_else() -> None:
    keep(EVERY_PART)
    done = run("report", "kept", "--json")
    assert json.loads(done.stdout) == {"report": "kept/report.html"}
    assert json.loads(verify("--json", "--force").stdout)["suite"] == "mine"


def test_a_page_that_cannot_be_made_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(found: Any) -> str:
        raise ZeroDivisionError("a defect of the page")

    monkeypatch.setattr("layerproof.verify.report.render_html", crash)
    done = verify()
    assert done.exit_code == 0, done.output
    assert "report.html was not written (a defect of the page)" in done.stderr
    assert done.stdout.splitlines()[-1] == "kept"
    assert json.loads(Path("kept/results.json").read_text("utf-8"))["suite"] == "mine"


def test_a_page_that_cannot_be_written_loses_nothing() -> None:
    Path("kept/report.html").mkdir(parents=True)
    done = verify()
    assert done.exit_code == 0, done.output
    assert "report.html was not written" in done.stderr
    assert Path("kept/results.json").is_file()
    assert run("report", "kept").exit_code == 4


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in row("R26.a", "holds").items() if key != name}


@pytest.mark.parametrize(
    ("found", "named"),
    [
        ("", "JSON"),
        ("{", "JSON"),
        ("[" * 100_000, "JSON"),
        ('{"schema": NaN}', "JSON"),
        ("[]", "JSON object"),
        ({}, "schema"),
        (document() | {"schema": "layerproof/results/2"}, "layerproof/results/1"),
        (document() | {"results": {}}, "results"),
        (document() | {"counts": {"holds": "many"}}, "counts.holds"),
        (document() | {"error_rate": None}, "error_rate"),
        (document(without("verdict")), "results[0].verdict"),
        (document(without("reproduce")), "results[0].reproduce"),
        (document(row("R26.a", "fine")), "results[0].verdict"),
        (document(row("R26.a", "holds", interval=[1.0])), "results[0].interval"),
        (document(row("R26.a", "holds", parameters=[])), "results[0].parameters"),
        (document(row("R26.a", "holds", power={"deviation": "x"})), "power.probability"),
        (document(errata=[{}]), "errata[0]"),
        (document(controls=[{"control": "x", "checks": []}]), "controls[0].should_turn"),
    ],
)
def test_bad_results_are_refused_in_one_sentence(found: Any, named: str) -> None:
    keep(found)
    done = run("report", "kept")
    assert (done.exit_code, done.stdout) == (4, "")
    assert named in done.stderr
    assert "kept/results.json" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not Path("kept/report.html").exists()


def test_a_folder_without_results_is_refused() -> None:
    done = run("report", "nowhere")
    assert (done.exit_code, done.stdout) == (4, "")
    assert "nowhere/results.json" in done.stderr


def test_matplotlib_and_the_template_engine_wait_until_a_page_is_made() -> None:
    code = (
        "import sys, layerproof.verify.cli\n"
        "print([m for m in ('matplotlib', 'jinja2') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
