"""What an invariance matrix shows of itself in a notebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from layerproof.theory.formatting import figures, interval
from layerproof.theory.readable import Sheet, SheetTable


def matrix_sheet(found: Mapping[str, Any], meaning: str) -> Sheet:
    """Of `to_dict()`: layers down, levels across, the network's output last where it is there."""
    facts = {"S": meaning, "strings": figures(found["samples"])}
    if found.get("accuracy") is not None:
        limits = interval(found.get("accuracy_interval"))
        chance = figures(found.get("chance"))
        facts["accuracy"] = f"{figures(found['accuracy'])} {limits}, chance {chance}"
    head = ["layer", *(f"level {level}" for level in found["levels"])]
    rows = [
        [layer, *(_cell(found, l, k) for l in range(len(found["levels"])))]
        for k, layer in enumerate(found["layers"])
    ]
    if output := found.get("output"):
        rows.append(["network's output", *_row(output)])
    notes = [f"Each interval is at {found['confidence']:.0%} by itself."]
    if found.get("near_chance"):
        notes.append("Near chance: the network does not know the labels of these strings.")
    left = found.get("left_out") or ()
    notes += [f"Left out: {one['layer']}, since {one['reason']}" for one in left]
    return Sheet("Sensitivity to synonyms, layer by level", facts, (SheetTable(head, rows),), notes)


def _cell(found: Mapping[str, Any], l: int, k: int) -> str:
    tables = (found[name] for name in ("values", "low", "high", "predicted"))
    return _text(*(None if table is None else table[l][k] for table in tables))


def _row(output: Mapping[str, Any]) -> Sequence[str]:
    columns = (output["values"], output["low"], output["high"])
    predicted = output.get("predicted") or [None] * len(output["values"])
    return [_text(*numbers) for numbers in zip(*columns, predicted, strict=True)]


def _text(value: Any, low: Any, high: Any, predicted: Any) -> str:
    """Such as "0.94 [0.92, 0.96], predicted 0.9"."""
    limits = "" if low is None else f" {interval((low, high))}"
    ideal = "" if predicted is None else f", predicted {figures(predicted, 3)}"
    return f"{figures(value, 3)}{limits}{ideal}"
