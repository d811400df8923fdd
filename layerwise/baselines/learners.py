"""The baselines of this package, with the settings that comparisons use."""

from __future__ import annotations

import math

from layerproof.layerwise.architectures.convolutional import Convolutional
from layerproof.layerwise.architectures.fully_connected import FullyConnected
from layerproof.layerwise.architectures.locally_connected import LocallyConnected
from layerproof.layerwise.architectures.two_layer import TwoLayer
from layerproof.layerwise.baselines.end_to_end import Descent, EndToEnd
from layerproof.layerwise.baselines.kernels import NTK, RBF
from layerproof.layerwise.baselines.one_step import OneStepClustering
from layerproof.layerwise.baselines.ridge import KernelRidge
from layerproof.layerwise.baselines.stagewise import Stagewise
from layerproof.layerwise.walk import Walk

FAST = Descent(rate=0.2)
"""Twice C24's step size: half the steps, and thresholds that are no higher."""

SHALLOW = Descent(rate=0.3, most_steps=40_000)
"""For a network whose features move little: among the step sizes 0.1 to 2 about the largest that
does not diverge, which also reaches the lowest test error, so that a comparison favours the
shallow side. The steps and 512 hidden units are enough for a few thousand strings; with 40000 most
of what more would gain is gained, with hundreds of thousands it is not."""

BASELINES = (
    Stagewise(walk=Walk(8.0), claimed=("growth",)),
    OneStepClustering(walk=Walk(4.0)),
    EndToEnd(Convolutional(), FAST, walk=Walk(2.0), claimed=("growth", "n m^L")),
    EndToEnd(LocallyConnected(), FAST, walk=Walk(4.0)),
    EndToEnd(FullyConnected(), FAST, walk=Walk(8.0)),
    EndToEnd(TwoLayer(512), SHALLOW, depth="shallow", walk=Walk(math.inf)),
    KernelRidge(RBF()),
    KernelRidge(NTK()),
)


def as_in_c24(vocabulary: int, branching: int) -> EndToEnd:
    """C24's convolutional network and protocol: width 4 V^s, step size 0.1, loss 10^−3."""
    return EndToEnd(Convolutional(4 * vocabulary**branching))
