"""One trainer for all generators: Adam, stopped early by a rule that is stated beforehand.

Nothing is random but by the seed of each step, so that a training that was interrupted goes on bit
for bit as it would have without: what has to be kept is the weights, Adam's moments, the best
weights so far, and the record of what was computed on strings held out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from layerproof.layerwise.progress import Progress, ProgressEvent
from layerproof.theory.errors import InputError, whole_number

MOMENTS = ("exp_avg", "exp_avg_sq", "step")
"""What Adam keeps of a parameter."""


class GenerativeTask(Protocol):
    """What a network is trained for; both depend on the weights and on nothing that changes."""

    def costs(self, network: nn.Module, step: int, batch: int) -> Tensor:
        """The loss of every string of the batch of a step, (batch,)."""

    def held_out(self, network: nn.Module) -> float:
        """The mean loss of strings that are not trained on: the same ones at every call."""


@dataclass(frozen=True)
class AdamDescent:
    """Adam with a step size that falls to 0 by a cosine, and the rule that ends it.

    Every `every` steps the loss of strings held out is computed. Training ends after `steps` steps,
    or as soon as `patience` of these in a row were no lower than the lowest; the weights of the
    lowest are kept.
    """

    steps: int = 1500
    batch: int = 256
    rate: float = 3e-3
    every: int = 25
    patience: int = 10

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "every", "patience"):
            whole_number(name, getattr(self, name), minimum=1, maximum=10**9)
        if not 0 < self.rate < math.inf:
            raise InputError("rate", self.rate, "a positive number")

    def rate_at(self, step: int) -> float:
        """The step size of one step."""
        return self.rate * (0.5 + 0.5 * math.cos(math.pi * step / self.steps))


@dataclass(frozen=True)
class HeldOutLoss:
    """After `step` steps: the mean training `loss` since the last one, and that `held_out`."""

    step: int
    loss: float
    held_out: float


class AdamRun:
    """A network on its way down, which can be kept and taken up again."""

    def __init__(self, network: nn.Module, settings: AdamDescent) -> None:
        self.network, self.settings = network, settings
        self.history: list[HeldOutLoss] = []
        self.best = self._weights()
        self._optimiser = torch.optim.Adam(network.parameters(), lr=settings.rate)

    @property
    def step(self) -> int:
        """How many steps were made, up to the last time that something was held out."""
        return self.history[-1].step if self.history else 0

    @property
    def lowest(self) -> HeldOutLoss | None:
        """The first of the lowest losses held out; the weights of that step are the best ones."""
        return min(self.history, key=lambda found: found.held_out, default=None)

    @property
    def stalled(self) -> bool:
        """Whether `patience` losses held out in a row were no lower than the lowest."""
        since = sum(found.step > self.lowest.step for found in self.history) if self.lowest else 0
        return since >= self.settings.patience

    @property
    def finished(self) -> bool:
        """Whether the rule ends the training here."""
        return self.step >= self.settings.steps or self.stalled

    def run(
        self,
        task: GenerativeTask,
        *,
        progress: Progress | None = None,
        keep: Callable[[AdamRun], None] | None = None,
    ) -> None:
        """Descend until the rule ends it; `keep` is called whenever there is something to keep.

        Raises InputError where the loss is no longer a number.
        """
        while not self.finished:
            first, last = self.step, min(self.step + self.settings.every, self.settings.steps)
            with torch.enable_grad():
                loss = sum(self._step(task, step) for step in range(first, last)) / (last - first)
            with torch.no_grad():
                held_out = task.held_out(self.network)
            if not math.isfinite(loss + held_out):
                allowed = "smaller: the training loss diverged"
                raise InputError("rate", self.settings.rate, allowed)
            before = self.lowest
            self.history.append(HeldOutLoss(last, loss, held_out))
            if before is None or held_out < before.held_out:
                self.best = self._weights()
            if progress is not None:
                progress(ProgressEvent(1, 1, 1.0 if self.finished else last / self.settings.steps))
            if keep is not None:
                keep(self)

    def best_network(self) -> nn.Module:
        """The network with its best weights."""
        self.network.load_state_dict(dict(self.best))
        return self.network

    def tensors(self) -> dict[str, Tensor]:
        """All that has to be kept, by names of their own."""
        found = {f"best.{name}": value for name, value in self.best.items()}
        found |= {f"network.{name}": value for name, value in self._weights().items()}
        for name, weight in self.network.named_parameters():
            state = self._optimiser.state.get(weight, {})
            found |= {f"adam.{name}.{key}": state[key].clone() for key in MOMENTS if key in state}
        return found

    def restore(self, tensors: Mapping[str, Tensor], history: list[HeldOutLoss]) -> None:
        """Take up what :meth:`tensors` gave after that history; the shapes have to fit."""
        self.network.load_state_dict(_below(tensors, "network."))
        self.best, self.history = _below(tensors, "best."), list(history)
        names = [name for name, _ in self.network.named_parameters()]
        moments = {index: _below(tensors, f"adam.{name}.") for index, name in enumerate(names)}
        groups = self._optimiser.state_dict()["param_groups"]
        self._optimiser.load_state_dict({"state": moments, "param_groups": groups})

    def _step(self, task: GenerativeTask, step: int) -> float:
        self._optimiser.param_groups[0]["lr"] = self.settings.rate_at(step)
        loss = task.costs(self.network, step, self.settings.batch).mean()
        self._optimiser.zero_grad()
        loss.backward()
        self._optimiser.step()
        return float(loss.detach())

    def _weights(self) -> dict[str, Tensor]:
        return {name: value.detach().clone() for name, value in self.network.state_dict().items()}


def _below(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }
