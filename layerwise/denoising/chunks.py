"""Forward and back: which tokens of a derivation change when its string is noised and denoised.

The changes come in chunks, since a latent that changes takes the leaves below it along. How long
they are is told against leaves that change as often, each by itself.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from layerproof.layerwise.denoising.exact import ExactDenoiser
from layerproof.theory.errors import InputError, whole_number
from layerproof.theory.predictions_denoising import RUN_ALONE


def changed_tokens(
    exact: ExactDenoiser, strings: int, noise: float, generator: torch.Generator
) -> list[Tensor]:
    """Which tokens differ after noise and exact denoising, of the levels 0 to L, (strings, s^l).

    Derivations are drawn from the grammar, their strings get noise, and a derivation is drawn from
    the joint posterior. Raises InputError for a noise that is none.

    >>> from layerproof.layerwise.denoising import MaskingProcess
    >>> from layerproof.theory.ensembles import draw
    >>> grammar = draw("uniform", vocabulary=4, rules=2, branching=2, levels=2, seed=0)
    >>> exact = ExactDenoiser(grammar, MaskingProcess(4), torch.device("cpu"))
    >>> generator = torch.Generator().manual_seed(0)
    >>> [int(level.sum()) for level in changed_tokens(exact, 5, 0.0, generator)]
    [0, 0, 0]
    """
    whole_number("strings", strings, minimum=1)
    process, length = exact.process, exact.grammar.input_length
    nothing = process.pure(strings, length, generator, exact.device)
    clean = exact.derivations(nothing, 1.0, generator)
    back = exact.derivations(process.corrupted(clean[-1], noise, generator), noise, generator)
    return [after != before for after, before in zip(back, clean, strict=True)]


class Chunks(NamedTuple):
    """How changes stand together in strings.

    share: of all tokens that changed. length: the mean length of a run of changed ones, and alone:
    what it is where each changes by itself, equally often. variance: that of the number of changed
    tokens of a string, in units of what it is then; the number of tokens that change together.
    Where nothing changed, or everything, there are no chunks, and all but the share are NaN.
    """

    share: float
    length: float
    alone: float
    variance: float


def chunks(changed: Tensor) -> Chunks:
    """The chunks of changed tokens (strings, d).

    >>> chunks(torch.tensor([[True, True, False, False], [False, False, True, True]]))
    Chunks(share=0.5, length=2.0, alone=1.6, variance=0.0)
    """
    if changed.ndim != 2 or changed.dtype != torch.bool or not changed.numel():
        allowed = "booleans of shape (strings, tokens), at least one"
        raise InputError("changed", f"{changed.dtype} of shape {tuple(changed.shape)}", allowed)
    tokens = changed.shape[1]
    share = float(changed.double().mean())
    if not 0.0 < share < 1.0:
        return Chunks(share, torch.nan, torch.nan, torch.nan)
    starts = changed.clone()
    starts[:, 1:] &= ~changed[:, :-1]
    number = changed.sum(1).double()
    return Chunks(
        share,
        float(number.sum() / starts.sum()),
        RUN_ALONE(s=tokens, L=1, changed=share),  # a string is s^L tokens
        float(number.var(correction=0) / (tokens * share * (1 - share))),
    )


def dealt_anew(changed: Tensor, generator: torch.Generator) -> Tensor:
    """The null: the changes of each position, dealt anew among the strings."""
    keys = torch.rand(changed.shape, generator=generator, device=changed.device)
    return changed.gather(0, keys.argsort(0))
