"""What a code tells of the tokens of the derivation."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def code_information(code: Tensor, levels: Sequence[Tensor]) -> list[float]:
    """I(code; token) in nats, the largest of a level's positions, level by level.

    code: q(z | x) of P strings, (P, K); levels: their tokens, (P, s^l). Estimated from the strings'
    own frequencies, less the bias of a table of as many entries, (K − 1)(V − 1)/(2 P).

    >>> code = torch.eye(2, dtype=torch.float64).repeat(1000, 1)
    >>> round(code_information(code, [torch.tensor([[0], [1]]).repeat(1000, 1)])[0], 3)  # log 2
    0.693
    """
    return [max(_information(code, column) for column in level.T) for level in levels]


def _information(code: Tensor, tokens: Tensor) -> float:
    one_hot = torch.nn.functional.one_hot(tokens).to(code.dtype)
    joint = one_hot.T @ code / len(code)
    apart = joint.sum(1, keepdim=True) * joint.sum(0)
    seen = joint > 0
    found = float((joint[seen] * (joint[seen] / apart[seen]).log()).sum())
    return max(0.0, found - (joint.shape[0] - 1) * (joint.shape[1] - 1) / (2 * len(code)))
