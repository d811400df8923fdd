"""Some dozens of random grammars, suites and command lines; the long run is done by hand."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from layerproof.theory import pipes
from tests.verify.fuzz_inputs import Case, grammar_cases, option_cases, suite_cases
from tests.verify.fuzz_outcomes import is_complete, run_case

few = settings(max_examples=40, deadline=None, database=None, derandomize=True,
               suppress_health_check=list(HealthCheck))  # fmt: skip


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipes, "OPENING_SECONDS", 0.05)


def answered(case: Case) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run_case(case, Path(folder))


@few
@given(grammar_cases())
def test_grammars(case: Case) -> None:
    answered(case)


@few
@given(suite_cases())
def test_suites(case: Case) -> None:
    answered(case)


@few
@given(option_cases())
def test_options(case: Case) -> None:
    answered(case)


def test_a_case_that_is_not_answered_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*arguments: object, **options: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("layerproof.theory.grammar_json.parse", broken)
    case = Case(["predict", "--grammar", "grammar.json"], {"grammar.json": b"{}"})
    with pytest.raises(AssertionError, match="defect"):
        run_case(case, tmp_path)


@pytest.mark.parametrize("name", ["a.html", "a.pdf", "a.svg", ".layerproof-0.tmp", "a.tex"])
def test_half_a_document_is_found(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"" if name == "a.tex" else b"<html>")
    assert not is_complete(tmp_path / name)
