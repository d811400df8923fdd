"""The invariance matrix of any network: exchange synonyms at level l, measure layer k.

C24's eq. 8: S[l, k] = ⟨‖f_k(x) - f_k(P_l x)‖²⟩ / ⟨‖f_k(x) - f_k(y)‖²⟩ over strings x, exchanges P_l
and independent strings y. The cosine variant puts 1 - cos in place of the squared distance, of
outputs whose every unit has mean 0 and variance 1 over strings, so that no unit counts more for
being large (after Cagnetta and Wyart, arXiv 2406.00048, eq. 14).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from layerproof.theory.errors import InputError, whole_number
from layerproof.theory.grammar import Grammar, checked_grammar
from layerproof.theory.randomness import derive_seed
from layerproof.verify.measure.invariance.distances import Distance, cosine, squared
from layerproof.verify.measure.invariance.exchange import exchanged_strings
from layerproof.verify.measure.invariance.held_levels import (
    default_levels,
    named_levels,
)
from layerproof.verify.measure.invariance.hooks import undisturbed
from layerproof.verify.measure.invariance.inputs import Inputs
from layerproof.verify.measure.invariance.layer_choice import OUTPUT, LayerChoice, choose
from layerproof.verify.measure.invariance.measured import MatrixPlan, Measured, assembled
from layerproof.verify.measure.invariance.named_inputs import (
    InputEncoding,
    NamedEncodings,
    input_encoding,
)
from layerproof.verify.measure.invariance.probe import MORE, Place, Probe
from layerproof.verify.measure.invariance.recorder import Recorder
from layerproof.verify.measure.invariance.result import InvarianceMatrix
from layerproof.verify.statistics.intervals import checked_confidence

Floats = NDArray[np.float64]
NORMALISATIONS = ("c24", "cosine")

MOST_SAMPLES = 10**7
"""Every string keeps L + 1 distances a layer, 8 bytes each, until the intervals are taken."""


def matrix(
    model: nn.Module,
    grammar: Grammar,
    layers: Iterable[str] | None = None,
    *,
    samples: int = 2000,
    seed: int = 0,
    confidence: float = 0.95,
    normalisation: str = "c24",
    encode: str | InputEncoding | NamedEncodings = "one-hot",
    positions: str = "last",
    scores: str | int | None = None,
    represents: Sequence[int | None] | None = None,
    baseline: nn.Module | None = None,
    device: torch.device | str | None = None,
    batch_size: int = 256,
) -> InvarianceMatrix:
    """S[l, k] of the named layers for exchanges at levels l = 1, …, L, on `samples` strings.

    `layers` are names of `model.named_modules()`: "relu#2" is the second call of a layer that is
    called more than once, "rnn[1]" and "body[hidden]" are parts of what it gives; of a tuple the
    first tensor counts where none is named. Without names: all layers that run and have none inside
    them that runs; `left_out` names the others. They stand in the order in which they run. The
    axis of the strings is found by trying two numbers of them. The network's own output is measured
    too: `scores` says which of its tensors, where it has several (a dict's "logits" unless given).

    The network stays bit for bit as it was, and every global generator too; it is measured in
    evaluation mode, and what is random there is told. `encode` and `positions` say how the strings
    are put before it, also as several inputs
    (:func:`layerproof.verify.measure.invariance.named_inputs.input_encoding`).
    `normalisation` is "c24" or "cosine". Intervals are Fieller's, paired over strings. Sums are in
    float64, and the result is the same to rounding for every `batch_size`.

    `represents` says for each layer which level's tokens an ideal network would hold there, None
    for no prediction: S is then 0 for l above it, and for l up to it the exact value of orthogonal
    vectors, one a token ("c24" only). Without it, L named layers are taken to represent the levels
    L - 1, …, 0 and L + 1 the levels L, …, 0 (C24: layer k becomes invariant one layer after
    it could), in the order in which they run; others have no prediction. `baseline` is another
    network with the same layers, measured on the same strings. `device`: where the network is;
    strings are drawn on the CPU.

    Raises InputError for names, sizes and words that are not allowed, for a network that refuses
    the encoded strings, and for outputs that are not finite.
    """
    samples = whole_number("samples", samples, minimum=2, maximum=MOST_SAMPLES)
    batch_size = whole_number("batch_size", batch_size, minimum=1)
    seed = whole_number("seed", seed, minimum=0)
    checked_confidence(confidence)
    if normalisation not in NORMALISATIONS:
        raise InputError("normalisation", normalisation, " or ".join(NORMALISATIONS))
    _check_kinds(model, grammar, baseline)
    place, dtype = _place(model, device)
    code = input_encoding(encode, positions, grammar.vocabularies[-1], dtype)
    plan = MatrixPlan(grammar, samples, seed, batch_size, normalisation, code, place)
    choice = _chosen(model, plan, None if layers is None else _listed(layers), scores)
    held = None if layers is None else default_levels(grammar.levels, len(choice.layers))
    if represents is not None:
        held = named_levels(grammar.levels, represents, choice.asked)
    found = _measure(model, plan, choice.places)
    other = None if baseline is None else _measure(baseline, plan, choice.places)
    return assembled(plan, choice, held, (found, other), confidence)


def _listed(layers: object) -> list[str]:
    if isinstance(layers, str) or not isinstance(layers, Iterable):
        raise InputError("layers", layers, "a list of names of the network's layers")
    return list(layers)


def _check_kinds(model: object, grammar: object, baseline: object) -> None:
    if not isinstance(model, nn.Module):
        raise InputError("model", model, "a torch.nn.Module")
    checked_grammar(grammar)
    if baseline is not None and not isinstance(baseline, nn.Module):
        raise InputError("baseline", baseline, "a torch.nn.Module, or None")


def _place(model: nn.Module, device: torch.device | str | None) -> tuple[torch.device, torch.dtype]:
    """Where the network computes, and in which precision its inputs come."""
    tensors = [*model.parameters(), *model.buffers()]
    found = tensors[0].device if tensors else torch.device("cpu")
    try:
        wanted = torch.device(device) if device is not None else found
        if not tensors and torch.empty(1, device=wanted).is_meta:
            raise RuntimeError("it keeps no numbers")
    except (RuntimeError, TypeError, AssertionError) as error:  # the last without CUDA
        raise InputError("device", device, "a device of torch, such as cpu or cuda:0") from error
    if tensors and wanted.type != found.type:
        raise InputError("device", str(wanted), f"{found}, where the network is")
    floating = (tensor.dtype for tensor in tensors if tensor.is_floating_point())
    return found if tensors else wanted, next(floating, torch.get_default_dtype())


def _chosen(
    model: nn.Module, plan: MatrixPlan, layers: Sequence[str] | None, scores: str | int | None
) -> LayerChoice:
    """What is measured of the network, as a few strings show it."""
    first = next(exchanged_strings(plan.grammar, MORE, seed=plan.seed, batch_size=MORE))
    with undisturbed(model, plan.seed):
        probe = Probe(model, plan.encode, first.drawn.to(plan.device, torch.int64), plan.seed)
        return choose(probe, model, layers, scores)


def _input(plan: MatrixPlan, leaves: Tensor) -> Inputs:
    return Inputs.of(plan.encode, leaves.to(plan.device, torch.int64))


def _measure(model: nn.Module, plan: MatrixPlan, places: Sequence[Place]) -> Measured:
    recorder = Recorder(model, places)
    noise = derive_seed(plan.seed, "invariance matrix", "network")
    measured = Measured()
    with undisturbed(model, noise), recorder.hooked():
        distance: Distance = squared
        if plan.normalisation == "cosine":
            rounding = torch.finfo(_place(model, None)[1]).eps
            distance = cosine(recorder, _reference(plan), rounding)
        for strings in exchanged_strings(
            plan.grammar, plan.samples, seed=plan.seed, batch_size=plan.batch_size
        ):
            drawn = recorder.run(_input(plan, strings.drawn))
            measured.count(drawn.get(OUTPUT), strings)
            again = [_to(recorder, plan, leaves, drawn, distance) for leaves in strings.exchanged]
            measured.exchanged.append(np.stack(again, axis=1))
            measured.others.append(_to(recorder, plan, strings.other, drawn, distance))
    return measured


def _to(
    recorder: Recorder,
    plan: MatrixPlan,
    leaves: Tensor,
    drawn: Mapping[str, Tensor],
    distance: Distance,
) -> Floats:
    """From the outputs for x to those for other strings, row by row: (b, places)."""
    found = recorder.run(_input(plan, leaves))
    parts = [distance(name, drawn[name], output) for name, output in found.items()]
    return torch.stack(parts, dim=1).cpu().numpy()


def _reference(plan: MatrixPlan) -> Iterator[Inputs]:
    """Strings of a stream of their own, over which outputs are standardised."""
    seed = derive_seed(plan.seed, "invariance matrix", "moments")
    batches = exchanged_strings(plan.grammar, plan.samples, seed=seed, batch_size=plan.batch_size)
    return (_input(plan, strings.drawn) for strings in batches)
