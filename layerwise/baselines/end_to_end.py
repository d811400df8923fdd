"""Networks trained end to end by stochastic gradient descent (C24's protocol)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor, nn

from layerproof.layerwise.baselines.base import Fitted, Strings, check_strings, report, whitened
from layerproof.layerwise.baselines.networks import dense_network, tree_network
from layerproof.layerwise.progress import Progress
from layerproof.theory.errors import InputError, whole_number
from layerproof.theory.grammar import Grammar
from layerproof.theory.randomness import derive_seed

Architecture = Literal["convolutional", "locally connected", "fully connected", "two-layer"]
ARCHITECTURES: tuple[Architecture, ...] = (
    "convolutional",
    "locally connected",
    "fully connected",
    "two-layer",
)


@dataclass(frozen=True)
class Descent:
    """Stochastic gradient descent on the cross-entropy, as in C24.

    `rate` is the step size in units of the width, annealed by a cosine to a tenth of it over
    `most_steps`; batches of `batch` strings, every string once in an epoch, in a new order. It
    stops after the epoch in which the mean loss over its batches falls below `loss`.
    """

    rate: float = 0.1
    momentum: float = 0.9
    batch: int = 128
    loss: float = 1e-3
    most_steps: int = 20_000

    def __post_init__(self) -> None:
        if not self.rate > 0 or not 0 <= self.momentum < 1 or not self.loss > 0:
            found = f"rate {self.rate}, momentum {self.momentum}, loss {self.loss}"
            raise InputError("descent", found, "rate > 0, 0 <= momentum < 1, loss > 0")
        whole_number("batch", self.batch, minimum=1)
        whole_number("most_steps", self.most_steps, minimum=1)

    def rate_at(self, step: int) -> float:
        """The step size, in units of the width, at one step."""
        turn = math.cos(math.pi * min(1.0, step / self.most_steps))
        return self.rate * (0.55 + 0.45 * turn)


@dataclass(frozen=True)
class EndToEnd:
    """A network of one architecture, `width` channels and, where fully connected, `depth` layers.

    The tree-shaped ones have L layers; a fully connected one has L too, unless `depth` is given;
    a two-layer network has one hidden layer. Each has a linear head on top.
    """

    architecture: Architecture = "convolutional"
    width: int = 128
    depth: int | None = None
    descent: Descent = field(default_factory=Descent)

    def __post_init__(self) -> None:
        if self.architecture not in ARCHITECTURES:
            raise InputError("architecture", self.architecture, ", ".join(ARCHITECTURES))
        whole_number("width", self.width, minimum=1)
        if self.depth is not None:
            whole_number("depth", self.depth, minimum=1)

    @property
    def name(self) -> str:
        """The architecture."""
        return self.architecture

    def network(
        self, grammar: Grammar, generator: torch.Generator, dtype: torch.dtype = torch.float64
    ) -> nn.Sequential:
        """The network at its start: whitened tokens (b, d, V) to logits (b, n)."""
        vocabulary, classes = grammar.vocabularies[-1], grammar.classes
        if self.architecture in ("convolutional", "locally connected"):
            shared = self.architecture == "convolutional"
            built = tree_network(
                vocabulary, grammar.branching, grammar.levels, classes, self.width,
                shared=shared, generator=generator,
            )  # fmt: skip
        else:
            depth = 1 if self.architecture == "two-layer" else (self.depth or grammar.levels)
            inputs = grammar.input_length * vocabulary
            built = dense_network(inputs, [self.width] * depth, classes, generator=generator)
        return built.to(dtype)

    def fit(
        self,
        grammar: Grammar,
        strings: Strings,
        *,
        seed: int,
        device: torch.device | None = None,
        dtype: torch.dtype = torch.float64,
        progress: Progress | None = None,
    ) -> Fitted:
        """Train until the loss is low enough or the steps run out.

        Raises InputError for strings that do not fit the grammar, and where training diverges.
        """
        check_strings(grammar, strings)
        where = device if device is not None else strings.leaves.device
        start = torch.Generator().manual_seed(derive_seed(seed, "baseline", self.name, "weights"))
        network = self.network(grammar, start, dtype).to(where)
        tokens = whitened(strings.leaves.to(where), grammar.vocabularies[-1], dtype)
        labels = strings.labels.to(where, torch.int64)
        order = torch.Generator().manual_seed(derive_seed(seed, "baseline", self.name, "order"))
        with torch.enable_grad():
            steps, loss = self._descend(network, tokens, labels, order, progress)
        vocabulary = grammar.vocabularies[-1]

        @torch.no_grad()
        def predict(leaves: Tensor) -> Tensor:
            pieces = leaves.to(where).split(2**13)
            logits = [network(whitened(piece, vocabulary, dtype)) for piece in pieces]
            return torch.cat(logits).argmax(dim=1).to(leaves.device)

        return Fitted(predict, steps, loss, loss <= self.descent.loss)

    def _descend(
        self,
        network: nn.Sequential,
        tokens: Tensor,
        labels: Tensor,
        order: torch.Generator,
        progress: Progress | None,
    ) -> tuple[int, float]:
        """Epochs until the end: the steps made and the last epoch's mean loss."""
        settings = self.descent
        optimiser = torch.optim.SGD(
            network.parameters(), settings.rate * self.width, momentum=settings.momentum
        )
        step, mean = 0, math.inf
        while step < settings.most_steps and mean > settings.loss:
            total = torch.zeros((), dtype=tokens.dtype, device=tokens.device)
            # One transfer an epoch: each waits for the device.
            rows_in_order = torch.randperm(len(tokens), generator=order).to(tokens.device)
            for rows in rows_in_order.split(settings.batch):
                optimiser.param_groups[0]["lr"] = settings.rate_at(step) * self.width
                loss = nn.functional.cross_entropy(network(tokens[rows]), labels[rows])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                total += loss.detach() * len(rows)
                step += 1
            mean = float(total) / len(tokens)
            if not math.isfinite(mean):
                raise InputError("rate", settings.rate, "smaller: the training loss diverged")
            report(progress, 1, 1, min(1.0, step / settings.most_steps))
        return step, mean
