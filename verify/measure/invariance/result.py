"""The invariance matrix as a value: plain data, a picture, a table."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from layerproof.theory.readable import Readable, Sheet
from layerproof.verify.measure.invariance.layer_choice import OUTPUT
from layerproof.verify.measure.invariance.matrix_sheet import matrix_sheet
from layerproof.verify.measure.invariance.network_output import (
    LeftOutLayer,
    NetworkAccuracy,
    NetworkOutput,
    Rerun,
)
from layerproof.verify.measure.invariance.table import matrix_text
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
    `layers`, which stand in the order in which a forward pass ends them; each interval is at
    `confidence` by itself. None stands where a layer gives one output for all strings, or where the
    strings are too few to tell that it does not. Where no exchange changed anything the interval is
    [0, 0]: then the probability that one does is, at 95 %, below 3/`samples`. `predicted`: what an
    ideal network would have whose layers hold the tokens of the levels that `represents` names;
    `baseline`: what another network has, such as the same before training.

    `accuracy`: how often the network's output names the label of the measured strings, None where
    its output is no score for each class, as `accuracy_reason` says. `output`: the same of the
    network's own output. `left_out`: the layers that could not be measured, and why. `random`: the
    layers that give the same strings another output when they are run again. `mixed`: those whose
    output for a string depends on the other strings of its batch.
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
    accuracy: NetworkAccuracy | None = None
    accuracy_reason: str | None = None
    output: NetworkOutput | None = None
    left_out: tuple[LeftOutLayer, ...] = ()
    random: tuple[Rerun, ...] = ()
    mixed: tuple[str, ...] = ()

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
        found = {name: _plain(value) for name, value in vars(self).items()}
        right = self.accuracy
        return found | {
            "accuracy": None if right is None else right.value,
            "accuracy_interval": None if right is None else list(right.interval),
            "chance": None if right is None else right.chance,
            "near_chance": None if right is None else right.near_chance,
        }

    def picture(self, title: str = "Sensitivity to synonyms, layer by level") -> Matrix:
        """The matrix for a report or a notebook: layers down and levels across, as in the table.

        The network's output is the last row, where it was measured.
        """
        return Matrix(
            title=title,
            caption=f"S = {MEANING[self.normalisation]}: 0 where the layer no longer sees which"
            " synonym was chosen, 1 where the exchange is as good as another string.",
            row_label="layer",
            column_label="synonyms exchanged at level",
            rows=[*self.layers, *([] if self.output is None else [OUTPUT])],
            columns=[str(level) for level in self.levels],
            values=self.by_layer("values") or (),
            low=self.by_layer("low"),
            high=self.by_layer("high"),
            predicted=self.by_layer("predicted"),
        )

    def by_layer(self, table: str) -> Table | None:
        """`values`, `low`, `high`, `predicted` or `baseline`: one row a layer, one column a level.

        The last row is that of the network's output, where it was measured. None where no layer has
        such a number.
        """
        found: Table | None = getattr(self, table)
        last: tuple[float | None, ...] | None = getattr(self.output, table, None)
        if found is None and last is None:
            return None
        nothing = (None,) * len(self.levels)
        rows = [nothing for _ in self.layers] if found is None else list(zip(*found, strict=True))
        return (*rows, *([] if self.output is None else [last or nothing]))

    def sheet(self) -> Sheet:
        """What notebooks show: one row a layer and one column a level, as the text has it."""
        return matrix_sheet(self.to_dict(), MEANING[self.normalisation])

    def __str__(self) -> str:
        return matrix_text(self, MEANING[self.normalisation], OUTPUT)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, NetworkOutput | LeftOutLayer | Rerun):
        return {name: _plain(one) for name, one in asdict(value).items()}
    return value
