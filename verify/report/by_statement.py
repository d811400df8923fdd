"""The rows of a run statement by statement: what holds as printed, what as repaired."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from layerproof.theory.statements import catalogue
from layerproof.verify.report.rows import badness, finite, measured, prediction, short_labels
from layerproof.verify.report.schemas.results import Row
from layerproof.verify.report.settings import instance_words, samples_words, trials_words
from layerproof.verify.verdicts.verdict import Verdict


@dataclass(frozen=True)
class FormVerdict:
    """The worst verdict of one form, how many of its rows have it, and whether one surprises."""

    verdict: Verdict
    rows: int
    of: int
    surprise: bool

    @property
    def word(self) -> str:
        """The verdict, with ! where some row of the form has not the one that is expected."""
        return self.verdict + "!" * self.surprise

    @property
    def share(self) -> str:
        """How many rows: "16 of 26"; nothing where it is all of them."""
        return f"{self.rows} of {self.of}" if self.rows < self.of else ""


@dataclass(frozen=True)
class RowGroup:
    """Rows of one statement, check and quantity on one instance, worst first.

    `heading` says all of these and with how many trials; `labels` tells the rows apart.
    """

    heading: str
    rows: tuple[Row, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class StatementRows:
    """Every row of one statement, worst first."""

    id: str
    rows: tuple[Row, ...]

    @property
    def title(self) -> str:
        """What the statement is called."""
        return self.rows[0].title

    @property
    def worst(self) -> Row:
        """The row to look at first: an unexpected one, the worst verdict, the least slack."""
        return min(self.rows, key=_urgency)

    @property
    def surprises(self) -> int:
        """How many rows have not the verdict that is expected."""
        return sum(row.surprise for row in self.rows)

    @property
    def plain(self) -> bool:
        """Whether every row holds, as expected."""
        return all(row.verdict is Verdict.HOLDS and not row.surprise for row in self.rows)

    @cached_property
    def forms(self) -> Mapping[str, FormVerdict]:
        """The verdict of every form that was tested, by its name."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows:
            found[row.form].append(row)
        return {form: _of_form(rows) for form, rows in sorted(found.items())}

    @property
    def groups(self) -> list[RowGroup]:
        """The rows by instance, in the order of the worst row of each."""
        found: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
        several = len({row.check for row in self.rows}) > 1
        for row in self.rows:
            what = " ".join(filter(None, (row.check if several else "", row.quantity)))
            found[what, instance_words(row), trials_words(row)].append(row)
        return [_group(*words, rows) for words, rows in found.items()]


def _group(what: str, instance: str, trials: str, rows: Sequence[Row]) -> RowGroup:
    """The group; the sample size stands in its heading where it is the same for all rows."""
    samples = list(map(samples_words, rows))
    common = len(set(samples)) == 1
    about = ", ".join(filter(None, (instance, samples[0] if common else "", trials)))
    own = ("" if common else size for size in samples)
    told = (" ".join(filter(None, pair)) for pair in zip(short_labels(rows), own, strict=True))
    return RowGroup("; ".join(filter(None, (what, about))), tuple(rows), tuple(told))


def by_statement(rows: Sequence[Row]) -> list[StatementRows]:
    """The rows of every statement, source by source, by kind and number; unknown ones last."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=badness):
        found[row.statement].append(row)
    place = {statement.id: at for at, statement in enumerate(catalogue().numbered())}
    order = sorted(found, key=lambda name: (place.get(name, len(place)), name))
    return [StatementRows(name, tuple(found[name])) for name in order]


def outcome(row: Row) -> str:
    """What a row measured, beside what was predicted: "0.975, predicted ≤ 0.1"."""
    if row.measured is None:
        return "nothing measured"
    return f"{measured(row)}, predicted {prediction(row)}"


def _of_form(rows: Sequence[Row]) -> FormVerdict:
    worst = min(rows, key=badness).verdict
    count = sum(row.verdict is worst for row in rows)
    return FormVerdict(worst, count, len(rows), any(row.surprise for row in rows))


def _urgency(row: Row) -> tuple[bool, int, float]:
    slack = finite(row.slack)
    return not row.surprise, row.verdict.severity, float("inf") if slack is None else slack
