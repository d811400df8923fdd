"""Words for rows of results.json, the same in every report: labels, predictions, remarks."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from verify.formatting import figures, interval
from verify.verdict import Verdict

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
    """The interval; a dash where the measurement is exact."""
    bounds = row["interval"]
    exact = bounds and bounds[0] == bounds[1] == row["measured"]
    return "exact" if exact else interval(bounds)


def labels(rows: Sequence[Row]) -> list[str]:
    """What was tested: the statement, and the parameters that tell results of one check apart."""
    checks: dict[str, set[str]] = defaultdict(set)
    settings: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        checks[row["statement"]].add(check_of(row))
        settings[row["id"]].append(row["parameters"])
    varying = {name: _varying(members) for name, members in settings.items()}
    return [_label(row, len(checks[row["statement"]]) > 1, varying[row["id"]]) for row in rows]


def check_of(row: Row) -> str:
    """The id of the check that the row is of."""
    return str(row["id"].split("/")[0])


def _varying(settings: Sequence[Row]) -> list[str]:
    keys = dict.fromkeys(key for row in settings for key in row)
    return [key for key in keys if len({str(row.get(key)) for row in settings}) > 1]


def _label(row: Row, several_checks: bool, keys: Iterable[str]) -> str:
    check, *parts = row["id"].split("/")
    others = (f"{key}={_parameter(row['parameters'].get(key))}" for key in keys)
    check = check if several_checks else ""
    words = (row["statement"], check, row.get("quantity", ""), *parts, *others)
    return " ".join(word for word in words if word)


def _parameter(value: Any) -> str:
    """A parameter's value; of a long list the number of its entries."""
    if isinstance(value, list):
        text = f"[{', '.join(map(_parameter, value))}]"
        return text if len(text) <= LONGEST_LIST else f"{len(value)} values"
    return value if isinstance(value, str) else figures(value)


def remarks(row: Row) -> list[str]:
    """Why the verdict is not `holds`, and what was expected."""
    surprise = row["verdict"] != row["expected"]
    said = []
    if row["verdict"] != Verdict.HOLDS:
        said.append(row["reason"] or "no reason was given")
    if row.get("broken_at"):
        said.append(f"the argument breaks first at {', '.join(row['broken_at'])}")
    if not surprise and row["verdict"] != Verdict.HOLDS and row.get("expected_reason"):
        said.append(f"expected: {row['expected_reason']}")
    if surprise:
        because = f", {row['expected_reason']}" if row.get("expected_reason") else ""
        said.append(f"expected {row['expected']}{because}")
    return said


def closing_line(document: Mapping[str, Any]) -> str:
    """One sentence: is every verdict the one expected, and how sure is the run."""
    rows = document["results"]
    surprises = [row for row in rows if row["verdict"] != row["expected"]]
    sure = f"Error rate of the whole suite: {figures(document['error_rate'])}."
    if not rows:
        return f"Nothing ran: no check of the suite {document['suite']} was selected."
    if not surprises:
        return f"All {len(rows)} verdicts are the ones expected. {sure}"
    return f"{len(surprises)} of {len(rows)} verdicts are not the ones expected. {sure}"
