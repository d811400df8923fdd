"""Model files: tensors as safetensors, everything else as JSON in the header; no pickle."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from layerwise.devices import DTYPES, resolve_device
from layerwise.features import RandomFourierFeatures
from layerwise.network import FeatureLayer, KernelLayer, Layer, LayerwiseLearner
from layerwise.training import StageRecord, Training
from theory.errors import InputError
from theory.files import atomic_write_bytes, read_bytes
from theory.grammar import Grammar
from theory.schedule import Schedule

SCHEMA = "layerproof/model/1"
KEY = "layerproof"
"""The entry of the safetensors header that holds everything but the tensors."""
FIELD = "model file"

DAMAGE = (SafetensorError, KeyError, TypeError, AttributeError, ValueError, RuntimeError)
"""What reading a damaged file can raise."""


def save_model(path: str | Path, training: Training) -> None:
    """Write a trained learner, whole or not at all: tensors, grammar, schedule and records.

    Raises InputError where `path` cannot be written.
    """
    atomic_write_bytes(path, model_bytes(training), FIELD)


def model_bytes(training: Training) -> bytes:
    """A trained learner as the content of a model file."""
    learner = training.learner
    header = {
        "schema": SCHEMA,
        "dtype": _dtype_name(learner.dtype),
        "seed": training.seed,
        "signal": training.signal,
        "patches": training.patches,
        "grammar_digest": training.grammar.digest,
        "grammar": json.loads(training.grammar.to_json()),
        "schedule": training.schedule.to_dict(),
        "stages": [asdict(record) for record in training.stages],
    }
    tensors = {name: value.contiguous() for name, value in learner.state_dict().items()}
    return save_tensors(tensors, metadata={KEY: json.dumps(header, allow_nan=False)})


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
        allowed = f"an undamaged model file ({_first_line(error)})"
        raise InputError(FIELD, str(path), allowed) from error
    if grammar is not None and grammar != training.grammar:
        allowed = f"a model trained on the grammar given (digest {grammar.digest[:12]})"
        found = f"{path}, trained on {training.grammar.digest[:12]}"
        raise InputError("grammar of the model", found, allowed)
    return training


def _rebuild(
    header: Mapping[str, Any], tensors: dict[str, Tensor], where: torch.device
) -> Training:
    grammar = Grammar.from_json(json.dumps(header["grammar"]))
    if grammar.digest != header["grammar_digest"]:
        raise ValueError("the grammar in its header does not have the digest given there")
    schedule = Schedule.from_dict(header["schedule"])
    dtype = DTYPES[header["dtype"]]
    learner = LayerwiseLearner(
        grammar.vocabularies[-1], grammar.branching, grammar.levels, device=where, dtype=dtype
    )
    for stage in reversed(schedule.stages):
        own = _tensors_of(stage.level, tensors, where, dtype)
        learner.attach(stage.level, _layer(own, stage.bandwidth))
    records = tuple(StageRecord(**record) for record in header["stages"])
    patches = header.get("patches", "first")  # files of earlier versions know no other
    if patches not in ("first", "all"):
        raise ValueError(f"its patches are {patches!r}, not first or all")
    about = header["seed"], header["signal"], patches
    return Training(learner, grammar, schedule, records, *about)


def _tensors_of(
    level: int, tensors: dict[str, Tensor], where: torch.device, dtype: torch.dtype
) -> dict[str, Tensor]:
    prefix = f"layers.{level}."
    own = {
        name.removeprefix(prefix): value.to(where, copy=True)  # aligned, as it was when trained
        for name, value in tensors.items()
        if name.startswith(prefix)
    }
    if any(value.dtype != dtype for value in own.values()):
        raise ValueError(f"tensors of level {level} are not {_dtype_name(dtype)}")
    if not all(value.isfinite().all() for value in own.values()):
        raise ValueError(f"tensors of level {level} are not finite")
    return own


def _layer(own: dict[str, Tensor], bandwidth: float) -> Layer:
    if "anchors" in own:
        return KernelLayer(own["anchors"], own["coefficients"], bandwidth)
    return FeatureLayer(RandomFourierFeatures(own["features.omega"], bandwidth), own["weight"])


def _header(data: bytes) -> dict[str, Any]:
    """The JSON under KEY. A safetensors file opens with the length of its header, then that."""
    if len(data) < 8 or (length := struct.unpack("<Q", data[:8])[0]) > len(data) - 8:
        raise ValueError("it is no safetensors file")
    metadata = json.loads(data[8 : 8 + length]).get("__metadata__") or {}
    header = json.loads(metadata.get(KEY, "null"))
    if not isinstance(header, dict) or header.get("schema") != SCHEMA:
        found = header.get("schema") if isinstance(header, dict) else None
        raise ValueError(f"its schema is {found!r}, not {SCHEMA!r}")
    return header


def _dtype_name(dtype: torch.dtype) -> str:
    return next(name for name, known in DTYPES.items() if known == dtype)


def _first_line(error: Exception) -> str:
    text = str(error).splitlines()[0] if str(error) else ""
    return f"{text} is missing" if isinstance(error, KeyError) else text or type(error).__name__
