"""Everything that a forward pass calls: which module, how often, and what it gave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from layerproof.verify.measure.invariance.inputs import Inputs
from layerproof.verify.measure.invariance.outputs import as_numbers, parts, usual_parts
from layerproof.verify.measure.invariance.watching import watched

NETWORK = ""
"""The name of the network itself, as in `named_modules()`."""


@dataclass(frozen=True)
class CallOutput:
    """What one call of a module gave: its tensors by name, and which of them usually count."""

    layer: str
    call: int
    kind: str
    tensors: Mapping[str, Tensor | None]
    usual: tuple[str, ...]

    @classmethod
    def of(cls, layer: str, call: int, output: Any) -> CallOutput:
        """The output, copied."""
        tensors = {name: as_numbers(tensor) for name, tensor in parts(output).items()}
        return cls(layer, call, type(output).__name__, tensors, tuple(usual_parts(output)))

    @property
    def finite(self) -> bool:
        """Whether every number is."""
        return all(t is None or bool(t.isfinite().all()) for t in self.tensors.values())


def forward_pass(
    model: nn.Module, modules: Mapping[str, nn.Module], inputs: Inputs
) -> list[CallOutput]:
    """What every call gave, in the order in which they end; last, the network itself."""
    seen: list[CallOutput] = []
    calls = Counter[str]()

    def record(name: str, output: Any) -> None:
        calls[name] += 1
        seen.append(CallOutput.of(name, calls[name], output))

    with watched(modules, record):
        found = inputs.given_to(model)
    return [*seen, CallOutput.of(NETWORK, 1, found)]


def first_not_finite(calls: Sequence[CallOutput]) -> str | None:
    """The layer that gave, before all others, a number that is not finite."""
    return next((one.layer for one in calls if one.layer and not one.finite), None)


def layers_of(model: nn.Module) -> dict[str, nn.Module]:
    """All submodules by name, without those that only compute a parameter."""
    return {
        name: module
        for name, module in model.named_modules()
        if name and "parametrizations" not in name.split(".")
    }


def names_of(model: nn.Module, modules: Mapping[str, nn.Module]) -> dict[str, str]:
    """Every name of the modules, and each without what compiling puts into it."""
    first = {id(module): name for name, module in modules.items()}
    every = model.named_modules(remove_duplicate=False)
    known = {name: first[id(module)] for name, module in every if id(module) in first}
    plain = {
        ".".join(part for part in name.split(".") if part != "_orig_mod"): found
        for name, found in known.items()
    }
    return plain | known
