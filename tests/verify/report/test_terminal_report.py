"""The terminal report: worst first, every verdict word counted, reasons, and nothing too wide."""

import io
from typing import Any

import pytest
from rich.console import Console

from layerproof.theory.formatting import ERRATUM_COLUMNS
from layerproof.verify.report.document import as_read
from layerproof.verify.report.rows import measured_interval
from layerproof.verify.report.terminal import closing_line, render
from layerproof.verify.verdicts.verdict import Verdict
from tests.verify.report import results_documents


def row(name: str, verdict: str, **changes: Any) -> dict[str, Any]:
    """One row whose id is the check's name, with less beside its number."""
    plain = {
        "id": name,
        "statement": name.split("/")[0],
        "parameters": {"V": 8, "level": 1},
        "premises": [],
        "quantity": "",
        "relation": "",
        "evidence": {},
    }
    return results_documents.row(name, verdict, **plain | changes)


def document(*rows: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return results_documents.document(*rows, **{"question": ""} | changes)


EVERY_VERDICT = [
    row("R26.holds", "holds"),
    row("R26.vacuous", "vacuous"),
    row("R26.not-applicable", "not-applicable", broken_at=["R26.lemma-18"]),
    row("R26.inconclusive", "inconclusive"),
    row("R26.not-run", "not-run", measured=None, interval=None, power=None),
    row("R26.violated", "violated", expected="violated", expected_reason="a factor is missing"),
    row("R26.surprise", "violated"),
    row("R26.error", "error"),
]


def text(found: dict[str, Any], width: int = 100) -> str:
    stream = io.StringIO()
    render(as_read(found), Console(file=stream, width=width, highlight=False))
    return stream.getvalue()


def line_of(report: str, part: str) -> int:
    return next(number for number, line in enumerate(report.splitlines()) if part in line)


def test_the_worst_verdict_comes_first() -> None:
    report = text(document(*EVERY_VERDICT))
    order = ["error", "surprise", "violated ", "not-run", "inconclusive", "not-applicable"]
    order += ["vacuous", "holds"]
    places = [line_of(report, f"R26.{word}") for word in order]
    assert places == sorted(places)


def test_every_verdict_word_is_counted_even_where_the_count_is_zero() -> None:
    report = text(document(row("R26.a", "holds")))
    for word in Verdict:
        assert f"{int(word == 'holds')} {word}" in report


@pytest.mark.parametrize("width", [80, 100])
def test_the_report_fits_the_terminal(width: int) -> None:
    long = row(
        "R26.a-statement-with-a-long-name/level=3/samples=15974.4",
        "not-applicable",
        form="repaired",
        predicted=-1.2345e-10,
        measured=1.2345e-10,
        interval=[-1.2345e-10, 1.2345e-10],
        reason="a premise fails: " + "patch (1, 2) never comes first, so kappa is infinite " * 4,
    )
    report = text(document(*EVERY_VERDICT, long), width)
    assert max(map(len, report.splitlines())) <= width


def test_everything_but_holds_says_why() -> None:
    report = text(document(*EVERY_VERDICT))
    for word in Verdict:
        assert (f"because of {word}" in report) == (word != "holds")
    assert "the argument breaks first at R26.lemma-18" in report
    assert "expected: a factor is missing" in report


def test_an_unexpected_verdict_is_marked_and_can_be_reproduced() -> None:
    report = text(document(*EVERY_VERDICT))
    assert "again: layerproof verify quick --only R26.surprise --form printed --seed 0" in report
    assert "again: layerproof verify quick --only R26.violated" not in report
    assert "violated!" in report.splitlines()[line_of(report, "R26.surprise")]
    assert "violated!" not in report.splitlines()[line_of(report, "R26.violated ")]


def test_results_of_one_check_are_told_apart_by_the_parameters_that_differ() -> None:
    two = [row("R26.a", "holds", parameters={"V": size, "level": 1}) for size in (8, 16)]
    report = text(document(*two))
    assert "R26.a V=8" in report
    assert "R26.a V=16" in report
    assert "level=1" not in report


def test_two_checks_of_one_statement_are_told_apart() -> None:
    two = [row(name, "holds", statement="R26.a") for name in ("by-trials/level=1", "exactly")]
    report = text(document(*two))
    assert "R26.a by-trials level=1" in report
    assert "R26.a exactly" in report
    assert "by-trials" not in text(document(two[0]))[: -len("x")].split("What would")[0]


def test_a_statement_too_long_for_its_column_wraps_and_nothing_is_cut() -> None:
    report = text(document(row("R26.one/" + "/".join(f"word={i}" for i in range(9)), "holds")), 80)
    assert all(f"word={i}" in report for i in range(9))


def test_a_name_too_long_for_its_column_breaks_between_its_words() -> None:
    name = "derived.sensitivity-in-training N_over_crossover_of_rules=4.5"
    report = text(document(row(name, "holds", interval=[-1.2345e-10, 1.2345e-10])), 80)
    table = report[report.index("derived.") : report.index("What would")]
    first, *more = table.split("\n\n")[0].splitlines()
    lines = [first.partition(" printed")[0].strip(), *map(str.strip, more)]
    assert "".join(lines).replace(" ", "") == name.replace(" ", "")
    assert all(line.endswith((".", "-", "_", "=", "training", "4.5")) for line in lines)


def test_of_many_deviations_the_range_is_told() -> None:
    seen = ("a relative deviation of 0.2", "a relative deviation of 0.06", "an effect of 1e-05")
    rows = [
        row("R26.a", "holds", power={"deviation": d, "probability": 0.9}) for d in (*seen, *seen)
    ]
    report = " ".join(text(document(*rows)).split())
    assert "0.9: a relative deviation of 0.06 to 0.2, an effect of 1e-05" in report


def test_the_power_is_printed() -> None:
    report = text(document(row("R26.a", "holds")))
    assert "R26.a (printed), with probability 0.9: a deviation of 0.05" in report


def test_the_line_that_reproduces_a_result_can_be_pasted_at_any_width() -> None:
    surprise = row("R26.surprise", "violated")
    lines = text(document(surprise), 60).splitlines()
    start = next(number for number, line in enumerate(lines) if "again:" in line)
    pasted = "\n".join(lines[start : start + 2]).replace("\\\n", "").split("again: ")[1]
    assert pasted.split() == surprise["reproduce"].split()


def test_the_question_opens_the_report_and_the_first_break_closes_it() -> None:
    breaks = {"printed": ["R26.lemma-18"], "repaired": []}
    report = text(document(row("a", "holds"), question="Does it hold?", first_breaks=breaks))
    assert "Does it hold?" in report.splitlines()[1]
    assert "As printed, the argument for R26.theorem-7 breaks first at R26.lemma-18." in report
    assert "As repaired" not in report


def test_controls_that_nothing_noticed_are_named() -> None:
    common = {"checks": ["R26.a", "R26.b"], "turned": ["R26.a"], "strayed": []}
    controls = [
        {"control": "dead-symbol", **common, "should_turn": ["R26.a"], "missed": []},
        {"control": "noise", **common, "should_turn": ["R26.a", "R26.b"], "missed": ["R26.b"]},
    ]
    report = text(document(row("R26.a", "holds"), controls=controls))
    assert "dead-symbol  T  ·" in report
    assert "noise: missed by R26.b" in report


def test_controls_and_checks_are_a_matrix() -> None:
    checks = ["a", "b", "c"]
    common = {"checks": checks, "should_turn": ["a"], "missed": [], "strayed": []}
    controls = [
        {"control": "caught", **common, "turned": ["a", "b"]},
        {"control": "at-fault", **common, "turned": ["c"], "missed": ["a"], "strayed": ["c"]},
    ]
    report = text(document(row("R26.a", "holds"), controls=controls))
    assert "caught    T  t  ·" in report
    assert "at-fault  !  ·  ?" in report
    assert "at-fault: missed by a, strayed to c" in report
    assert "caught: " not in report


def test_the_closing_line_says_for_which_rows_the_error_rate_is_sure() -> None:
    def of(*kinds: str) -> str:
        rows = [row("a", "holds") | {"evidence": _coverage(kind)} for kind in kinds]
        return closing_line(as_read(document(*rows)))

    assert "sure for" not in of("exact", "guaranteed")
    assert "It is sure for 1 of 3 rows; the 2 others rest on nominal" in of(
        "exact", "nominal", "nominal"
    )
    assert "missed up to 3 times as often" in of("nominal")
    assert "sure for" not in closing_line(as_read(document(row("a", "holds"))))


def _coverage(kind: str) -> dict[str, Any]:
    return {"coverage": kind} | ({"misses_at_most": 3.0} if kind == "nominal" else {})


def test_the_closing_line_counts_surprises_and_states_the_error_rate() -> None:
    assert closing_line(as_read(document())).startswith("Nothing ran")
    assert "predicted" not in text(document())
    assert "All 1 verdicts are the ones expected" in closing_line(
        as_read(document(row("a", "holds")))
    )
    found = closing_line(as_read(document(*EVERY_VERDICT)))
    assert found.startswith("6 of 8 verdicts are not the ones expected.")
    assert "0.01" in found


def test_without_a_terminal_there_are_no_colour_codes() -> None:
    assert "\x1b" not in text(document(*EVERY_VERDICT))


def test_results_of_one_check_are_told_apart_by_lists_too() -> None:
    first = row("R26.lemma-24", "holds", parameters={"sizes": [[2, 3], [4, 5]]})
    second = row("R26.lemma-24", "holds", parameters={"sizes": [[k, k] for k in range(20)]})
    shown = text(document(first, second))
    assert "sizes=[[2, 3], [4, 5]]" in " ".join(shown.split())
    assert "sizes=20 values" in " ".join(shown.split())


def test_the_errata_come_after_the_table_with_their_commands() -> None:
    columns = {name: f"the {name}" for name in ERRATUM_COLUMNS}
    commands = ["layerproof refute R26.lemma-24"]
    erratum = {
        "id": "R26.lemma-24",
        "title": "Counts",
        "source": "",
        "reproduce": commands,
    } | columns
    shown = text(document(row("R26.lemma-24", "holds"), errata=[erratum]), width=80)
    assert shown.index("Errata") > shown.index("verdict")
    assert all(words in shown for words in (*columns.values(), *commands))
    assert max(map(len, shown.splitlines())) <= 80


def test_the_worst_of_many_is_not_called_exact() -> None:
    one = {"interval": [0.4, 0.4], "measured": 0.4}
    rows = [
        row("R26.a", "holds", relation="<=", evidence={"examined": 12}, **one),
        row("R26.a", "holds", evidence={"examined": 12}, **one),
        row("R26.a", "holds", relation="<=", evidence={}, **one),
    ]
    found = as_read(document(*rows)).results
    assert [measured_interval(entry) for entry in found] == ["worst of 12", "exact", "exact"]


def test_the_confidence_of_the_intervals_is_told() -> None:
    report = text(document(row("R26.a", "holds"), row("R26.b", "holds", confidence=0.9995)))
    assert "(intervals: 99.9 to 99.95 %)" in " ".join(report.split())
    assert "(intervals: 99.9 %)" in text(document(row("R26.a", "holds")))
