"""The invariance matrix in words: accuracy, the table, what was left out, and what to distrust."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import fill
from typing import TYPE_CHECKING

from layerproof.theory.formatting import figures, interval

if TYPE_CHECKING:
    from layerproof.verify.measure.invariance.result import InvarianceMatrix

WIDTH = 80


def matrix_text(matrix: InvarianceMatrix, meaning: str, output: str) -> str:
    """What `str(matrix)` is: paragraphs of at most 80 columns, as long as names of layers allow.

    `meaning` says what S is, `output` what the row of the network's output is called.
    """
    paragraphs = [
        _wrapped(f"S: {meaning}; {matrix.samples} strings"),
        _accuracy(matrix),
        _table(matrix, output),
        _about_the_prediction(matrix),
        _randomness(matrix),
        _mixing(matrix),
        _left_out(matrix),
    ]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _wrapped(text: str, indent: str = "") -> str:
    return fill(text, WIDTH, break_on_hyphens=False, subsequent_indent=indent)


def _accuracy(matrix: InvarianceMatrix) -> str:
    found = matrix.accuracy
    if found is None:
        return _wrapped(f"accuracy: {matrix.accuracy_reason}") if matrix.accuracy_reason else ""
    line = (
        f"accuracy on them {figures(found.value)} {interval(found.interval)},"
        f" chance {figures(found.chance)}"
    )
    if not found.near_chance:
        return line
    warning = (
        "NEAR CHANCE: this network does not know the labels of these strings, so S below is not"
        " that of a network that learned this grammar. Look at the grammar, the checkpoint, the"
        " encoding, and which axis of the input the positions are."
    )
    return f"{line}\n{_wrapped(warning)}"


def _table(matrix: InvarianceMatrix, output: str) -> str:
    lines = [["layer", *(f"level {level}" for level in matrix.levels)]]
    names = [*matrix.layers, *([] if matrix.output is None else [output])]
    for k, name in enumerate(names):
        lines += _rows(matrix, k, name)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _rows(matrix: InvarianceMatrix, k: int, name: str) -> Iterator[list[str]]:
    values, low, high = (matrix.by_layer(table) or () for table in ("values", "low", "high"))
    yield [name, *(figures(value, 3) for value in values[k])]
    limits = zip(low[k], high[k], strict=True)
    yield [
        f"  {matrix.confidence:.0%}",
        *(interval(None if a is None else (a, b)) for a, b in limits),
    ]
    for label, table in ((_predicted(matrix, k), "predicted"), ("baseline", "baseline")):
        found = matrix.by_layer(table)
        if found is not None and not (k == len(matrix.layers) and _empty(found[k])):
            yield [f"  {label}", *(figures(value, 3) for value in found[k])]


def _empty(row: Sequence[float | None]) -> bool:
    return all(value is None for value in row)


def _predicted(matrix: InvarianceMatrix, k: int) -> str:
    if k == len(matrix.layers):
        return "predicted"
    held = None if matrix.represents is None else matrix.represents[k]
    return "predicted" if held is None else f"predicted, level {held}"


def _about_the_prediction(matrix: InvarianceMatrix) -> str:
    """What the layers were taken to hold, or why there is no prediction."""
    known = matrix.output is not None and matrix.output.predicted is not None
    if matrix.predicted is None:
        levels = len(matrix.levels)
        text = (
            f"No prediction: only {levels} or {levels + 1} layers that you name are taken to hold"
            f" the tokens of the levels down to 0, and these are {len(matrix.layers)}. `represents`"
            " says which level's tokens each layer should hold."
            + (" The output of a network that knows the labels has 0." if known else "")
        )
    elif matrix.represents is None:
        text = "predicted: from the numbers of samples."
    else:
        text = (
            "predicted, level l: of a layer that holds the level-l tokens and nothing else;"
            " `represents` names other levels."
        )
    return _wrapped(text)


def _randomness(matrix: InvarianceMatrix) -> str:
    if not matrix.random:
        return ""
    changes = ", ".join(f"{one.layer} {figures(one.change, 2)}" for one in matrix.random)
    return _wrapped(
        "RANDOM in evaluation mode: the same strings, run again, change these outputs, by this much"
        f" of what other strings change: {changes}. S holds this too."
    )


def _mixing(matrix: InvarianceMatrix) -> str:
    if not matrix.mixed:
        return ""
    return _wrapped(
        "MIXED: what these give for a string depends on the other strings of its batch, as"
        " statistics of the batch do, or attention along the wrong axis of the input:"
        f" {', '.join(matrix.mixed)}."
    )


def _left_out(matrix: InvarianceMatrix) -> str:
    lines = [_wrapped(f"  {one.layer}: {one.reason}", "    ") for one in matrix.left_out]
    return "\n".join(["Left out:", *lines]) if lines else ""
