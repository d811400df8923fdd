"""`layerproof verify`: its exit codes, its folder of results, and its one JSON document."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from layerproof.verify.checks.ren2026.assumption_6 import NonDegeneracy
from layerproof.verify.cli import app

INSTANCE = "parameters = { V = 4, m = 2, s = 2, L = 2 }"
HOLDS = f'[[check]]\nid = "assumption-6a"\ntrials = 3\n{INSTANCE}\n'
HEAD = 'name = "mine"\nquestion = "Does it hold?"\n'


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test runs in a folder of its own, in which runs/ may appear."""
    monkeypatch.chdir(tmp_path)


def verify(checks: str, *arguments: str) -> Result:
    Path("mine.toml").write_text(HEAD + checks)
    return CliRunner().invoke(app, ["verify", "mine.toml", "--workers", "1", *arguments])


def results(folder: Path | str) -> Any:
    return json.loads((Path(folder) / "results.json").read_text("utf-8"))


def test_expected_verdicts_exit_0_and_the_results_are_where_the_last_line_says() -> None:
    done = verify(HOLDS)
    assert done.exit_code == 0, done.output
    folder = done.stdout.splitlines()[-1]
    assert re.fullmatch(r"runs/mine-\d{8}-\d{6}", folder)
    assert (Path(folder) / "results.json").is_file()
    found = results(folder)
    assert found["schema"] == "layerproof/results/1"
    assert (found["counts"]["holds"], len(found["results"])) == (2, 2)


def test_the_report_on_the_terminal_is_that_of_the_file() -> None:
    done = verify(HOLDS, "-o", "kept")
    assert "Does it hold?" in done.stdout
    assert "2 holds" in done.stdout
    assert done.stdout.count("R26.assumption-6a") == len(results("kept")["results"])
    assert done.stdout.splitlines()[-1] == "kept"


def test_json_mode_prints_the_results_document_and_nothing_else() -> None:
    done = verify(HOLDS, "--json", "-o", "kept")
    assert json.loads(done.stdout) == results("kept")
    assert "kept" in done.stderr


def test_two_runs_differ_in_provenance_and_timings_alone() -> None:
    found = []
    for name in ("one", "two"):
        verify(HOLDS, "-o", name)
        document = results(name)
        document.pop("provenance")
        found.append([row | {"seconds": 0} for row in document.pop("results")])
        found.append(document)
    assert found[:2] == found[2:]


def test_an_expected_violation_that_does_not_come_exits_1() -> None:
    broken = HOLDS + 'expected = "violated"\nreason = "a factor is missing"\n'
    checks = broken.replace(INSTANCE + "\n", "") + INSTANCE + "\n"
    done = verify(checks)
    assert done.exit_code == 1, done.output
    assert "holds!" in done.stdout
    assert "expected violated, a factor is missing" in done.stdout


def test_an_unexpected_violation_exits_1_and_can_be_reproduced() -> None:
    """κ is infinite on about 15 % of these draws, so among 60 it is, but for 1 in 10^4 seeds."""
    dead = HOLDS.replace("trials = 3", "trials = 60").replace(
        "L = 2", 'L = 2, ensemble = "uniform"'
    )
    done = verify(dead)
    assert done.exit_code == 1, done.output
    assert "violated!" in done.stdout
    assert "again: layerproof verify mine.toml --only assumption-6a" in done.stdout


def test_a_check_that_crashes_exits_3(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*arguments: Any) -> None:
        raise ZeroDivisionError("a bug of the check")

    monkeypatch.setattr(NonDegeneracy, "trial", crash)
    done = verify(HOLDS)
    assert done.exit_code == 3
    assert "ZeroDivisionError: a bug of the check" in done.stdout
    assert "Traceback" not in done.output


def test_a_selection_without_a_check_exits_5() -> None:
    done = verify(HOLDS, "--only", "R26.definition-3")
    assert done.exit_code == 5
    assert "Nothing ran" in done.stdout


def test_a_verdict_that_was_required_and_did_not_come_exits_6() -> None:
    """One trial cannot decide whether a failure probability is at most 0.1."""
    thin = '[[check]]\nid = "theorem-7"\ntrials = 1\n' + INSTANCE + "\n"
    done = verify(thin)
    assert done.exit_code == 6, done.output
    assert "inconclusive!" in done.stdout


def test_only_takes_the_id_of_a_statement_and_of_a_check() -> None:
    both = HOLDS + HOLDS.replace("6a", "6b")
    for name, statement in [("assumption-6b", "R26.assumption-6b")] * 2:
        verify(both, "--only", name, "-o", "kept")
        assert {row["statement"] for row in results("kept")["results"]} == {statement}


def test_the_seed_reaches_the_reproduce_line_and_a_budget_the_trials() -> None:
    quick = HOLDS.replace("trials = 3", "trials = 3\nquick_trials = 2")
    verify(quick, "--seed", "7", "--budget", "quick", "-o", "kept")
    rows = results("kept")["results"]
    assert {row["trials"] for row in rows} == {2}
    assert all("--seed 7" in row["reproduce"] for row in rows)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = verify(HOLDS, "-o", "file/results")
    assert (done.exit_code, done.stdout) == (4, "")
    assert "-o/--output" in done.stderr
