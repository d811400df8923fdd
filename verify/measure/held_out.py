"""Held-out strings as a stage sees them: the patch, its representation by trained layers, the
label.

The layers below the stage are trained on samples of their own; the strings come from another
stream. Two negative controls act here: labels replaced by uniform ones, in training and held out,
and labels written into the representation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from layerproof.layerwise.features import rbf_kernel
from layerproof.layerwise.sampling.derivations import StringSampler
from layerproof.layerwise.signals import Tree
from layerproof.layerwise.training import train
from layerproof.theory.grammar import Grammar
from layerproof.theory.randomness import derive_seed, generator
from layerproof.theory.schedule import Schedule
from layerproof.theory.signals import LABEL, Signal

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class NoisyLabel(Signal):
    """The label, replaced by a uniform one with probability `share`."""

    share: float

    name = "noisy label"
    help = "the label, or a uniform one"
    uniforms = 2

    def size(self, grammar: Grammar, level: int) -> int:
        """The number of classes n."""
        return grammar.classes

    def with_parent(self, grammar: Grammar, level: int, position: int = 0) -> Floats:
        """P[parent = ν, noisy label], (V_(l-1), n)."""
        joint = LABEL.with_parent(grammar, level, position)
        uniform = joint.mean(axis=1, keepdims=True)
        return np.asarray((1 - self.share) * joint + self.share * uniform)

    def value(
        self,
        grammar: Grammar,
        tree: Sequence[Any],
        level: int,
        position: int = 0,
        uniform: Any = None,
    ) -> Any:
        """The label where the first uniform number is not below the share, else the second's."""
        noisy = uniform[:, 0] < self.share
        return tree[0][:, 0] * ~noisy + (uniform[:, 1] * grammar.classes // 1) * noisy


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Strings as the stage of one level sees them.

    `gram` (k, k): inner products of the patch embeddings Φ(x) with the exact kernel; `patch` (k,)
    numbers the first patches; `label` (k,).
    """

    gram: Floats
    patch: Integers
    label: Integers
    classes: int


def held_out(
    grammar: Grammar,
    schedule: Schedule,
    level: int,
    *,
    strings: int,
    seed: int,
    label_noise: float = 0.0,
    leak: float = 0.0,
    device: str | None = None,
) -> HeldOut:
    """Train the layers below `level` and show them `strings` fresh strings.

    `label_noise` is the share of labels replaced by uniform ones. `leak` is the length of a random
    vector, one for each label, that is added to the representation. At level L there is nothing to
    train and the tokens are one-hot.
    """
    sampler = StringSampler(grammar, torch.device("cpu"))
    stream = torch.Generator()
    stream.manual_seed(derive_seed(seed, "held-out"))
    tree = sampler.trees(strings, stream)
    points = _represented(grammar, schedule, level, tree, seed, NoisyLabel(label_noise), device)
    rng = generator(seed, "controls")
    label = np.where(
        rng.random(strings) < label_noise,
        rng.integers(grammar.classes, size=strings),
        tree[0][:, 0].numpy(),
    )
    directions = rng.standard_normal((grammar.classes, points.shape[1]))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    points = points + leak * torch.from_numpy(directions[label])
    gram = rbf_kernel(points, points, schedule.stage(level).bandwidth)
    first = tree[level][:, : grammar.branching].numpy()
    patch = np.unique(first, axis=0, return_inverse=True)[1].reshape(-1)
    return HeldOut(gram.numpy(), patch, label, grammar.classes)


def _represented(
    grammar: Grammar,
    schedule: Schedule,
    level: int,
    tree: Tree,
    seed: int,
    signal: NoisyLabel,
    device: str | None,
) -> Tensor:
    """x: the concatenated token embeddings of the first level-`level` patch, (k, s d), on the CPU.

    d is V_L at level L, where they are one-hot.
    """
    if level == grammar.levels:
        tokens = tree[-1][:, : grammar.branching]
        one_hot = torch.eye(grammar.vocabularies[-1], dtype=torch.float64)
        return one_hot[tokens].flatten(1)
    below = schedule.down_from(level + 1)
    seed = derive_seed(seed, "train")
    learner = train(grammar, below, seed=seed, device=device, signal=signal).learner
    width = grammar.leaves_below(level)
    tokens = learner.embed(tree[-1][:, :width].to(learner.device), level)
    return tokens.flatten(1).to("cpu", torch.float64)
