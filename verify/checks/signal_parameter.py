"""A signal as a parameter of a check: its name, which has to be one that is known."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from layerproof.theory.errors import InputError
from layerproof.theory.signals import Signal, signal_named
from layerproof.theory.signals.base import TreeShape


def _known(name: str) -> str:
    try:
        return signal_named(name).name
    except InputError as error:
        raise ValueError(str(error)) from error


SignalName = Annotated[str, AfterValidator(_known), Field(description="what a stage predicts")]


def levels_taught(signal: Signal, shape: TreeShape) -> range:
    """The levels that the signal teaches, to L; the leaf level where it teaches none."""
    lowest = len(signal.unreachable_levels(shape)) + 1
    return range(min(lowest, shape.levels), shape.levels + 1)


def teaches_nothing(signal: Signal, shape: TreeShape) -> str:
    """Why the signal teaches no level at all; empty where it teaches one."""
    missing = signal.unreachable_levels(shape)
    if len(missing) < shape.levels:
        return ""
    return f"{signal.name} teaches no level (level {shape.levels}: {missing[shape.levels]})"
