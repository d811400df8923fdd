"""Looking into a network while leaving it, and every generator, bit for bit as it was."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from layerproof.theory.errors import InputError


@contextmanager
def undisturbed(model: nn.Module, seed: int) -> Iterator[None]:
    """Inside, the network is in evaluation mode, without gradients; at the end nothing is changed.

    Put back, also after an exception: the mode of every submodule (not by `train`, which networks
    may override), parameters and buffers, and the global generators of torch (CPU and CUDA), numpy
    and Python. Inside, torch's are seeded with `seed`, so that a network that draws even in
    evaluation mode gives the same result again. Raises InputError for parameters that have no
    values: uninitialised, or on the meta device.
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
                _refill(module, parameters, buffers)
            for tensor, copy in tensors:
                if not _same(tensor, copy):
                    tensor.copy_(copy)


def _copies(model: nn.Module) -> list[tuple[Tensor, Tensor]]:
    tensors = list(chain(model.parameters(), model.buffers()))
    if any(is_lazy(tensor) for tensor in tensors):
        allowed = "a network whose parameters are initialised: run it once on an input"
        raise InputError("model", "a lazy module", allowed)
    if any(tensor.is_meta for tensor in tensors):
        raise InputError("model", "on the meta device", "a network whose parameters have values")
    return [(tensor, tensor.detach().clone()) for tensor in tensors]


def _same(tensor: Tensor, copy: Tensor) -> bool:
    try:
        return torch.equal(tensor, copy)
    except (NotImplementedError, RuntimeError):  # kinds that cannot be compared, such as sparse
        return False


def _refill(module: nn.Module, parameters: dict[str, Any], buffers: dict[str, Any]) -> None:
    if isinstance(module, torch.jit.ScriptModule):  # its tensors live outside Python
        for name, tensor in (parameters | buffers).items():
            setattr(module, name, tensor)
        return
    for current, before in ((module._parameters, parameters), (module._buffers, buffers)):
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
