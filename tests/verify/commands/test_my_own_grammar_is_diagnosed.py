"""A user's grammar: what fails on it, who is to blame, what follows, what to change, come first."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from layerproof.theory.grammar import Grammar
from layerproof.verify.cli import app
from layerproof.verify.commands import progress

SHARED = Grammar(
    (4, 4, 4),
    (
        ([[0, 0], [1, 2]], [[3, 0], [0, 1]], [[2, 0], [3, 1]], [[1, 0], [2, 2]]),
        ([[0, 3], [2, 1]], [[0, 3], [0, 1]], [[3, 0], [2, 2]], [[1, 1], [1, 0]]),
    ),
)
"""The symbols 0 and 1 of level 1 share the patch (0, 3)."""

DEAD = Grammar((2, 2, 2), (([[0, 0]], [[0, 1]]), ([[0, 0]], [[1, 1]])))
"""The symbol 1 of level 1 never comes first."""

TWINS = Grammar(
    (4, 4, 4),
    (
        ([[0, 0], [1, 0]], [[0, 1], [1, 1]], [[2, 0], [3, 0]], [[2, 1], [3, 1]]),
        ([[0, 0], [1, 0]], [[2, 0], [3, 0]], [[0, 1], [1, 1]], [[2, 1], [3, 1]]),
    ),
)
"""The symbols 0 and 1 of level 1 have one posterior, and so have 2 and 3."""


def saved(grammar: Grammar, folder: Path) -> Path:
    grammar.save(folder / "mine.json")
    return folder / "mine.json"


def run(*arguments: str | Path) -> Any:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """The run of the suite `quick` on the grammar with a shared patch, and its folder."""
    folder = tmp_path_factory.mktemp("shared")
    file = saved(SHARED, folder)
    return run("verify", "--grammar", file, "--workers", "1", "-o", folder / "run"), folder / "run"


def test_the_block_comes_first_and_names_the_patch(shared: tuple[Any, Path]) -> None:
    result, _ = shared
    assert result.exit_code == 0, result.output
    block = " ".join(result.stdout.split())
    assert block.startswith("R26.theorem-7 does not apply to")
    assert block.index("R26.definition-4 FAILS") < block.index("R26.assumption-6a holds")
    for part in ("patch (0, 3)", "symbols 0, 1", "rules[1][0] or rules[1][1]", "such as (0, 0)"):
        assert part in block
    assert "no longer applies: R26.theorem-7" in block
    assert block.count("so the grammar is ambiguous") == 1, "one cause is told once"


def test_nothing_is_expected_of_it(shared: tuple[Any, Path]) -> None:
    result, folder = shared
    assert "expected" not in result.stdout
    assert "!" not in result.stdout
    page = (folder / "report.html").read_text("utf-8")
    shown = re.sub(r"<script.*?</script>", "", page.partition("</style>")[2], flags=re.DOTALL)
    assert "expected" not in shown
    found = json.loads((folder / "results.json").read_text("utf-8"))
    assert {row["expected"] for row in found["results"]} == {None}


def test_definition_4_has_rows_and_the_findings_are_in_the_document(
    shared: tuple[Any, Path],
) -> None:
    found = json.loads((shared[1] / "results.json").read_text("utf-8"))
    parts = {
        row["parameters"]["part"]: row["verdict"]
        for row in found["results"]
        if row["statement"] == "R26.definition-4" and row["parameters"]["part"] != "patches"
    }
    assert parts["one parent a patch"] == "violated"
    assert parts["rules equally likely"] == "holds"
    findings = {one["statement"]: one for one in found["diagnosis"]["findings"]}
    (cause,) = findings["R26.definition-4"]["causes"]
    assert (cause["level"], cause["patches"], cause["symbols"]) == (2, [[0, 3]], [0, 1])
    assert "R26.theorem-7" in findings["R26.definition-4"]["stops"]
    assert findings["R26.assumption-6a"]["verdict"] == "holds"


def test_the_page_begins_with_it_and_the_graph_shows_the_failed_premise(
    shared: tuple[Any, Path],
) -> None:
    page = (shared[1] / "report.html").read_text("utf-8")
    assert page.index('id="diagnosis"') < page.index('id="statements"')
    assert "No statement that was tested breaks the argument" not in page
    assert "On this grammar R26.definition-4 fails" in page
    assert page.count(">breaks first</text>") == 2  # in the statement's box, and in the legend


def test_the_page_tells_rows_of_one_cause_together(shared: tuple[Any, Path]) -> None:
    """Seven rows do not apply, for two causes: two entries below the statements, not seven."""
    page = (shared[1] / "report.html").read_text("utf-8")
    measured, _, causes = page.partition('id="statements"')[2].partition('id="not-measured-1"')
    assert 'data-verdict="not-applicable"' not in measured
    assert causes.count('class="statement" id="not-measured-') == 1
    assert causes.count('data-verdict="not-applicable"') == 7
    for said in (
        "since the statement is about an ensemble of grammars, not about one of them",
        "since R26.definition-4 fails",
        "derived.sensitivity-curve (3 rows), R26.assumption-9 (2 rows), R26.theorem-7",
    ):
        assert page.count(said) in (1, 2), "in the table, and in the block above it"
    assert "a premise fails" not in causes.partition('id="proof"')[0], "told once, by the heading"


def test_one_trial_is_enough_where_a_premise_fails(shared: tuple[Any, Path]) -> None:
    found = json.loads((shared[1] / "results.json").read_text("utf-8"))
    assert {row["trials"] for row in found["results"]} <= {0, 1}


def test_strict_turns_a_failing_assumption_into_an_exit_code(tmp_path: Path) -> None:
    file, only = saved(SHARED, tmp_path), ("--only", "assumption-6a", "--workers", "1")
    given = ("verify", "--grammar", file, *only)
    assert run(*given, "-o", tmp_path / "one").exit_code == 0
    assert run(*given, "--strict", "-o", tmp_path / "two").exit_code == 1
    refused = run("verify", "--strict", "-o", tmp_path / "three")
    assert (refused.exit_code, refused.stdout) == (4, "")
    assert "--grammar FILE" in refused.stderr


@pytest.mark.parametrize(
    ("grammar", "statement", "culprit", "change"),
    [
        (SHARED, "R26.definition-4", "patch (0, 3)", "replace (0, 3)"),
        (DEAD, "R26.assumption-6a", "patch (1, 1)", "let symbol 1 of level 1 come first"),
        (TWINS, "R26.assumption-6b", "patches (0, 0) and (2, 0)", "the symbols 0 and 1 of level 1"),
    ],
)
def test_assumptions_names_the_statement_and_what_to_change(
    grammar: Grammar, statement: str, culprit: str, change: str, tmp_path: Path
) -> None:
    file = saved(grammar, tmp_path)
    told = " ".join(run("assumptions", "--grammar", file).stdout.split())
    assert f"{statement} FAILS" in told
    for part in (culprit, change, "no longer applies: R26.theorem-7"):
        assert part in told
    assert run("assumptions", "--grammar", file).exit_code == 0
    strict = run("assumptions", "--grammar", file, "--strict", "--json")
    assert strict.exit_code == 1
    found = {one["id"]: one for one in json.loads(strict.stdout)["statements"]}
    assert not found[statement]["holds"]
    assert found[statement]["causes"][0]["change"]


def test_assumptions_gives_the_closest_pair_in_json(tmp_path: Path) -> None:
    found = json.loads(run("assumptions", "--grammar", saved(TWINS, tmp_path), "--json").stdout)
    assert found["levels"][1]["closest"] == [[0, 0], [2, 0]]
    dead = json.loads(run("assumptions", "--grammar", saved(DEAD, tmp_path), "--json").stdout)
    assert dead["levels"][1]["never_first"] == [1, 1]


def test_inconclusive_says_how_many_trials_decide_and_what_they_cost(tmp_path: Path) -> None:
    file = tmp_path / "good.json"
    run("draw", "-V", "4", "-m", "2", "-s", "2", "-L", "2", "-o", file)
    given = ("verify", "--grammar", file, "--only", "sensitivity-curve", "--trials", "30")
    result = run(*given, "--workers", "1", "-o", tmp_path / "run")
    assert result.exit_code == 6
    told = " ".join(result.stdout.split())
    assert "trials would decide (some" in told
    assert "--only sensitivity-curve --form repaired --seed 0 --trials" in told
    assert "--trials 30 " not in told, "the advice is not the number that was too small"
    found = json.loads((tmp_path / "run" / "results.json").read_text("utf-8"))
    assert all(row["evidence"]["deciding_trials"] > 30 for row in found["results"])


def test_a_run_says_first_how_long_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "ESTIMATED_FROM", 0.0)
    given = ("verify", "--only", "assumption-6a", "--budget", "quick", "--workers", "1")
    result = run(*given, "-o", tmp_path / "run", "--json")
    assert "trials on one process, may take about" in result.stderr.splitlines()[0]
    json.loads(result.stdout)
