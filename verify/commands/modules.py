"""A user's own network: made by a factory in a module of theirs."""

import importlib
import inspect
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from layerproof.theory.errors import InputError, guessed

if TYPE_CHECKING:
    from torch import device, nn

    from layerproof.theory.grammar import Grammar

FIELD = "--module"


def factory_of(path: str) -> Callable[..., Any]:
    """What `package.module:factory` names; the working directory is searched first.

    Raises InputError where the text has another form, the module cannot be imported, or has no
    such function or class.
    """
    name, colon, attribute = path.partition(":")
    if not (colon and name and attribute):
        raise InputError(FIELD, path, "package.module:factory")
    with suppress(FileNotFoundError):  # a working directory that is gone holds no module
        here = os.getcwd()
        if here not in sys.path:
            sys.path.insert(0, here)
    try:
        module = importlib.import_module(name)
    except (Exception, SystemExit) as error:  # whatever a user's module raises
        raise InputError(FIELD, path, f"a module that can be imported ({why(error)})") from error
    found = getattr(module, attribute, None)
    if not callable(found):
        public = [n for n in vars(module) if not n.startswith("_")]
        allowed = f"a function or class of {name}, which has {', '.join(public) or 'nothing'}"
        raise InputError(FIELD, path, guessed(allowed, attribute, public))
    return found  # type: ignore[no-any-return]


def network(path: str, grammar: "Grammar", place: "device", seed: int) -> "nn.Module":
    """The network that the factory returns, on the device.

    The factory is called with the grammar where it needs an argument or has one called `grammar`,
    else without; what it draws from torch's global generator depends on `seed` alone. Raises
    InputError where it raises, or returns no `torch.nn.Module` that can be moved to the device.
    """
    from torch import nn

    from layerproof.theory.randomness import derive_seed
    from layerproof.verify.measure.invariance.hooks import generators_kept

    factory = factory_of(path)
    try:
        with generators_kept(derive_seed(seed, "network")):
            model = factory(*([grammar] if _takes_grammar(factory) else []))
    except (Exception, SystemExit) as error:  # whatever a user's factory raises
        raise InputError(FIELD, path, f"a factory that succeeds ({why(error)})") from error
    if not isinstance(model, nn.Module):
        kind = type(model).__name__
        raise InputError(FIELD, path, f"a factory of a torch.nn.Module, not of a {kind}")
    try:
        return model.to(place)
    except Exception as error:  # one on the meta device, or whose `to` is the user's
        allowed = f"a factory whose network can be moved to {place} ({why(error)})"
        raise InputError(FIELD, path, allowed) from error


def _takes_grammar(factory: Callable[..., Any]) -> bool:
    parameters = list(inspect.signature(factory).parameters.values())
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return bool(positional) and (
        positional[0].default is positional[0].empty or positional[0].name == "grammar"
    )


def why(error: BaseException) -> str:
    """The first sentence of what another library or a user's module raised."""
    first = f"{type(error).__name__}: {error}".split(". ")[0]
    return " ".join(first.split())[:300]
