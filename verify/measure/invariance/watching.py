"""Seeing what every module of a network gives, however it is called, and leaving no trace."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial, wraps
from typing import Any

import torch
from torch import nn

Seen = Callable[[str, Any], None]
"""Told a module's name and its output, when a call of it ends."""


@contextmanager
def watched(modules: Mapping[str, nn.Module], seen: Seen) -> Iterator[None]:
    """Inside, `seen` is told of every call of the modules; afterwards they are as they were.

    Of a call `module(x)` the output is what its hooks made of it, and `module.forward(x)` counts as
    well. What `torch.compile` made runs as it was written, so that modules inside it are called.
    """
    parallel = any(isinstance(module, nn.DataParallel) for module in modules.values())
    with ExitStack() as stack:
        for name, module in modules.items():
            # Replicas are copies of a module's dictionary: they would all call the first.
            stack.enter_context(_watched(module, partial(seen, name), wrap=not parallel))
        stack.enter_context(_uncompiled())
        yield


@contextmanager
def _watched(module: nn.Module, seen: Callable[[Any], None], *, wrap: bool) -> Iterator[None]:
    called: list[bool] = []  # by `module(x)`, whose `forward` has not begun
    before = dict(module.__dict__)
    forward = module.forward

    @wraps(forward)
    def wrapped(*inputs: Any, **named: Any) -> Any:
        direct = not called
        called.clear()
        output = forward(*inputs, **named)
        if direct:
            seen(output)
        return output

    handles = []
    if not isinstance(module, torch.jit.ScriptModule):  # it takes no hooks
        handles.append(module.register_forward_pre_hook(lambda _, inputs: called.append(True)))
        handles.append(module.register_forward_hook(lambda _, inputs, output: seen(output)))
    if wrap:
        module.__dict__["forward"] = wrapped
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
        if "forward" in before:
            module.__dict__["forward"] = before["forward"]
        else:
            module.__dict__.pop("forward", None)


@contextmanager
def _uncompiled() -> Iterator[None]:
    if "torch._dynamo" not in sys.modules:  # nothing has been compiled, and to ask would load it
        yield
        return
    with torch.compiler.set_stance("force_eager"):
        yield
