"""What a stage needs of the machine's memory, before anything is drawn.

Strings and subtrees come in blocks and random features in chunks, whatever the number of samples;
the exact kernel holds every distinct string, and random features their Gram matrix.
"""

from __future__ import annotations

import math

import torch

from layerproof.layerwise.devices import require_memory, usable_memory
from layerproof.layerwise.sampling.counts import distinct_strings
from layerproof.theory.grammar import Grammar
from layerproof.theory.schedule import Stage
from layerproof.theory.signals import Signal

DOUBLE = 8
"""Bytes of a 64-bit number."""


def check_stage_fits(grammar: Grammar, stage: Stage, signal: Signal, device: torch.device) -> None:
    """Raise InputError where the stage's data or matrices would not fit on the device.

    The sentence says how much is needed, how much there is, and which size fits.
    """
    if stage.features is None:
        _check_rows(grammar, stage, signal, device)
    else:
        _check_gram(grammar, stage, stage.features, device)


def _check_rows(grammar: Grammar, stage: Stage, signal: Signal, device: torch.device) -> None:
    rows = distinct_strings(grammar, stage.level, at_most=stage.samples)
    width = grammar.leaves_below(stage.level)
    values = signal.size(grammar, stage.level)
    leaf = stage.level == grammar.levels
    dimension = grammar.vocabularies[-1] if leaf else signal.size(grammar, stage.level + 1)
    # Leaves, their codes and ranks; counts and shares; the pre-features, twice.
    row = DOUBLE * (3 * width + 4 * values + 2 * grammar.branching * dimension)
    most = usable_memory(device) // 2 // row
    fits = f"at most {most} for the exact kernel, or random features (--features M)"
    field = f"distinct strings that level {stage.level} may have to hold"
    require_memory(rows * row, device, field, rows, fits)


def _check_gram(grammar: Grammar, stage: Stage, features: int, device: torch.device) -> None:
    width = 2 * features
    rows = distinct_strings(grammar, stage.level, at_most=min(stage.samples, width))
    # The matrix, its shifted copy and its factor; with few rows that of the rows, and features.
    needed = DOUBLE * (3 * rows**2 + (2 * rows * width if rows < width else 0))
    most = math.isqrt(usable_memory(device) // 2 // (3 * DOUBLE)) // 2
    fits = f"at most {most}, whose Gram matrix fits into memory"
    require_memory(needed, device, "features", features, fits)
