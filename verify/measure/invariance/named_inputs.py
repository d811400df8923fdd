"""What a network with several inputs is given: by name, the strings, masks, and places."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from layerproof.theory.errors import InputError
from layerproof.verify.measure.invariance.encodings import ENCODINGS, encoding

InputEncoding = Callable[[Tensor], Any]
"""From leaf tokens (b, s^L), int64, to what a network takes: a tensor, a tuple of inputs, or a dict
of inputs by name."""

NamedEncodings = Mapping[str, str | InputEncoding]
"""By name of an input: a word of `INPUTS`, or a function of the leaf tokens."""

FILLED = {"ones": 1, "zeros": 0, "true": True, "false": False}
"""Inputs that are one number for all tokens, (b, s^L): int64, or bool."""

INPUTS = (*ENCODINGS, "places", *FILLED)
"""What an input by name can be; "places" is 0, …, s^L - 1 for every string, int64."""


def input_encoding(
    encode: str | InputEncoding | NamedEncodings,
    positions: str,
    vocabulary: int,
    dtype: torch.dtype,
) -> InputEncoding:
    """The encoding of that name, the function itself, or that of a table of inputs by name.

    `positions` is as :func:`layerproof.verify.measure.invariance.encodings.encoding` has it. Raises
    InputError for other words.

    >>> table = {"ids": "tokens", "mask": "ones"}
    >>> given = input_encoding(table, "last", 4, torch.float32)(torch.tensor([[3, 1]]))
    >>> {name: value.tolist() for name, value in given.items()}
    {'ids': [[3, 1]], 'mask': [[1, 1]]}
    """
    if callable(encode):
        return encode
    if isinstance(encode, str):
        return encoding(encode, positions, vocabulary, dtype)
    _check_table(encode)
    made = {}
    for name, kind in encode.items():
        made[name] = (
            _filled(kind)
            if isinstance(kind, str) and kind not in ENCODINGS
            else (input_encoding(kind, positions, vocabulary, dtype))
        )
    return lambda leaves: {name: one(leaves) for name, one in made.items()}


def _check_table(inputs: object) -> None:
    if not isinstance(inputs, Mapping):
        allowed = f"{', '.join(ENCODINGS)}, a function of the tokens, or a dict of inputs by name"
        raise InputError("encode", inputs, allowed)
    for name, kind in inputs.items():
        if not callable(kind) and kind not in INPUTS:
            raise InputError(f"input {name}", kind, f"{', '.join(INPUTS)}, or a function")


def _filled(kind: str) -> InputEncoding:
    if kind == "places":
        return lambda leaves: torch.arange(leaves.shape[1], device=leaves.device).expand_as(leaves)
    value = FILLED[kind]
    dtype = torch.bool if isinstance(value, bool) else torch.int64
    return lambda leaves: torch.full_like(leaves, value, dtype=dtype)
