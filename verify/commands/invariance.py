"""`layerproof invariance`: the per-layer report of a trained model, or of one's own network."""

from typing import TYPE_CHECKING, Annotated

import typer

from theory.errors import MISSING, InputError
from verify.commands import options
from verify.commands.grammars import load_grammar
from verify.commands.layers import print_layers, report_of
from verify.commands.output import print_json, print_text
from verify.commands.values import choice, integer

if TYPE_CHECKING:
    from layerwise.training import Training
    from verify.invariance import InvarianceMatrix

EPILOG = (
    "Examples: layerproof invariance model.safetensors;"
    " layerproof invariance --module nets:cnn --checkpoint cnn.pt --grammar grammar.json"
)
NETWORK = "Your own network"

Model = Annotated[
    str | None, typer.Argument(metavar="MODEL", help="A model file that `layerproof train` wrote.")
]
GrammarFile = Annotated[
    str | None,
    typer.Option("--grammar", metavar="FILE", help="Measure on this grammar; it must fit."),
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
]
Layers = Annotated[
    str | None,
    typer.Option(
        "--layers",
        metavar="A,B,C",
        help="Layers by their names in named_modules(); all without children unless given.",
        rich_help_panel=NETWORK,
    ),
]
Samples = Annotated[
    str,
    typer.Option("--samples", metavar="N", help="Strings to measure on.", rich_help_panel=NETWORK),
]
Normalisation = Annotated[
    str,
    typer.Option(
        "--normalisation",
        metavar="NAME",
        help="c24 (mean squared change, C24 eq. 8) or cosine (of standardised outputs).",
        rich_help_panel=NETWORK,
    ),
]
Encoding = Annotated[
    str,
    typer.Option(
        "--encoding",
        metavar="NAME",
        help="one-hot, whitened (C24's one-hot) or tokens (integers).",
        rich_help_panel=NETWORK,
    ),
]
Positions = Annotated[
    str,
    typer.Option(
        "--positions",
        metavar="NAME",
        help="Of one-hot inputs: last (batch, V, positions), middle or flat.",
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
]


def invariance(
    model: Model = None,
    grammar: GrammarFile = None,
    module: Module = None,
    checkpoint: Checkpoint = None,
    layers: Layers = None,
    samples: Samples = "2000",
    normalisation: Normalisation = "c24",
    encoding: Encoding = "one-hot",
    positions: Positions = "last",
    untrained: Untrained = False,
    output: Output = None,
    seed: options.Seed = "0",
    device: options.Device = None,
    json: options.Json = False,
) -> None:
    """Measure how invariant every layer of a network is to exchanging synonyms."""
    number = integer("--seed", seed, least=0)
    if module is None:
        _refuse_network_options(checkpoint, layers, output)
        report = report_of(_load(_given(model), grammar, device), seed=number)
        if json:
            print_json(report)
        else:
            print_layers(report)
        return
    if model is not None:
        raise InputError("MODEL", model, "either a model file or --module, not both")
    found = _measure(
        module, checkpoint, grammar, layers, integer("--samples", samples, least=2), number,
        normalisation, encoding, positions, untrained, device,
    )  # fmt: skip
    _show(found, output, json)


def _given(model: str | None) -> str:
    if model is None:
        raise InputError("MODEL", MISSING, "a model file, or --module with a network of your own")
    return model


def _refuse_network_options(*given: str | None) -> None:
    for name, value in zip(("--checkpoint", "--layers", "--output"), given, strict=True):
        if value is not None:
            raise InputError(name, value, "only together with --module")


def _load(model: str, grammar: str | None, device: str | None) -> "Training":
    from layerwise.devices import resolve_device
    from layerwise.models import load_model

    instance = None if grammar is None else load_grammar(grammar)
    return load_model(model, instance, device=resolve_device(device))


def _measure(
    module: str,
    checkpoint: str | None,
    grammar: str | None,
    layers: str | None,
    samples: int,
    seed: int,
    normalisation: str,
    encoding: str,
    positions: str,
    untrained: bool,
    device: str | None,
) -> "InvarianceMatrix":
    if grammar is None:
        raise InputError("--grammar", MISSING, "the grammar file whose strings the network reads")
    from layerwise.devices import resolve_device
    from verify.commands.modules import load_checkpoint, network
    from verify.invariance import matrix
    from verify.invariance.encodings import ENCODINGS, POSITIONS
    from verify.invariance.matrices import NORMALISATIONS

    choice("--normalisation", normalisation, NORMALISATIONS)
    choice("--encoding", encoding, ENCODINGS)
    choice("--positions", positions, POSITIONS)
    instance, place = load_grammar(grammar), resolve_device(device)
    model = network(module, instance, place, seed)
    if checkpoint is not None:
        load_checkpoint(model, checkpoint, place)
    return matrix(
        model,
        instance,
        None if layers is None else [name.strip() for name in layers.split(",")],
        samples=samples,
        seed=seed,
        normalisation=normalisation,
        encode=encoding,
        positions=positions,
        baseline=network(module, instance, place, seed) if untrained else None,
        device=place,
    )


def _show(found: "InvarianceMatrix", output: str | None, json: bool) -> None:
    from theory.files import atomic_write_text
    from verify.jsonable import to_json

    if output is not None:
        atomic_write_text(output, to_json(found.to_dict(), indent=2) + "\n", "-o/--output")
    if json:
        print_json(found.to_dict())
    else:
        print_text(str(found))
