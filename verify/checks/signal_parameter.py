"""A signal as a parameter of a check: its name, which has to be one that is known."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from layerproof.theory.errors import InputError
from layerproof.theory.formula import Formula
from layerproof.theory.signals import Signal, signal_named
from layerproof.theory.signals.base import TreeShape
from layerproof.theory.signals.path import OutsideSignal, Way
from layerproof.verify.checks.base import InstanceParameters, Parameters
from layerproof.verify.checks.edges import distinct_sizes


def _known(name: str) -> str:
    try:
        return signal_named(name).name
    except InputError as error:
        raise ValueError(str(error)) from error


SignalName = Annotated[str, AfterValidator(_known), Field(description="what a stage predicts")]


class SignalDepthsParameters(Parameters):
    """Grammars of several depths, and the signal that their stages predict."""

    V: int = Field(16, ge=2)
    m: int = Field(4, ge=2)
    s: int = Field(2, ge=2)
    depths: Annotated[tuple[Annotated[int, Field(ge=2)], ...], AfterValidator(distinct_sizes)] = (
        Field((3, 4, 5), description="numbers of levels L")
    )
    signal: SignalName = "own-latent"

    @property
    def target(self) -> Signal:
        """What the stages predict."""
        return signal_named(self.signal)

    def instance(self, L: int) -> InstanceParameters:
        """The parameters of a grammar of that depth."""
        sizes = {"V": self.V, "m": self.m, "s": self.s, "L": L}
        return InstanceParameters.model_validate(sizes)

    def way(self, L: int, level: int) -> Way | None:
        """From the parent of a patch to the signal, by first children; None where there is none."""
        if not isinstance(self.target, OutsideSignal):
            return None
        return self.target.way(self.instance(L).family, level)

    def all_ways(self, lowest: int) -> bool:
        """Whether there is one at every level of the deepest grammar, from `lowest` to L."""
        L = max(self.depths)
        return all(self.way(L, level) is not None for level in range(lowest, L + 1))


def path_crossover(
    formula: Formula, parameters: SignalDepthsParameters, L: int, level: int
) -> float:
    """N_× by a signal that is on a path, from a formula in the way and the sizes."""
    way = parameters.way(L, level)
    if way is None:
        raise TypeError("a claim about a signal that is on no path")
    sizes = {"V": parameters.V, "m": parameters.m, "s": parameters.s}
    return formula(up=way.up, down=way.down, **sizes)


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
