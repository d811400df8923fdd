"""How far apart two outputs of a place are: squared, or by the cosine of standardised outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from layerproof.verify.measure.invariance.inputs import Inputs
from layerproof.verify.measure.invariance.recorder import Recorder

Distance = Callable[[str, Tensor, Tensor], Tensor]
"""Of one place's outputs for two batches, (b, width) each, row by row: (b,)."""


def squared(name: str, first: Tensor, second: Tensor) -> Tensor:
    """The squared distances, whatever the place."""
    return ((first - second) ** 2).sum(dim=1)


def cosine(recorder: Recorder, batches: Iterable[Inputs], rounding: float) -> Distance:
    """1 - cos of outputs whose every unit has mean 0 and variance 1 over these batches.

    A unit that varies by no more than `rounding` of its mean counts as constant.
    """
    moments = _moments(recorder, batches, rounding)

    def distance(name: str, first: Tensor, second: Tensor) -> Tensor:
        centre, scale = moments[name]
        a, b = ((part - centre) * scale for part in (first, second))
        # |a - b|²/2 of unit vectors is 1 - cos without its cancellation.
        a, b = (torch.nn.functional.normalize(part, dim=1) for part in (a, b))
        return ((a - b) ** 2).sum(dim=1) / 2

    return distance


def _moments(
    recorder: Recorder, batches: Iterable[Inputs], rounding: float
) -> dict[str, tuple[Tensor, Tensor]]:
    """Mean and inverse standard deviation of every unit; the inverse of a constant one is 0."""
    count, centre, square = 0, dict[str, Tensor](), dict[str, Tensor]()
    for inputs in batches:
        rows = inputs.strings
        for name, output in recorder.run(inputs).items():
            mean = output.mean(dim=0)
            spread = ((output - mean) ** 2).sum(dim=0)
            if count == 0:
                centre[name], square[name] = mean, spread
                continue
            # Chan, Golub, LeVeque (1979): moments of two parts, without cancellation.
            step = mean - centre[name]
            centre[name] = centre[name] + step * (rows / (count + rows))
            square[name] = square[name] + spread + step**2 * (count * rows / (count + rows))
        count += rows
    return {name: (centre[name], _inverse(centre[name], square[name] / count, rounding))
            for name in centre}  # fmt: skip


def _inverse(centre: Tensor, variance: Tensor, rounding: float) -> Tensor:
    deviation = variance.sqrt()
    # Eight roundings: those of an output's last operations, which batches may order differently.
    alive = deviation > 8 * rounding * centre.abs()
    return torch.where(alive, 1.0 / torch.where(alive, deviation, 1.0), 0.0)
