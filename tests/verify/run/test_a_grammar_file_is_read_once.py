"""A grammar file is read where the plan is made, and never again: not by trials, nor by workers."""

from pathlib import Path
from typing import Any

import pytest

from layerproof.theory.ensembles import draw
from layerproof.theory.grammar import Grammar
from layerproof.verify.run.control_matrix import run_controls
from layerproof.verify.run.executors import SerialExecutor
from layerproof.verify.run.runner import plan, run, run_on
from layerproof.verify.run.suite import load_suite

ONLY = ("assumption-6a", "definition-4")
SUITE = """
name = "twice"
question = "?"
[[check]]
id = "assumption-6a"
trials = 3
parameters = { grammar = "g.json" }
[[check]]
id = "assumption-6b"
trials = 3
parameters = { grammar = "g.json" }
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    draw("uniform", vocabulary=6, rules=3, branching=2, levels=2, seed=1).save("g.json")
    return "g.json"


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that were read, one entry each time."""
    found: list[str] = []
    load = Grammar.load.__func__  # type: ignore[attr-defined]

    def counted(cls: type[Grammar], path: Any) -> Any:
        found.append(str(path))
        return load(cls, path)

    monkeypatch.setattr(Grammar, "load", classmethod(counted))
    return found


def test_a_run_loads_the_file_once(file: str, loads: list[str]) -> None:
    chosen = plan("quick", only=ONLY, grammar=file)
    results = run_on(SerialExecutor(), chosen)
    assert loads == [file]
    assert len(results) > 1
    assert {row.parameters["grammar"] for row in results} == {file}


def test_controls_read_it_once_too(file: str, loads: list[str]) -> None:
    assert run_controls(plan("quick", only=ONLY[:1], grammar=file), workers=1)
    assert loads == [file]


def test_a_suite_that_names_one_file_twice_reads_it_once(file: str, loads: list[str]) -> None:
    Path("twice.toml").write_text(SUITE)
    entries = load_suite("twice.toml").entries
    assert loads == [file]
    assert entries[0].parameters.grammar is entries[1].parameters.grammar  # type: ignore[attr-defined]


def test_workers_do_without_the_file(file: str) -> None:
    chosen = plan("quick", only=ONLY, grammar=file)
    before = [row.judgement for row in run_on(SerialExecutor(), chosen)]
    Path(file).unlink()
    assert [row.judgement for row in run(chosen, workers=2)] == before
