"""`layerproof refute`: files that reproduce, exit codes that follow the expectation."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from layerproof.theory.grammar import Grammar
from layerproof.verify.cli import app
from layerproof.verify.searches import SEARCHES
from layerproof.verify.searches.base import Comparison


def run(*arguments: str | Path) -> Any:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def document(*arguments: str | Path) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_counterexample_is_kept_with_the_lines_that_reproduce_it(at_home: Path) -> None:
    found = document("refute", "R26.assumption-6b", "--examples", "30", "-o", "found")
    assert (found["refuted"], found["expected"]) == (True, True)
    assert found["violations"] <= found["examples"] <= 30
    assert Grammar.load("found/smallest.json").vocabularies == (2, 2, 2)
    assert json.loads(Path("found/refutation.json").read_text())["smallest"] == found["smallest"]
    again, shown = (shlex.split(line)[1:] for line in found["smallest"]["reproduce"])
    replayed = document(*again)
    assert replayed["refuted"]
    assert replayed["replayed"]["measured"] == found["smallest"]["measured"]
    assert "do not hold" in run(*shown).stdout


def test_nothing_is_left_in_the_folder_but_the_results(at_home: Path) -> None:
    run("refute", "R26.lemma-29", "--examples", "10", "-o", "found")
    assert [path.name for path in at_home.iterdir()] == ["found"]
    assert sorted(path.name for path in (at_home / "found").iterdir()) == [
        "refutation.json", "smallest.json", "worst.json"
    ]  # fmt: skip


def test_without_a_folder_the_results_go_under_runs(at_home: Path) -> None:
    result = run("refute", "R26.lemma-29", "--examples", "10")
    folder = Path(result.stdout.splitlines()[-1])
    assert folder.parent == Path("runs")
    assert (folder / "smallest.json").is_file()


def test_the_text_names_the_smallest_the_worst_and_the_erratum(at_home: Path) -> None:
    text = run("refute", "R26.lemma-29", "--examples", "30", "-o", "found").stdout
    for part in (
        "refuted",
        "Smallest counterexample",
        "Worst seen",
        "z = [",
        "Erratum",
        "--replay",
    ):
        assert part in text
    commands = [line for line in text.splitlines() if "layerproof refute" in line]
    assert max(cell_len(line) for line in text.splitlines() if line not in commands) <= 80


def test_a_statement_that_survives_is_not_called_true(at_home: Path) -> None:
    result = run("refute", "R26.lemma-16", "--form", "repaired", "--examples", "20", "-o", "found")
    assert result.exit_code == 0
    assert "not refuted" in result.stdout
    assert "This is no proof" in result.stdout
    assert "Least slack" in result.stdout
    assert not Path("found/smallest.json").exists()


def test_equal_seeds_write_equal_bytes(at_home: Path) -> None:
    for folder in ("one", "two"):
        run("refute", "R26.lemma-15", "--examples", "15", "--seed", "4", "-o", folder)
    for name in ("smallest.json", "worst.json"):
        assert Path("one", name).read_bytes() == Path("two", name).read_bytes()


def test_exit_codes_follow_the_expectation(at_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """1 for a counterexample where none is expected, and for none where one is; 5 for no search."""
    few = ("--examples", "10", "-o", "found", "--force")
    kind = type(SEARCHES["R26.lemma-16"])
    with monkeypatch.context() as broken:
        broken.setattr(kind, "examine", lambda *_: Comparison(1.0, "<=", 0.0))
        result = run("refute", "R26.lemma-16", *few)
        assert result.exit_code == 1
        assert "which was not expected" in result.stdout
    kind = type(SEARCHES["R26.lemma-29"])
    with monkeypatch.context() as silent:
        silent.setattr(kind, "examine", lambda *_: Comparison(0.0, "<=", 1.0))
        assert run("refute", "R26.lemma-29", *few).exit_code == 1
    with monkeypatch.context() as empty:
        empty.setattr(kind, "unmet", lambda *_: "an impossible hypothesis")
        assert run("refute", "R26.lemma-29", *few).exit_code == 5


def test_a_saved_instance_that_breaks_nothing_is_no_surprise(at_home: Path) -> None:
    body = {"V": 2, "m": 1, "z": [1, -1]}
    file = {"schema": "layerproof/instance/1", "statement": "R26.lemma-29", "instance": body}
    Path("mine.json").write_text(json.dumps(file))
    result = run("refute", "R26.lemma-29", "--replay", "mine.json")
    assert result.exit_code == 0
    assert "not broken" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["R26.lemma-99"], ["statement", "R26.lemma-99"]),
        (["R26.theorem-7"], ["R26.theorem-7", "R26.lemma-18"]),
        (["R26.lemma-29", "--form", "repaired"], ["--form", "printed"]),
        (["R26.lemma-29", "--form", "wrong"], ["--form", "repaired"]),
        (["R26.lemma-29", "--examples", "0"], ["--examples"]),
        (["R26.lemma-29", "--replay", "missing.json"], ["--replay", "missing.json"]),
        ([], ["ID", "R26.lemma-18"]),
    ],
)
def test_bad_requests_are_refused_in_one_sentence(
    arguments: list[str], words: list[str], at_home: Path
) -> None:
    refused(run("refute", *arguments), words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("no JSON", ["JSON"]),
        ("[]", ["JSON object"]),
        ('{"schema": "other"}', ["schema", "layerproof/instance/1"]),
        ({"statement": "R26.lemma-30"}, ["statement", "R26.lemma-29"]),
        ({"instance": 3}, ["instance", "JSON object"]),
        ({"instance": {"V": 2, "m": 1}}, ["instance.z"]),
        ({"instance": {"V": 2, "m": 1, "z": [1, 1]}}, ["sum to 0"]),
        ({"instance": {"V": 10**9, "m": 1, "z": [1, -1]}}, ["instance.V"]),
    ],
)
def test_bad_instances_are_refused_in_one_sentence(
    text: Any, words: list[str], at_home: Path
) -> None:
    if not isinstance(text, str):
        whole = {"schema": "layerproof/instance/1", "statement": "R26.lemma-29"}
        text = json.dumps(whole | text)
    Path("bad.json").write_text(text)
    refused(run("refute", "R26.lemma-29", "--replay", "bad.json"), words)


def test_an_instance_outside_the_hypotheses_is_refused(at_home: Path) -> None:
    search: Any = SEARCHES["R26.lemma-24"]
    instance = search.validated({"V": 2, "m": 425, "gamma": "49/100", "epsilon": "1/10"})
    Path("half.json").write_text(search.write(instance))
    assert run("refute", "R26.lemma-24", "--replay", "half.json").exit_code == 0
    again = run("refute", "R26.lemma-24", "--form", "repaired", "--replay", "half.json")
    refused(again, ["positive integer"])


def refused(result: Any, words: list[str]) -> None:
    assert result.exit_code == 4
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert all(word in result.stderr for word in words), result.stderr
