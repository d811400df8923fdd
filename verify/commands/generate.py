"""`layerproof generate`: a denoiser is trained, and what it learned is told level by level."""

import os
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from layerproof.theory.errors import InputError
from layerproof.theory.sizes import Sizes
from layerproof.verify.commands import options
from layerproof.verify.commands.generation_request import (
    GenerationRequest,
    asked_device,
    denoiser_content,
    generation_document,
    take_up,
)
from layerproof.verify.commands.generation_tables import print_generation
from layerproof.verify.commands.grammars import described, draw_seconds, read_grammar, read_source
from layerproof.verify.commands.option_values import integer, named_as_options
from layerproof.verify.commands.output import (
    opened_output,
    print_json,
    print_path,
    print_text,
    say,
    written,
)
from layerproof.verify.commands.progress import ProgressReport, announce

if TYPE_CHECKING:
    import torch

    from layerproof.layerwise.generators import AdamRun, DenoiserPlan, DenoiserTraining
    from layerproof.layerwise.progress import ProgressEvent
    from layerproof.theory.files import OutputFile

EPILOG = "Example: layerproof generate -V 8 -m 3 -s 2 -L 3 --strings 1000 -o denoiser.safetensors"

Noise = Annotated[
    str | None,
    typer.Option(
        "--noise",
        metavar="NAME",
        help="What is undone: masking (unless given), uniform (tokens replaced), or gaussian (on"
        " one-hot tokens, as in DDPM).",
    ),
]
Body = Annotated[
    str | None,
    typer.Option(
        "--body",
        metavar="NAME",
        help="The network: u-net (unless given), fully-connected, or a package's own.",
    ),
]
Width = Annotated[
    str | None,
    typer.Option("--width", metavar="H", help="Channels of the network; 64 of the u-net."),
]
Strings = Annotated[
    str | None,
    typer.Option(
        "--strings",
        metavar="N",
        help="Train on N distinct strings; unless given, on fresh ones at every step.",
    ),
]
TrainOn = Annotated[
    str | None,
    typer.Option(
        "--train-on", metavar="STRINGS", help="Train on the strings in this file, as infer reads."
    ),
    options.Names.READ_FILE,
]
Steps = Annotated[
    str | None,
    typer.Option("--steps", metavar="K", help="At most K steps of Adam; 1500 unless given."),
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with the training that -o FILE keeps.")
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output", "-o", metavar="FILE", help="Where the denoiser is kept, as it is trained."
    ),
    options.Names.WRITTEN_FILE,
]


@options.takes_sizes
def generate(
    sizes: options.GivenSizes,
    grammar: options.GrammarFile = None,
    noise: Noise = None,
    body: Body = None,
    width: Width = None,
    strings: Strings = None,
    train_on: TrainOn = None,
    steps: Steps = None,
    resume: Resume = False,
    output: Output = None,
    seed: options.Seed = "0",
    device: options.Device = None,
    json: options.Json = False,
) -> None:
    """Train a generator of the grammar's strings, and tell what it learned, level by level.

    A denoiser is trained, its loss held against the exact one on the same noisy strings; then it
    generates strings, whose rules are held against the grammar.
    """
    number = integer("--seed", seed, least=0)
    asked = GenerationRequest.of(noise, body, width, strings, train_on, steps)
    if resume and output is None:
        raise InputError("--resume", "given", "only with -o FILE, which keeps the training")
    source = read_source(grammar, sizes)
    with opened_output(output) as file:
        if isinstance(source, Sizes):
            announce("drawing the grammar", draw_seconds(source))
        instance = read_grammar(source, number)
        plan, where = asked.plan(instance, number), asked_device(device)
        training = _train(plan, where, file, output if resume else None)
        report = generation_document(training, number) | {"model": output}
        failed = None if file is None else written(file, denoiser_content(plan, training.descent))
    if json:
        print_json(report)
    else:
        print_text(described(source, grammar, number))
        print_generation(report)
        if output is not None and failed is None:
            print_path("wrote", output)
    if failed is not None:
        raise failed


def _train(
    plan: "DenoiserPlan", device: "torch.device", file: "OutputFile | None", resumed: str | None
) -> "DenoiserTraining":
    """Train, keeping in the file what there is; an interruption says how to go on."""
    from layerproof.layerwise.generators import train_denoiser

    taken_up = None if resumed is None else take_up(plan, resumed, device)
    with ProgressReport("train") as bar, _named(), _kept(file, plan) as keep:
        if taken_up is not None:
            bar.starts_at(taken_up.step / plan.descent.steps)

        def progress(event: "ProgressEvent") -> None:
            bar(event.overall, "train a denoiser")

        return train_denoiser(plan, device, taken_up=taken_up, progress=progress, keep=keep)


@contextmanager
def _kept(
    file: "OutputFile | None", plan: "DenoiserPlan"
) -> "Iterator[Callable[[AdamRun], None] | None]":
    """What keeps a training in a file as it goes on, where that is a file and not a pipe."""
    if file is None or (os.path.exists(file.given) and not os.path.isfile(file.given)):
        yield None
        return
    kept: list[int] = []

    def keep(descent: "AdamRun") -> None:
        try:
            file.write_now(denoiser_content(plan, descent))
            kept.append(descent.step)
        except InputError as error:
            say(f"step {descent.step} could not be kept ({error})")

    try:
        yield keep
    except KeyboardInterrupt:
        if not kept:
            raise
        words = shlex.join(["layerproof", *(w for w in sys.argv[1:] if w != "--resume")])
        sentence = f"step {kept[-1]} is kept in {file.given}; go on with: {words} --resume"
        raise KeyboardInterrupt(sentence) from None


@contextmanager
def _named() -> Iterator[None]:
    """Inside, what a step size cannot do is not said of an option that there is not."""
    try:
        with named_as_options():
            yield
    except InputError as error:
        if error.field != "rate":
            raise
        allowed = f"a narrower one: at step size {error.value} the training loss diverged"
        raise InputError("--width", "given", allowed) from error
