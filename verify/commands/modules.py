"""A user's own network: made by a factory in a module of theirs, filled from a checkpoint."""

import importlib
import inspect
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from theory.errors import InputError
from theory.files import check_file

if TYPE_CHECKING:
    from torch import Tensor, device, nn

    from theory.grammar import Grammar

FIELD = "--module"
NESTED = ("state_dict", "model_state_dict", "model")
"""Where a checkpoint of a training run usually keeps the network's tensors."""


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
        raise InputError(FIELD, path, f"a module that can be imported ({_why(error)})") from error
    found = getattr(module, attribute, None)
    if not callable(found):
        public = ", ".join(n for n in vars(module) if not n.startswith("_")) or "nothing"
        raise InputError(FIELD, path, f"a function or class of {name}, which has {public}")
    return found  # type: ignore[no-any-return]


def network(path: str, grammar: "Grammar", place: "device", seed: int) -> "nn.Module":
    """The network that the factory returns, on the device.

    The factory is called with the grammar where it needs an argument or has one called `grammar`,
    else without; what it draws from torch's global generator depends on `seed` alone. Raises
    InputError where it raises, or returns no `torch.nn.Module`.
    """
    from torch import nn

    from theory.randomness import derive_seed
    from verify.invariance.hooks import generators_kept

    factory = factory_of(path)
    try:
        with generators_kept(derive_seed(seed, "network")):
            model = factory(*([grammar] if _takes_grammar(factory) else []))
    except (Exception, SystemExit) as error:  # whatever a user's factory raises
        raise InputError(FIELD, path, f"a factory that succeeds ({_why(error)})") from error
    if not isinstance(model, nn.Module):
        kind = type(model).__name__
        raise InputError(FIELD, path, f"a factory of a torch.nn.Module, not of a {kind}")
    return model.to(place)


def _takes_grammar(factory: Callable[..., Any]) -> bool:
    parameters = list(inspect.signature(factory).parameters.values())
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return bool(positional) and (
        positional[0].default is positional[0].empty or positional[0].name == "grammar"
    )


def load_checkpoint(model: "nn.Module", path: str, place: "device") -> None:
    """Fill the network from a safetensors file or one of `torch.save`; no pickle is executed.

    Raises InputError where the file cannot be read so, or its tensors do not fit: which ones are
    missing, which are not expected, and which have another shape or are not finite.
    """
    tensors = _tensors(path, place)
    wanted = model.state_dict()
    _none(path, "tensors that the network lacks", sorted(tensors.keys() - wanted.keys()))
    _none(path, "no values for", sorted(wanted.keys() - tensors.keys()))
    shapes = [
        f"{name} {tuple(tensors[name].shape)}, which is {tuple(wanted[name].shape)} in the network"
        for name in wanted
        if tensors[name].shape != wanted[name].shape
    ]
    _none(path, "tensors of another shape", shapes)
    infinite = [name for name, tensor in tensors.items() if not tensor.isfinite().all()]
    _none(path, "values that are not finite in", infinite)
    model.load_state_dict(tensors)


def _none(path: str, what: str, names: list[str]) -> None:
    if names:
        more = f" and {len(names) - 4} more" if len(names) > 4 else ""
        listed = ", ".join(names[:4]) + more
        raise InputError("--checkpoint", path, f"a file that fits; it has {what}: {listed}")


def _tensors(path: str, place: "device") -> "dict[str, Tensor]":
    import torch
    from safetensors.torch import load_file

    check_file(path, "--checkpoint")
    try:
        if Path(path).suffix == ".safetensors":
            return load_file(path, device=str(place))
        found = torch.load(path, map_location=place, weights_only=True)
    except Exception as error:  # the readers raise many kinds, of which none has a common base
        allowed = f"a safetensors file, or tensors kept by torch.save ({_why(error)})"
        raise InputError("--checkpoint", path, allowed) from error
    for key in NESTED:
        if isinstance(found, Mapping) and isinstance(found.get(key), Mapping):
            found = found[key]
    if not isinstance(found, Mapping) or not all(torch.is_tensor(v) for v in found.values()):
        raise InputError("--checkpoint", path, "a state dict: names and their tensors")
    return dict(found)


def _why(error: BaseException) -> str:
    first = f"{type(error).__name__}: {error}".split(". ")[0]
    return " ".join(first.split())[:300]
