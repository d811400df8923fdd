"""The terminal report: a row per statement, sixty lines at most, reasons, and nothing too wide."""

import io
from typing import Any

import pytest
from rich.console import Console

from layerproof.theory.formatting import ERRATUM_COLUMNS
from layerproof.theory.statements import catalogue
from layerproof.verify.report.by_statement import by_statement
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


def text(found: dict[str, Any], width: int = 100, *, verbose: bool = True) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=width, highlight=False)
    render(as_read(found), console, verbose=verbose)
    return stream.getvalue()


def many(count: int) -> dict[str, Any]:
    """A document with three rows of each of so many statements, as many as two papers have."""
    names = [statement.id for statement in catalogue().numbered()]
    names += [f"Own.statement-{i}" for i in range(count)]
    rows = [
        row(name, verdict, form=form, expected=verdict, reason="a reason " * 20)
        for name in names[:count]
        for form, verdict in (
            ("printed", "violated"),
            ("repaired", "holds"),
            ("repaired", "vacuous"),
        )
    ]
    return document(*rows)


@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize("count", [1, 38, 70])
def test_at_most_sixty_lines_unless_more_is_asked_for(count: int, width: int) -> None:
    """One of the sixty says where the results are."""
    found = many(count)
    report = text(found, width, verbose=False)
    assert len(report.splitlines()) <= 59
    assert max(map(len, report.splitlines())) <= width
    assert ("-v prints" in report) == (count > 1)
    assert len(text(found, width).splitlines()) > 9 * count


def test_statements_that_hold_share_a_line_where_there_is_no_room() -> None:
    names = [f"Own.statement-{i}" for i in range(100)]
    report = text(document(*(row(name, "holds") for name in names)), verbose=False)
    assert len(report.splitlines()) <= 59
    assert "Every row holds, as expected, of" in report
    assert all(name in report for name in names)


def test_surprises_are_few_lines_and_say_how_many_more_there_are() -> None:
    names = [f"Own.statement-{i}" for i in range(30)]
    report = text(document(*(row(name, "violated") for name in names)), verbose=False)
    assert report.count("again: ") < 12
    assert "more" in report[report.index("Not as expected") :]


def test_it_opens_with_one_row_per_statement_source_by_source() -> None:
    names = ["derived.noise", "Own.a", "C24.noise", "R26.theorem-7", "R26.lemma-18"]
    rows = [row(name, "holds") for name in names]
    rows += [row("R26.lemma-18", "violated", form="repaired", expected="violated", slack=-1.0)]
    report = text(document(*rows)).splitlines()
    start = line_of("\n".join(report), "statement ")
    assert report[start].split()[:4] == ["statement", "printed", "repaired", "rows"]
    listed = [line.split() for line in report[start + 1 : start + 6]]
    order = ["R26.lemma-18", "R26.theorem-7", "C24.noise", "derived.noise", "Own.a"]
    assert [line[0] for line in listed] == order
    assert listed[0][1:4] == ["holds", "violated", "2"]


def test_the_worst_row_of_a_statement_is_the_unexpected_one_with_the_least_slack() -> None:
    rows = [
        row("R26.a", "violated", expected="violated", slack=-9.0, measured=9.0),
        row("R26.a", "violated", slack=-1.0, measured=1.0),
        row("R26.a", "violated", slack=-2.0, measured=2.0),
    ]
    report = text(document(*rows))
    assert "violated!" in report.splitlines()[line_of(report, "R26.a ")]
    (found,) = by_statement(as_read(document(*rows)).results)
    assert found.worst.measured == 2.0


def test_rows_say_their_instance_their_samples_their_trials_and_their_margin() -> None:
    sizes = {"V": 8, "m": 4, "s": 2, "L": 3, "level": 2}
    evidence = {"margin": 0.1, "margin_is": "relative", "applicable": 26, "N": 512}
    report = text(document(row("R26.a", "holds", parameters=sizes, trials=30, evidence=evidence,
                               relation="=")), 120)  # fmt: skip
    assert "V=8 m=4 s=2 L=3, N=512, N/(n m^l)=4, 26 of 30 trials meet the premises" in report
    assert report.count("0.5 ± 10 %") == 2


def test_a_sample_size_of_its_own_stands_with_its_row() -> None:
    sizes = {"V": 16, "m": 4, "s": 2, "L": 3, "level": 3}
    rows = [
        row("derived.sensitivity-curve", "holds", id=f"sensitivity-curve/N_over_crossover={x}",
            parameters=sizes | {"N_over_crossover": x})
        for x in (1.0, 4.0)
    ]  # fmt: skip
    report = text(document(*rows), 120)
    assert "N/N_×=1 N=998, N/(n m^l)=0.975" in report  # N_× = 998.4 (C24 eq. 10), n m^3 = 1024
    assert "N/N_×=4 N=3,994, N/(n m^l)=3.9" in report


def test_no_sample_size_of_the_label_is_told_of_another_signal() -> None:
    """The crossover of a signal is that of each instance, which no results file has."""
    sizes = {"V": 16, "m": 4, "s": 2, "L": 3, "level": 3, "N_over_crossover": 4.0}
    of_token = sizes | {"signal": "token"}
    found = row("derived.sensitivity-curve", "holds", id="signal-sensitivity", parameters=of_token)
    assert "N=" not in text(document(found), 120)


@pytest.mark.parametrize(
    "odd",
    [
        {"V": "x", "m": 1, "level": 2, "N_over_crossover": 2.0},
        {"V": 2, "m": 10**9, "level": 128, "samples": 10},
        {"V": 2, "m": 10**9, "level": 128, "N_over_crossover": 1e300},
        {"V": 1, "m": 1, "classes": 1, "level": 3, "N_over_crossover": 2.0},
        {"V": [1], "m": {}, "level": None, "samples": [1, 2], "multiple": []},
    ],
)
def test_sizes_of_any_kind_are_no_crash(odd: dict[str, Any]) -> None:
    assert "R26.a" in text(document(row("R26.a", "holds", parameters=odd)))


def test_settings_are_words() -> None:
    rows = [row("R26.a", "holds", parameters={"repairs": r, "part": "x"}) for r in ([], ["N"])]
    report = text(document(*rows))
    assert "repairs=none" in report
    assert "[]" not in report


def test_a_violation_has_the_digits_that_show_it() -> None:
    found = row("R26.a", "violated", relation="<=", predicted=1.0, measured=1.00102)
    assert "1.001, ≤ 1" in text(document(found))


def line_of(report: str, part: str) -> int:
    return next(number for number, line in enumerate(report.splitlines()) if part in line)


def test_the_worst_verdict_comes_first() -> None:
    report = text(document(*EVERY_VERDICT))
    order = ["error", "surprise", "not-run", "inconclusive", "not-applicable", "vacuous"]
    block = report[report.index("Not as expected") :]
    places = [line_of(block, f"R26.{word}") for word in order]
    assert places == sorted(places)
    assert "R26.holds" not in block[: block.index("\n\n")]


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
    assert report.count("again: ") == 12  # six rows, each at the top and in its place
    assert "violated!" in report.splitlines()[line_of(report, "R26.surprise")]
    assert "violated!" not in report.splitlines()[line_of(report, "R26.violated ")]


def test_results_of_one_check_are_told_apart_by_the_parameters_that_differ() -> None:
    two = [row("R26.a", "holds", parameters={"V": 8, "q": size, "x": 1}) for size in (8, 16)]
    report = text(document(*two))
    assert "R26.a  V=8, 40 trials" in report
    assert "printed q=8" in report
    assert "printed q=16" in report
    assert "x=1" not in report


def test_two_checks_of_one_statement_are_told_apart() -> None:
    two = [row(name, "holds", statement="R26.a") for name in ("by-trials/level=1", "exactly")]
    report = text(document(*two))
    assert "R26.a  by-trials; V=8, 40 trials" in report
    assert "printed level=1" in report
    assert "R26.a  exactly; V=8, 40 trials" in report
    assert "by-trials" not in text(document(two[0]))[: -len("x")].split("What would")[0]


def test_a_statement_too_long_for_its_column_wraps_and_nothing_is_cut() -> None:
    report = text(document(row("R26.one/" + "/".join(f"word={i}" for i in range(9)), "holds")), 80)
    assert all(f"word={i}" in report for i in range(9))


def test_a_name_too_long_for_its_column_breaks_between_its_words() -> None:
    name = "derived.sensitivity-in-training N_over_crossover_of_rules=4.5"
    report = text(document(row(name, "holds", interval=[-1.2345e-10, 1.2345e-10])), 80)
    table = report[report.index("derived.") : report.index("verdict form")]
    assert max(map(len, report.splitlines())) <= 80
    first, *more = table.split("\n\n")[0].splitlines()
    lines = [first.partition(" holds")[0].strip(), *map(str.strip, more)]
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
    two = (row("a", "holds"), row("b", "holds"))
    assert "All 2 verdicts are the ones expected" in closing_line(as_read(document(*two)))
    found = closing_line(as_read(document(*EVERY_VERDICT)))
    assert found.startswith("6 of 8 verdicts are not the ones expected.")
    assert "0.01" in found


def test_one_verdict_is_one() -> None:
    def of(*rows: dict[str, Any]) -> str:
        return closing_line(as_read(document(*rows))).partition(".")[0]

    good, bad = row("a", "holds"), row("a", "violated")
    assert of(good) == "The 1 verdict is the one expected"
    assert of(bad) == "The 1 verdict is not the one expected"
    assert of(good, bad) == "1 of 2 verdicts is not the one expected"
    nominal = {"evidence": _coverage("nominal")}
    whole = closing_line(as_read(document(good | nominal)))
    assert "sure for 0 of 1 row; the other rests on nominal" in whole


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
