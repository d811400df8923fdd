"""Fitting autoencoders to strings by Adam, a fixed number of steps at a falling rate."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from layerproof.layerwise.autoencoders.flat import FlatAutoencoder, Latent, Sees
from layerproof.layerwise.autoencoders.tree import TreeAutoencoder
from layerproof.theory.errors import InputError, whole_number
from layerproof.theory.grammar import Grammar
from layerproof.theory.inference import sample_derivations
from layerproof.theory.randomness import derive_seed
from layerproof.theory.randomness import generator as numpy_generator


@dataclass(frozen=True)
class AutoencoderFit:
    """How long to fit, and to how many strings; `tested` fresh ones are kept apart.

    The step size falls by a cosine to a tenth of `rate`; no step is left out, and the last is kept.
    """

    steps: int = 600
    batch: int = 256
    rate: float = 0.01
    strings: int = 20_000
    tested: int = 4000

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "strings", "tested"):
            whole_number(name, getattr(self, name), minimum=1)
        if not 0 < self.rate < math.inf:
            raise InputError("rate", self.rate, "a finite number above 0")


@dataclass(frozen=True, eq=False)
class FittedAutoencoder:
    """A fitted model, and what each of the fresh strings costs, in nats: rate and distortion, (P,).

    levels: the tokens of the fresh strings, level by level. code: q(z | x) of each, (P, K), where
    the latent is categorical.
    """

    model: nn.Module
    rate: Tensor
    distortion: Tensor
    levels: tuple[Tensor, ...]
    code: Tensor | None = None

    @property
    def nelbo(self) -> Tensor:
        """The negative evidence bound of each fresh string, (P,)."""
        return self.rate + self.distortion


def fit_flat(
    grammar: Grammar,
    latent: Latent,
    size: int,
    fit: AutoencoderFit,
    *,
    seed: int,
    sees: Sees = "string",
    device: torch.device | None = None,
) -> FittedAutoencoder:
    """An autoencoder of one latent; its encoder sees the string, or its label.

    Raises InputError for a latent of no size, or a fit that does not end or diverges.
    """
    whole_number("size", size, minimum=1)
    where, draws = device or torch.device("cpu"), _generator(seed, "codes")
    sizes = (grammar.classes, grammar.input_length, grammar.vocabularies[-1])
    start = _generator(seed, "weights")
    model = FlatAutoencoder(sizes, latent, size, sees=sees, generator=start).to(where)
    given, fresh = _strings(grammar, fit, seed, where)

    def cost(rows: Tensor) -> Tensor:
        return torch.stack(model.costs(given[-1][rows], given[0][rows, 0], draws)).sum(0)

    _descend(model, cost, fit, _generator(seed, "batches"))
    with torch.no_grad():
        rate, distortion = model.costs(fresh[-1], fresh[0][:, 0], draws)
        found = model.posterior(fresh[-1], fresh[0][:, 0])
    code = found.exp() if latent == "categorical" else None
    return FittedAutoencoder(model, rate, distortion, fresh, code)


def fit_tree(
    grammar: Grammar, fit: AutoencoderFit, *, seed: int, device: torch.device | None = None
) -> FittedAutoencoder:
    """A hierarchical autoencoder with as many values a node as the grammar has leaf symbols.

    Its whole cost stands under `rate`: given all latents of the tree a string costs nothing more.
    Raises InputError for a fit that does not end or diverges.
    """
    where, symbols = device or torch.device("cpu"), grammar.vocabularies[-1]
    start = _generator(seed, "weights")
    model = TreeAutoencoder(symbols, grammar.branching, grammar.levels, generator=start).to(where)
    given, fresh = _strings(grammar, fit, seed, where)
    _descend(model, lambda rows: model.cost(given[-1][rows]), fit, _generator(seed, "batches"))
    with torch.no_grad():
        rate = model.cost(fresh[-1])
    return FittedAutoencoder(model, rate, torch.zeros_like(rate), fresh)


def _descend(
    model: nn.Module,
    cost: Callable[[Tensor], Tensor],
    fit: AutoencoderFit,
    generator: torch.Generator,
) -> None:
    optimiser = torch.optim.Adam(model.parameters(), fit.rate)
    for step in range(fit.steps):
        turn = math.cos(math.pi * step / fit.steps)
        optimiser.param_groups[0]["lr"] = fit.rate * (0.55 + 0.45 * turn)
        loss = cost(torch.randint(fit.strings, (fit.batch,), generator=generator)).mean()
        if not math.isfinite(loss.item()):
            raise InputError("rate", fit.rate, "smaller: the fit diverged")
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


def _strings(
    grammar: Grammar, fit: AutoencoderFit, seed: int, device: torch.device
) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """The tokens of all levels, of the strings to fit to and of the fresh ones."""
    rng = numpy_generator(seed, "autoencoder", "strings")
    drawn = sample_derivations(grammar, fit.strings + fit.tested, rng).levels
    levels = [torch.from_numpy(np.ascontiguousarray(level)).to(device) for level in drawn]
    return (
        tuple(level[: fit.strings] for level in levels),
        tuple(level[fit.strings :] for level in levels),
    )


def _generator(seed: int, draw: str) -> torch.Generator:
    return torch.Generator().manual_seed(derive_seed(seed, "autoencoder", draw))
