"""The invariance matrix of any network: exchange synonyms at level l, measure layer k.

C24's eq. 8: S[l, k] = ⟨‖f_k(x) - f_k(P_l x)‖²⟩ / ⟨‖f_k(x) - f_k(y)‖²⟩ over strings x, exchanges P_l
and independent strings y. The cosine variant puts 1 - cos in place of the squared distance, of
outputs whose every unit has mean 0 and variance 1 over strings, so that no unit counts more for
being large (after Cagnetta and Wyart, arXiv 2406.00048, eq. 14).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from layerproof.theory.errors import InputError, whole_number
from layerproof.theory.grammar import Grammar
from layerproof.theory.randomness import derive_seed
from layerproof.verify.measure.invariance.encodings import Encoding, encoding
from layerproof.verify.measure.invariance.exchange import exchanged_strings
from layerproof.verify.measure.invariance.expected import token_sensitivity
from layerproof.verify.measure.invariance.hooks import Recorder, find_layers, undisturbed
from layerproof.verify.measure.invariance.result import InvarianceMatrix, Table
from layerproof.verify.statistics import ThinEvidence, ratio_interval
from layerproof.verify.statistics.intervals import checked_confidence

Floats = NDArray[np.float64]
Distance = Callable[[str, Tensor, Tensor], Tensor]
"""Of one layer's outputs for two batches, (b, width) each, row by row: (b,)."""

NORMALISATIONS = ("c24", "cosine")

MOST_SAMPLES = 10**7
"""Every string keeps L + 1 distances a layer, 8 bytes each, until the intervals are taken."""


@dataclass(frozen=True)
class MatrixPlan:
    """Which strings a network is shown, and how."""

    grammar: Grammar
    samples: int
    seed: int
    batch_size: int
    normalisation: str
    encode: Encoding
    device: torch.device


def matrix(
    model: nn.Module,
    grammar: Grammar,
    layers: Sequence[str] | None = None,
    *,
    samples: int = 2000,
    seed: int = 0,
    confidence: float = 0.95,
    normalisation: str = "c24",
    encode: str | Encoding = "one-hot",
    positions: str = "last",
    represents: Sequence[int | None] | None = None,
    baseline: nn.Module | None = None,
    device: torch.device | str | None = None,
    batch_size: int = 256,
) -> InvarianceMatrix:
    """S[l, k] of the named layers for exchanges at levels l = 1, …, L, on `samples` strings.

    `layers` are names of `model.named_modules()`, each called once in a forward pass; the first
    tensor of its output counts, of any shape with the batch first. Without names: all layers
    without children that qualify. The network stays bit for bit as it was, and every global
    generator too; it is measured in evaluation mode. `encode` and `positions` say how the strings
    are put before it (:func:`layerproof.verify.measure.invariance.encodings.encoding`).
    `normalisation` is "c24" or "cosine". Intervals are Fieller's, paired over strings. Sums are in
    float64, and the result is the same to rounding for every `batch_size`.

    `represents` says for each layer which level's tokens an ideal network would hold there, None
    for no prediction: S is then 0 for l above it, and for l up to it the exact value of orthogonal
    vectors, one a token ("c24" only). Without it, L layers are taken to represent the levels
    L - 1, …, 0 and L + 1 layers the levels L, …, 0 (C24: layer k becomes invariant one layer after
    it could); other numbers have no prediction. `baseline` is another network with the same layers,
    measured on the same strings. `device`: where the network is; strings are drawn on the CPU.

    Raises InputError for names, sizes and words that are not allowed, for a network that refuses
    the encoded strings, and for outputs that are not finite.
    """
    whole_number("samples", samples, minimum=2, maximum=MOST_SAMPLES)
    whole_number("batch_size", batch_size, minimum=1)
    checked_confidence(confidence)
    if normalisation not in NORMALISATIONS:
        raise InputError("normalisation", normalisation, " or ".join(NORMALISATIONS))
    place, dtype = _place(model, device)
    code = encoding(encode, positions, grammar.vocabularies[-1], dtype)
    plan = MatrixPlan(grammar, samples, seed, batch_size, normalisation, code, place)
    names = _names(model, plan, layers)
    held = _held(grammar, len(names), represents)
    exchanged, others = _measure(model, plan, names)
    values, low, high = _tables(exchanged, others, confidence)
    return InvarianceMatrix(
        levels=tuple(range(1, grammar.levels + 1)),
        layers=tuple(names),
        values=values,
        low=low,
        high=high,
        normalisation=normalisation,
        represents=held,
        predicted=None if held is None else _ideal(grammar, held, normalisation),
        baseline=None
        if baseline is None
        else _tables(*_measure(baseline, plan, names), confidence)[0],
        confidence=confidence,
        samples=samples,
        seed=seed,
    )


def _place(model: nn.Module, device: torch.device | str | None) -> tuple[torch.device, torch.dtype]:
    """Where the network computes, and in which precision its inputs come."""
    tensors = [*model.parameters(), *model.buffers()]
    found = tensors[0].device if tensors else torch.device("cpu")
    wanted = torch.device(device) if device is not None else found
    if tensors and wanted.type != found.type:
        raise InputError("device", str(wanted), f"{found}, where the network is")
    floating = (tensor.dtype for tensor in tensors if tensor.is_floating_point())
    return found if tensors else wanted, next(floating, torch.get_default_dtype())


def _names(model: nn.Module, plan: MatrixPlan, layers: Sequence[str] | None) -> list[str]:
    """The layers that were named, or else those that qualify on a first batch of two strings."""
    recorder = Recorder(model, find_layers(model, layers))
    if layers is not None:
        return list(recorder.layers)
    first = next(exchanged_strings(plan.grammar, 2, seed=plan.seed, batch_size=2))
    with undisturbed(model, plan.seed):
        names = recorder.without_others(_input(plan, first.drawn))
    if not names:
        allowed = "layers that a forward pass calls once, with a tensor whose batch is first"
        raise InputError("layers", f"none of {', '.join(recorder.layers)}", allowed)
    return names


def _input(plan: MatrixPlan, leaves: Tensor) -> Tensor:
    return plan.encode(leaves.to(plan.device, torch.int64))


def _measure(model: nn.Module, plan: MatrixPlan, names: Sequence[str]) -> tuple[Floats, Floats]:
    """Distances x to P_l x, (strings, L, layers), and x to y, (strings, layers)."""
    recorder = Recorder(model, find_layers(model, names))
    noise = derive_seed(plan.seed, "invariance matrix", "network")
    with undisturbed(model, noise), recorder.hooked():
        distance = _distance(recorder, plan)
        exchanged, others = [], []
        for strings in exchanged_strings(
            plan.grammar, plan.samples, seed=plan.seed, batch_size=plan.batch_size
        ):
            drawn = recorder.run(_input(plan, strings.drawn))
            again = [_to(recorder, plan, leaves, drawn, distance) for leaves in strings.exchanged]
            exchanged.append(np.stack(again, axis=1))
            others.append(_to(recorder, plan, strings.other, drawn, distance))
    found = np.concatenate(exchanged), np.concatenate(others)
    for k, name in enumerate(recorder.layers):
        if not (np.isfinite(found[0][..., k]).all() and np.isfinite(found[1][..., k]).all()):
            raise InputError(f"output of layer {name}", "not finite", "finite numbers")
    return found


def _to(
    recorder: Recorder,
    plan: MatrixPlan,
    leaves: Tensor,
    drawn: Mapping[str, Tensor],
    distance: Distance,
) -> Floats:
    """From the outputs for x to those for other strings, row by row: (b, layers)."""
    found = recorder.run(_input(plan, leaves))
    parts = [distance(name, drawn[name], output) for name, output in found.items()]
    return torch.stack(parts, dim=1).cpu().numpy()


def _distance(recorder: Recorder, plan: MatrixPlan) -> Distance:
    if plan.normalisation == "c24":
        return lambda name, first, second: ((first - second) ** 2).sum(dim=1)
    moments = _moments(recorder, plan)

    def cosine(name: str, first: Tensor, second: Tensor) -> Tensor:
        centre, scale = moments[name]
        a, b = ((part - centre) * scale for part in (first, second))
        # |a - b|²/2 of unit vectors is 1 - cos without its cancellation.
        a, b = (torch.nn.functional.normalize(part, dim=1) for part in (a, b))
        return ((a - b) ** 2).sum(dim=1) / 2

    return cosine


def _moments(recorder: Recorder, plan: MatrixPlan) -> dict[str, tuple[Tensor, Tensor]]:
    """Mean and inverse standard deviation of every unit, over strings of a stream of their own.

    The inverse is 0 where a unit varies by no more than the rounding of its network.
    """
    seed = derive_seed(plan.seed, "invariance matrix", "moments")
    rounding = torch.finfo(_place(recorder.model, None)[1]).eps
    count, centre, square = 0, dict[str, Tensor](), dict[str, Tensor]()
    batches = exchanged_strings(plan.grammar, plan.samples, seed=seed, batch_size=plan.batch_size)
    for strings in batches:
        rows = len(strings.drawn)
        for name, output in recorder.run(_input(plan, strings.drawn)).items():
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


def _tables(exchanged: Floats, others: Floats, confidence: float) -> tuple[Table, Table, Table]:
    """Values, lower and upper limits."""
    cells = [
        [_ratio(exchanged[:, l, k], others[:, k], confidence) for k in range(others.shape[1])]
        for l in range(exchanged.shape[1])
    ]
    value, low, high = (
        tuple(tuple(cell[part] for cell in row) for row in cells) for part in range(3)
    )
    return value, low, high


def _ratio(
    top: Floats, bottom: Floats, confidence: float
) -> tuple[float | None, float | None, float | None]:
    try:
        found = ratio_interval(top, bottom, confidence)
    except ThinEvidence as thin:
        return thin.estimate, None, None
    # Squared distances: what the normal approximation leaves below 0 cannot be.
    return found.estimate, max(0.0, found.low), found.high


def _held(
    grammar: Grammar, layers: int, represents: Sequence[int | None] | None
) -> tuple[int | None, ...] | None:
    """The level whose tokens each layer is taken to hold; None where nothing says."""
    levels = grammar.levels
    if represents is None:
        return tuple(range(layers - 1, -1, -1)) if layers in (levels, levels + 1) else None
    if len(represents) != layers:
        raise InputError("represents", list(represents), f"one entry for each of {layers} layers")
    for level in represents:
        if level is not None:
            whole_number("represents", level, minimum=0, maximum=levels)
    return tuple(represents)


def _ideal(grammar: Grammar, held: Sequence[int | None], normalisation: str) -> Table:
    columns = [_ideal_column(grammar, level, normalisation) for level in held]
    return tuple(tuple(column[l] for column in columns) for l in range(grammar.levels))


def _ideal_column(grammar: Grammar, level: int | None, normalisation: str) -> list[float | None]:
    if level is None:
        return [None] * grammar.levels
    if normalisation != "c24":
        return [0.0 if l > level else None for l in range(1, grammar.levels + 1)]
    found = token_sensitivity(grammar, level).tolist()
    return [None if math.isnan(value) else value for value in found]
