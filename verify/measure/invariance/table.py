"""The invariance matrix in words: accuracy, the table, what was left out, and what to distrust."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import fill
from typing import TYPE_CHECKING

from layerproof.theory.formatting import figures, interval

if TYPE_CHECKING:
    from layerproof.verify.measure.invariance.result import InvarianceMatrix

WIDTH = 80
LONGEST_NAME, SHORT_NAME = 40, 20
"""Where one name is longer than the first, those longer than the second stand above."""

LISTED = 4
"""So many layers are named in a sentence; the result has them all."""


def matrix_text(matrix: InvarianceMatrix, meaning: str, output: str) -> str:
    """What `str(matrix)` is: paragraphs of at most 80 columns, as long as names of layers allow.

    `meaning` says what S is, `output` what the row of the network's output is called.
    """
    paragraphs = [
        f"{_wrapped(f'S: {meaning}')}\n{_accuracy(matrix)}",
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
    """How many strings, how often their label is told, and a warning where it is not."""
    found, strings = matrix.accuracy, f"{figures(matrix.samples)} strings"
    if found is None:
        return _wrapped(f"{strings}; accuracy {matrix.accuracy_reason or 'not known'}")
    line = (
        f"{strings}; accuracy {figures(found.value)} {interval(found.interval)},"
        f" chance {figures(found.chance)}"
    )
    if not found.near_chance:
        return line
    warning = (
        "NEAR CHANCE: this network does not know the labels of these strings, so S below is not"
        " that of a network that learned this grammar. Look at the grammar, the checkpoint, the"
        " encoding, which axis of the input the positions are, and how the classes are numbered."
    )
    return f"{line}\n\n{_wrapped(warning)}"


def _table(matrix: InvarianceMatrix, output: str) -> str:
    """Layers down, levels across; in several tables where the levels do not fit beside each other.

    Names too long to stand beside their numbers stand above them.
    """
    lines = [["layer", *(f"level {level}" for level in matrix.levels)]]
    for k, name in enumerate(matrix.layers):
        lines += _rows(matrix, k, name)
    if matrix.output is not None:
        same = f" (= {matrix.output.layer})" if matrix.output.layer else ""
        lines += _rows(matrix, len(matrix.layers), output + same)
    if max(len(line[0]) for line in lines) > LONGEST_NAME:
        lines = [short for line in lines for short in _above(line)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    tables = ([_line(line, columns, widths) for line in lines] for columns in _fitting(widths))
    return "\n\n".join("\n".join(table) for table in tables)


def _above(line: list[str]) -> list[list[str]]:
    name, *cells = line
    if len(name) <= SHORT_NAME:
        return [line]
    return [[name, *("" for _ in cells)], ["  S", *cells]]


def _line(line: list[str], columns: Sequence[int], widths: Sequence[int]) -> str:
    first = line[0] if len(line[0]) > widths[0] else line[0].ljust(widths[0])
    return "  ".join([first, *(line[k].ljust(widths[k]) for k in columns)]).rstrip()


def _fitting(widths: Sequence[int]) -> list[list[int]]:
    """The columns after the first, by tables of at most 80 columns beside the first."""
    tables: list[list[int]] = [[]]
    for k in range(1, len(widths)):
        if tables[-1] and widths[0] + sum(2 + widths[j] for j in [*tables[-1], k]) > WIDTH:
            tables.append([])
        tables[-1].append(k)
    return tables


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
        if found is not None and any(value is not None for value in found[k]):
            yield [f"  {label}", *(figures(value, 3) for value in found[k])]


def _predicted(matrix: InvarianceMatrix, k: int) -> str:
    if matrix.represents is None or k == len(matrix.layers):
        return "predicted"
    held = matrix.represents[k]
    return "predicted" if held is None else f"predicted, level {held}"


def _about_the_prediction(matrix: InvarianceMatrix) -> str:
    """What the layers were taken to hold, or why there is no prediction."""
    known = matrix.output is not None and matrix.output.predicted is not None
    if matrix.predicted is None:
        count = len(matrix.layers)
        few, many = len(matrix.levels), len(matrix.levels) + 1
        these = "you named none" if few <= count <= many else f"these are {count}"
        text = (
            f"No prediction: only {few} or {many} layers that you name are taken to hold the tokens"
            f" of the levels down to 0, and {these}. `represents` says which level's tokens each"
            " layer should hold."
        )
    elif matrix.represents is None:
        text = "predicted: from the numbers of samples."
    else:
        text = (
            "predicted, level l: of a layer that holds the level-l tokens and nothing else;"
            " `represents` names other levels."
        )
    of_output = " The output of a network that knows the labels, and nothing else, has 0."
    return _wrapped(text + (of_output if known and matrix.predicted is None else ""))


def _randomness(matrix: InvarianceMatrix) -> str:
    if not matrix.random:
        return ""
    changes = [f"{one.layer} {figures(one.change, 2)}" for one in matrix.random]
    return _wrapped(
        "RANDOM in evaluation mode: the same strings, run again, change these outputs, by this much"
        f" of what other strings change: {_some(changes)}. S holds this too."
    )


def _mixing(matrix: InvarianceMatrix) -> str:
    if not matrix.mixed:
        return ""
    return _wrapped(
        "MIXED: what these give for a string depends on the other strings of its batch, as"
        " statistics of the batch do, or attention along the wrong axis of the input:"
        f" {_some(matrix.mixed)}."
    )


def _some(names: Sequence[str]) -> str:
    """The first of them, in the order in which they run, and how many more."""
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more


def _left_out(matrix: InvarianceMatrix) -> str:
    """One line a reason, with the layers that have it."""
    reasons = dict.fromkeys(one.reason for one in matrix.left_out)
    lines = [
        ", ".join(one.layer for one in matrix.left_out if one.reason == reason) + f": {reason}"
        for reason in reasons
    ]
    shown = [_wrapped(f"  {line}", "    ") for line in lines]
    return "\n".join(["Left out:", *shown]) if shown else ""
