"""Training in several processes: one machine's, several GPUs', or many machines'.

    torchrun --nproc-per-node 2 -m layerproof.layerwise.distributed --grammar grammar.json -o
    model.safetensors

Every process draws some blocks of each stage's samples; sums over samples are added up with
`torch.distributed` (gloo on the CPU, nccl on CUDA), and each process solves the same small problem.
The samples are those of a single process, so the result is too, up to rounding. The machines should
be of one kind: where their rounding differs, so may the layers they freeze.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor

from layerproof.layerwise.devices import DTYPES, resolve_device
from layerproof.layerwise.models import save_model
from layerproof.layerwise.parts import WHOLE, Part
from layerproof.layerwise.sampling.routes import ROUTES
from layerproof.layerwise.training import train
from layerproof.theory.errors import InputError, whole_number
from layerproof.theory.files import check_writable
from layerproof.theory.grammar import Grammar
from layerproof.theory.schedule import Schedule, practical

INTERRUPTED, BAD_INPUT = 2, 4
"""Exit codes, those of the command `layerproof`."""


@dataclass(frozen=True)
class Rank(Part):
    """The part of one process of the default group of `torch.distributed`."""

    def total(self, share: Tensor) -> Tensor:
        """The sum over all processes."""
        total = share.clone()
        dist.all_reduce(total)
        return total

    def collect(self, rows: Tensor) -> list[Tensor]:
        """The rows of all processes, as bytes padded to the most rows that one has."""
        count = torch.tensor([len(rows)], device=rows.device)
        counts = [torch.zeros_like(count) for _ in range(self.count)]
        dist.all_gather(counts, count)
        sizes = [int(size) for size in counts]
        padded = rows.new_zeros(max(sizes), *rows.shape[1:])
        padded[: len(rows)] = rows
        mine = padded.view(torch.uint8)
        everyone = [torch.empty_like(mine) for _ in range(self.count)]
        dist.all_gather(everyone, mine)
        return [data.view(rows.dtype)[:size] for data, size in zip(everyone, sizes, strict=True)]


@contextmanager
def process_group(device: torch.device) -> Iterator[Part]:
    """This process's part, by the variables that torchrun sets; the whole without them."""
    if "WORLD_SIZE" not in os.environ:
        yield WHOLE
        return
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Rank(dist.get_rank(), dist.get_world_size())
    finally:
        dist.destroy_process_group()


def main(arguments: Sequence[str] | None = None) -> int:
    """Train as the command line says; the first process writes the model. Returns the exit code."""
    try:
        _run(_parser().parse_args(arguments))
    except InputError as error:
        sys.stderr.write(f"layerproof.layerwise.distributed: {error}\n")
        return BAD_INPUT
    except KeyboardInterrupt:
        sys.stderr.write(
            "layerproof.layerwise.distributed: interrupted; nothing half-written was left\n"
        )
        return INTERRUPTED
    return 0


def _run(options: argparse.Namespace) -> None:
    check_writable(options.output, "-o/--output")
    grammar = Grammar.load(options.grammar)
    schedule = _schedule(grammar, options)
    device = _own_device(options.device)
    with process_group(device) as part:
        training = train(
            grammar, schedule,
            seed=options.seed, route=options.route, device=device,
            dtype=DTYPES[options.dtype], part=part,
        )  # fmt: skip
        if part.index > 0:
            return
        save_model(options.output, training)
        for stage in reversed(training.stages):
            sys.stdout.write(
                f"level {stage.level}: {stage.samples} samples by {stage.route},"
                f" {stage.seconds:.2f} s, loss {stage.loss:.6g}\n"
            )
        sys.stdout.write(f"wrote {options.output}\n")


def _schedule(grammar: Grammar, options: argparse.Namespace) -> Schedule:
    features = None if options.features == "exact" else _whole("--features", options.features)
    if options.samples_per_level is None:
        return practical(grammar, multiple=options.multiple, features=features)
    sizes = options.samples_per_level.split(",")
    samples = [_whole("--samples-per-level", size) for size in sizes]
    if len(samples) != grammar.levels:
        allowed = f"{grammar.levels} whole numbers, one for each of the levels 1 to L"
        raise InputError("--samples-per-level", options.samples_per_level, allowed)
    return practical(grammar, samples_per_level=samples, features=features)


def _whole(field: str, text: str) -> int:
    try:
        value = int(text)
    except ValueError as error:
        raise InputError(field, text, "whole numbers of at least 1") from error
    return whole_number(field, value, minimum=1)


def _own_device(name: str | None) -> torch.device:
    """The device called `name`; each process of a machine takes a GPU of its own."""
    device = resolve_device(name)
    any_of_them = name is None or ":" not in name
    if device.type == "cuda" and any_of_them and "LOCAL_RANK" in os.environ:
        device = resolve_device(f"cuda:{os.environ['LOCAL_RANK']}")
    if device.index is not None:
        torch.cuda.set_device(device)
    return device


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        """Leave with the exit code of bad input; argparse's own means an interruption here."""
        self.exit(BAD_INPUT, f"layerproof.layerwise.distributed: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="torchrun --nproc-per-node K -m layerproof.layerwise.distributed",
        description="Train the layerwise learner in several processes.",
    )
    parser.add_argument("--grammar", required=True, metavar="FILE", help="a grammar file")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="the model's file")
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument("--samples-per-level", metavar="A,B,C", help="samples, levels 1 to L")
    sizes.add_argument(
        "--multiple", type=float, default=32.0, metavar="X", help="N = X n m^l samples at level l"
    )
    parser.add_argument("--features", default="exact", metavar="M|exact", help="random features")
    parser.add_argument("--route", default="auto", choices=("auto", *ROUTES))
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--device", metavar="NAME", help="cpu or cuda; cuda where there is one")
    parser.add_argument("--dtype", default="float64", choices=tuple(DTYPES))
    return parser


if __name__ == "__main__":
    sys.exit(main())
