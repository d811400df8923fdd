"""A user's own network: made by a factory in a module of theirs."""

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from layerproof.theory.errors import InputError
from layerproof.verify.commands.user_code import named_function, why

if TYPE_CHECKING:
    from torch import device, nn

    from layerproof.theory.grammar import Grammar

FIELD = "--module"


def factory_of(path: str) -> Callable[..., Any]:
    """What `package.module:factory` or `file.py:factory` names.

    Raises as :func:`layerproof.verify.commands.user_code.named_function`.
    """
    return named_function(path, FIELD, "factory")


def network(path: str, grammar: "Grammar", place: "device", seed: int) -> "nn.Module":
    """The network that the factory returns, on the device.

    The factory is called with the grammar where an argument is called `grammar`, or its first one
    has no default; else without. What it draws from torch's global generator depends on `seed`
    alone. Raises InputError where it raises, or returns no `torch.nn.Module` that can be moved to
    the device.
    """
    from torch import nn

    from layerproof.theory.randomness import derive_seed
    from layerproof.verify.measure.invariance.hooks import generators_kept

    factory = factory_of(path)
    try:
        with generators_kept(derive_seed(seed, "network")):
            positional, named = _with_grammar(factory, grammar)
            model = factory(*positional, **named)
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


def _with_grammar(
    factory: Callable[..., Any], grammar: "Grammar"
) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of the factory: the grammar by its name, or in the first place, or none."""
    try:
        parameters = inspect.signature(factory).parameters
    except (TypeError, ValueError):  # built in, without a signature
        return [], {}
    named = parameters.get("grammar")
    if named is not None and named.kind is not named.POSITIONAL_ONLY:
        several = named.kind in (named.VAR_POSITIONAL, named.VAR_KEYWORD)
        return ([], {}) if several else ([], {"grammar": grammar})
    first = next(iter(parameters.values()), None)
    places = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if first is None or first.kind not in places:
        return [], {}
    wanted = first.default is first.empty or first.name == "grammar"
    return ([grammar], {}) if wanted else ([], {})
