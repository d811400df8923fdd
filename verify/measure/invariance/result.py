"""The invariance matrix as a value: plain data, a picture, a table."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from textwrap import fill
from typing import Any

from layerproof.theory.formatting import figures, interval
from layerproof.theory.readable import Readable, Sheet
from layerproof.verify.measure.invariance.matrix_sheet import matrix_sheet
from layerproof.verify.verdicts.charts import Matrix

Table = tuple[tuple[float | None, ...], ...]
"""One row a level, one column a layer; None where there is no value."""

MEANING = {
    "c24": "mean squared change, relative to that between independent strings",
    "cosine": "mean of 1 - cosine of standardised outputs, relative to independent strings",
}


@dataclass(frozen=True)
class InvarianceMatrix(Readable):
    """S[l, k]: how far exchanging synonyms at level l moves layer k; 0 invariant, about 1 not.

    `values`, `low` and `high` have one row for each of `levels` and one column for each of
    `layers`; each interval is at `confidence` by itself. None stands where a layer gives one output
    for all strings, or where the strings are too few to tell that it does not. Where no exchange
    changed anything the interval is [0, 0]: then the probability that one does is, at 95 %, below
    3/`samples`. `predicted`: what an ideal network would have whose layers hold the tokens of the
    levels that `represents` names; `baseline`: what another network has, such as the same before
    training.
    """

    levels: tuple[int, ...]
    layers: tuple[str, ...]
    values: Table
    low: Table
    high: Table
    normalisation: str
    represents: tuple[int | None, ...] | None
    predicted: Table | None
    baseline: Table | None
    confidence: float
    samples: int
    seed: int

    def __getitem__(self, place: tuple[int, str]) -> float | None:
        """The value at (level, layer), both by name.

        Raises KeyError where the matrix does not have it.
        """
        level, layer = place
        if level not in self.levels or layer not in self.layers:
            raise KeyError(place)
        return self.values[self.levels.index(level)][self.layers.index(layer)]

    def to_dict(self) -> dict[str, Any]:
        """Plain data, with tuples as lists."""
        found = asdict(self)
        for name in ("values", "low", "high", "predicted", "baseline"):
            table = found[name]
            found[name] = None if table is None else [list(row) for row in table]
        return (
            found
            | {"levels": list(self.levels), "layers": list(self.layers)}
            | {"represents": None if self.represents is None else list(self.represents)}
        )

    def picture(self, title: str = "Sensitivity to synonyms, level by layer") -> Matrix:
        """The matrix for a report or a notebook."""
        return Matrix(
            title=title,
            caption=f"S = {MEANING[self.normalisation]}: 0 where the layer no longer sees which"
            " synonym was chosen, 1 where the exchange is as good as another string.",
            row_label="synonyms exchanged at level",
            column_label="layer",
            rows=[str(level) for level in self.levels],
            columns=list(self.layers),
            values=self.values,
            low=self.low,
            high=self.high,
            predicted=self.predicted,
        )

    def sheet(self) -> Sheet:
        """What notebooks show: one row a layer and one column a level, as the text has it."""
        return matrix_sheet(self.to_dict(), MEANING[self.normalisation])

    def __str__(self) -> str:
        heads = ["layer", *(f"level {level}" for level in self.levels)]
        lines = [heads]
        for k, layer in enumerate(self.layers):
            limits = [
                interval(None if low is None else (low, high))
                for low, high in zip(_column(self.low, k), _column(self.high, k), strict=True)
            ]
            lines.append([layer, *(figures(value, 3) for value in _column(self.values, k))])
            lines.append([f"  {self.confidence:.0%}", *limits])
            held = None if self.represents is None else self.represents[k]
            predicted = "predicted" if held is None else f"predicted, level {held}"
            for name, table in ((predicted, self.predicted), ("baseline", self.baseline)):
                if table is not None:
                    lines.append([f"  {name}", *(figures(v, 3) for v in _column(table, k))])
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        text = [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        ]
        head = f"S: {MEANING[self.normalisation]}; {self.samples} strings"
        return "\n".join([head, "", *text, "", self._about_the_prediction()])

    def _about_the_prediction(self) -> str:
        """What the layers were taken to hold, or why there is no prediction."""
        if self.predicted is None:
            levels = len(self.levels)
            text = (
                f"No prediction: only {levels} or {levels + 1} layers are taken to hold the tokens"
                f" of the levels down to 0, and these are {len(self.layers)}. `represents` says"
                " which level's tokens each layer should hold."
            )
        elif self.represents is None:
            text = "predicted: from the numbers of samples."
        else:
            text = (
                "predicted, level l: of a layer that holds the level-l tokens and nothing else;"
                " `represents` names other levels."
            )
        return fill(text, 80, break_on_hyphens=False)


def _column(table: Table, k: int) -> list[float | None]:
    return [row[k] for row in table]
