"""How leaf tokens are put before a network: integers, one-hot, whitened one-hot, or a function."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from layerproof.theory.errors import InputError

Encoding = Callable[[Tensor], Tensor]
"""From leaf tokens (b, s^L), int64, to what the network takes, batch first."""

ENCODINGS = ("one-hot", "whitened", "standardised", "centred", "tokens")
POSITIONS = ("last", "middle", "flat")


def encoding(name: str | Encoding, positions: str, vocabulary: int, dtype: torch.dtype) -> Encoding:
    """The encoding called `name`; a function is taken as it is, and what it returns is looked at.

    "one-hot"; "whitened": 1 stays and 0 becomes -1/√(V - 1), as C24's inputs have it;
    "standardised": every input has mean 0 and variance 1 where the V tokens are equally likely, so
    that 1 becomes √(V - 1) and 0 becomes -1/√(V - 1); "centred": the same divided by √V, so that
    every position has length 1, as in the code that belongs to C24; "tokens": int64 (b, s^L). Of
    all but the last `positions` says where the positions stand: "last" is (b, V, s^L), "middle"
    (b, s^L, V), "flat" (b, s^L V), position after position.

    Raises InputError for other words, and the encoding itself where a function fails or gives no
    tensor with the batch first.
    """
    if callable(name):
        return partial(_looked_at, name)
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


def _looked_at(function: Callable[[Tensor], object], leaves: Tensor) -> Tensor:
    """What a user's function makes of the tokens: a tensor with the batch first, or a refusal."""
    try:
        found = function(leaves)
    except InputError:
        raise
    except (Exception, SystemExit) as error:  # whatever a user's function raises
        why = " ".join(f"{type(error).__name__}: {error}".split())
        allowed = f"a function that takes tokens int64 {tuple(leaves.shape)} ({why})"
        raise InputError("encode", _name(function), allowed) from error
    if not isinstance(found, Tensor):
        kind = type(found).__name__
        raise InputError("encode", _name(function), f"a function that gives a tensor, not a {kind}")
    if found.ndim == 0 or len(found) != len(leaves):
        allowed = f"a function that puts the batch first: {len(leaves)}, not {tuple(found.shape)}"
        raise InputError("encode", _name(function), allowed)
    return found


def _name(function: object) -> str:
    return str(getattr(function, "__name__", type(function).__name__))
