"""What a few strings show of a network: which calls it makes, what they give, what is random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from layerproof.verify.measure.invariance.calls import (
    CallOutput,
    first_not_finite,
    forward_pass,
    layers_of,
    names_of,
)
from layerproof.verify.measure.invariance.hooks import generators_kept
from layerproof.verify.measure.invariance.inputs import Inputs
from layerproof.verify.measure.invariance.named_inputs import InputEncoding
from layerproof.verify.measure.invariance.network_output import Rerun
from layerproof.verify.measure.invariance.outputs import BatchAxis, batch_axes

FEW, MORE, REPLACED = 7, 11, 3
"""Two numbers of strings that sizes of networks rarely have, and the string that is exchanged."""

ROUNDINGS = 64
"""Differences of so many roundings of the largest output are none."""


@dataclass(frozen=True)
class Place:
    """One tensor of a forward pass: of which call (from 1) of which module, and which part of it.

    `name` is what it is called in the result, `batch` where its strings stand.
    """

    layer: str
    call: int
    part: str
    name: str
    batch: BatchAxis


class Probe:
    """Four forward passes of a few strings.

    Seven strings twice, one after the other, which shows what is random; again with one string
    replaced, which shows what belongs to it; and eleven. Raises InputError where the network
    refuses them.
    """

    def __init__(self, model: nn.Module, encode: InputEncoding, leaves: Tensor, seed: int) -> None:
        self.modules = layers_of(model)
        self.names = names_of(model, self.modules)
        few = leaves[:FEW]
        replaced = few.clone()
        replaced[REPLACED] = _another(leaves)
        floating = (p.dtype for p in model.parameters() if p.is_floating_point())
        self.rounding = torch.finfo(next(floating, torch.get_default_dtype())).eps

        def passed(strings: Tensor) -> list[CallOutput]:
            return forward_pass(model, self.modules, Inputs.of(encode, strings))

        with generators_kept(seed):
            self.calls = passed(few)
            again = passed(few)
        with generators_kept(seed):
            other = passed(replaced)
        with generators_kept(seed):
            more = passed(leaves)
        self.order = {(one.layer, one.call): k for k, one in enumerate(self.calls)}
        self._again, self._replaced, self._more = map(_by_call, (again, other, more))
        self.not_finite = first_not_finite(self.calls) or first_not_finite(more)

    def of_layer(self, layer: str) -> list[CallOutput]:
        """Its calls with seven strings."""
        return [one for one in self.calls if one.layer == layer]

    def batch(self, place: Place) -> BatchAxis | str:
        """Where the strings stand in its output, or why that cannot be told."""
        found = [self._tensor(calls, place) for calls in self._passes()]
        if any(tensor is None for tensor in found):
            return self._without(place)
        first, _, _, more = (tensor for tensor in found if tensor is not None)
        axes = batch_axes(tuple(first.shape), tuple(more.shape), (FEW, MORE))
        if len(axes) > 1:
            axes = [axis for axis in axes if self._changed(place, axis, 2) == {REPLACED}]
        if axes:
            return axes[0]
        shapes = f"{tuple(first.shape)} for {FEW} of them, {tuple(more.shape)} for {MORE}"
        return f"no axis of its output follows the strings: {shapes}"

    def finite(self, place: Place) -> bool:
        """Whether all that it gave for these strings is."""
        passes = self._passes()
        found = (self._tensor(passes[k], place) for k in (0, 3))
        return all(tensor is None or bool(tensor.isfinite().all()) for tensor in found)

    def mixes(self, place: Place) -> bool:
        """Whether its output for a string changes where another string of the batch is replaced."""
        return not self._changed(place, place.batch, 2) <= {REPLACED}

    def equal(self, first: Place, second: Place) -> bool:
        """Whether they gave the same numbers."""
        a, b = (self._rows(place, place.batch, 0) for place in (first, second))
        return torch.equal(a, b)

    def rerun(self, place: Place) -> Rerun | None:
        """How far the same strings, run again, move its output; None where they do not."""
        if not self._changed(place, place.batch, 1):
            return None
        first, again = (self._rows(place, place.batch, k) for k in (0, 1))
        change = float((first - again).square().mean())
        between = float((first - first.roll(1, 0)).square().mean())
        return Rerun(place.name, change / between if between else float("inf"))

    def _passes(self) -> tuple[dict[tuple[str, int], CallOutput], ...]:
        return _by_call(self.calls), self._again, self._replaced, self._more

    @staticmethod
    def _tensor(calls: dict[tuple[str, int], CallOutput], place: Place) -> Tensor | None:
        one = calls.get((place.layer, place.call))
        return None if one is None else one.tensors.get(place.part)

    def _without(self, place: Place) -> str:
        one = self._passes()[0].get((place.layer, place.call))
        if one is not None and not one.tensors:
            return f"it gives no tensor, but {one.kind}"
        if one is not None and one.tensors.get(place.part, 0) is None:
            return "it gives a tensor of a kind that has no dense copy"
        return "what it gives, or how often it is called, is not the same for all strings"

    def _rows(self, place: Place, batch: BatchAxis, k: int) -> Tensor:
        found = self._tensor(self._passes()[k], place)
        rows = None if found is None else batch.rows(found, FEW)
        return torch.full((FEW, 1), torch.nan, dtype=torch.float64) if rows is None else rows

    def _changed(self, place: Place, batch: BatchAxis, k: int) -> set[int]:
        """The strings whose output differs between the first and the k-th pass."""
        first, other = self._rows(place, batch, 0), self._rows(place, batch, k)
        if first.shape != other.shape or not first.numel():
            return set(range(FEW)) if first.numel() else set()
        least = ROUNDINGS * self.rounding * first.abs().max()
        return set(((first - other).abs() > least).any(dim=1).nonzero()[:, 0].tolist())


def _by_call(calls: Sequence[CallOutput]) -> dict[tuple[str, int], CallOutput]:
    return {(one.layer, one.call): one for one in calls}


def _another(leaves: Tensor) -> Tensor:
    """A string that is not the one to be replaced, where there is one."""
    differs = (leaves[FEW:] != leaves[REPLACED]).any(dim=1).nonzero()[:, 0]
    return leaves[FEW + int(differs[0]) if len(differs) else -1]
