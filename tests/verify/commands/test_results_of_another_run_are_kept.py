"""-o DIR onto another run's results is refused, and the same run may go on; nothing empty stays."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from layerproof.verify.cli import app

SUITE = """\
name = "{name}"
question = "Does it hold?"
[[check]]
id = "assumption-6a"
trials = {trials}
parameters = {{ V = 4, m = 2, s = 2, L = 2 }}
"""


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the results of a run."""
    there = tmp_path_factory.mktemp("first")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(there)
        assert verify().exit_code == 0
    return there


@pytest.fixture(autouse=True)
def _elsewhere(first: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(first, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)


def verify(*arguments: str, name: str = "mine", trials: int = 3) -> Result:
    Path("mine.toml").write_text(SUITE.format(name=name, trials=trials))
    asked = ["verify", "mine.toml", "--workers", "1", "-o", "kept", *arguments]
    return CliRunner().invoke(app, asked)


def test_the_results_of_another_run_are_refused_and_stay() -> None:
    before = Path("kept/results.json").read_bytes()
    others = (verify("--seed", "1"), verify(trials=4), verify(name="other", trials=3))
    for done in (*others, verify("--resume", name="other")):
        assert (done.exit_code, done.stdout) == (4, "")
        assert "results of another run (suite mine, seed 0); --force writes over" in done.stderr
    assert Path("kept/results.json").read_bytes() == before


def test_with_force_they_are_written_over() -> None:
    assert verify("--seed", "1", "--force").exit_code == 0
    assert json.loads(Path("kept/results.json").read_text())["seed"] == 1


def test_the_same_run_is_run_again_and_goes_on() -> None:
    assert verify().exit_code == 0
    assert verify("--resume").exit_code == 0
    assert json.loads(Path("kept/results.json").read_text())["provenance"]["trials"]["stored"] == 3
    assert verify("--resume", trials=4).exit_code == 0  # the trials that fit are taken


@pytest.mark.parametrize("content", ["", "[]", "{", '{"results": [1, {}]}'])
def test_what_is_no_results_file_is_not_written_over_either(content: str) -> None:
    Path("kept/results.json").write_text(content)
    done = verify()
    assert done.exit_code == 4
    assert Path("kept/results.json").read_text() == content


def test_a_search_keeps_what_another_found() -> None:
    Path("found").mkdir()
    document = {"statement": "R26.lemma-24", "form": "printed"}
    Path("found/refutation.json").write_text(json.dumps(document))
    asked = ["refute", "R26.lemma-29", "--examples", "1", "-o", "found"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 4
    assert "another run (R26.lemma-24 as printed); --force" in done.stderr
    assert json.loads(Path("found/refutation.json").read_text()) == document


def test_a_statement_that_the_suite_lacks_leaves_no_folder_and_finds_its_suites() -> None:
    Path("runs").mkdir()
    for output in ([], ["-o", "new"]):
        done = CliRunner().invoke(app, ["verify", "--only", "lemma-18", *output])
        assert done.exit_code == 5
        assert done.stdout.startswith("Nothing ran")
        assert "layerproof verify paper --only lemma-18" in done.stderr
    assert not Path("new").exists()
    assert not list(Path("runs").iterdir())
    done = CliRunner().invoke(app, ["verify", "--only", "lemma-18", "--json"])
    assert json.loads(done.stdout)["results"] == []


def test_of_several_names_the_one_that_the_suite_lacks_is_told() -> None:
    done = verify("--only", "assumption-6a", "--only", "R26.lemma-18", "--force")
    assert done.exit_code == 0
    assert "the suites that check R26.lemma-18: paper" in done.stderr
    assert "assumption-6a" not in done.stderr
