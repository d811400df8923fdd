"""`layerproof invariance … -o DIR`: the results and their page, whole, and over nothing else."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner, Result

from layerproof.theory.ensembles import draw
from layerproof.verify.cli import app
from layerproof.verify.report.schemas import published
from tests.verify.report.invariance_documents import read

NETS = """
from torch import nn

def net(grammar):
    return nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.Linear(8, grammar.classes))

def fails(grammar):
    raise ValueError("not today")
"""
MINE = ("--module", "nets.py:net", "--grammar", "grammar.json", "--samples", "20")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "nets.py").write_text(NETS)
    draw("uniform-first-token", vocabulary=4, rules=2, branching=2, levels=2, seed=0).save(
        "grammar.json"
    )
    yield tmp_path
    sys.modules.pop(str((tmp_path / "nets.py").resolve()), None)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["invariance", *arguments])


def test_the_folder_holds_what_is_printed_a_verdict_for_each_cell_and_the_page() -> None:
    result = run(*MINE, "-o", "new/out", "--json", "--layers", "1,2")
    assert result.exit_code == 0, result.output
    assert {path.name for path in Path("new/out").iterdir()} == {"invariance.json", "report.html"}
    found = json.loads(Path("new/out/invariance.json").read_text())
    printed = json.loads(result.stdout)
    assert {name: found[name] for name in printed} == printed
    assert [list(map(bool, row)) for row in found["verdicts"]] == [[True, True]] * 2
    assert "new/out" in result.stderr
    page = Path("new/out/report.html").read_text()
    assert "How far does exchanging synonyms move each layer?" in page
    assert read(found).verdicts is not None
    schema = jsonschema.Draft202012Validator(published("invariance.schema.json"))
    assert schema.is_valid(found)
    assert not schema.is_valid(found | {"samples": "many"})


def test_the_page_is_written_anew_from_the_results_alone() -> None:
    run(*MINE, "-o", "out")
    page = Path("out/report.html").read_bytes()
    Path("out/report.html").unlink()
    again = CliRunner().invoke(app, ["report", "out"])
    assert again.exit_code == 0, again.output
    assert Path("out/report.html").read_bytes() == page
    refused = CliRunner().invoke(app, ["report", "out", "--latex"])
    assert refused.exit_code == 4
    Path("out/invariance.json").write_text("{}")
    assert "schema in out/invariance.json" in CliRunner().invoke(app, ["report", "out"]).stderr


def test_the_command_in_the_folder_measures_the_same_again() -> None:
    run(*MINE, "-o", "a", "--seed", "3", "--untrained", "--layers", "1, 2")
    first = json.loads(Path("a/invariance.json").read_text())
    words = first["reproduce"].split(" ", 2)
    assert words[:2] == ["layerproof", "invariance"]
    assert "--seed 3 --json" in f"{words[2]} --json"
    again = run("--module", "nets.py:net", "--grammar", "grammar.json", "--samples", "20",
                "--untrained", "--layers", "1, 2", "--seed", "3", "--json")  # fmt: skip
    assert {name: first[name] for name in json.loads(again.stdout)} == json.loads(again.stdout)


def test_a_folder_with_something_else_is_refused_without_force() -> None:
    Path("full").mkdir()
    Path("full/mine.txt").write_text("mine")
    refused = run(*MINE, "-o", "full")
    assert refused.exit_code == 4
    assert "an empty folder, or --force; this one has mine.txt" in refused.stderr
    assert refused.stdout == ""
    assert run(*MINE, "-o", "full", "--force").exit_code == 0
    assert Path("full/mine.txt").read_text() == "mine"


def test_the_same_command_may_write_again_and_another_may_not() -> None:
    assert run(*MINE, "-o", "out").exit_code == 0
    assert run(*MINE, "-o", "out").exit_code == 0
    before = Path("out/invariance.json").read_bytes()
    other = run(*MINE, "-o", "out", "--seed", "1")
    assert other.exit_code == 4
    assert "invariance.json of another command" in other.stderr
    assert Path("out/invariance.json").read_bytes() == before
    Path("out/invariance.json").write_text("[" * 10)
    assert run(*MINE, "-o", "out").exit_code == 4


def test_what_was_made_for_a_measurement_that_fails_is_gone() -> None:
    failed = run("--module", "nets.py:fails", "--grammar", "grammar.json", "-o", "new/deep")
    assert failed.exit_code == 4
    assert not Path("new").exists()


def test_a_page_that_fails_leaves_the_results(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(document: object) -> str:
        raise RuntimeError("no ink")

    monkeypatch.setattr("layerproof.verify.report.invariance_page.render_invariance", breaks)
    result = run(*MINE, "-o", "out")
    assert result.exit_code == 0
    assert "report.html was not written (no ink); invariance.json is complete" in result.stderr
    assert [path.name for path in Path("out").iterdir()] == ["invariance.json"]


def test_a_trained_model_gets_its_matrix_and_its_levels() -> None:
    train = ["train", "--grammar", "grammar.json", "--multiple", "1", "-o", "m.safetensors"]
    assert CliRunner().invoke(app, train).exit_code == 0
    result = run("m.safetensors", "-o", "out", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(Path("out/invariance.json").read_text())
    assert found["learner"] == json.loads(result.stdout)
    assert found["layers"] == ["stage 2", "stage 1"]
    assert found["accuracy"] == found["learner"]["accuracy"]
    assert "The learner, level by level" in Path("out/report.html").read_text()
