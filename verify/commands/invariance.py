"""`layerproof invariance`: the per-layer report of a trained model, or of one's own network."""

import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated

import typer

from layerproof.theory.errors import MISSING, InputError
from layerproof.verify.commands import options
from layerproof.verify.commands.grammars import load_grammar
from layerproof.verify.commands.layers import print_layers, report_of
from layerproof.verify.commands.option_values import choice, integer, named_as_options
from layerproof.verify.commands.output import opened_output, print_json, print_text, written

if TYPE_CHECKING:
    from torch import nn

    from layerproof.layerwise.training import Training
    from layerproof.theory.files import OutputFile
    from layerproof.verify.measure.invariance import InvarianceMatrix
    from layerproof.verify.measure.invariance.named_inputs import InputEncoding, NamedEncodings

EPILOG = (
    "Examples: layerproof invariance model.safetensors;"
    " layerproof invariance --module nets:cnn --checkpoint cnn.pt --grammar grammar.json"
)
NETWORK = "Your own network"
SAMPLES = "2000"

Model = Annotated[
    str | None,
    typer.Argument(metavar="MODEL", help="A model file that `layerproof train` wrote."),
    options.Names.READ_FILE,
]
GrammarFile = Annotated[
    str | None,
    typer.Option("--grammar", metavar="FILE", help="Measure on this grammar; it must fit."),
    options.Names.READ_FILE,
]
Module = Annotated[
    str | None,
    typer.Option(
        "--module",
        metavar="PACKAGE.MODULE:FACTORY",
        help="Measure the torch network that FACTORY returns; it is given the grammar where it"
        " takes an argument. Modules are looked for in the working directory first.",
        rich_help_panel=NETWORK,
    ),
    options.Names.MODULE,
]
Checkpoint = Annotated[
    str | None,
    typer.Option(
        "--checkpoint",
        metavar="FILE",
        help="Its trained tensors: safetensors, or a state dict of torch.save. No pickle is"
        " executed. As the factory returns it unless given.",
        rich_help_panel=NETWORK,
    ),
    options.Names.READ_FILE,
]
Layers = Annotated[
    str | None,
    typer.Option(
        "--layers",
        metavar="A,B,C",
        help="Layers by their names in named_modules(); NAME#2 is the second call of one that is"
        " called more often, NAME[KEY] a part of what one gives. Unless given, all that run and"
        " have none inside that runs.",
        rich_help_panel=NETWORK,
    ),
]
Represents = Annotated[
    str | None,
    typer.Option(
        "--represents",
        metavar="A,B,C",
        help="The level whose tokens each layer should hold, - for none. Unless given, L layers of"
        " --layers hold L-1 to 0, L+1 hold L to 0, in the order in which they run, and others have"
        " no prediction.",
        rich_help_panel=NETWORK,
    ),
]
Samples = Annotated[
    str | None,
    typer.Option(
        "--samples",
        metavar="N",
        help=f"Strings to measure on; {SAMPLES} unless given.",
        rich_help_panel=NETWORK,
    ),
]
Normalisation = Annotated[
    str | None,
    typer.Option(
        "--normalisation",
        metavar="NAME",
        help="c24 (mean squared change, C24 eq. 8; unless given) or cosine (of standardised"
        " outputs).",
        rich_help_panel=NETWORK,
    ),
]
Encoding = Annotated[
    str | None,
    typer.Option(
        "--encoding",
        metavar="NAME",
        help="one-hot (unless given), whitened (C24's one-hot) or tokens (integers).",
        rich_help_panel=NETWORK,
    ),
]
Positions = Annotated[
    str | None,
    typer.Option(
        "--positions",
        metavar="NAME",
        help="Of one-hot inputs: last (batch, V, positions; unless given), middle or flat.",
        rich_help_panel=NETWORK,
    ),
]
Inputs = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        metavar="NAME=WHAT",
        help="An input of a network with several, by its name; once for each. WHAT is strings (as"
        " --encoding puts them), one-hot, whitened, tokens, places (0, 1, …), or a mask: ones,"
        " zeros, true, false.",
        rich_help_panel=NETWORK,
    ),
]
Scores = Annotated[
    str | None,
    typer.Option(
        "--scores",
        metavar="KEY",
        help="Which tensor of the network's output holds a score for each class, where it returns a"
        " dict or a tuple; logits, or else the first of a tuple, unless given.",
        rich_help_panel=NETWORK,
    ),
]
Untrained = Annotated[
    bool,
    typer.Option(
        "--untrained",
        help="Beside it, the network as the factory returns it.",
        rich_help_panel=NETWORK,
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write the matrix as JSON, too.",
        rich_help_panel=NETWORK,
    ),
    options.Names.WRITTEN_FILE,
]


def invariance(
    model: Model = None,
    grammar: GrammarFile = None,
    module: Module = None,
    checkpoint: Checkpoint = None,
    layers: Layers = None,
    represents: Represents = None,
    samples: Samples = None,
    normalisation: Normalisation = None,
    encoding: Encoding = None,
    positions: Positions = None,
    inputs: Inputs = None,
    scores: Scores = None,
    untrained: Untrained = False,
    output: Output = None,
    seed: options.Seed = "0",
    device: options.Device = None,
    json: options.Json = False,
) -> None:
    """Measure how invariant every layer of a network is to exchanging synonyms."""
    number = integer("--seed", seed, least=0)
    given = NetworkOptions(
        checkpoint, layers, represents, samples, normalisation, encoding, positions,
        tuple(inputs) if inputs else None, scores, untrained or None, output,
    )  # fmt: skip
    if module is None:
        given.refuse()
        report = report_of(_load(_given(model), grammar, device), seed=number)
        if json:
            print_json(report)
        else:
            print_layers(report)
        return
    if model is not None:
        raise InputError("MODEL", model, "either a model file or --module, not both")
    with opened_output(output) as file:
        with redirect_stdout(sys.stderr):  # what a user's module prints is no result
            found = _measure(module, grammar, given, number, device)
        _show(found, file, json)


def _given(model: str | None) -> str:
    if model is None:
        raise InputError("MODEL", MISSING, "a model file, or --module with a network of your own")
    return model


@dataclass(frozen=True)
class NetworkOptions:
    """The options that only go with --module, as they were given."""

    checkpoint: str | None
    layers: str | None
    represents: str | None
    samples: str | None
    normalisation: str | None
    encoding: str | None
    positions: str | None
    input: tuple[str, ...] | None
    scores: str | None
    untrained: bool | None
    output: str | None

    def refuse(self) -> None:
        """Raise InputError for the first that was given."""
        for field in fields(self):
            if (value := getattr(self, field.name)) is not None:
                name = "-o/--output" if field.name == "output" else f"--{field.name}"
                raise InputError(name, value, "only together with --module")


def _load(model: str, grammar: str | None, device: str | None) -> "Training":
    from layerproof.layerwise.devices import resolve_device
    from layerproof.layerwise.models import load_model

    instance = None if grammar is None else load_grammar(grammar)
    return load_model(model, instance, device=resolve_device(device))


def _measure(
    module: str, grammar: str | None, given: NetworkOptions, seed: int, device: str | None
) -> "InvarianceMatrix":
    if grammar is None:
        raise InputError("--grammar", MISSING, "the grammar file whose strings the network reads")
    from layerproof.layerwise.devices import resolve_device
    from layerproof.verify.commands.checkpoints import load_checkpoint
    from layerproof.verify.commands.modules import network
    from layerproof.verify.measure.invariance import matrix
    from layerproof.verify.measure.invariance.encodings import ENCODINGS, POSITIONS
    from layerproof.verify.measure.invariance.lazies import initialise
    from layerproof.verify.measure.invariance.matrices import MOST_SAMPLES, NORMALISATIONS

    asked = SAMPLES if given.samples is None else given.samples
    count = integer("--samples", asked, least=2, most=MOST_SAMPLES)
    named = choice("--normalisation", given.normalisation, NORMALISATIONS)
    encode = choice("--encoding", given.encoding, ENCODINGS)
    places = choice("--positions", given.positions, POSITIONS)
    instance, place = load_grammar(grammar), resolve_device(device)
    asked_inputs = encode if given.input is None else _inputs(given.input, encode)

    def made() -> "nn.Module":
        found = network(module, instance, place, seed)
        initialise(found, instance, asked_inputs, places, seed=seed, device=place)
        return found

    model = made()
    if given.checkpoint is not None:
        load_checkpoint(model, given.checkpoint, place)
    with named_as_options():
        return matrix(
            model,
            instance,
            None if given.layers is None else [name.strip() for name in given.layers.split(",")],
            represents=None if given.represents is None else _levels(given.represents),
            samples=count,
            seed=seed,
            normalisation=named,
            encode=asked_inputs,
            positions=places,
            scores=given.scores,
            baseline=made() if given.untrained else None,
            device=place,
        )


def _inputs(texts: Sequence[str], strings: "str | InputEncoding") -> "NamedEncodings":
    """What each `--input NAME=WHAT` says, the strings being put as `--encoding` says."""
    from layerproof.verify.measure.invariance.named_inputs import INPUTS

    found: dict[str, str | InputEncoding] = {}
    for text in texts:
        name, equals, kind = text.partition("=")
        if not (name.isidentifier() and equals and kind in ("strings", *INPUTS)):
            raise InputError("--input", text, f"NAME=WHAT, WHAT being strings, {', '.join(INPUTS)}")
        if name in found:
            raise InputError("--input", text, "each name once")
        found[name] = strings if kind == "strings" else kind
    return found


def _levels(represents: str) -> list[int | None]:
    """The levels that `--represents` lists, None for "-"."""
    parts = [part.strip() for part in represents.split(",")]
    return [None if part == "-" else integer("--represents", part, least=0) for part in parts]


def _show(found: "InvarianceMatrix", file: "OutputFile | None", json: bool) -> None:
    from layerproof.theory.jsonable import to_json

    unwritten = written(file, to_json(found.to_dict(), indent=2) + "\n")
    if json:
        print_json(found.to_dict())
    else:
        print_text(str(found))
    if unwritten:
        raise unwritten.printed() if json else unwritten
