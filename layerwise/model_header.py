"""The header of a model file: all that is not a tensor, as JSON; read field by field, strictly.

A file may come from anybody. Nothing of it is used before its type and range are known, and what it
says of the schedule, the stages and the grammar has to agree.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, get_args

import torch

from layerproof.layerwise.devices import DTYPES
from layerproof.layerwise.sampling.blocks import MOST_SAMPLES
from layerproof.layerwise.sampling.routes import ROUTES, Patches
from layerproof.layerwise.targets import TARGETS
from layerproof.layerwise.training import StageRecord, Training, check_schedule
from layerproof.theory.errors import InputError, whole_number
from layerproof.theory.grammar import Grammar
from layerproof.theory.latent_schedule import TargetName
from layerproof.theory.schedule import Schedule, Solver, Stage
from layerproof.theory.signals import Signal, signal_named
from layerproof.theory.signals.few_labels import FewLabels, few_labels
from layerproof.theory.strict_json import items, members, number, one_of, parse, text

SCHEMA = "layerproof/model/1"
MOST = 2**63 - 1
"""No other count of a header is larger."""
LARGEST_SEED = 2**256
KEYS = ("schema", "dtype", "seed", "signal", "grammar_digest", "grammar", "schedule", "stages")


@dataclass(frozen=True)
class Header:
    """What a model file says of its tensors, checked."""

    dtype: torch.dtype
    seed: int
    signal: Signal
    patches: Patches
    grammar: Grammar
    schedule: Schedule
    stages: tuple[StageRecord, ...]
    target: TargetName | None

    def outputs(self, level: int) -> int:
        """The dimension of the embeddings that the stage of `level` was trained to give."""
        return self.signal.size(self.grammar, level)


def write_header(training: Training) -> str:
    """The header of a trained learner, as JSON."""
    header = {
        "schema": SCHEMA,
        "dtype": dtype_name(training.learner.dtype),
        "seed": training.seed,
        "signal": training.signal.name,
        "patches": training.patches,
        "few_labels": isinstance(training.signal, FewLabels),
        "target": training.target,
        "grammar_digest": training.grammar.digest,
        "grammar": json.loads(training.grammar.to_json()),
        "schedule": training.schedule.to_dict(),
        "stages": [asdict(record) for record in training.stages],
    }
    return json.dumps(header, allow_nan=False)


def read_header(written: str) -> Header:
    """The inverse of :func:`write_header`. Raises InputError for what it cannot have written."""
    found = parse("its header", written)
    schema = found.get("schema") if isinstance(found, dict) else None
    if schema != SCHEMA:
        raise InputError("its schema", schema, repr(SCHEMA))
    header = members("its header", found, KEYS, optional=("patches", "few_labels", "target"))
    grammar = Grammar.from_json(json.dumps(header["grammar"]))
    if grammar.digest != header["grammar_digest"]:
        raise InputError("grammar_digest", header["grammar_digest"], "that of its grammar")
    # Files of earlier versions know no other patches than the first.
    patches: Any = one_of("patches", header.get("patches", "first"), get_args(Patches))
    signal = signal_named(header["signal"])
    few = header.get("few_labels", False)
    if not isinstance(few, bool):
        raise InputError("few_labels", few, "true or false")
    signal = few_labels(signal, grammar) if few else signal
    target: Any = header.get("target")
    target = None if target is None else one_of("target", target, TARGETS)
    if target is not None and not (few and signal.name == "own-latent"):
        raise InputError("target", target, "null, but for own latents with labels")
    schedule = _schedule(header["schedule"], grammar, signal)
    return Header(
        dtype=DTYPES[one_of("dtype", header["dtype"], DTYPES)],
        seed=whole_number("seed", header["seed"], minimum=0, maximum=LARGEST_SEED),
        signal=signal,
        patches=patches,
        grammar=grammar,
        schedule=schedule,
        stages=_records(header["stages"], schedule),
        target=target,
    )


def dtype_name(dtype: torch.dtype) -> str:
    """What a header calls a dtype that a learner can be trained in."""
    return next(name for name, known in DTYPES.items() if known == dtype)


def _schedule(value: object, grammar: Grammar, signal: Signal) -> Schedule:
    found = members("schedule", value, ("name", "stages"))
    stages = items("schedule: stages", found["stages"], most=grammar.levels)
    read = tuple(_stage(f"schedule: stages[{i}]", stage) for i, stage in enumerate(stages))
    schedule = Schedule(text("schedule: name", found["name"]), read)
    check_schedule(grammar, schedule, signal)
    return schedule


def _stage(field: str, value: object) -> Stage:
    found = members(field, value, [entry.name for entry in fields(Stage)])

    def whole(name: str, most: int = MOST) -> int:
        return whole_number(f"{field}: {name}", found[name], minimum=1, maximum=most)

    def positive(name: str) -> float:
        return number(f"{field}: {name}", found[name], above=0)

    solver: Any = one_of(f"{field}: solver", found["solver"], get_args(Solver))
    return Stage(
        level=whole("level"),
        samples=whole("samples", MOST_SAMPLES),
        features=None if found["features"] is None else whole("features"),
        bandwidth=positive("bandwidth"),
        ridge=positive("ridge"),
        solver=solver,
        step_size=None if found["step_size"] is None else positive("step_size"),
        steps=None if found["steps"] is None else whole("steps"),
        tolerance=None if found["tolerance"] is None else positive("tolerance"),
    )


def _records(value: object, schedule: Schedule) -> tuple[StageRecord, ...]:
    found = items("stages", value, most=len(schedule.stages))
    records = tuple(_record(f"stages[{i}]", record) for i, record in enumerate(found))
    told = [(record.level, record.samples) for record in records]
    asked = [(stage.level, stage.samples) for stage in schedule.stages]
    if told != asked:
        raise InputError("level and samples of the stages", told, f"those of its schedule, {asked}")
    return records


def _record(field: str, value: object) -> StageRecord:
    found: Mapping[str, Any] = members(field, value, [entry.name for entry in fields(StageRecord)])

    def whole(name: str) -> int:
        return whole_number(f"{field}: {name}", found[name], minimum=0, maximum=MOST)

    return StageRecord(
        level=whole("level"),
        samples=whole("samples"),
        route=one_of(f"{field}: route", found["route"], ROUTES),
        seconds=number(f"{field}: seconds", found["seconds"]),
        loss=number(f"{field}: loss", found["loss"]),
        rows=whole("rows"),
        method=text(f"{field}: method", found["method"]),
        error=number(f"{field}: error", found["error"]),
    )
