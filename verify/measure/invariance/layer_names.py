"""The names of layers that a user asks for: a module, one of its calls, a part of its output."""

from __future__ import annotations

import re
from collections.abc import Sequence

from layerproof.theory.errors import InputError, unknown_name
from layerproof.verify.measure.invariance.calls import CallOutput
from layerproof.verify.measure.invariance.probe import Probe

ADDRESS = re.compile(r"(?P<layer>.*?)(?:#(?P<call>[0-9]{1,9}))?(?P<part>(?:\[[^]]*\])*)", re.DOTALL)
"""A layer, one of its calls and a part of what it gives: "relu#2", "rnn[1]", "body[hidden]"."""


def named_calls(probe: Probe, names: Sequence[str]) -> list[tuple[CallOutput, str]]:
    """The call and the part of its output that each name stands for, in their order.

    "relu#2" is a layer's second call, "rnn[1]" and "body[hidden]" are parts of what it gives.
    Raises InputError for a name that the network does not have, or that says too little.
    """
    if not names or not all(isinstance(name, str) for name in names):
        known = ", ".join(probe.modules) or "none, for the network has no submodules"
        raise InputError("layers", names, f"a list of one or more of {known}")
    if len(set(names)) < len(names):
        raise InputError("layers", list(names), "each layer once")
    return [_named(probe, name) for name in names]


def _named(probe: Probe, name: str) -> tuple[CallOutput, str]:
    layer, call, part = _address(probe, name)
    if layer not in probe.modules:
        nothing = None if probe.modules else "none: it has no submodules"
        raise unknown_name("layer", name, probe.modules, nothing)
    calls = probe.of_layer(layer)
    if (call is None and len(calls) != 1) or not 1 <= (call or 1) <= len(calls):
        each = " or ".join(f"{layer}#{k}" for k in (1, len(calls)))
        allowed = f"one call of a layer: {each}" if calls else "layers that a forward pass calls"
        raise InputError("layer", f"{name}, called {len(calls)} times", allowed)
    one = calls[(call or 1) - 1]
    if part and part not in one.tensors:
        raise InputError("layer", name, _parts_of(one, name.removesuffix(part)))
    return one, part or _only_part(one, name)


def _address(probe: Probe, name: str) -> tuple[str, int | None, str]:
    if name in probe.names:
        return probe.names[name], None, ""
    found = ADDRESS.fullmatch(name)
    if found is None:
        return name, None, ""
    layer, call = found["layer"], found["call"]
    return probe.names.get(layer, layer), None if call is None else int(call), found["part"]


def _only_part(one: CallOutput, name: str) -> str:
    """The part that counts where none is named; InputError where a dict has several."""
    if len(one.usual) > 1:
        raise InputError("layer", f"{name}, which gives several tensors", _parts_of(one, name))
    return one.usual[0] if one.usual else ""


def _parts_of(one: CallOutput, name: str) -> str:
    return ", ".join(f"{name}{part}" for part in one.tensors) or "a layer that gives tensors"
