"""How leaf tokens are put before a network: integers, one-hot, whitened one-hot, or a function."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from layerproof.theory.errors import InputError

Encoding = Callable[[Tensor], Tensor]
"""From leaf tokens (b, s^L), int64, to what the network takes, batch first."""

ENCODINGS = ("one-hot", "whitened", "tokens")
POSITIONS = ("last", "middle", "flat")


def encoding(name: str | Encoding, positions: str, vocabulary: int, dtype: torch.dtype) -> Encoding:
    """The encoding called `name`; a function is taken as it is.

    "one-hot"; "whitened": 1 stays and 0 becomes -1/√(V - 1), as C24's inputs have it; "tokens":
    int64 (b, s^L). Of the first two `positions` says where the positions stand: "last" is
    (b, V, s^L), "middle" (b, s^L, V), "flat" (b, s^L V), position after position.

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
    off = -1.0 / math.sqrt(max(1, vocabulary - 1)) if name == "whitened" else 0.0

    def encode(leaves: Tensor) -> Tensor:
        table = torch.full((vocabulary, vocabulary), off, dtype=dtype, device=leaves.device)
        points = table.fill_diagonal_(1.0)[leaves]
        if positions == "last":
            return points.transpose(1, 2).contiguous()
        return points.flatten(1) if positions == "flat" else points

    return encode
