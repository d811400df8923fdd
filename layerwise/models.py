"""Model files: tensors as safetensors, everything else as JSON in the header; no pickle."""

from __future__ import annotations

import struct
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from layerproof.layerwise.devices import resolve_device
from layerproof.layerwise.features import RandomFourierFeatures
from layerproof.layerwise.model_header import Header, dtype_name, read_header, write_header
from layerproof.layerwise.network import FeatureLayer, KernelLayer, Layer, LayerwiseLearner
from layerproof.layerwise.training import Training
from layerproof.theory.errors import MISSING, InputError
from layerproof.theory.files import atomic_write_bytes, read_bytes
from layerproof.theory.grammar import Grammar
from layerproof.theory.schedule import Stage
from layerproof.theory.strict_json import parse

KEY = "layerproof"
"""The entry of the safetensors header that holds everything but the tensors."""
FIELD = "model file"

LONGEST_HEADER = 100_000_000
"""Bytes of the whole header, as in safetensors' own reader."""

DAMAGE = (SafetensorError, KeyError, TypeError, AttributeError, ValueError, RuntimeError)
"""What reading a damaged file can raise; an InputError is a ValueError."""


def save_model(path: str | Path, training: Training) -> None:
    """Write a trained learner, whole or not at all: tensors, grammar, schedule and records.

    Raises InputError where `path` cannot be written.
    """
    atomic_write_bytes(path, model_bytes(training), FIELD)


def model_bytes(training: Training) -> bytes:
    """A trained learner as the content of a model file."""
    state = training.learner.state_dict()
    tensors = {name: value.contiguous() for name, value in state.items()}
    return save_tensors(tensors, metadata={KEY: write_header(training)})


def load_model(
    path: str | Path, grammar: Grammar | None = None, *, device: str | torch.device | None = None
) -> Training:
    """Read a trained learner, bit-equal to the one that was saved.

    With a `grammar`, the model must have been trained on it. Raises InputError where the file is
    missing, is no model file of this schema, is damaged, or belongs to another grammar.
    """
    where = device if isinstance(device, torch.device) else resolve_device(device)
    data = read_bytes(path, FIELD)
    try:
        header = _header(data)
        training = _rebuild(header, load_tensors(data), where)
    except DAMAGE as error:
        allowed = f"an undamaged model file ({first_line(error)})"
        raise InputError(FIELD, str(path), allowed) from error
    if grammar is not None and grammar != training.grammar:
        allowed = f"a model trained on the grammar given (digest {grammar.digest[:12]})"
        found = f"{path}, trained on {training.grammar.digest[:12]}"
        raise InputError("grammar of the model", found, allowed)
    return training


def _rebuild(header: Header, tensors: dict[str, Tensor], where: torch.device) -> Training:
    grammar, schedule = header.grammar, header.schedule
    layers = {stage.level: _layer(stage, header, tensors, where) for stage in schedule.stages}
    if tensors:
        raise InputError("its tensors", sorted(tensors), "those of its schedule's levels alone")
    learner = LayerwiseLearner(
        grammar.vocabularies[-1],
        grammar.branching,
        grammar.levels,
        device=where,
        dtype=header.dtype,
    )
    for level in sorted(layers, reverse=True):
        learner.attach(level, layers[level])
    about = header.seed, header.signal, header.patches, header.target
    return Training(learner, grammar, schedule, header.stages, *about)


def _layer(stage: Stage, header: Header, tensors: dict[str, Tensor], where: torch.device) -> Layer:
    """The layer of one stage, whose tensors are taken out of `tensors`."""
    leaf = stage.level == header.grammar.levels
    width = header.grammar.vocabularies[-1] if leaf else header.outputs(stage.level + 1)
    outputs = header.outputs(stage.level)
    inputs = header.grammar.branching * width

    def take(name: str, rows: int | None, columns: int) -> Tensor:
        full = f"layers.{stage.level}.{name}"
        value = _checked(full, tensors.pop(full, None), header.dtype, rows, columns)
        if not value.isfinite().all():
            raise ValueError(f"tensors of level {stage.level} are not finite")
        return value.to(where, copy=True)  # aligned, as it was when trained

    if stage.features is None:
        anchors = take("anchors", None, inputs)
        coefficients = take("coefficients", len(anchors), outputs)
        return KernelLayer(anchors, coefficients, stage.bandwidth)
    omega = take("features.omega", stage.features, inputs)
    weight = take("weight", outputs, 2 * stage.features)
    return FeatureLayer(RandomFourierFeatures(omega, stage.bandwidth), weight)


def _checked(
    name: str, value: Tensor | None, dtype: torch.dtype, rows: int | None, columns: int
) -> Tensor:
    """The tensor, where it has that dtype and shape; any number of rows but none for None."""
    if value is None:
        raise InputError(name, MISSING, "a tensor")
    if value.dtype != dtype:
        found = str(value.dtype).removeprefix("torch.")
        raise InputError(f"dtype of {name}", found, f"{dtype_name(dtype)}, as its header says")
    shape = tuple(value.shape)
    if len(shape) != 2 or 0 in shape or shape[1] != columns or rows not in (None, shape[0]):
        wanted = (f"{rows or 'any number of'} rows", f"{columns} columns")
        raise InputError(f"shape of {name}", shape, " and ".join(wanted))
    return value


def _header(data: bytes) -> Header:
    return read_header(written_header(data))


def written_header(data: bytes) -> str:
    """The JSON under KEY. A safetensors file opens with the length of its header, then that.

    Raises ValueError where there is none.
    """
    if len(data) < 8 or (length := struct.unpack("<Q", data[:8])[0]) > len(data) - 8:
        raise ValueError("it is no safetensors file")
    if length > LONGEST_HEADER:
        raise InputError("its header", f"{length} bytes", f"at most {LONGEST_HEADER} bytes")
    whole = parse("its header", data[8 : 8 + length].decode("utf-8"))
    metadata = whole.get("__metadata__") if isinstance(whole, dict) else None
    written = metadata.get(KEY) if isinstance(metadata, dict) else None
    return written if isinstance(written, str) else "null"


def first_line(error: Exception) -> str:
    """What a damaged file raised, in one line."""
    text = str(error).splitlines()[0] if str(error) else ""
    return f"{text} is missing" if isinstance(error, KeyError) else text or type(error).__name__
