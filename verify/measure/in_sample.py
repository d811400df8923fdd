"""Which patches a trained layer has seen, told from the points that its kernel is anchored at."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from layerproof.layerwise.network import KernelLayer, LayerwiseLearner
from layerproof.theory.grammar import Grammar
from layerproof.verify.measure.realisations import realisations
from layerproof.verify.measure.representations import MOST_STRINGS

ANCHOR_ROUNDING = 1e-9
"""Two computations of one embedding agree within this, since matrix products of other shapes round
otherwise; the embeddings of two strings differ by their sampling noise, which is far larger."""


def in_sample(
    learner: LayerwiseLearner, grammar: Grammar, level: int, *, seed: int
) -> NDArray[np.bool_]:
    """Which patches of `level` its layer was trained on, (|P_l|,).

    A patch was seen where the embedded tokens of one of its leaf strings are an anchor. All count
    as seen where the strings are too many to be listed, and for random features, which keep none.
    """
    strings = realisations(grammar, level, seed=seed, limit=MOST_STRINGS)
    layer = learner.layer(level)
    if not (strings.exhaustive and isinstance(layer, KernelLayer)):
        return np.ones(len(grammar.patches(level).patch), dtype=bool)
    with torch.no_grad():
        tokens = learner.embed(torch.from_numpy(strings.leaves).to(learner.device), level)
    points = tokens.flatten(1).to("cpu", torch.float64).numpy()
    anchors = layer.anchors.to("cpu", torch.float64).numpy()
    # A tree looks no further than the rounding: of all anchors almost none is compared.
    tree = cKDTree(anchors, balanced_tree=False)
    distance = tree.query(points, p=np.inf, distance_upper_bound=ANCHOR_ROUNDING)[0]
    return np.bincount(strings.patch, weights=distance < ANCHOR_ROUNDING) > 0
