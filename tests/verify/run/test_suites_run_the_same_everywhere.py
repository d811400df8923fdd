"""A suite's results depend on the seed alone; a crash, a void selection and bad files are told."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from layerproof.theory.errors import InputError
from layerproof.theory.jsonable import to_json
from layerproof.verify.checks.base import InstanceParameters, Outcome, Row, Trial
from layerproof.verify.checks.ren2026.assumption_6 import NonDegeneracy
from layerproof.verify.report.document import as_read, document, exit_code
from layerproof.verify.run.runner import plan, run
from layerproof.verify.run.suite import load_suite
from layerproof.verify.run.suite_files import SUITES
from layerproof.verify.verdicts.claims import Inequality
from layerproof.verify.verdicts.verdict import Verdict
from tests.verify.report.results_documents import read
from tests.verify.report.results_documents import row as written

SUITE = """
name = "small"
question = "Do results depend on the seed alone?"
[[check]]
id = "mean-square-separation"
trials = 40
parameters = { V = 8, m = 4 }
[[check]]
id = "sensitivity-curve"
trials = 6
parameters = { V = 8, m = 4, ratios = [4.0] }
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(SUITE, "utf-8")
    return path


def _rows(suite: Path, workers: int, seed: int = 0) -> list[dict[str, Any]]:
    chosen = plan(suite, seed=seed)
    found = document(chosen, run(chosen, workers=workers))
    for row in found["results"]:
        row.pop("seconds")
    return list(found["results"])


def test_results_do_not_depend_on_the_number_of_workers(suite: Path) -> None:
    assert to_json(_rows(suite, 1)) == to_json(_rows(suite, 2))


def test_another_seed_gives_other_measurements(suite: Path) -> None:
    assert to_json(_rows(suite, 1)) != to_json(_rows(suite, 1, seed=1))


class _Crashing(NonDegeneracy):
    def trial(self, parameters: InstanceParameters, trial: Trial) -> Outcome:
        raise ZeroDivisionError("a bug of the check")


class _CrashingLater(NonDegeneracy):
    def claim(
        self, parameters: InstanceParameters, row: Row, outcomes: Sequence[Outcome], form: str
    ) -> Inequality:
        raise ZeroDivisionError("a bug of the check")


@pytest.mark.parametrize("check", [_Crashing(), _CrashingLater()])
def test_a_crash_is_an_error_verdict_and_exit_code_3(check: NonDegeneracy) -> None:
    chosen = plan("quick", only=["assumption-6a"])
    entries = tuple(replace(entry, check=check) for entry in chosen.suite.entries)
    chosen = replace(chosen, suite=replace(chosen.suite, entries=entries))
    results = run(chosen, workers=1)
    assert {row.judgement.verdict for row in results} == {Verdict.ERROR}
    assert "ZeroDivisionError" in results[0].judgement.reason
    assert exit_code(as_read(document(chosen, results))) == 3


def test_nothing_passes_by_not_running() -> None:
    chosen = plan("quick", only=["R26.lemma-15"])
    assert exit_code(as_read(document(chosen, run(chosen, workers=1)))) == 5


@pytest.mark.parametrize(
    ("verdict", "expected", "code"),
    [
        ("holds", "holds", 0),
        ("violated", "violated", 0),
        ("violated", "holds", 1),
        ("holds", "violated", 1),
        ("inconclusive", "violated", 1),
        ("error", "holds", 3),
        ("not-run", "holds", 5),
        ("inconclusive", "holds", 6),
        ("not-applicable", "holds", 6),
        ("vacuous", "holds", 6),
        ("vacuous", "vacuous", 0),
    ],
)
def test_exit_codes_are_those_of_the_design(verdict: str, expected: str, code: int) -> None:
    assert exit_code(read(written("R26.a", verdict, expected=expected))) == code


@pytest.mark.parametrize("name", SUITES)
def test_every_suite_of_the_package_is_valid_in_both_budgets(name: str) -> None:
    full, quick = load_suite(name), load_suite(name, budget="quick")
    assert len(full.entries) == len(quick.entries) > 0


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("name = 1", "name"),
        ('name = "x"\nquestion = ""\n', "check"),
        ('name = "x"\nquestion = ""\n[[check]]\nid = "nothing"', "check[0].id"),
        (
            'name = "x"\nquestion = ""\n[[check]]\nid = "assumption-6a"\ntrials = 0',
            "line 5: check[0].trials",
        ),
        (
            'name = "x"\nquestion = ""\n[[check]]\nid = "assumption-6a"\nparameters = {W = 1}',
            "check[0].parameters: W",
        ),
        (
            'name = "x"\nquestion = ""\n[[check]]\nid = "assumption-6a"\nexpected = "violated"',
            "check[0].reason",
        ),
        ("not toml", "TOML"),
    ],
)
def test_a_bad_suite_file_is_refused_by_field(tmp_path: Path, text: str, names: str) -> None:
    path = tmp_path / "suite.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError) as refusal:
        load_suite(path)
    assert names in str(refusal.value)


def test_a_row_that_is_run_alone_is_judged_as_among_the_others(suite: Path) -> None:
    among = run(plan(suite), workers=1)
    alone = run(plan(suite, only=["mean-square-separation"]), workers=1)
    wanted = {row.id: row for row in among if row.id.startswith("mean-square-separation")}
    assert alone
    for row in alone:
        assert row.confidence == wanted[row.id].confidence
        assert row.judgement.interval == wanted[row.id].judgement.interval
