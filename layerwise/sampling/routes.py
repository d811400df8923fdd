"""The three exact routes to one law, and the choice between them.

Each draws the samples of one stage: (leaf string of the first patch, signal value). They agree in
law, and differ in cost: "strings" expands s^L leaves a sample, "subtrees" those below the first
patch, "counts" draws the count of every cell directly.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Literal, Protocol

import torch

from layerproof.layerwise.devices import has_memory
from layerproof.layerwise.parts import WHOLE, Part
from layerproof.layerwise.sampling.batch import Batch
from layerproof.layerwise.sampling.blocks import check_samples
from layerproof.layerwise.sampling.counts import (
    HOST,
    check_counts_fit,
    count_batches,
    counts_bytes,
    distinct_strings,
)
from layerproof.layerwise.sampling.strings import string_batches
from layerproof.layerwise.sampling.subtrees import subtree_batches
from layerproof.theory.errors import InputError, unknown_name
from layerproof.theory.grammar import Grammar
from layerproof.theory.signals import Signal

Route = Literal["strings", "subtrees", "counts"]
RouteChoice = Literal["auto", "strings", "subtrees", "counts"]
Patches = Literal["first", "all"]
"""Which patches of a string a stage learns from: R26's first one, or all, as a convolution does."""


class RouteFunction(Protocol):
    """Draws the samples of one stage, in batches."""

    def __call__(
        self,
        grammar: Grammar,
        level: int,
        samples: int,
        *,
        seed: int,
        signal: Signal,
        device: torch.device,
        part: Part = WHOLE,
    ) -> Iterator[Batch]:
        """One batch or more; the counts of all parts add up to `samples`."""


ROUTES: dict[Route, RouteFunction] = {
    "strings": string_batches,
    "subtrees": subtree_batches,
    "counts": count_batches,
}


def choose_route(
    choice: RouteChoice,
    grammar: Grammar,
    level: int,
    samples: int,
    signal: Signal,
    patches: Patches = "first",
) -> Route:
    """The route of one stage: the one asked for; for "auto" the cheapest exact one.

    Drawing the count of a cell costs about what drawing one sample does, so counts are drawn where
    there are no more cells than samples and they fit into memory, subtrees elsewhere.
    All patches of a string depend on one another, so only whole strings have their law. Only they
    do, too, of a signal that is not clean; and of one that is told with other strings than the
    grammar's and does not say with which, only the other two.
    Raises InputError for an unknown route, one that does not have this law, a sample size out of
    range, and counts that would not fit into memory.
    """
    check_samples(samples)
    if choice != "auto" and choice not in ROUTES:
        raise unknown_name("route", choice, ["auto", *ROUTES])
    if patches not in ("first", "all"):
        raise InputError("patches", patches, "first or all")
    broken = signal.broken(grammar, level)
    if patches == "all" or "clean" in broken:
        if choice not in ("auto", "strings"):
            what = "all patches" if patches == "all" else f"the law of {signal.name}"
            raise InputError("route", choice, f"strings, the one route that has {what}")
        choice = "strings"
    if choice == "strings" and "same strings" in broken and not signal.origins(grammar):
        allowed = f"subtrees or counts, and the first patch alone: no string tells {signal.name}"
        raise InputError("route", choice, allowed)
    route = choice
    if route == "auto":
        strings = distinct_strings(grammar, level, at_most=samples + 1)
        few = strings * signal.size(grammar, level) <= samples
        fit = has_memory(counts_bytes(grammar, level, samples, signal), HOST)
        route = "counts" if few and fit else "subtrees"
    if route == "counts":
        check_counts_fit(grammar, level, samples, signal)
    return route


def stage_batches(
    route: Route,
    grammar: Grammar,
    level: int,
    samples: int,
    *,
    seed: int,
    signal: Signal,
    device: torch.device,
    part: Part = WHOLE,
    patches: Patches = "first",
) -> Iterator[Batch]:
    """The samples of the stage of `level` by `route`; their counts add up to `samples`.

    With all `patches` of a string, to `samples` times their number.

    A `part` gets its share of them: blocks of strings and subtrees, rows of the counts. There is
    at least one batch, which may have no rows.

    Raises InputError where `samples` is no whole number from 1 to 10^18.
    """
    check_samples(samples)
    draw = partial(string_batches, every_patch=True) if patches == "all" else ROUTES[route]
    return draw(grammar, level, samples, seed=seed, signal=signal, device=device, part=part)
