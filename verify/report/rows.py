"""Words for rows of results.json, the same in every report: labels, predictions, remarks."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from layerproof.theory.formatting import counted, duration, figures, interval
from layerproof.verify.report.diagnosis import decided_line
from layerproof.verify.report.schemas.results import Document, Row
from layerproof.verify.report.settings import OF_INSTANCE, part, setting
from layerproof.verify.verdicts.verdict import Verdict

RELATIONS = {"<=": "≤ ", ">=": "≥ ", ">": "> "}


def badness(row: Row) -> tuple[int, bool]:
    """The key that sorts rows worst first, and in each verdict the unexpected first."""
    return row.verdict.severity, not row.surprise


def prediction(row: Row) -> str:
    """The predicted value, after how the measured one should stand to it, and the margin."""
    return RELATIONS.get(row.relation, "") + figures(row.predicted, 3) + _margin(row)


def _margin(row: Row) -> str:
    """The margin in which an equality counts as met; one around 0 is never relative."""
    margin = finite(row.evidence.margin)
    if row.relation != "=" or margin is None:
        return ""
    absolute = row.evidence.margin_is == "absolute" or row.predicted == 0
    return f" ± {figures(margin) if absolute else f'{figures(100 * margin)} %'}"


def measured(row: Row) -> str:
    """The measured value; of a violated row with as many digits as tell it from the prediction."""
    if row.verdict is not Verdict.VIOLATED:
        return figures(row.measured, 3)
    pairs = ((figures(row.measured, n), figures(row.predicted, n)) for n in (3, 4, 6, 9))
    return next((found for found, wanted in pairs if found != wanted), figures(row.measured, 3))


def finite(value: Any) -> float | None:
    """A finite float, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def measured_interval(row: Row) -> str:
    """The interval, or that the measurement is exact, or the worst of so many instances."""
    bounds = row.interval
    if not bounds or not bounds[0] == bounds[1] == row.measured:
        return interval(bounds)
    examined = row.evidence.examined
    return f"worst of {figures(examined)}" if row.relation in RELATIONS and examined else "exact"


def labels(rows: Sequence[Row]) -> list[str]:
    """What was tested: the statement, and the parameters that tell results of one check apart."""
    checks: dict[str, set[str]] = defaultdict(set)
    settings: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        checks[row.statement].add(row.check)
        settings[row.id].append(row.parameters)
    differing = {name: varying(members) for name, members in settings.items()}
    return [_label(row, len(checks[row.statement]) > 1, differing[row.id]) for row in rows]


def varying(settings: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names of the parameters that are not the same in all of these settings."""
    values: dict[str, list[str]] = defaultdict(list)
    for parameters in settings:
        for key, value in parameters.items():
            values[key].append(str(value))
    absent = {key: ["None"] * (len(found) < len(settings)) for key, found in values.items()}
    return [key for key, found in values.items() if len({*found, *absent[key]}) > 1]


def _label(row: Row, several_checks: bool, keys: Iterable[str]) -> str:
    check, *_ = row.id.split("/")
    words = (row.statement, check if several_checks else "", row.quantity, _settings(row, keys))
    return " ".join(word for word in words if word)


def short_labels(rows: Sequence[Row]) -> list[str]:
    """As :func:`labels`, of rows of one check and quantity on one instance, told elsewhere."""
    sizes = all(isinstance(row.parameters.get("samples", 0), int) for row in rows)
    told = (*OF_INSTANCE, "samples") if sizes else OF_INSTANCE
    keys = [key for key in varying([row.parameters for row in rows]) if key not in told]
    return [_settings(row, keys) for row in rows]


def _settings(row: Row, keys: Iterable[str]) -> str:
    _, *parts = row.id.split("/")
    said = {text.partition("=")[0] for text in parts}
    own = (key for key in keys if key not in said and row.parameters.get(key) is not None)
    others = (setting(key, row.parameters[key]) for key in own)
    return " ".join((*map(part, parts), *others))


def remarks(row: Row) -> list[str]:
    """Why the verdict is not `holds`, or with what caveat it is, and what was expected."""
    said = [row.reason] if row.reason else []
    if row.verdict is not Verdict.HOLDS and not said:
        said.append("no reason was given")
    said += _enough(row)
    if row.broken_at:
        said.append(f"the argument breaks first at {', '.join(row.broken_at)}")
    if not row.surprise and row.verdict is not Verdict.HOLDS and row.expected_reason:
        said.append(f"expected: {row.expected_reason}")
    if row.surprise:
        because = f", {row.expected_reason}" if row.expected_reason else ""
        said.append(f"expected {row.expected}{because}")
    return said


def _enough(row: Row) -> list[str]:
    """How many trials would decide, what they cost, and the command that runs them."""
    trials = row.evidence.deciding_trials
    if not isinstance(trials, int) or row.verdict is not Verdict.INCONCLUSIVE:
        return []
    cost = ""
    if row.seconds and row.trials:
        cost = f" (some {duration(row.seconds / row.trials * trials)} on one core)"
    again = re.sub(r" --trials \d+", "", row.reproduce)
    return [f"about {trials} trials would decide{cost}: {again} --trials {trials}"]


def _confidence(rows: Sequence[Row]) -> str:
    """That of each interval, as the error rate is split over the rows."""
    each = [row.confidence for row in rows if row.confidence is not None]
    if not each:
        return ""
    ends = dict.fromkeys(f"{100 * value:.4g}" for value in (min(each), max(each)))
    return f" (intervals: {' to '.join(ends)} %)"


def _promise(rows: Sequence[Row]) -> str:
    """For which rows the error rate is sure, and how far off it may be for the others."""
    judged = [row.evidence for row in rows if row.evidence.coverage]
    nominal = [entry for entry in judged if entry.coverage == "nominal"]
    if not nominal:
        return ""
    sure = len(judged) - len(nominal)
    times = figures(max(entry.misses_at_most or 0.0 for entry in nominal), 2)
    others = "the other rests" if len(nominal) == 1 else f"the {len(nominal)} others rest"
    return (
        f" It is sure for {sure} of {counted(len(judged), 'row')}; {others} on nominal"
        f" intervals, whose limits missed up to {times} times as often as stated when measured."
    )


def closing_line(document: Document) -> str:
    """One sentence: is every verdict the one expected, and how sure is the run."""
    rows = document.results
    if document.diagnosis is not None and rows:
        return decided_line(document)
    surprises = sum(row.surprise for row in rows)
    sure = f"Error rate of the whole suite: {figures(document.error_rate)}{_confidence(rows)}."
    sure += _promise(rows)
    if not rows:
        return f"Nothing ran: no check of the suite {document.suite} was selected."
    if len(rows) == 1:
        return f"The 1 verdict is {'not ' * surprises}the one expected. {sure}"
    if not surprises:
        return f"All {len(rows)} verdicts are the ones expected. {sure}"
    verb, which = ("is", "one") if surprises == 1 else ("are", "ones")
    return f"{surprises} of {len(rows)} verdicts {verb} not the {which} expected. {sure}"
