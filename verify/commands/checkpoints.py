"""A network of the user's, filled from a checkpoint: no pickle runs, and what is taken is told."""

import warnings
from typing import TYPE_CHECKING

from layerproof.theory.errors import InputError
from layerproof.verify.commands.checkpoint_choice import KEY, Tensors, state_dict
from layerproof.verify.commands.checkpoint_files import FIELD, listed, read_checkpoint
from layerproof.verify.commands.checkpoint_names import COUNTERS, Naming, naming, tied
from layerproof.verify.commands.modules import FIELD as MODULE
from layerproof.verify.commands.user_code import why

if TYPE_CHECKING:
    from torch import Tensor, device, nn


def load_checkpoint(model: "nn.Module", path: str, place: "device", key: str | None = None) -> str:
    """Fill the network from a safetensors file or one of `torch.save`; no pickle is executed.

    The state dict may stand under any one key, or under `key`; words that wrappers put into its
    names (DataParallel, torch.compile) and those that all of its names begin with are taken off
    where the network's names need it; a tensor that the network holds under several names may stand
    under any of them. A tensor may have another precision than the network's, be sparse or
    quantised: what counts is its values. The answer says in words which key and which prefix were
    taken, "" where neither.

    Raises InputError where the file cannot be read so, or its tensors do not fit: which ones are
    missing, which are not expected, and which have another shape, are not finite, have no values,
    differ though the network has one for both, or have some that the network's cannot hold.
    """
    wanted = _wanted(model)
    with warnings.catch_warnings(action="ignore"):  # torch's remarks on rare kinds of tensors
        content = read_checkpoint(path, place)
        where, tensors = state_dict(path, content, key, lambda found: _fits(found, wanted))
        names, tensors = _named(tensors, wanted)
        found = _fitting(path, tensors, wanted)
    try:
        model.load_state_dict(found)
    except Exception as error:  # whatever a user's network raises
        raise InputError(FIELD, path, f"a file that the network loads ({why(error)})") from error
    return _told(path, "" if where == key else where, names.without)


def _told(path: str, where: str, prefix: str) -> str:
    """What was taken that nobody asked for, in words."""
    parts = [f"its tensors under {where}"] if where else []
    parts += [f"their names without {prefix}"] if prefix else []
    return f"of {path} were taken {', '.join(parts)}" if parts else ""


def _named(tensors: Tensors, wanted: Tensors) -> "tuple[Naming, dict[str, Tensor]]":
    """The tensors under the network's names, with those that share another's memory."""
    kept = {
        name: value for name, value in tensors.items() if name in wanted or name not in COUNTERS
    }
    names = naming(kept, wanted)
    found = {names.of[name]: value for name, value in kept.items()}
    for name, partners in tied(wanted).items():
        held = next((other for other in partners if other in found), None)
        if name not in found and held is not None:
            found[name] = found[held]
    return names, found


def _fits(tensors: Tensors, wanted: Tensors) -> bool:
    """Whether they are the network's by name and shape."""
    _, found = _named(tensors, wanted)
    return found.keys() == wanted.keys() and all(
        _shape(found[name]) == _shape(wanted[name]) for name in wanted
    )


def _fitting(path: str, tensors: Tensors, wanted: Tensors) -> "dict[str, Tensor]":
    """The values of the tensors, each as the network holds its own of that name."""
    advice = f"; with {KEY} PREFIX those that begin with PREFIX. are taken"
    _none(path, "tensors that the network lacks", [n for n in tensors if n not in wanted], advice)
    _none(path, "no values for", [name for name in wanted if name not in tensors])
    shapes = [
        f"{name} {_shape(tensors[name])}, which is {_shape(wanted[name])} in the network"
        for name in wanted
        if _shape(tensors[name]) != _shape(wanted[name])
    ]
    _none(path, "tensors of another shape", shapes)
    found = {name: _values(path, name, tensors[name], wanted[name]) for name in wanted}
    infinite = [name for name, value in found.items() if not value.isfinite().all()]
    _none(path, "values that are not finite in", infinite)
    apart = [
        f"{name}, {other}"
        for name, partners in tied(wanted).items()
        for other in partners
        if name < other and not found[name].equal(found[other])
    ]
    _none(path, "different values for one tensor of the network", apart)
    return found


def _wanted(model: "nn.Module") -> "dict[str, Tensor]":
    """The network's own tensors, by name."""
    import torch
    from torch.nn.parameter import is_lazy

    try:
        wanted = dict(model.state_dict())
    except Exception as error:  # as above
        allowed = f"a network with a state dict ({why(error)})"
        raise InputError(MODULE, type(model).__name__, allowed) from error
    for name, value in wanted.items():
        if not torch.is_tensor(value) or is_lazy(value):
            found = "not initialised" if torch.is_tensor(value) else "no tensor"
            raise InputError(f"{MODULE}: {name}", found, "tensors, which a checkpoint can fill")
    return wanted


def _values(path: str, name: str, value: "Tensor", wanted: "Tensor") -> "Tensor":
    """The tensor's values, dense, as the network holds them."""
    try:
        dense = value.dequantize() if value.is_quantized else value
        dense = dense.to_dense() if dense.layout != wanted.layout else dense
        if dense.is_complex() and not wanted.is_complex():
            raise ValueError("a complex one")
        if dense.is_meta:
            raise ValueError("one on the meta device, which has no values")
        # Both steps, since not every pair of dtypes has a conversion of its own.
        found = dense.to(wanted.dtype)
        whole = not (wanted.is_floating_point() or wanted.is_complex())
        if whole and not bool((found.to(dense.dtype) == dense).all()):
            raise ValueError(f"one with values that are no {wanted.dtype}")
    except Exception as error:  # torch has many kinds of tensors, and not every operation for each
        said = str(error) if type(error) is ValueError else why(error)
        allowed = f"a file of plain tensors with real values; it has {name}: {said}"
        raise InputError(FIELD, path, allowed) from error
    return found


def _shape(tensor: "Tensor") -> tuple[int, ...] | str:
    return "nested" if tensor.is_nested else tuple(tensor.shape)


def _none(path: str, what: str, names: list[str], advice: str = "") -> None:
    if names:
        raise InputError(FIELD, path, f"a file that fits; it has {what}: {listed(names)}{advice}")
