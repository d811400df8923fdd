"""`layerproof train`: one learner, layer by layer, and how invariant each layer became."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from layerproof.theory.errors import InputError
from layerproof.theory.sizes import Sizes
from layerproof.verify.commands import options
from layerproof.verify.commands.few_labels import (
    MULTIPLE,
    Samples,
    read_few_labels,
    samples_of_levels,
    train_own,
)
from layerproof.verify.commands.grammars import (
    caveat,
    described,
    draw_seconds,
    read_grammar,
    read_source,
)
from layerproof.verify.commands.layers import print_layers, report_of
from layerproof.verify.commands.option_values import (
    choice,
    integer,
    named_as_options,
)
from layerproof.verify.commands.output import (
    opened_output,
    print_json,
    print_path,
    print_text,
    standard_output,
    written,
)
from layerproof.verify.commands.progress import ProgressReport, announce
from layerproof.verify.commands.signals import read_signal, taught_by

if TYPE_CHECKING:
    from layerproof.layerwise.progress import ProgressEvent
    from layerproof.layerwise.sampling.routes import Patches as WhichPatches
    from layerproof.layerwise.sampling.routes import RouteChoice
    from layerproof.layerwise.training import Training
    from layerproof.theory.grammar import Grammar
    from layerproof.theory.schedule import Schedule
    from layerproof.theory.signals import Signal

EPILOG = "Example: layerproof train -V 8 -m 4 -s 2 -L 3 --multiple 32 -o model.safetensors"
PATCHES = ("first", "all")
ROUTES = ("auto", "strings", "subtrees", "counts")

SamplesPerLevel = Annotated[
    str | None,
    typer.Option(
        "--samples-per-level", metavar="A,B,C", help="Samples of the stages, levels 1 to L."
    ),
]
Multiple = Annotated[
    str | None,
    typer.Option(
        "--multiple",
        metavar="X",
        help=f"N = X n m^l samples at level l, {MULTIPLE:g} by default; of a learner's own latents"
        " X V m^3/(1 - f), 64 by default.",
    ),
]
Features = Annotated[
    str,
    typer.Option("--features", metavar="M|exact", help="Random features, or the exact kernel."),
]
Route = Annotated[
    str,
    typer.Option(
        "--route",
        metavar="NAME",
        help="How samples are drawn: strings, subtrees or counts; auto takes the cheapest.",
    ),
]
Patches = Annotated[
    str,
    typer.Option(
        "--patches", metavar="first|all", help="Learn from the first patch of a string, or all."
    ),
]
Labels = Annotated[
    str | None,
    typer.Option(
        "--labels",
        metavar="N",
        help="With a signal inside the string: N labelled strings for level 1, whatever is above."
        " own-latent is then what the learner itself has learned next door.",
    ),
]
Target = Annotated[
    str | None,
    typer.Option(
        "--target",
        metavar="NAME",
        help="What a learner makes of its own latents before it predicts them: whitened (unless"
        " given), raw or clustered.",
    ),
]
Output = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="FILE", help="Where to write the model."),
    options.Names.WRITTEN_FILE,
]


@options.takes_sizes
def train(
    sizes: options.GivenSizes,
    grammar: options.GrammarFile = None,
    signal: options.SignalName = "label",
    samples_per_level: SamplesPerLevel = None,
    multiple: Multiple = None,
    features: Features = "exact",
    route: Route = "auto",
    patches: Patches = "first",
    labels: Labels = None,
    target: Target = None,
    output: Output = None,
    seed: options.Seed = "0",
    device: options.Device = None,
    json: options.Json = False,
) -> None:
    """Train the layerwise learner, from the leaves up, and measure every layer."""
    from layerproof.theory.costs import Extent, check

    number = integer("--seed", seed, least=0)
    choice("--route", route, ROUTES)
    choice("--patches", patches, PATCHES)
    taught = read_signal(signal)
    few = read_few_labels(taught, labels, target, features=features, route=route)
    source = read_source(grammar, sizes)
    with opened_output(output) as file:
        if isinstance(source, Sizes):
            announce("drawing the grammar", draw_seconds(source))
        instance = taught_by(taught, read_grammar(source, number))
        check(Extent.of(instance))
        asked = Samples(samples_per_level, multiple)
        with _samples_named(samples_per_level, multiple):
            if few is not None and few.own:
                training = train_own(instance, few, asked, patches, seed=number, device=device)
            else:
                if few is not None:
                    taught = few.signal(instance)
                    asked = few.samples(instance, asked)
                schedule = _schedule(instance, taught, asked, features)
                training = _train(instance, schedule, taught, number, route, patches, device)
        unwritten = None if file is None else written(file, _content(training))
    report = _report(training, number, output)
    if json:
        print_json(report)
    else:
        _print(report, described(source, grammar, number), None if unwritten else output)
    if unwritten:
        raise unwritten


def _content(training: "Training") -> bytes:
    from layerproof.layerwise.models import model_bytes

    return model_bytes(training)


def _print(report: dict[str, Any], source: str, wrote: str | None) -> None:
    print_text(source)
    print_layers(report)
    doubt = caveat(report["reasons"])
    if doubt:
        standard_output().print(f"\n{doubt}", markup=False, soft_wrap=True)
    if wrote is not None:
        print_text("")
        print_path("wrote", wrote)


def _schedule(
    grammar: "Grammar",
    signal: "Signal",
    asked: Samples,
    features: str,
) -> "Schedule":
    from layerproof.theory.schedule import practical

    size = None if features == "exact" else _features(features)
    if asked.per_level is None:
        scale = asked.scale()
        with named_as_options():
            return practical(grammar, multiple=scale, features=size, signal=signal)
    if asked.multiple is not None:
        allowed = "--multiple or --samples-per-level, not both"
        raise InputError("--multiple", asked.multiple, allowed)
    samples = samples_of_levels(grammar, asked.per_level)
    return practical(grammar, samples_per_level=samples, features=size, signal=signal)


@contextmanager
def _samples_named(samples_per_level: str | None, multiple: str | None) -> Iterator[None]:
    """Inside, a refused number of samples is reported under the option that asks for it."""
    try:
        yield
    except InputError as error:
        if error.field != "samples":
            raise
        allowed = f"samples of a level: {error.allowed}"
        if samples_per_level is not None:
            raise InputError("--samples-per-level", samples_per_level, allowed) from error
        raise InputError("--multiple", multiple or f"{MULTIPLE:g}", allowed) from error


def _features(text: str) -> int:
    try:
        return integer("--features", text)
    except InputError as error:
        raise InputError("--features", text, f"exact, or {error.allowed}") from error


def _train(
    grammar: "Grammar",
    schedule: "Schedule",
    signal: "Signal",
    seed: int,
    route: str,
    patches: str,
    device: str | None,
) -> "Training":
    from layerproof.layerwise.training import train as train_learner

    with ProgressReport("train") as bar, named_as_options():

        def progress(event: "ProgressEvent") -> None:
            bar(event.overall, f"train, level {event.level} of {event.levels}")

        return train_learner(
            grammar,
            schedule,
            seed=seed,
            signal=signal,
            route=cast("RouteChoice", route),
            patches=cast("WhichPatches", patches),
            device=device,
            progress=progress,
        )


def _report(training: "Training", seed: int, output: str | None) -> dict[str, Any]:
    """The report of the layers, with what each stage of the training took.

    `multiple` is N / (n m^l), with the mean number of rules where it varies; `reasons` say why the
    theorem does not cover the grammar.
    """
    from layerproof.theory.assumptions import assumptions
    from layerproof.theory.thresholds import stage_sizes

    report = report_of(training, seed=seed)
    stages = {stage.level: stage for stage in training.stages}
    units = stage_sizes(training.grammar)
    for level in report["levels"]:
        stage = stages[level["level"]]
        level["samples"] = stage.samples
        level["multiple"] = stage.samples / units[stage.level - 1]
        level["route"] = stage.route
        level["seconds"] = stage.seconds
        level["loss"] = stage.loss
    report["patches"] = training.patches
    report["target"] = training.target
    report["model"] = output
    report["reasons"] = list(assumptions(training.grammar, training.signal).reasons)
    return report
