"""A user's own network, filled from a checkpoint: no pickle is executed, and nothing is guessed."""

import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from layerproof.theory.errors import LONGEST_VALUE, InputError, shortened
from layerproof.theory.files import check_file
from layerproof.verify.commands.modules import FIELD as MODULE
from layerproof.verify.commands.modules import why

if TYPE_CHECKING:
    from torch import Tensor, device, nn

FIELD = "--checkpoint"
NESTED = ("state_dict", "model_state_dict", "model")
"""Where a checkpoint of a training run usually keeps the network's tensors."""


def load_checkpoint(model: "nn.Module", path: str, place: "device") -> None:
    """Fill the network from a safetensors file or one of `torch.save`; no pickle is executed.

    A tensor may have another precision than the network's, be sparse or quantised: what counts is
    its values. Raises InputError where the file cannot be read so, or its tensors do not fit: which
    ones are missing, which are not expected, and which have another shape, are not finite, have no
    values, or have some that the network's tensor cannot hold.
    """
    wanted = _wanted(model)
    with warnings.catch_warnings(action="ignore"):  # torch's remarks on rare kinds of tensors
        found = _fitting(path, _tensors(path, place), wanted)
    try:
        model.load_state_dict(found)
    except Exception as error:  # whatever a user's network raises
        raise InputError(FIELD, path, f"a file that the network loads ({why(error)})") from error


def _fitting(
    path: str, tensors: "dict[str, Tensor]", wanted: "dict[str, Tensor]"
) -> "dict[str, Tensor]":
    """The values of the tensors, each as the network holds its own of that name."""
    _none(path, "tensors that the network lacks", [n for n in tensors if n not in wanted])
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


def _none(path: str, what: str, names: list[str]) -> None:
    if names:
        more = f" and {len(names) - 4} more" if len(names) > 4 else ""
        listed = ", ".join(map(_cut, names[:4])) + more
        raise InputError(FIELD, path, f"a file that fits; it has {what}: {listed}")


def _cut(name: str) -> str:
    """A name that is worth printing; a file may have any."""
    return name if 0 < len(name) <= LONGEST_VALUE else shortened(name)


def _tensors(path: str, place: "device") -> "dict[str, Tensor]":
    import torch

    check_file(path, FIELD)
    try:
        found = _reader(path)(path, place)
    except Exception as error:  # the readers raise many kinds, of which none has a common base
        allowed = f"a safetensors file, or tensors kept by torch.save ({why(error)})"
        raise InputError(FIELD, path, allowed) from error
    for key in NESTED:
        if isinstance(found, Mapping) and isinstance(found.get(key), Mapping):
            found = found[key]
    named = isinstance(found, Mapping) and all(type(n) is str and n.isprintable() for n in found)
    if not named or not all(torch.is_tensor(value) for value in found.values()):
        raise InputError(FIELD, path, "a state dict: names and their tensors")
    return dict(found)


def _reader(path: str) -> "Callable[[str, device], Any]":
    return _safetensors if Path(path).suffix == ".safetensors" else _of_torch


def _safetensors(path: str, place: "device") -> Any:
    from safetensors.torch import load_file

    return load_file(path, device=str(place))


def _of_torch(path: str, place: "device") -> Any:
    import torch

    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            held = sum(entry.file_size for entry in archive.infolist())
        if held > Path(path).stat().st_size:  # torch.save packs nothing
            raise ValueError(f"it unpacks to {held} bytes, more than it has")
    return torch.load(path, map_location=place, weights_only=True)
