"""C24's layerwise algorithm: one gradient step on a two-layer network, then clustering (App. D).

At each level, from the leaves up: a two-layer network sees the first patch, one-hot among the K^s
tuples, f(x) = A relu(W x/K)/h with W = 1 (h, K^s) and A fixed Gaussian (n, h). One full-batch step
on the mean cross-entropy moves the column of tuple μ by

    η/(K P h) Aᵀ(C_μ − Σ_ζ C_μζ p),        C_μ (n,) the label counts of μ, p the output at start,

which is a random image of its empirical label law. Columns of synonyms move alike, k-means finds
the groups, and every patch of the level is replaced by the name of its group; at level 1 the
network itself is read.

Unlike C24's code: any s, and n may exceed V; tuples that were not in the sample keep W = 1, on
which the code's k-means has to spend a cluster, and are one extra token here; the step size grows
with the number of tuples, since columns would hardly move otherwise, and the read-out at level 1
would be that of the start.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans2
from scipy.spatial.distance import cdist
from torch import Tensor

from layerproof.layerwise.baselines.base import Baseline, Fitted, Task
from layerproof.layerwise.clustering import tuple_codes
from layerproof.theory.errors import InputError, whole_number
from layerproof.theory.randomness import generator

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class OneStepClustering(Baseline):
    """One gradient step of size `step` · K^(s+1) h on h = `width` hidden units, then k-means.

    A frequent tuple's column then moves by about `step`; 2 is C24's 1000 h at K = 8, s = 2. The
    best of `starts` runs of k-means counts.
    """

    width: int = 256
    step: float = 2.0
    starts: int = 10

    def __post_init__(self) -> None:
        whole_number("width", self.width, minimum=1)
        whole_number("starts", self.starts, minimum=1)
        if not self.step > 0:
            raise InputError("step", self.step, "a positive number")

    @property
    def name(self) -> str:
        """What tables call it."""
        return "one step and clustering"

    @property
    def help(self) -> str:
        """What it is, in one line."""
        return "one gradient step on a two-layer network and k-means, level by level (C24 App. D)"

    def learn(self, task: Task) -> Fitted:
        """Levels L to 1 on the same strings. Runs on the host, in double precision."""
        grammar, strings = task.grammar, task.strings
        labels = strings.labels.cpu().numpy().astype(np.int64)
        tokens = strings.leaves.cpu().numpy().astype(np.int64)
        size, groups = grammar.vocabularies[-1], []
        for level in range(grammar.levels, 0, -1):
            rng = generator(task.seed, "baseline", self.name, "level", level)
            codes = tuple_codes(tokens, grammar.branching, size)
            layer = first_layer(
                codes[:, 0], labels, size**grammar.branching, grammar.classes, size,
                width=self.width, step=self.step, rng=rng,
            )  # fmt: skip
            if level > 1:
                clusters = grammar.vocabularies[level - 1]
                group = cluster_columns(layer, codes[:, 0], clusters, self.starts, rng)
                groups.append((group, size))
                tokens, size = group[codes], clusters + 1
            task.report(level, grammar.levels, 1.0)
        answer = layer.labels()

        def predict(leaves: Tensor) -> Tensor:
            current = leaves.cpu().numpy().astype(np.int64)
            for group, count in groups:
                current = group[tuple_codes(current, grammar.branching, count)]
            last = tuple_codes(current, grammar.branching, size)[:, 0]
            return torch.from_numpy(answer[last]).to(leaves.device)

        return Fitted(predict, steps=grammar.levels)


@dataclass(frozen=True)
class StepLayer:
    """The two-layer network after its step: columns W (h, K^s) and read-out A (n, h).

    `scale` is the 1/K by which pre-activations are divided.
    """

    columns: Floats
    readout: Floats
    scale: float

    def labels(self) -> Integers:
        """The predicted label of every tuple: (K^s,)."""
        logits = self.readout @ np.maximum(self.columns * self.scale, 0.0) / len(self.columns)
        return np.asarray(logits.argmax(axis=0), dtype=np.int64)


def first_layer(
    first: Integers,
    labels: Integers,
    tuples: int,
    classes: int,
    size: int,
    *,
    width: int,
    step: float,
    rng: np.random.Generator,
) -> StepLayer:
    """One full-batch step from W = 1: `first` (P,) are the codes of the first patches."""
    readout = rng.standard_normal((classes, width))
    counts = np.zeros((tuples, classes))
    np.add.at(counts, (first, labels), 1.0)
    logits = readout.sum(axis=1) / (size * width)
    chance = np.exp(logits - logits.max())
    chance /= chance.sum()
    residual = counts - counts.sum(axis=1, keepdims=True) * chance
    # Of η = step · K^s K h, the factors K h cancel the 1/(K h) of the gradient.
    columns = 1.0 + (step * tuples / len(first)) * (readout.T @ residual.T)
    return StepLayer(columns, readout, 1.0 / size)


def cluster_columns(
    layer: StepLayer, first: Integers, clusters: int, starts: int, rng: np.random.Generator
) -> Integers:
    """The group of every tuple, (K^s,): 0 … clusters − 1, and `clusters` where it was not seen."""
    tuples = layer.columns.shape[1]
    seen = np.unique(first)
    groups = np.full(tuples, clusters, dtype=np.int64)
    points = layer.columns[:, seen].T
    if len(seen) <= clusters:
        groups[seen] = np.arange(len(seen))
        return groups
    runs = [_k_means(points, clusters, rng) for _ in range(starts)]
    groups[seen] = min(runs, key=lambda run: run[1])[0]
    return groups


def _k_means(points: Floats, clusters: int, rng: np.random.Generator) -> tuple[Integers, float]:
    """One run of k-means: the groups and the sum of squared distances to the centres."""
    with warnings.catch_warnings():
        # A run that leaves a cluster empty is a bad run; the best of several counts.
        warnings.filterwarnings("ignore", message="One of the clusters is empty")
        seeds = _seeds(points, clusters, rng)
        centres, group = kmeans2(points, seeds, iter=50, minit="matrix")
    return group.astype(np.int64), float(((points - centres[group]) ** 2).sum())


def _seeds(points: Floats, clusters: int, rng: np.random.Generator) -> Floats:
    """Greedy k-means++: of 2 + log k candidates drawn by squared distance, the best.

    Each seed is the candidate that lowers the sum of squared distances most.

    Plain k-means++ leaves some of many groups without a seed. Source: Arthur and Vassilvitskii
    (SODA 2007), Sec. 7.
    """
    candidates = 2 + int(np.log(clusters))
    chosen = [int(rng.integers(len(points)))]
    nearest = _squared_distances(points, points[chosen])[:, 0]
    while len(chosen) < clusters:
        law = nearest / nearest.sum() if nearest.sum() > 0 else None
        drawn = rng.choice(len(points), candidates, p=law)
        after = np.minimum(nearest[:, None], _squared_distances(points, points[drawn]))
        best = int(after.sum(axis=0).argmin())
        chosen.append(int(drawn[best]))
        nearest = after[:, best]
    return points[chosen]


def _squared_distances(points: Floats, centres: Floats) -> Floats:
    return np.asarray(cdist(points, centres, "sqeuclidean"))
