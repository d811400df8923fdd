"""The words of the verifier: verdicts, premises and the record of one result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypedDict

from layerproof.theory.formatting import figures, interval
from layerproof.theory.readable import Readable, Sheet, SheetTable


class Verdict(StrEnum):
    """What the tool says of a statement on an instance, worst first."""

    ERROR = "error"
    """The check crashed."""
    VIOLATED = "violated"
    """The statement is false here, at the declared confidence."""
    NOT_RUN = "not-run"
    """The check did not run; nothing passes by not running."""
    INCONCLUSIVE = "inconclusive"
    """The budget was too small to decide, or not everything that may fail was looked at."""
    NOT_APPLICABLE = "not-applicable"
    """A premise fails on this instance, so the statement says nothing about it."""
    VACUOUS = "vacuous"
    """The bound could not have failed at this size."""
    HOLDS = "holds"
    """The statement is true here, at the declared confidence, and could have failed."""

    @property
    def severity(self) -> int:
        """0 for the worst."""
        return list(Verdict).index(self)


@dataclass(frozen=True)
class Premise:
    """A statement that had to hold on the instance, with what was found."""

    id: str
    verdict: Verdict
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON of one premise."""
        found = {"id": self.id, "verdict": str(self.verdict)}
        return found | ({"reason": self.reason} if self.reason else {})


@dataclass(frozen=True)
class Power:
    """Which deviation would have been called a violation, and with what probability."""

    deviation: str
    probability: float

    def to_dict(self) -> dict[str, Any]:
        """JSON of the power."""
        return {"deviation": self.deviation, "probability": self.probability}


class Shown(TypedDict, total=False):
    """Entries of the evidence that reports show in a way of their own; each has its name here."""

    margin: float
    margin_is: str
    """"absolute" or "relative", of the margin."""
    coverage: str
    """How far the interval can be trusted."""
    misses_at_most: float
    """So many times as often as stated were nominal limits found to miss."""
    examined: int
    """Instances or values of which `measured` is the worst."""
    applicable: int
    """Trials that met the premises, where not all did."""
    deciding_trials: int
    """So many trials would have decided what these did not, if they find what these found."""
    intracluster: float
    """The largest distance of representations within a cluster of synonyms."""
    intercluster: float
    """The least distance between two clusters."""
    pictures: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Judgement:
    """A claim compared with its interval.

    `relation` says how `measured` should stand to `predicted`: "<=", ">=", ">" or "=". `slack` is
    positive inside the claim and negative outside it, in the unit of `measured`.
    """

    verdict: Verdict
    relation: str = ""
    predicted: float | None = None
    measured: float | None = None
    interval: tuple[float, float] | None = None
    slack: float | None = None
    power: Power | None = None
    reason: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Result(Readable):
    """One row of results.json."""

    id: str
    statement: str
    form: str
    title: str
    source: str
    quantity: str
    parameters: Mapping[str, Any]
    premises: tuple[Premise, ...]
    judgement: Judgement
    trials: int
    confidence: float
    expected: Verdict | None
    """None where nothing is expected, as of a user's own grammar."""
    expected_reason: str
    seconds: float
    device: str
    reproduce: str
    broken_at: tuple[str, ...] = ()

    @property
    def as_expected(self) -> bool:
        """Whether the verdict is the one that the suite expects, where it expects one."""
        return self.expected in (None, self.judgement.verdict)

    def sheet(self) -> Sheet:
        """What `print` and notebooks show: the verdict, and what it was read off."""
        found = self.judgement
        facts = {
            "verdict": str(found.verdict),
            "predicted": f"{found.relation} {figures(found.predicted)}".strip(),
            "measured": f"{figures(found.measured)} {interval(found.interval)}",
            "confidence": figures(self.confidence),
            "trials": figures(self.trials),
            "reason": found.reason,
            "again": self.reproduce,
        }
        title = f"{self.id}, {self.form}: {self.title}"
        return Sheet(title, {name: text for name, text in facts.items() if text})

    def to_dict(self) -> dict[str, Any]:
        """JSON of the row: prediction, premises, measurement, interval and verdict together."""
        found = self.judgement
        return {
            "id": self.id,
            "statement": self.statement,
            "form": self.form,
            "title": self.title,
            "source": self.source,
            "parameters": dict(self.parameters),
            "premises": [premise.to_dict() for premise in self.premises],
            "quantity": self.quantity,
            "relation": found.relation,
            "predicted": found.predicted,
            "measured": found.measured,
            "interval": None if found.interval is None else list(found.interval),
            "confidence": self.confidence,
            "slack": found.slack,
            "trials": self.trials,
            "power": None if found.power is None else found.power.to_dict(),
            "verdict": str(found.verdict),
            "expected": None if self.expected is None else str(self.expected),
            "expected_reason": self.expected_reason,
            "reason": found.reason,
            "broken_at": list(self.broken_at),
            "evidence": dict(found.evidence),
            "seconds": self.seconds,
            "device": self.device,
            "reproduce": self.reproduce,
        }


class ResultList(Readable, list[Result]):
    """The results of a run, a list like any other, which shows itself as a table."""

    def sheet(self) -> Sheet:
        """The number of every verdict, and one row for each result."""
        words = [result.judgement.verdict for result in self]
        counts = ", ".join(f"{words.count(word)} {word}" for word in Verdict if word in words)
        rows = [
            (
                result.id,
                result.form,
                str(result.judgement.verdict),
                figures(result.judgement.predicted, 3),
                figures(result.judgement.measured, 3),
                interval(result.judgement.interval),
            )
            for result in self
        ]
        head = ("check", "form", "verdict", "predicted", "measured", "interval")
        return Sheet(counts or "No result", tables=(SheetTable(head, rows),) if rows else ())
