"""Words for rows of results.json, the same in every report: labels, predictions, remarks."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from layerproof.theory.formatting import figures, interval
from layerproof.verify.verdicts.verdict import Verdict

Row = Mapping[str, Any]

LONGEST_LIST = 24
"""Lists among parameters that are written out, in characters."""
RELATIONS = {"<=": "≤ ", ">=": "≥ ", ">": "> "}


def badness(row: Row) -> tuple[int, bool]:
    """The key that sorts rows worst first, and in each verdict the unexpected first."""
    return Verdict(row["verdict"]).severity, row["verdict"] == row["expected"]


def prediction(row: Row) -> str:
    """The predicted value, after how the measured one should stand to it."""
    relation = RELATIONS.get(row.get("relation", ""), "")
    return relation + figures(row["predicted"], 3)


def measured_interval(row: Row) -> str:
    """The interval, or that the measurement is exact, or the worst of so many instances."""
    bounds = row["interval"]
    if not bounds or not bounds[0] == bounds[1] == row["measured"]:
        return interval(bounds)
    examined = row.get("evidence", {}).get("examined")
    inequality = row.get("relation") in RELATIONS
    return f"worst of {figures(examined)}" if inequality and examined else "exact"


def labels(rows: Sequence[Row]) -> list[str]:
    """What was tested: the statement, and the parameters that tell results of one check apart."""
    checks: dict[str, set[str]] = defaultdict(set)
    settings: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        checks[row["statement"]].add(check_of(row))
        settings[row["id"]].append(row["parameters"])
    differing = {name: varying(members) for name, members in settings.items()}
    return [_label(row, len(checks[row["statement"]]) > 1, differing[row["id"]]) for row in rows]


def check_of(row: Row) -> str:
    """The id of the check that the row is of."""
    return str(row["id"].split("/")[0])


def varying(settings: Sequence[Row]) -> list[str]:
    """The names of the parameters that are not the same in all of these settings."""
    values: dict[str, list[str]] = defaultdict(list)
    for row in settings:
        for key, value in row.items():
            values[key].append(str(value))
    absent = {key: ["None"] * (len(found) < len(settings)) for key, found in values.items()}
    return [key for key, found in values.items() if len({*found, *absent[key]}) > 1]


def _label(row: Row, several_checks: bool, keys: Iterable[str]) -> str:
    check, *parts = row["id"].split("/")
    others = (f"{key}={parameter(row['parameters'].get(key))}" for key in keys)
    check = check if several_checks else ""
    words = (row["statement"], check, row.get("quantity", ""), *parts, *others)
    return " ".join(word for word in words if word)


def parameter(value: Any) -> str:
    """A parameter's value; of a long list the number of its entries."""
    if isinstance(value, list):
        text = f"[{', '.join(map(parameter, value))}]"
        return text if len(text) <= LONGEST_LIST else f"{len(value)} values"
    if isinstance(value, Mapping):
        return f"{len(value)} values"
    return value if isinstance(value, str) else figures(value)


def remarks(row: Row) -> list[str]:
    """Why the verdict is not `holds`, or with what caveat it is, and what was expected."""
    surprise = row["verdict"] != row["expected"]
    said = [row["reason"]] if row["reason"] else []
    if row["verdict"] != Verdict.HOLDS and not said:
        said.append("no reason was given")
    if row.get("broken_at"):
        said.append(f"the argument breaks first at {', '.join(row['broken_at'])}")
    if not surprise and row["verdict"] != Verdict.HOLDS and row.get("expected_reason"):
        said.append(f"expected: {row['expected_reason']}")
    if surprise:
        because = f", {row['expected_reason']}" if row.get("expected_reason") else ""
        said.append(f"expected {row['expected']}{because}")
    return said


def _confidence(rows: Sequence[Row]) -> str:
    """That of each interval, as the error rate is split over the rows."""
    each = [row["confidence"] for row in rows if row.get("confidence") is not None]
    if not each:
        return ""
    ends = dict.fromkeys(f"{100 * value:.4g}" for value in (min(each), max(each)))
    return f" (intervals: {' to '.join(ends)} %)"


def _promise(rows: Sequence[Row]) -> str:
    """For which rows the error rate is sure, and how far off it may be for the others."""
    kinds = [row.get("evidence", {}) for row in rows]
    told = [kind for kind in kinds if "coverage" in kind]
    nominal = [kind for kind in told if kind["coverage"] == "nominal"]
    if not nominal:
        return ""
    sure = len(told) - len(nominal)
    times = figures(max(kind["misses_at_most"] for kind in nominal), 2)
    return (
        f" It is sure for {sure} of {len(told)} rows; the {len(nominal)} others rest on nominal"
        f" intervals, whose limits missed up to {times} times as often as stated when measured."
    )


def closing_line(document: Mapping[str, Any]) -> str:
    """One sentence: is every verdict the one expected, and how sure is the run."""
    rows = document["results"]
    surprises = [row for row in rows if row["verdict"] != row["expected"]]
    sure = f"Error rate of the whole suite: {figures(document['error_rate'])}{_confidence(rows)}."
    sure += _promise(rows)
    if not rows:
        return f"Nothing ran: no check of the suite {document['suite']} was selected."
    if not surprises:
        return f"All {len(rows)} verdicts are the ones expected. {sure}"
    return f"{len(surprises)} of {len(rows)} verdicts are not the ones expected. {sure}"
