"""The tensors of what a layer gives, and where among their axes the strings of a batch stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


def parts(output: Any) -> dict[str, Tensor]:
    """Every tensor of an output, by its name: "" alone, "[0]" in a tuple, "[logits]" in a dict.

    >>> list(parts((torch.zeros(1), {"cell": torch.zeros(1)})))
    ['[0]', '[1][cell]']
    """
    if isinstance(output, Tensor):
        return {"": output}
    if isinstance(output, Mapping):
        inside = list(output.items())
    else:
        inside = list(enumerate(output)) if isinstance(output, tuple | list) else []
    return {f"[{key}]{rest}": t for key, value in inside for rest, t in parts(value).items()}


def usual_parts(output: Any) -> list[str]:
    """Which of `parts` count where nobody says: all of a dict's own, of a tuple the first.

    The first that is not inside another tuple or dict, where there is one.
    """
    names = list(parts(output))
    own = [name for name in names if name.count("[") < 2] or names
    return own if isinstance(output, Mapping) else own[:1]


def as_numbers(tensor: Tensor) -> Tensor | None:
    """A dense copy in float64; of complex numbers both parts. None for a nested tensor."""
    found = tensor.detach()
    if found.is_nested:
        return None
    if found.is_quantized:
        found = found.dequantize()
    if found.layout != torch.strided:
        found = found.to_dense()
    if found.is_complex():
        found = torch.view_as_real(found.resolve_conj())
    return found.to(torch.float64, copy=True)  # a copy: a later layer may work in place


@dataclass(frozen=True)
class BatchAxis:
    """The axis of the strings; along it stand `outer` times the strings, each `inner` times."""

    axis: int
    outer: int = 1
    inner: int = 1

    def rows(self, output: Tensor, strings: int) -> Tensor | None:
        """(strings, width); None where the output has another number of strings."""
        if output.ndim <= self.axis or output.shape[self.axis] != self.outer * strings * self.inner:
            return None
        parted = output.movedim(self.axis, 0).reshape(self.outer, strings, -1)
        return parted.transpose(0, 1).reshape(strings, -1)


def batch_axes(
    few: tuple[int, ...], more: tuple[int, ...], strings: tuple[int, int]
) -> list[BatchAxis]:
    """Where the strings may stand in an output, from its shapes for two numbers of strings.

    On the first axis that has as many entries as there are strings; where there is none, on the
    first that has a multiple of them: the strings are then repeated whole, or one by one.

    >>> batch_axes((2, 7, 5), (2, 11, 5), (7, 11))
    [BatchAxis(axis=1, outer=1, inner=1)]
    >>> batch_axes((28, 5), (44, 5), (7, 11))
    [BatchAxis(axis=0, outer=1, inner=4), BatchAxis(axis=0, outer=4, inner=1)]
    """
    if len(few) != len(more):
        return []
    sizes = list(enumerate(zip(few, more, strict=True)))
    plain = [BatchAxis(axis) for axis, both in sizes if both == strings]
    if plain:
        return plain[:1]
    for axis, (a, b) in sizes:
        times = a // strings[0]
        if times > 1 and (a, b) == (times * strings[0], times * strings[1]):
            return [BatchAxis(axis, inner=times), BatchAxis(axis, outer=times)]
    return []
