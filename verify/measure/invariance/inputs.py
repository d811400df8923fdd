"""Calling a network with what an encoding gives: one input, several, or some with names."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from layerproof.theory.errors import InputError
from layerproof.verify.measure.invariance.named_inputs import InputEncoding


@dataclass(frozen=True)
class Inputs:
    """What a network is called with, for `strings` strings."""

    positional: tuple[Any, ...]
    named: Mapping[str, Any]
    strings: int

    @classmethod
    def of(cls, encode: InputEncoding, leaves: Tensor) -> Inputs:
        """The encoded strings: a tensor, a tuple of inputs, or a dict of those with names.

        Raises InputError where the function fails, or gives anything else.
        """
        name = getattr(encode, "__name__", type(encode).__name__)
        try:
            found = encode(leaves)
        except InputError:
            raise
        except (Exception, SystemExit) as error:  # whatever a user's function raises
            taken = f"{tuple(leaves.shape)} leaf tokens"
            allowed = f"a function of {taken} that succeeds ({_why(error)})"
            raise InputError("encode", name, allowed) from error
        if isinstance(found, Tensor):
            return cls((found,), {}, len(leaves))
        if isinstance(found, tuple | list):
            return cls(tuple(found), {}, len(leaves))
        if isinstance(found, Mapping) and all(isinstance(key, str) for key in found):
            return cls((), dict(found), len(leaves))
        kind = type(found).__name__
        allowed = f"a function that gives a tensor, not a {kind}; or a tuple or dict of inputs"
        raise InputError("encode", name, allowed)

    def given_to(self, model: nn.Module) -> Any:
        """What the network makes of them.

        Raises InputError where it refuses them, with what it said, and which inputs it asks for.
        """
        try:
            return model(*self.positional, **self.named)
        except InputError:
            raise
        except (Exception, SystemExit) as error:  # whatever a user's network raises
            allowed = f"what its forward pass takes ({_why(error)}){self._asked(model, error)}"
            raise InputError("input of the network", str(self), allowed) from error

    def __str__(self) -> str:
        named = [f"{name} {_told(value)}" for name, value in self.named.items()]
        return ", ".join([*map(_told, self.positional), *named])

    def _asked(self, model: nn.Module, error: BaseException) -> str:
        """Where inputs are missing, how to give them."""
        wanted = _required(model)
        if not isinstance(error, TypeError) or len(self.positional) + len(self.named) >= len(
            wanted
        ):
            return "; it is shown batches of any size, as `encode` and `positions` say"
        first, *rest = wanted
        options = " ".join(["--input", f"{first}=strings", *(f"--input {n}=ones" for n in rest)])
        table = ", ".join([f"{first!r}: 'one-hot'", *(f"{n!r}: 'ones'" for n in rest)])
        return (
            f"; name its inputs, such as {options}, in Python encode={{{table}}}, or let the"
            " function `encode` return a dict of them"
        )


def _required(model: nn.Module) -> list[str]:
    try:
        found = inspect.signature(model.forward).parameters.values()
    except (TypeError, ValueError):  # TorchScript
        return []
    several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p.name for p in found if p.default is p.empty and p.kind not in several]


def _told(value: Any) -> str:
    if not isinstance(value, Tensor):
        return type(value).__name__
    return f"{str(value.dtype).removeprefix('torch.')} {tuple(value.shape)}"


def _why(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:1000]
