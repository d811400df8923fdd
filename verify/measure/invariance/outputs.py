"""The tensors of what a layer gives, and where among their axes the strings of a batch stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
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
    inside: list[tuple[Any, Any]] = []
    if isinstance(output, Mapping):
        inside = list(output.items())
    elif _has_names(output):
        inside = [(one.name, getattr(output, one.name, None)) for one in fields(output)]
    elif isinstance(output, tuple | list):
        inside = list(enumerate(output))
    return {f"[{key}]{rest}": t for key, value in inside for rest, t in parts(value).items()}


def usual_parts(output: Any) -> list[str]:
    """Which of `parts` count where nobody says: all of a dict's own, of a tuple the first.

    The first that is not inside another tuple or dict, where there is one.
    """
    names = list(parts(output))
    own = [name for name in names if name.count("[") < 2] or names
    return own if _has_names(output) else own[:1]


def _has_names(output: Any) -> bool:
    """Whether its parts do: those of a dict, or of a dataclass."""
    return isinstance(output, Mapping) or (is_dataclass(output) and not isinstance(output, type))


def as_numbers(tensor: Tensor) -> Tensor | None:
    """A dense copy in float64; of complex numbers both parts. None for a tensor that has none."""
    found = tensor.detach()
    try:
        found = found.dequantize() if found.is_quantized else found
        found = found.to_dense() if found.layout != torch.strided else found
        if found.is_complex():
            found = torch.view_as_real(found.resolve_conj())
        found.data_ptr()  # raises for tensors without numbers of their own, as those inside vmap
        # A copy: a later layer may work in place.
        return None if found.is_nested else found.to(torch.float64, copy=True)
    except (RuntimeError, TypeError):  # not every kind of tensor has every operation
        return None


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
