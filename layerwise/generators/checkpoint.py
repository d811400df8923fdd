"""Files of denoisers: a training that can be taken up again, and the denoiser that it gave.

Tensors as safetensors, everything else as JSON in the header; no pickle. A file may come from
anybody: nothing of it is used before its type and range are known.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from layerproof.layerwise.architectures import BODIES, DenoiserBody, InputSizes
from layerproof.layerwise.devices import DTYPES
from layerproof.layerwise.generators.descent import MOMENTS, AdamDescent, AdamRun, HeldOutLoss
from layerproof.layerwise.generators.training import DenoiserPlan, DenoiserTraining
from layerproof.layerwise.model_header import LARGEST_SEED, dtype_name
from layerproof.layerwise.models import DAMAGE, KEY, first_line, written_header
from layerproof.theory.errors import MISSING, InputError, whole_number
from layerproof.theory.files import read_bytes
from layerproof.theory.grammar import Grammar
from layerproof.theory.strict_json import items, members, number, one_of, parse

SCHEMA = "layerproof/denoiser/1"
FIELD = "denoiser file"
KEYS = ("schema", "dtype", "seed", "noise", "body", "descent", "grammar", "history")
STRINGS = "strings"
"""The tensor of the strings that are trained on, where they are not fresh at every step."""


def denoiser_bytes(plan: DenoiserPlan, descent: AdamRun) -> bytes:
    """A training as it stands, as the content of a file."""
    tensors = {name: value.detach().cpu() for name, value in descent.tensors().items()}
    if plan.strings is not None:
        tensors[STRINGS] = plan.strings.cpu().to(torch.int32)
    header = {
        "schema": SCHEMA,
        "dtype": dtype_name(plan.dtype),
        "seed": plan.seed,
        "noise": plan.noise,
        "body": {"name": plan.body.name, "settings": asdict(plan.body)},
        "descent": asdict(plan.descent),
        "grammar": json.loads(plan.grammar.to_json()),
        "history": [asdict(held) for held in descent.history],
    }
    contiguous = {name: value.contiguous() for name, value in tensors.items()}
    return save_tensors(contiguous, metadata={KEY: json.dumps(header, allow_nan=False)})


def load_denoiser(path: str | Path, device: torch.device) -> DenoiserTraining:
    """Read a training, bit-equal to the one that was kept.

    Raises InputError where the file is missing, is no such file, or is damaged.
    """
    data = read_bytes(path, FIELD)
    try:
        tensors = load_tensors(data)
        plan, history = _header(written_header(data), tensors.pop(STRINGS, None))
        descent = _taken_up(plan, history, tensors, device)
    except DAMAGE as error:
        allowed = f"an undamaged file of a denoiser ({first_line(error)})"
        raise InputError(FIELD, str(path), allowed) from error
    return DenoiserTraining(plan, descent, device)


def check_same_plan(found: DenoiserPlan, asked: DenoiserPlan) -> None:
    """Raise InputError where a checkpoint is of another training than the one asked for."""

    def told(plan: DenoiserPlan) -> dict[str, object]:
        of = "fresh ones" if plan.strings is None else f"{len(plan.strings)} strings"
        return {
            "grammar": f"digest {plan.grammar.digest[:12]}",
            "noise": plan.noise,
            "body": f"{plan.body.name} of width {plan.body.width}",
            "settings of the body": asdict(plan.body),
            "strings": f"{of} {(plan.strings_digest or '')[:8]}".strip(),
            "descent": asdict(plan.descent),
            "seed": plan.seed,
            "dtype": dtype_name(plan.dtype),
        }

    for (name, there), wanted in zip(told(found).items(), told(asked).values(), strict=True):
        if there != wanted:
            allowed = f"that of the training asked for, {wanted}"
            raise InputError(f"{name} of the checkpoint", there, allowed)


def _header(written: str, strings: Tensor | None) -> tuple[DenoiserPlan, list[HeldOutLoss]]:
    found = parse("its header", written)
    schema = found.get("schema") if isinstance(found, dict) else None
    if schema != SCHEMA:
        raise InputError("its schema", schema, repr(SCHEMA))
    header = members("its header", found, KEYS)
    if strings is not None and (strings.ndim != 2 or strings.dtype != torch.int32):
        raise InputError(STRINGS, tuple(strings.shape), "whole numbers (strings, tokens)")
    plan = DenoiserPlan(
        grammar=Grammar.from_json(json.dumps(header["grammar"])),
        noise=str(header["noise"]),
        body=_body(header["body"]),
        descent=_descent(header["descent"]),
        strings=None if strings is None else strings.long(),
        seed=whole_number("seed", header["seed"], minimum=0, maximum=LARGEST_SEED),
        dtype=DTYPES[one_of("dtype", header["dtype"], DTYPES)],
    )
    steps = items("history", header["history"], most=plan.descent.steps)
    return plan, [_held(f"history[{place}]", held) for place, held in enumerate(steps)]


def _body(value: object) -> DenoiserBody:
    found = members("body", value, ("name", "settings"))
    body = BODIES[one_of("body: name", found["name"], BODIES)]
    names = [entry.name for entry in fields(body)]
    settings = members("body: settings", found["settings"], names)
    for name, setting in settings.items():
        if type(setting) is not type(getattr(body, name)):
            allowed = f"of the type of {getattr(body, name)!r}"
            raise InputError(f"body: {name}", setting, allowed)
    return replace(body, **settings)


def _descent(value: object) -> AdamDescent:
    found = members("descent", value, [entry.name for entry in fields(AdamDescent)])
    whole = {
        name: whole_number(f"descent: {name}", found[name], minimum=1)
        for name in found
        if name != "rate"
    }
    return AdamDescent(rate=number("descent: rate", found["rate"], above=0), **whole)


def _held(field: str, value: object) -> HeldOutLoss:
    found: Mapping[str, Any] = members(field, value, [entry.name for entry in fields(HeldOutLoss)])
    step = whole_number(f"{field}: step", found["step"], minimum=1)
    loss, held_out = (number(f"{field}: {name}", found[name]) for name in ("loss", "held_out"))
    return HeldOutLoss(step, loss, held_out)


def _taken_up(
    plan: DenoiserPlan, history: list[HeldOutLoss], tensors: dict[str, Tensor], device: torch.device
) -> AdamRun:
    """The training where it was kept, its tensors checked against those that the plan has."""
    if not history:
        raise InputError("history", [], "one entry at least")
    weights = sum(value.numel() for name, value in tensors.items() if name.startswith("network."))
    count = plan.body.parameter_count(InputSizes.of(plan.grammar))
    if count > weights:  # told before a body of any size is built
        raise InputError("weights", weights, f"{count}, as many as its body has")
    descent = AdamRun(plan.network().to(device), plan.descent)
    expected = dict(descent.tensors())
    for name, weight in descent.network.named_parameters():
        for key in MOMENTS:
            shape = torch.zeros(()) if key == "step" else weight
            expected[f"adam.{name}.{key}"] = shape
    for name, like in expected.items():
        found = tensors.get(name)
        if found is None:
            raise InputError(name, MISSING, "a tensor")
        if found.shape != like.shape or found.dtype != like.dtype:
            allowed = f"{tuple(like.shape)} of {like.dtype}, as its header says"
            raise InputError(name, f"{tuple(found.shape)} of {found.dtype}", allowed)
        if not bool(found.isfinite().all()):
            raise InputError(name, math.nan, "finite numbers")
    if more := sorted(tensors.keys() - expected.keys()):
        raise InputError("its tensors", more, "those of its header alone")
    descent.restore({name: value.to(device) for name, value in tensors.items()}, history)
    return descent
