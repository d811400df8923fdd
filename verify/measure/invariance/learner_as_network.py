"""The layerwise learner as a network of plain layers, so that its matrix can be taken as any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from layerproof.layerwise.network import LayerwiseLearner
from layerproof.layerwise.training import Training, checked_training
from layerproof.verify.measure.invariance.expected import stage_sensitivity
from layerproof.verify.measure.invariance.matrices import matrix
from layerproof.verify.measure.invariance.result import InvarianceMatrix


class LayerOutputs(nn.Module):
    """Whole strings (b, s^L) in; one submodule "stage l" for each level, l from the leaves up.

    The output of "stage l" is (b, s^(l-1), n): what the layer of level l makes of every patch. The
    learner itself embeds equal patches of a batch once, so that its own layers have no batch first.
    """

    def __init__(self, learner: LayerwiseLearner, levels: Sequence[int]) -> None:
        super().__init__()
        self.learner = learner
        self.levels = tuple(levels)
        for level in self.levels:
            self.add_module(f"stage {level}", nn.Identity())

    def forward(self, leaves: Tensor) -> Tensor:
        """The embeddings of the last of the levels."""
        found = leaves
        for level in self.levels:
            found = self.get_submodule(f"stage {level}")(self.learner.embed(leaves, level - 1))
        return found


def layer_modules(learner: LayerwiseLearner) -> tuple[LayerOutputs, list[str]]:
    """The learner's trained stages as a network, and their names, from the leaves up."""
    levels = sorted(map(int, learner.layers), reverse=True)
    return LayerOutputs(learner, levels), [f"stage {level}" for level in levels]


def learner_matrix(
    training: Training,
    *,
    samples: int = 2000,
    seed: int = 0,
    confidence: float = 0.95,
    device: torch.device | str | None = None,
) -> InvarianceMatrix:
    """S[l, k] of every trained stage, beside what its sample size predicts.

    The prediction (:func:`layerproof.verify.measure.invariance.expected.stage_sensitivity`) takes
    every stage by itself: noise that the stages below pass on is not in it. There is none where
    stages learned from all patches, from what the learner had made of the signal itself, or from a
    signal that breaks a premise, such as one that tells synonyms apart. Raises as :func:`matrix`
    does.
    """
    model, names = layer_modules(checked_training(training).learner)
    found = matrix(
        model, training.grammar, names, samples=samples, seed=seed, confidence=confidence,
        encode="tokens", device=device,
    )  # fmt: skip
    if not _predictable(training):
        unknown = found.output and replace(found.output, predicted=None)
        return replace(found, represents=None, predicted=None, output=unknown)
    stages = {f"stage {stage.level}": stage for stage in training.stages}
    columns = [
        stage_sensitivity(
            training.grammar,
            stages[name].level,
            stages[name].samples,
            signal=training.signal,
        ).tolist()
        for name in names
    ]
    output = found.output and replace(found.output, predicted=tuple(columns[-1]))
    return replace(
        found, represents=None, predicted=tuple(zip(*columns, strict=True)), output=output
    )


def _predictable(training: Training) -> bool:
    """Whether stages learned from first patches, from a signal itself, which breaks no premise."""
    levels = [stage.level for stage in training.stages]
    broken = any(training.signal.broken(training.grammar, level) for level in levels)
    return training.patches == "first" and training.target is None and not broken
