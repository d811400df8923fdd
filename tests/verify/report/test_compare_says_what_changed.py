"""`layerproof compare` and the reference run: what changed, how surely, and what got worse."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from layerproof.verify.cli import app
from layerproof.verify.report.compare import ROUNDING, Change, compare, reproduces
from layerproof.verify.report.document import as_read
from layerproof.verify.report.reference import reference, reproduction
from layerproof.verify.report.schemas.results import Document
from layerproof.verify.run.runner import Plan, plan
from layerproof.verify.run.runner import run as run_plan
from tests.verify.report.results_documents import document, read, row


def one(verdict: str = "holds", **changes: Any) -> dict[str, Any]:
    return document(row("R26.lemma-10", verdict, **changes))


def keep(folder: Path, found: dict[str, Any]) -> str:
    folder.mkdir(parents=True)
    (folder / "results.json").write_text(json.dumps(found))
    return str(folder)


def run(tmp_path: Path, before: Any, after: Any, *options: str) -> Result:
    folders = [keep(tmp_path / "before", before), keep(tmp_path / "after", after)]
    return CliRunner().invoke(app, ["compare", *folders, *options])


def test_the_difference_has_the_standard_error_of_two_independent_runs() -> None:
    """Intervals at 95 % of half-widths 1.96 × 0.3 and 1.96 × 0.4: standard errors 0.3 and 0.4."""
    z = 1.959963984540054
    limits = [[1 - z * 0.3, 1 + z * 0.3], [3 - z * 0.4, 3 + z * 0.4]]
    runs = [
        one(measured=value, interval=interval, confidence=0.95)
        for value, interval in zip((1.0, 3.0), limits, strict=True)
    ]
    (change,) = compare(*map(as_read, runs))
    assert change.difference == 2.0
    # 1e-12: the quantile and two widths in float64.
    assert change.standard_error == pytest.approx(0.5, rel=1e-12)


def test_rows_without_a_number_have_no_difference() -> None:
    (change,) = compare(as_read(one(measured="inf")), as_read(one(measured=None, interval=None)))
    assert (change.difference, change.standard_error) == (None, None)


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("holds", "holds", 0),
        ("holds", "violated", 1),
        ("holds", "inconclusive", 1),
        ("inconclusive", "error", 1),
        ("violated", "holds", 0),
        ("error", "violated", 0),
    ],
)
def test_the_exit_code_is_1_where_a_verdict_got_worse(
    tmp_path: Path, before: str, after: str, code: int
) -> None:
    done = run(tmp_path, one(before), one(after))
    assert done.exit_code == code, done.output
    assert (f"{before} → {after}" in " ".join(done.stdout.split())) == (before != after)


def test_a_row_that_is_gone_got_worse_and_a_new_one_did_not(tmp_path: Path) -> None:
    """Nothing passes by not running; only what is worse than not to run is no loss."""
    both = document(row("R26.lemma-10", "holds"), row("R26.lemma-11", "violated"))
    gone, kept = compare(read(row("R26.lemma-11", "holds"), *one()["results"]), as_read(one()))
    assert (gone.worse, kept.worse) == (True, False)
    assert not compare(as_read(both), as_read(one()))[
        0
    ].worse  # it was false, and is not even tried
    assert not any(change.worse for change in compare(as_read(one()), as_read(both)))
    assert run(tmp_path, one(), document(row("R26.lemma-11", "holds"))).exit_code == 1


def test_rows_of_one_check_are_matched_by_their_parameters() -> None:
    small, large = {"V": 4, "level": 1}, {"V": 8, "level": 1}
    rows = [row("R26.lemma-10", "holds", parameters=p) for p in (small, large)]
    changes = compare(read(*rows), read(*rows[::-1]))
    assert len(changes) == 2
    assert all(change.agrees for change in changes)


def test_another_instance_is_another_row(tmp_path: Path) -> None:
    """No verdict of V = 8 is better than one of V = 4; each is told with its parameters."""
    small = one("violated", parameters={"V": 4, "m": 2, "s": 2})
    large = one("holds", parameters={"V": 8, "m": 4, "s": 2})
    changes = compare(as_read(small), as_read(large))
    assert [(change.before is None, change.after is None) for change in changes] == [
        (False, True),
        (True, False),
    ]
    assert not any(change.better for change in changes)
    assert [change.name.partition(", printed")[2] for change in changes] == [
        ", V=4, m=2",
        ", V=8, m=4",
    ]
    said = " ".join(run(tmp_path, small, large).stdout.split())
    assert "violated → absent" in said
    assert "better: 0. Rows with other parameters are not compared" in said


def test_a_row_that_stands_twice_is_compared_twice() -> None:
    first, second = row("R26.lemma-10", "holds"), row("R26.lemma-10", "violated")
    changes = compare(read(first, second), read(first, first))
    assert [(change.turned, change.better) for change in changes] == [(True, True), (False, False)]
    assert changes[0].name != changes[1].name


@pytest.mark.parametrize(
    ("name", "moved"), [("predicted", 0.25), ("slack", 0.125), ("interval", [0.25, 0.75])]
)
def test_a_row_whose_measurement_stayed_says_what_moved(
    tmp_path: Path, name: str, moved: Any
) -> None:
    done = run(tmp_path, one(), one(**{name: moved}))
    assert f"{name} " in done.stdout
    assert "→" in done.stdout
    assert "difference 0" not in done.stdout


def test_names_are_not_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    rows = [row("R26.lemma-10", "holds", parameters={"level": l, "note": "x" * 60}) for l in (1, 2)]
    moved = [{**found, "measured": 0.75} for found in rows]
    said = run(tmp_path, document(*rows), document(*moved)).stdout
    assert "level=1" in said
    assert "level=2" in said
    assert "note" not in said  # all rows share it


def test_json_has_the_difference_beside_both_runs(tmp_path: Path) -> None:
    done = run(tmp_path, one(measured=0.5), one("violated", measured=0.75), "--json")
    found = json.loads(done.stdout)
    assert found["worse"] == 1
    assert found["rows"][0]["difference"] == 0.25
    assert found["rows"][0]["standard_error"] > 0.0
    assert found["rows"][0]["after"]["verdict"] == "violated"


def test_two_suites_are_called_so_first(tmp_path: Path) -> None:
    rows = (row("R26.lemma-10", "holds"), row("R26.lemma-12", "holds"))
    done = run(tmp_path, document(*rows), one() | {"suite": "paper"})
    first = "These are two suites, quick and paper: 1 row in both."
    assert done.stdout.startswith(first)
    assert first not in run(tmp_path / "alike", document(*rows), one()).stdout
    done = run(tmp_path / "json", one(), one() | {"suite": "paper"}, "--json")
    assert json.loads(done.stdout)["suites"] == ["quick", "paper"]


def test_settings_are_words_and_one_row_is_one(tmp_path: Path) -> None:
    rows = [row("R26.a", "holds", parameters={"repairs": found}) for found in ([], ["N", "M"])]
    moved = [found | {"verdict": "violated"} for found in rows]
    told = run(tmp_path, document(*rows), document(*moved)).stdout
    assert "repairs=none" in told
    assert "repairs=N+M" in told
    assert "The 1 row is identical." in run(tmp_path / "one", one(), one()).stdout


def test_runs_without_a_difference_are_told_from_equal_ones(tmp_path: Path) -> None:
    assert "identical" in run(tmp_path, one(), one()).stdout
    other = tmp_path / "other"
    other.mkdir()
    moved = one(measured=0.4987654 * (1 + ROUNDING / 4))
    assert "up to rounding" in run(other, one(), moved).stdout


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": "layerproof/results/2"}'])
def test_a_file_that_is_no_results_document_is_refused(tmp_path: Path, text: str) -> None:
    good, bad = Path(keep(tmp_path / "good", one())), tmp_path / "bad"
    bad.mkdir()
    (bad / "results.json").write_text(text)
    done = CliRunner().invoke(app, ["compare", str(good), str(bad)])
    assert done.exit_code == 4
    assert "results.json" in done.stderr


def test_the_table_fits_80_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    done = run(tmp_path, one(measured=0.5), one("violated", measured=0.75))
    assert max(map(len, done.stdout.splitlines())) <= 80


def _moved(found: Document, factor: float) -> Document:
    """`found` with one measurement multiplied."""
    moved = found.model_copy(deep=True)
    entry = next(r for r in moved.results if isinstance(r.measured, float) and r.measured)
    entry.measured *= factor
    return moved


def test_the_reference_says_bit_for_bit_rounding_or_which_row_differs() -> None:
    known = reference()
    assert "bit for bit" in reproduces(known, known)
    assert "up to rounding" in reproduces(known, _moved(known, 1 + ROUNDING / 4))
    wrong = _moved(known, 1 + 1e3 * ROUNDING)
    assert "does not reproduce" in reproduces(known, wrong)
    assert "1 of" in reproduces(known, wrong)


def test_only_the_whole_suite_with_the_reference_seed_is_compared() -> None:
    known, chosen = reference(), plan("quick")
    assert reproduction(chosen, known)
    assert not reproduction(Plan(chosen.suite, 1, "cpu", source="quick", rows=chosen.rows), known)
    assert not reproduction(plan("quick", budget="quick"), known)
    assert not reproduction(chosen, known.model_copy(update={"results": known.results[1:]}))


def test_the_reference_is_of_the_suite_as_it_is() -> None:
    """Its rows are those that the suite has now, with their predictions known beforehand."""
    known = reference()
    assert len(known.results) == plan("quick").rows
    assert known.counts["holds"] == sum(row.verdict == "holds" for row in known.results)
    assert all(row.confidence and math.isfinite(row.confidence) for row in known.results)


def test_the_rows_that_need_no_training_are_those_of_the_reference() -> None:
    """They are exact, or means over named streams: equal on every machine, up to rounding."""
    quick = ["assumption-6a", "assumption-6b", "mean-square-separation"]
    found = run_plan(plan("quick", only=quick), workers=1)
    known = {row.id: row for row in reference().results}
    rows = read(*(result.to_dict() for result in found)).results
    assert len(rows) == sum(name.split("/")[0] in quick for name in known) > 0
    for after in rows:
        assert Change(after.id, known[after.id], after).agrees
