"""How leaf tokens are put before a network: integers, one-hot, whitened one-hot, or a function."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from layerproof.theory.errors import InputError

Encoding = Callable[[Tensor], Tensor]
"""From leaf tokens (b, s^L), int64, to what the network takes, batch first."""

ENCODINGS = ("one-hot", "whitened", "standardised", "centred", "tokens")
POSITIONS = ("last", "middle", "flat")


def encoding(name: str | Encoding, positions: str, vocabulary: int, dtype: torch.dtype) -> Encoding:
    """The encoding called `name`; a function is taken as it is.

    "one-hot"; "whitened": 1 stays and 0 becomes -1/√(V - 1), as C24's inputs have it;
    "standardised": every input has mean 0 and variance 1 where the V tokens are equally likely, so
    that 1 becomes √(V - 1) and 0 becomes -1/√(V - 1); "centred": the same divided by √V, so that
    every position has length 1, as in the code that belongs to C24; "tokens": int64 (b, s^L). Of
    all but the last `positions` says where the positions stand: "last" is (b, V, s^L), "middle"
    (b, s^L, V), "flat" (b, s^L V), position after position.

    Raises InputError for other words.
    """
    if callable(name):
        return name
    if name not in ENCODINGS:
        raise InputError("encode", name, f"{', '.join(ENCODINGS)}, or a function of the tokens")
    if positions not in POSITIONS:
        raise InputError("positions", positions, ", ".join(POSITIONS))
    if name == "tokens":
        return lambda leaves: leaves
    on, off = _levels(name, vocabulary)

    def encode(leaves: Tensor) -> Tensor:
        table = torch.full((vocabulary, vocabulary), off, dtype=dtype, device=leaves.device)
        points = table.fill_diagonal_(on)[leaves]
        if positions == "last":
            return points.transpose(1, 2).contiguous()
        return points.flatten(1) if positions == "flat" else points

    return encode


def _levels(name: str, vocabulary: int) -> tuple[float, float]:
    """What stands for the token that is there, and for every other one."""
    root = math.sqrt(max(1, vocabulary - 1))
    match name:
        case "whitened":
            return 1.0, -1.0 / root
        case "standardised":
            return root, -1.0 / root
        case "centred":
            scale = 1.0 / math.sqrt(vocabulary)
            return root * scale, -scale / root
    return 1.0, 0.0
