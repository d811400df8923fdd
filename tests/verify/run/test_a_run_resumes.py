"""`verify --resume` measures what is missing and nothing else, and ends in the same results."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sympy as sp
from typer.testing import CliRunner, Result

from layerproof.theory.ensembles import draw
from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.base import Trial
from layerproof.verify.checks.controls import CONTROLS
from layerproof.verify.checks.ren2026.assumption_6 import NonDegeneracy
from layerproof.verify.cli import app
from layerproof.verify.report.document import document
from layerproof.verify.run.executors import SerialExecutor
from layerproof.verify.run.runner import Plan, run_on
from layerproof.verify.run.store import open_store, trial_keys
from tests.verify.run.counted_check import CountedParameters, counted_plan, started

SUITE = """
name = "mine"
question = "Does it hold?"
[[check]]
id = "mean-square-separation"
trials = {trials}
parameters = {{ V = 4, m = 2, s = 2, L = 2 }}
[[check]]
id = "assumption-6a"
trials = 3
parameters = {{ V = 4, m = 2, s = 2, L = 2 }}
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def verify(*arguments: str, trials: int = 20) -> Result:
    Path("mine.toml").write_text(SUITE.format(trials=trials))
    return CliRunner().invoke(app, ["verify", "mine.toml", "--workers", "1", *arguments])


def results(folder: str) -> tuple[str, dict[str, int]]:
    """results.json without provenance and timings, and how many trials were measured and read."""
    found = json.loads((Path(folder) / "results.json").read_text("utf-8"))
    counts = found.pop("provenance")["trials"]
    for row in found["results"]:
        row.pop("seconds")
    return json.dumps(found), counts


def forget(folder: str, condition: str) -> int:
    """Take trials out of a store, as if the run had been cut short; how many."""
    with closing(sqlite3.connect(f"{folder}/trials.sqlite")) as connection, connection:
        return connection.execute(f"DELETE FROM trials WHERE {condition}").rowcount


def test_a_run_that_was_cut_short_ends_like_one_that_was_not() -> None:
    verify("-o", "whole")
    verify("-o", "cut")
    gone = forget("cut", "trial % 3 = 1")
    Path("cut/results.json").unlink()
    done = verify("-o", "cut", "--resume")
    (text, counts), (wanted, _) = results("cut"), results("whole")
    assert text == wanted, done.output
    assert counts == {"computed": gone, "stored": 23 - gone}
    assert gone > 0


def test_a_second_identical_run_measures_nothing() -> None:
    verify("-o", "kept")
    first, counts = results("kept")
    assert counts == {"computed": 23, "stored": 0}
    verify("-o", "kept", "--resume")
    assert results("kept") == (first, {"computed": 0, "stored": 23})


def test_without_resume_everything_is_measured_anew_and_the_store_stays_whole() -> None:
    verify("-o", "kept")
    verify("-o", "kept")
    assert results("kept")[1] == {"computed": 23, "stored": 0}
    verify("-o", "kept", "--resume")
    assert results("kept")[1] == {"computed": 0, "stored": 23}


def test_another_plan_uses_the_trials_that_fit_it_and_keeps_the_others() -> None:
    verify("-o", "kept")
    verify("-o", "kept", "--resume", "--seed", "1")
    assert results("kept")[1] == {"computed": 23, "stored": 0}
    verify("-o", "kept", "--resume", trials=25)
    assert results("kept")[1] == {"computed": 5, "stored": 23}
    verify("-o", "kept", "--resume", "--seed", "1", "--only", "assumption-6a")
    assert results("kept")[1] == {"computed": 0, "stored": 3}


def test_resuming_a_folder_without_a_run_starts_one() -> None:
    verify("-o", "new", "--resume")
    assert results("new")[1] == {"computed": 23, "stored": 0}


def test_resume_needs_the_folder_of_a_run() -> None:
    done = verify("--resume")
    assert (done.exit_code, done.stdout) == (4, "")
    assert "--resume" in done.stderr
    assert "-o DIR" in done.stderr


def test_stored_seconds_are_those_of_the_measurement() -> None:
    verify("-o", "kept")
    before = json.loads(Path("kept/results.json").read_text())["results"]
    verify("-o", "kept", "--resume")
    after = json.loads(Path("kept/results.json").read_text())["results"]
    assert [row["seconds"] for row in before] == [row["seconds"] for row in after]


def _run(plan: Plan, folder: Path) -> Any:
    folder.mkdir(exist_ok=True)
    with open_store(folder, resume=True) as store:
        rows = document(plan, run_on(SerialExecutor(), plan, store=store))["results"]
        return rows, store.computed, store.stored


def test_a_crash_is_tried_again_and_alone(tmp_path: Path) -> None:
    armed = tmp_path / "armed"
    armed.touch()
    settings = CountedParameters(log=str(tmp_path / "log"), crash_at=4, armed=str(armed))
    plan = counted_plan(8, settings)
    (row,), *counts = _run(plan, tmp_path / "run")
    assert (row["verdict"], row["trials"], counts) == ("error", 7, [8, 0])
    (row,), *counts = _run(plan, tmp_path / "run")
    assert (row["verdict"], row["trials"], counts) == ("holds", 8, [1, 7])
    assert started(tmp_path / "log")[8:] == [("a", 4)]


CHECK = CHECKS["mean-square-separation"]
PARAMETERS = CHECK.parameters.model_validate({"V": 4, "m": 2})
TRIAL = Trial(0, 0, "printed", "cpu")


def key(check: Any = CHECK, parameters: Any = PARAMETERS, trial: Trial = TRIAL) -> str:
    found = trial_keys(check, parameters, [trial])
    assert found is not None
    return found[0]


def test_the_key_changes_with_everything_that_determines_a_trial(tmp_path: Path) -> None:
    grammar = tmp_path / "grammar.json"
    keys = [key()]
    for seed in (0, 1):  # one path, two contents
        draw("uniform", vocabulary=4, rules=2, branching=2, levels=2, seed=seed).save(grammar)
        keys.append(key(parameters=CHECK.parameters.model_validate({"grammar": grammar})))
    keys += [
        key(CHECKS["mean-square-norm"]),
        key(NonDegeneracy(), NonDegeneracy.parameters.model_validate({"V": 4, "m": 2})),
        key(parameters=CHECK.parameters.model_validate({"V": 4, "m": 1})),
        key(trial=replace(TRIAL, seed=1)),
        key(trial=replace(TRIAL, index=1)),
        key(trial=replace(TRIAL, form="repaired")),
        key(trial=replace(TRIAL, device="cuda")),
        *(key(trial=replace(TRIAL, control=control)) for control in CONTROLS.values()),
    ]
    assert len(set(keys)) == len(keys)
    assert key() == keys[0]
    assert all(len(found) == 64 for found in keys)


def test_a_check_with_a_changed_formula_is_never_stored() -> None:
    check = CHECKS["sensitivity-curve"]
    parameters = check.parameters.model_validate({"V": 4, "m": 2})
    wrong = check.perturbed("repaired", "sensitivity", lambda e: sp.Integer(2) * e)
    assert trial_keys(wrong, parameters, [TRIAL]) is None
    assert trial_keys(check, parameters, [TRIAL]) is not None
