"""Generating strings by undoing noise: reverse processes driven by any denoiser.

Every step guesses the clean string and goes part of the way back to it. Where the guess is drawn
from the joint posterior of the clean string the step is exact, and so is the law of the strings,
after any number of steps. A network gives one law a token: tokens that are restored in one step
are then drawn without regard to each other, and the law is exact only where one token is restored
at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from layerproof.layerwise.denoising.processes import NoiseProcess
from layerproof.theory.errors import InputError, whole_number
from layerproof.theory.inference import MASKED

Guess = Callable[[Tensor, float, torch.Generator], Tensor]
"""From noisy strings, their noise and a generator a guess of the clean ones: tokens (b, d) or, for
Gaussian noise, means (b, d, V). Such as the methods `joint`, `factorised` and `expected` of
:class:`layerproof.layerwise.denoising.exact.ExactDenoiser`."""


def noise_schedule(steps: int) -> list[float]:
    """Noise from 1 to 0 in equal steps.

    >>> noise_schedule(4)
    [1.0, 0.75, 0.5, 0.25, 0.0]
    """
    whole_number("steps", steps, minimum=1)
    return [1.0 - step / steps for step in range(steps)] + [0.0]


def reversed_process(
    process: NoiseProcess,
    guess: Guess,
    schedule: Sequence[float],
    *,
    strings: int,
    length: int,
    generator: torch.Generator,
    start: Tensor | None = None,
) -> Tensor:
    """Strings (strings, length) from pure noise, or from `start`, which has the first noise.

    schedule: the noise of every step, falling from at most 1 to 0. That of DDPM libraries is
    1 − ᾱ: for diffusers ``[*(1 - scheduler.alphas_cumprod).flip(0).tolist(), 0.0]``.

    Raises InputError for a schedule that does not fall from at most 1 to 0, and where there is no
    start and it begins below 1 by more than 1 %.

    >>> from layerproof.layerwise.denoising import ExactDenoiser, MaskingProcess
    >>> from layerproof.theory.ensembles import draw
    >>> grammar = draw("uniform", vocabulary=4, rules=2, branching=2, levels=2, seed=0)
    >>> exact = ExactDenoiser(grammar, MaskingProcess(4), torch.device("cpu"))
    >>> generator = torch.Generator().manual_seed(0)
    >>> sizes = {"strings": 100, "length": 4, "generator": generator}
    >>> found = reversed_process(exact.process, exact.joint, noise_schedule(3), **sizes)
    >>> bool(exact.log_likelihood(found, 0.0).isfinite().all())  # all are of the grammar
    True
    """
    levels = checked_schedule(schedule)
    if start is None:
        if levels[0] < 0.99:
            raise InputError(
                "the first noise", levels[0], "1, unless the strings to start at are given"
            )
        start = process.pure(strings, length, generator, generator.device)
    noisy = start
    for noise, lower in pairwise(levels):
        clean = guess(noisy, noise, generator)
        noisy = process.restored(noisy, clean, noise, lower, generator) if lower else clean
    return noisy.argmax(-1) if noisy.is_floating_point() else noisy


def checked_schedule(schedule: Sequence[float]) -> list[float]:
    """The noise of every step; InputError unless it falls from at most 1 to 0."""
    levels = [float(noise) for noise in schedule]
    falls = all(later < earlier for earlier, later in pairwise(levels))
    if len(levels) < 2 or not falls or levels[0] > 1 or levels[-1] != 0:
        raise InputError("schedule", levels, "at least two numbers that fall from at most 1 to 0")
    return levels


def unmasked(
    guess: Guess,
    *,
    strings: int,
    length: int,
    at_once: int,
    generator: torch.Generator,
    from_the_left: bool = False,
) -> Tensor:
    """Strings (strings, length) from masked ones, of which `at_once` tokens show at every step.

    The tokens are shown in an order drawn anew for each string, or `from_the_left`: at_once = 1 is
    then ancestral sampling, one token after another. With a guess that draws every token by itself,
    the law is that of the grammar only for at_once = 1.
    """
    whole_number("at_once", at_once, minimum=1)
    device = generator.device
    rank = torch.arange(length, device=device).expand(strings, length)
    if not from_the_left:
        keys = torch.rand((strings, length), device=device, generator=generator)
        rank = keys.argsort(1).argsort(1)
    tokens = torch.full((strings, length), MASKED, device=device)
    for first in range(0, length, at_once):
        clean = guess(tokens, 1.0 - first / length, generator)
        shown = (rank >= first) & (rank < first + at_once)
        tokens = torch.where(shown, clean, tokens)
    return tokens
