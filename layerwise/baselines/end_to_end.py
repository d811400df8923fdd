"""Networks trained end to end by stochastic gradient descent (C24's protocol)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from layerproof.layerwise.architectures import Architecture, InputSizes
from layerproof.layerwise.architectures.convolutional import Convolutional
from layerproof.layerwise.baselines.base import Baseline, Fitted, Task
from layerproof.layerwise.labelled_strings import whitened
from layerproof.layerwise.objectives import Objective
from layerproof.layerwise.objectives.labels import Labels
from layerproof.theory.errors import InputError, whole_number
from layerproof.theory.randomness import derive_seed


@dataclass(frozen=True)
class Descent:
    """Stochastic gradient descent on the mean loss, as in C24.

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
class EndToEnd(Baseline):
    """A network of one architecture, trained for one objective in single precision."""

    architecture: Architecture = field(default_factory=Convolutional)
    descent: Descent = field(default_factory=Descent)
    objective: Objective = field(default_factory=Labels)
    dtype: torch.dtype = field(default=torch.float32, kw_only=True)

    @property
    def name(self) -> str:
        """The architecture, and what it is trained for where that is not the label."""
        told = "" if isinstance(self.objective, Labels) else f", {self.objective.name}"
        return self.architecture.name + told

    @property
    def help(self) -> str:
        """What its parts are."""
        return f"{self.architecture.help}; trained end to end: {self.objective.help}"

    def learn(self, task: Task) -> Fitted:
        """Train until the loss is low enough or the steps run out.

        Raises InputError where training diverges.
        """
        grammar, vocabulary = task.grammar, task.grammar.vocabularies[-1]
        start = self._generator(task, "weights")
        sizes = InputSizes.of(grammar, self.objective.outputs(grammar))
        network = self.architecture.build(sizes, start).to(task.dtype).to(task.device)
        with torch.enable_grad():
            steps, loss = self._descend(network, task)

        @torch.no_grad()
        def predict(leaves: Tensor) -> Tensor:
            pieces = leaves.to(task.device).split(2**13)
            outputs = [network(whitened(piece, vocabulary, task.dtype)) for piece in pieces]
            return self.objective.labels(torch.cat(outputs)).to(leaves.device)

        return Fitted(predict, steps, loss, loss <= self.descent.loss)

    def _generator(self, task: Task, draw: str) -> torch.Generator:
        return torch.Generator().manual_seed(derive_seed(task.seed, "baseline", self.name, draw))

    def _descend(self, network: nn.Module, task: Task) -> tuple[int, float]:
        """Epochs until the end: the steps made and the last epoch's mean loss."""
        settings, unit, where = self.descent, self.architecture.width, task.device
        leaves = task.strings.leaves.to(where)
        tokens = whitened(leaves, task.grammar.vocabularies[-1], task.dtype)
        target = self.objective.target(task.grammar, task.strings).to(where)
        order = self._generator(task, "order")
        optimiser = torch.optim.SGD(
            network.parameters(), settings.rate * unit, momentum=settings.momentum
        )
        step, mean = 0, math.inf
        while step < settings.most_steps and mean > settings.loss:
            total = torch.zeros((), dtype=task.dtype, device=where)
            # One transfer an epoch: each waits for the device.
            rows_in_order = torch.randperm(len(tokens), generator=order).to(where)
            for rows in rows_in_order.split(settings.batch):
                optimiser.param_groups[0]["lr"] = settings.rate_at(step) * unit
                loss = self.objective.loss(network(tokens[rows]), target[rows])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                total += loss.detach() * len(rows)
                step += 1
            mean = float(total) / len(tokens)
            if not math.isfinite(mean):
                raise InputError("rate", settings.rate, "smaller: the training loss diverged")
            task.report(1, 1, min(1.0, step / settings.most_steps))
        return step, mean
