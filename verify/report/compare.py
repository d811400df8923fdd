"""Two runs side by side: differences with their standard errors, verdicts before and after."""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scipy.stats import norm

from layerproof.verify.report.schemas.results import Document, Row
from layerproof.verify.verdicts.verdict import Verdict

ROUNDING = 2.0**-26
"""Square root of the unit roundoff of float64: what a well-posed solve keeps at least. Two machines
whose linear algebra sums in another order agree to this, relative to the larger value."""

VALUES: Mapping[str, Callable[[Row], Any]] = {
    "predicted": lambda row: row.predicted,
    "measured": lambda row: row.measured,
    "interval": lambda row: row.interval,
    "slack": lambda row: row.slack,
}
"""The numbers of a row that are compared."""

Key = tuple[str, str, str, int]
"""The id, the form and the parameters of a row, and how many of these stand before it."""


@dataclass(frozen=True)
class Change:
    """One row in two runs; None in the run that does not have it.

    `difference` is after - before, `standard_error` that of the difference. Either is None where a
    run has no finite measurement, or no interval to take it from.
    """

    name: str
    before: Row | None
    after: Row | None

    @property
    def _rows(self) -> tuple[Row | None, Row | None]:
        return self.before, self.after

    @property
    def worse(self) -> bool:
        """Whether the verdict got worse; a row that is gone did, as nothing passes by not running.

        A row that `before` does not have cannot get worse.
        """
        if self.before is None:
            return False
        after = Verdict.NOT_RUN if self.after is None else self.after.verdict
        return after.severity < self.before.verdict.severity

    @property
    def better(self) -> bool:
        """Whether the verdict got better."""
        return self.turned and not self.worse

    @property
    def turned(self) -> bool:
        """Whether both runs have the row, with different verdicts."""
        first, second = self.before, self.after
        return first is not None and second is not None and first.verdict is not second.verdict

    @property
    def difference(self) -> float | None:
        """Measured after - before."""
        first, second = (_number(row.measured if row else None) for row in self._rows)
        return None if first is None or second is None else second - first

    @property
    def standard_error(self) -> float | None:
        """Of the difference, if the runs are independent: from the widths of both intervals."""
        first, second = (_standard_error(row) if row else None for row in self._rows)
        return None if first is None or second is None else math.hypot(first, second)

    @property
    def agrees(self) -> bool:
        """Whether both runs have the row, with one verdict and equal numbers up to rounding."""
        both = self.before is not None and self.after is not None
        return both and not self.turned and not self.moved

    @property
    def moved(self) -> list[str]:
        """Of a row in both runs, which of VALUES differ by more than rounding."""
        first, second = self.before, self.after
        if first is None or second is None:
            return []
        return [name for name, get in VALUES.items() if not _close(get(first), get(second))]

    @property
    def identical(self) -> bool:
        """Whether both runs have the row, with one verdict and the same numbers to the last bit."""
        if self.before is None or self.after is None or self.turned:
            return False
        return all(get(self.before) == get(self.after) for get in VALUES.values())

    def to_dict(self) -> dict[str, Any]:
        """JSON of the change."""
        return {
            "row": self.name,
            "difference": self.difference,
            "standard_error": self.standard_error,
            "worse": self.worse,
            "changed": ["verdict"] * self.turned + self.moved,
            "before": _brief(self.before),
            "after": _brief(self.after),
        }


def compare(before: Document, after: Document) -> list[Change]:
    """Every row of two results documents, matched by check, form and parameters.

    A row on another instance is another row. Worse verdicts first, then other changes of verdict,
    rows of one run alone, and differences by their size in standard errors.
    """
    first, second = _keyed(before.results), _keyed(after.results)
    keys = list(dict.fromkeys((*first, *second)))
    changes = [
        Change(name, first.get(key), second.get(key))
        for key, name in zip(keys, _names(keys), strict=True)
    ]
    return sorted(changes, key=_importance)


def reproduces(reference: Document, found: Document) -> str:
    """One sentence: whether `found` has the rows of `reference`, to the bit or up to rounding."""
    changes = compare(reference, found)
    other = [change.name for change in changes if not change.agrees]
    if other:
        more = f" and {len(other) - 3} more" if len(other) > 3 else ""
        return (
            f"This installation does not reproduce the reference run: {len(other)} of"
            f" {len(changes)} rows differ ({'; '.join(other[:3])}{more})."
        )
    if all(change.identical for change in changes):
        return "This installation reproduces the reference run bit for bit."
    return "This installation reproduces the reference run up to rounding."


def _keyed(rows: Sequence[Row]) -> dict[Key, Row]:
    found: dict[Key, Row] = {}
    seen = Counter[tuple[str, str, str]]()
    for row in rows:
        key = (row.id, row.form, json.dumps(row.parameters, sort_keys=True))
        found[*key, seen[key]] = row
        seen[key] += 1
    return found


def _names(keys: Sequence[Key]) -> list[str]:
    """The id and the form of every row, and the parameters in which rows of that id differ."""
    settings = [json.loads(key[2]) for key in keys]
    values: dict[tuple[str, str], set[str]] = defaultdict(set)
    for key, found in zip(keys, settings, strict=True):
        for name, value in found.items():
            values[key[0], name].add(json.dumps(value))
    names = []
    for key, found in zip(keys, settings, strict=True):
        shown = (
            f"{name}={_written(value)}"
            for name, value in found.items()
            if len(values[key[0], name]) > 1
        )
        again = [f"number {key[3] + 1} of these"] * bool(key[3])
        names.append(", ".join([*key[:2], *shown, *again]))
    return names


def _written(value: Any) -> str:
    """A parameter in full: the words of a list joined, of an empty one "none"."""
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return "+".join(value) or "none"
    return json.dumps(value)


def _importance(change: Change) -> tuple[int, float]:
    alone = change.before is None or change.after is None
    rank = 0 if change.worse else 1 if change.turned else 2 if alone else 3
    return rank, -_in_standard_errors(change)


def _in_standard_errors(change: Change) -> float:
    difference, error = change.difference, change.standard_error
    if not difference:
        return 0.0
    return abs(difference) / error if error else math.inf


def _standard_error(row: Row) -> float | None:
    """Half the width of the interval over the normal quantile of its confidence."""
    low, high = (_number(limit) for limit in row.interval or (None, None))
    if low is None or high is None or not row.confidence:
        return None
    return (high - low) / (2.0 * float(norm.ppf((1.0 + row.confidence) / 2.0)))


def _close(first: Any, second: Any) -> bool:
    if isinstance(first, list | tuple) and isinstance(second, list | tuple):
        return len(first) == len(second) and all(map(_close, first, second))
    a, b = _number(first), _number(second)
    if a is None or b is None:
        return bool(first == second)
    return math.isclose(a, b, rel_tol=ROUNDING, abs_tol=ROUNDING)


def _number(value: Any) -> float | None:
    """A finite number, or None for what else results hold."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def _brief(row: Row | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {"verdict": str(row.verdict), "measured": row.measured, "interval": row.interval}
