"""A convolutional network for `layerproof invariance --module nets:cnn`.

`python nets.py grammar.json cnn.pt` trains it on strings of a grammar and writes its state dict.
"""

import sys

import torch
from torch import nn

import layerproof
from layerproof.layerwise.sampling.strings import sample_strings


def cnn(grammar: layerproof.Grammar, width: int = 64) -> nn.Sequential:
    """One convolution a level, whose filters do not overlap, and a linear read-out."""
    branching, channels = grammar.branching, grammar.vocabularies[-1]
    layers: list[nn.Module] = []
    for _ in range(grammar.levels):
        layers += [nn.Conv1d(channels, width, branching, stride=branching), nn.ReLU()]
        channels = width
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(width, grammar.classes))


def one_hot(strings: torch.Tensor, tokens: int) -> torch.Tensor:
    """What `--encoding one-hot --positions last` is: (batch, tokens, positions)."""
    return nn.functional.one_hot(strings.long(), tokens).float().transpose(1, 2)


def trained(grammar: layerproof.Grammar, samples: int = 20_000, epochs: int = 10) -> nn.Sequential:
    """The network after some epochs of Adam on `samples` strings."""
    parts = list(sample_strings(grammar, samples, seed=1))
    strings, labels = (torch.cat(part) for part in zip(*parts, strict=True))
    inputs = one_hot(strings, grammar.vocabularies[-1])
    torch.manual_seed(0)
    model = cnn(grammar)
    optimiser = torch.optim.Adam(model.parameters(), lr=5e-3)
    for _ in range(epochs):
        for batch in torch.randperm(samples).split(256):
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(inputs[batch]), labels[batch].long()).backward()
            optimiser.step()
    return model


if __name__ == "__main__":
    torch.save(trained(layerproof.Grammar.load(sys.argv[1])).state_dict(), sys.argv[2])
