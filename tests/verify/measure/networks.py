"""Networks of the kinds that people have, over a grammar of four tokens and strings of four."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from layerproof.theory.ensembles import draw

GRAMMAR = draw("uniform-first-token", vocabulary=4, rules=2, branching=2, levels=2, seed=0)


def seeded(make: Callable[[], nn.Module]) -> nn.Module:
    """What `make` gives from one state of torch's generator, which is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        return make()


def body() -> nn.Sequential:
    """Three layers, (b, 4, 4) to (b, 8, 1)."""
    return nn.Sequential(nn.Conv1d(4, 8, 2, 2), nn.ReLU(), nn.Conv1d(8, 8, 2, 2))


class HeadFirst(nn.Module):
    """Registers its read-out before its body, and calls the body as `call` says."""

    def __init__(self, call: str = "__call__") -> None:
        super().__init__()
        self.head = nn.Linear(8, 4)
        self.body = body()
        self.relu = nn.ReLU()
        self.call = call

    def forward(self, points: Tensor) -> Tensor:
        hidden = getattr(self.body, self.call)(points)
        found: Tensor = self.head(self.relu(self.relu(hidden)).flatten(1))
        return found


class Recurrent(nn.Module):
    """An LSTM with the batch first or second, and a read-out of its last output."""

    def __init__(self, batch_first: bool) -> None:
        super().__init__()
        self.rnn = nn.LSTM(4, 6, batch_first=batch_first)
        self.head = nn.Linear(6, 4)

    def forward(self, points: Tensor) -> Tensor:
        first = self.rnn.batch_first
        hidden = self.rnn(points if first else points.transpose(0, 1))[0]
        found: Tensor = self.head(hidden[:, -1] if first else hidden[-1])
        return found


class Masked(nn.Module):
    """Needs an attention mask beside its tokens, and gives a dict."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(4, 8)
        self.head = nn.Linear(8, 4)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
        hidden = self.embed(input_ids) * attention_mask[..., None]
        return {"hidden": hidden, "scores": self.head(hidden.sum(1))}


class Function(nn.Module):
    """A layer that does what a function does."""

    def __init__(self, function: Callable[[Tensor], object]) -> None:
        super().__init__()
        self.function = function

    def forward(self, points: Tensor) -> object:
        return self.function(points)
