"""The pieces of work that are timed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from layerproof.layerwise.features import RandomFourierFeatures
from layerproof.layerwise.rows import WeightedRows
from layerproof.layerwise.sampling.packed import packed_strings
from layerproof.layerwise.sampling.routes import RouteChoice, stage_batches
from layerproof.layerwise.solvers import fit_features
from layerproof.layerwise.training import Training, train
from layerproof.theory.ensembles import draw
from layerproof.theory.grammar import Grammar
from layerproof.theory.schedule import Schedule, Stage, practical
from layerproof.theory.signals import Label

PLAIN_ROWS = {"cpu": 2**14, "cuda": 2**18}


@cache
def grammar(vocabulary: int, rules: int, levels: int) -> Grammar:
    """An instance with s = 2."""
    sizes = {"vocabulary": vocabulary, "rules": rules, "branching": 2, "levels": levels}
    return draw("uniform-first-token", **sizes, seed=0)


def plain_strings(
    instance: Grammar, strings: int, device: torch.device
) -> Iterator[tuple[Tensor, Tensor]]:
    """The sampler that everyone writes first: from the top down, one `randint` a node."""
    generator = torch.Generator(device).manual_seed(0)
    tables = [torch.tensor([p.tolist() for p in level], device=device) for level in instance.rules]
    size = PLAIN_ROWS[device.type]
    for start in range(0, strings, size):
        shape = (min(size, strings - start),)
        labels = torch.randint(instance.classes, shape, device=device, generator=generator)
        tokens = labels[:, None]
        for table in tables:
            rule = torch.randint(table.shape[1], tokens.shape, device=device, generator=generator)
            tokens = table[tokens, rule].flatten(1)
        yield tokens, labels


def draw_packed(instance: Grammar, strings: int, device: torch.device) -> None:
    """Draw strings by packed look-ups and drop them."""
    for _ in packed_strings(instance, strings, device, seed=0, path=("benchmark",)):
        pass


def draw_plain(instance: Grammar, strings: int, device: torch.device) -> None:
    """Draw strings a node at a time and drop them."""
    for _ in plain_strings(instance, strings, device):
        pass


def packed_bytes(instance: Grammar, device: torch.device) -> float:
    """Bytes a string that all passes of the packed sampler read and write, tables left out.

    Two levels a look-up at m = V = 8. Each look-up: random bits, mask, symbol to an integer, times
    the width, plus the code, to 32 bits, read of the index, write of the tokens.
    """
    lookups: int = sum(instance.branching**level for level in range(0, instance.levels, 2))
    return lookups * (37 if device.type == "cuda" else 33)


def draw_counts(instance: Grammar, level: int, samples: int, device: torch.device) -> None:
    """The counts route of one stage."""
    for _ in stage_batches(
        "counts", instance, level, samples, seed=0, signal=Label(), device=device
    ):
        pass


def schedule(
    instance: Grammar, samples: int | None = None, features: int | None = None
) -> Schedule:
    """N^(l) = 32 n m^l, or the same number at every level."""
    if samples is None:
        return practical(instance, multiple=32, features=features)
    return practical(instance, samples_per_level=[samples] * instance.levels, features=features)


def trained(
    instance: Grammar,
    plan: Schedule,
    device: torch.device,
    route: RouteChoice = "auto",
    dtype: torch.dtype = torch.float64,
) -> Training:
    """A whole training."""
    return train(instance, plan, seed=0, route=route, device=device, dtype=dtype)


def add_up(features: int, rows: int, device: torch.device, dtype: torch.dtype) -> None:
    """One stage's Gram matrix of random features from `rows` random rows, and its solution."""
    generator = torch.Generator(device).manual_seed(0)
    tokens = torch.rand(4096, 8, dtype=dtype, device=device, generator=generator)
    index = torch.randint(4096, (rows, 2), device=device, generator=generator)
    shares = torch.full((rows, 8), 1 / (8 * rows), dtype=dtype, device=device)
    maps = RandomFourierFeatures.draw(features, 16, 1.0, seed=0, device=device, dtype=dtype)
    stage = Stage(1, rows, features, 1.0, 1e-6, "closed-form", None, None, None)
    fit_features(maps, [WeightedRows(tokens, index, shares)], stage)


def peak_memory(tokens: int) -> int:
    """Bytes by which drawing so many tokens raises the peak memory of a fresh process."""
    script = f"from tests.benchmarks.work import report_memory; report_memory({tokens})"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def report_memory(tokens: int) -> None:
    """Print by how many bytes the memory of this process rises at most (Linux)."""
    instance, device = grammar(8, 8, 6), torch.device("cpu")
    torch.set_num_threads(2)
    draw_packed(instance, 1, device)
    before = _status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    draw_packed(instance, tokens // instance.input_length, device)
    sys.stdout.write(str(_status("VmHWM") - before))


def _status(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(field))
