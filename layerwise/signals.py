"""The drawing of signals: their values on derivations that were drawn on a device.

What a signal is, its law and its value on one derivation, stands in
:mod:`layerproof.theory.signals`; nothing here knows one signal from another.
"""

from __future__ import annotations

import torch
from torch import Tensor

from layerproof.theory.grammar import Grammar
from layerproof.theory.signals import Signal

Tree = tuple[Tensor, ...]
"""The derivations of b strings: entry l holds their level-l tokens, (b, s^l); 0 is the label."""


def signal_values(
    signal: Signal,
    grammar: Grammar,
    tree: Tree,
    level: int,
    generator: torch.Generator | None,
    patches: int = 1,
) -> Tensor:
    """Values for the first `patches` level-`level` patches of b strings, (b patches,), int64.

    Patch by patch of one string, then the next string's. `generator` draws what the signal takes
    beside the tree; where it takes nothing it may be None, and is left as it was.
    """
    uniform = None
    if signal.uniforms:
        shape, device = (len(tree[0]), signal.uniforms), tree[0].device
        uniform = torch.rand(shape, dtype=torch.float64, device=device, generator=generator)
    values = [signal.value(grammar, tree, level, position, uniform) for position in range(patches)]
    return torch.stack(values, dim=1).flatten().to(torch.int64)
