"""Giving a lazy network its parameters, as its first input does."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from layerproof.theory.grammar import Grammar
from layerproof.theory.randomness import derive_seed
from layerproof.verify.measure.invariance.exchange import exchanged_strings
from layerproof.verify.measure.invariance.hooks import generators_kept
from layerproof.verify.measure.invariance.inputs import Inputs
from layerproof.verify.measure.invariance.named_inputs import (
    InputEncoding,
    NamedEncodings,
    input_encoding,
)


def initialise(
    model: nn.Module,
    grammar: Grammar,
    encode: str | InputEncoding | NamedEncodings,
    positions: str,
    *,
    seed: int,
    device: torch.device,
) -> None:
    """Show a network with uninitialised parameters two strings, in evaluation mode; others, none.

    What it draws depends on the seed alone. Raises InputError where it refuses them.
    """
    tensors = [*model.parameters(), *model.buffers()]
    if not any(is_lazy(tensor) for tensor in tensors):
        return
    code = input_encoding(encode, positions, grammar.vocabularies[-1], torch.get_default_dtype())
    strings = next(exchanged_strings(grammar, 2, seed=seed, batch_size=2)).drawn
    modes = [(module, module.training) for module in model.modules()]
    with generators_kept(derive_seed(seed, "network", "lazy")), torch.no_grad():
        try:
            for module, _ in modes:
                module.training = False
            Inputs.of(code, strings.to(device, torch.int64)).given_to(model)
        finally:
            for module, mode in modes:
                module.training = mode
