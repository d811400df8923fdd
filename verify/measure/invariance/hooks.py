"""Looking into a network while leaving it, and every generator, bit for bit as it was."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from layerproof.theory.errors import InputError, unknown_name


@contextmanager
def undisturbed(model: nn.Module, seed: int) -> Iterator[None]:
    """Inside, the network is in evaluation mode, without gradients; at the end nothing is changed.

    Put back, also after an exception: the mode of every submodule (not by `train`, which networks
    may override), parameters and buffers, and the global generators of torch (CPU and CUDA), numpy
    and Python. Inside, torch's are seeded with `seed`, so that a network that draws even in
    evaluation mode gives the same result again. Raises InputError for uninitialised parameters.
    """
    modules = list(model.modules())
    modes = [module.training for module in modules]
    held = [(dict(module._parameters), dict(module._buffers)) for module in modules]
    tensors = _copies(model)
    with generators_kept(seed), torch.no_grad():
        try:
            for module in modules:
                module.training = False
            yield
        finally:
            for module, mode, (parameters, buffers) in zip(modules, modes, held, strict=True):
                module.training = mode
                _refill(module._parameters, parameters)
                _refill(module._buffers, buffers)
            for tensor, copy in tensors:
                if not torch.equal(tensor, copy):
                    tensor.copy_(copy)


def _copies(model: nn.Module) -> list[tuple[Tensor, Tensor]]:
    tensors = list(chain(model.parameters(), model.buffers()))
    if any(is_lazy(tensor) for tensor in tensors):
        raise InputError("model", "a lazy module", "a network whose parameters are initialised")
    return [(tensor, tensor.detach().clone()) for tensor in tensors]


def _refill(current: dict[str, Any], before: dict[str, Any]) -> None:
    current.clear()
    current.update(before)


@contextmanager
def generators_kept(seed: int) -> Iterator[None]:
    """Inside, torch's global generators are seeded; at the end all are as they were.

    All: those of torch (CPU and CUDA), numpy and Python.
    """
    states = np.random.get_state(), random.getstate()  # noqa: NPY002
    torch_state = torch.get_rng_state()
    # Asked only where CUDA is in use: to ask would start it.
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []
    try:
        # The generator's own method: `torch.manual_seed` would also seed a CUDA that starts later.
        torch.default_generator.manual_seed(seed)
        if cuda:
            torch.cuda.manual_seed_all(seed)
        yield
    finally:
        torch.set_rng_state(torch_state)
        if cuda:
            torch.cuda.set_rng_state_all(cuda)
        np.random.set_state(states[0])  # noqa: NPY002
        random.setstate(states[1])


def find_layers(model: nn.Module, names: Sequence[str] | None) -> dict[str, nn.Module]:
    """The submodules with these names, in this order; all without children where none are named.

    Raises InputError for a name that `model.named_modules()` does not have, and for none at all.
    """
    known = {name: module for name, module in model.named_modules() if name}
    if not known:
        allowed = "a network with submodules, which are its layers, such as an nn.Sequential of it"
        raise InputError("the network", type(model).__name__, allowed)
    if names is None:
        names = [name for name, module in known.items() if not any(module.children())]
    if isinstance(names, str) or not names:
        raise InputError("layers", names, f"a list of one or more of {', '.join(known)}")
    for name in names:
        if name not in known:
            raise unknown_name("layer", name, known)
    return {name: known[name] for name in names}


class Recorder:
    """The outputs of some layers in a forward pass, each flattened to (b, width) float64."""

    def __init__(self, model: nn.Module, layers: Mapping[str, nn.Module]) -> None:
        self.model = model
        self.layers = dict(layers)
        self.calls: dict[str, int] = {}
        self._outputs: dict[str, Tensor] = {}

    @contextmanager
    def hooked(self) -> Iterator[None]:
        """Inside, hooks are on the layers; they are taken off also after an exception."""
        handles = [
            module.register_forward_hook(self._hook(name)) for name, module in self.layers.items()
        ]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def run(self, inputs: Tensor) -> dict[str, Tensor]:
        """One forward pass: layer → its output, (b, width) float64, in the order of `layers`.

        Raises InputError where the network refuses the input, and where a layer was not called, or
        more than once, or gives no tensor with the batch first.
        """
        self.calls, self._outputs = dict.fromkeys(self.layers, 0), {}
        try:
            self.model(inputs)
        except InputError:
            raise
        except (Exception, SystemExit) as error:  # whatever a user's network raises
            shape = f"{str(inputs.dtype).removeprefix('torch.')} {tuple(inputs.shape)}"
            why = " ".join(f"{type(error).__name__}: {error}".split())
            allowed = f"what its forward pass takes ({why})"
            raise InputError("input of the network", shape, allowed) from error
        for name, calls in self.calls.items():
            if calls != 1:
                allowed = "layers that are called once in a forward pass"
                raise InputError("layer", f"{name}, called {calls} times", allowed)
        return {name: _flat(name, self._outputs.get(name), len(inputs)) for name in self.layers}

    def without_others(self, inputs: Tensor) -> list[str]:
        """The layers that a forward pass calls once, with a tensor whose batch is first."""
        names = []
        with self.hooked():
            try:
                self.run(inputs)
            except InputError:
                if not any(self.calls.values()):
                    raise
        for name, calls in self.calls.items():
            output = self._outputs.get(name)
            fits = output is not None and output.ndim > 0 and len(output) == len(inputs)
            if calls == 1 and fits:
                names.append(name)
        return names

    def _hook(self, name: str) -> Callable[[nn.Module, Any, Any], None]:
        def record(module: nn.Module, inputs: Any, output: Any) -> None:
            self.calls[name] += 1
            # A copy: a later layer may work in place.
            found = _first_tensor(output)
            if found is not None:
                self._outputs[name] = found.detach().to(torch.float64, copy=True)

        return record


def _first_tensor(output: Any) -> Tensor | None:
    if isinstance(output, Tensor):
        return None if output.is_complex() else output
    if isinstance(output, Mapping):
        output = tuple(output.values())
    parts = output if isinstance(output, tuple | list) else ()
    return next((part for part in parts if isinstance(part, Tensor)), None)


def _flat(name: str, output: Tensor | None, rows: int) -> Tensor:
    if output is None:
        raise InputError(f"output of layer {name}", "no tensor", "a real tensor, or several")
    if output.ndim == 0 or len(output) != rows:
        shape = tuple(output.shape)
        raise InputError(f"output of layer {name}", shape, f"the batch first: ({rows}, …)")
    return output.reshape(rows, -1)
