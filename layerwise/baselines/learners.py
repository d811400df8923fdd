"""The baselines by name, with the settings that comparisons use."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from layerproof.layerwise.baselines.base import Baseline
from layerproof.layerwise.baselines.end_to_end import Descent, EndToEnd
from layerproof.layerwise.baselines.kernels import NTK, RBF
from layerproof.layerwise.baselines.one_step import OneStepClustering
from layerproof.layerwise.baselines.ridge import KernelRidge
from layerproof.layerwise.baselines.stagewise import Stagewise
from layerproof.theory.errors import InputError

FAST = Descent(rate=0.2)
"""Twice C24's step size: half the steps, and thresholds that are no higher."""

SHALLOW = Descent(rate=0.3, most_steps=40_000)
"""For a network whose features move little: among the step sizes 0.1 to 2 about the largest that
does not diverge, which also reaches the lowest test error, so that a comparison favours the
shallow side. The steps and 512 hidden units are enough for a few thousand strings; with 40000 most
of what more would gain is gained, with hundreds of thousands it is not."""

LEARNERS: Mapping[str, Baseline] = MappingProxyType(
    {
        learner.name: learner
        for learner in (
            Stagewise(),
            OneStepClustering(),
            EndToEnd("convolutional", descent=FAST),
            EndToEnd("locally connected", descent=FAST),
            EndToEnd("fully connected", descent=FAST),
            EndToEnd("two-layer", width=512, descent=SHALLOW),
            KernelRidge(RBF()),
            KernelRidge(NTK()),
        )
    }
)
"""Every baseline, by name."""


def learner(name: str) -> Baseline:
    """The baseline of this name. Raises InputError, which lists them, where there is none."""
    if name not in LEARNERS:
        raise InputError("learner", name, f"one of {', '.join(LEARNERS)}")
    return LEARNERS[name]


def as_in_c24(vocabulary: int, branching: int) -> EndToEnd:
    """C24's convolutional network and protocol: width 4 V^s, step size 0.1, loss 10^−3."""
    return EndToEnd("convolutional", width=4 * vocabulary**branching)
