"""From the distances that were measured to the invariance matrix: ratios, accuracy, output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.verify.measure.invariance.exchange import ExchangedStrings
from layerproof.verify.measure.invariance.held_levels import Column, ideal_column
from layerproof.verify.measure.invariance.layer_choice import OUTPUT, LayerChoice
from layerproof.verify.measure.invariance.named_inputs import InputEncoding
from layerproof.verify.measure.invariance.network_output import (
    LeftOutLayer,
    NetworkAccuracy,
    NetworkOutput,
)
from layerproof.verify.measure.invariance.result import InvarianceMatrix, Table
from layerproof.verify.statistics import ThinEvidence, binomial_interval, ratio_interval

Floats = NDArray[np.float64]
Cell = tuple[float | None, float | None, float | None]
"""A value and its limits."""


@dataclass(frozen=True)
class MatrixPlan:
    """Which strings a network is shown, and how."""

    grammar: Grammar
    samples: int
    seed: int
    batch_size: int
    normalisation: str
    encode: InputEncoding
    device: torch.device


@dataclass
class Measured:
    """Distances x to P_l x, (strings, L, places), and x to y, (strings, places); right answers.

    `right` counts the strings whose label has the largest output, `width` is that of the output.
    """

    exchanged: list[Floats] = field(default_factory=list)
    others: list[Floats] = field(default_factory=list)
    right: int = 0
    width: int | None = None

    def count(self, output: Tensor | None, strings: ExchangedStrings) -> None:
        """Compare the network's output with the labels."""
        if output is not None and len(output):
            self.width = output.shape[1]
            if self.width:
                self.right += int((output.argmax(dim=1).cpu() == strings.labels).sum())


def assembled(
    plan: MatrixPlan,
    choice: LayerChoice,
    held: tuple[int | None, ...] | None,
    measured: tuple[Measured, Measured | None],
    confidence: float,
) -> InvarianceMatrix:
    """The matrix of what was measured of the network, and of its baseline where there is one.

    `held` are the levels whose tokens the layers are taken to hold. Raises InputError for a layer
    whose outputs are too large to square.
    """
    found, other = measured
    columns = _columns(found, confidence)
    baseline = None if other is None else _columns(other, confidence)
    layers = len(choice.layers)
    for place, column in zip(choice.layers, columns[:layers], strict=True):
        if column is None:
            raise InputError(f"output of layer {place.name}", "too large", "numbers to be squared")
    told = found if choice.output is not None and columns[-1] is not None else Measured()
    accuracy, reason = _accuracy(plan.grammar, told, plan.samples, confidence)
    ideal = ideal_column(plan.grammar, 0, plan.normalisation) if accuracy else None
    output = _output(choice, columns, baseline, ideal)
    left_out = choice.left_out
    if choice.output is not None and output is None:
        left_out = (*left_out, LeftOutLayer(OUTPUT, "it is not finite, or too large to be squared"))
    return InvarianceMatrix(
        levels=tuple(range(1, plan.grammar.levels + 1)),
        layers=tuple(place.name for place in choice.layers),
        values=_table(columns[:layers], 0, plan),
        low=_table(columns[:layers], 1, plan),
        high=_table(columns[:layers], 2, plan),
        normalisation=plan.normalisation,
        represents=held,
        predicted=None
        if held is None
        else _across([ideal_column(plan.grammar, level, plan.normalisation) for level in held]),
        baseline=None if baseline is None else _table(baseline[:layers], 0, plan),
        confidence=confidence,
        samples=plan.samples,
        seed=plan.seed,
        accuracy=accuracy,
        accuracy_reason=reason,
        output=output,
        left_out=left_out,
        random=choice.random,
        mixed=choice.mixed,
    )


def _columns(found: Measured, confidence: float) -> list[list[Cell] | None]:
    """One column a place: for each level the value and its limits; None where none is finite."""
    exchanged, others = np.concatenate(found.exchanged), np.concatenate(found.others)
    columns: list[list[Cell] | None] = []
    for k in range(others.shape[1]):
        finite = np.isfinite(exchanged[..., k]).all() and np.isfinite(others[:, k]).all()
        cells = (_ratio(exchanged[:, l, k], others[:, k], confidence)
                 for l in range(exchanged.shape[1]))  # fmt: skip
        columns.append(list(cells) if finite else None)
    return columns


def _table(columns: Sequence[list[Cell] | None], part: int, plan: MatrixPlan) -> Table:
    nothing: list[Cell] = [(None, None, None)] * plan.grammar.levels
    rows = [[cell[part] for cell in column or nothing] for column in columns]
    return _across(rows) if rows else ((),) * plan.grammar.levels


def _across(columns: Sequence[Sequence[float | None]]) -> Table:
    return tuple(zip(*columns, strict=True))


def _ratio(top: Floats, bottom: Floats, confidence: float) -> Cell:
    try:
        found = ratio_interval(top, bottom, confidence)
    except ThinEvidence as thin:
        return thin.estimate, None, None
    # Squared distances: what the normal approximation leaves below 0 cannot be.
    return found.estimate, max(0.0, found.low), found.high


def _output(
    choice: LayerChoice,
    columns: Sequence[list[Cell] | None],
    baseline: Sequence[list[Cell] | None] | None,
    ideal: Column | None,
) -> NetworkOutput | None:
    column = None if choice.output is None else columns[-1]
    if column is None:
        return None
    values, low, high = (tuple(cell[part] for cell in column) for part in range(3))
    other = None if baseline is None else baseline[-1]
    beside = None if other is None else tuple(cell[0] for cell in other)
    return NetworkOutput(values, low, high, ideal, beside, choice.output_of)


def _accuracy(
    grammar: Grammar, found: Measured, samples: int, confidence: float
) -> tuple[NetworkAccuracy | None, str | None]:
    """The accuracy, or why there is none."""
    if found.width is None:
        return None, "not known, for the network's output is not measured"
    if found.width != grammar.classes or grammar.classes < 2:
        text = f"not known: the network's output has {found.width} numbers for a string"
        return None, f"{text}, which is no score for each of the {grammar.classes} classes"
    right = binomial_interval(found.right, samples, confidence)
    chance = float(max(grammar.label_prior))
    return NetworkAccuracy(right.estimate, right.limits, chance, samples), None
