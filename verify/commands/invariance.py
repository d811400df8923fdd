"""`layerproof invariance`: the per-layer report of a model that was trained before."""

from typing import TYPE_CHECKING, Annotated

import typer

from verify.commands import options
from verify.commands.grammars import load_grammar
from verify.commands.layers import print_layers, report_of
from verify.commands.output import print_json
from verify.commands.values import integer

if TYPE_CHECKING:
    from layerwise.training import Training

EPILOG = "Example: layerproof invariance model.safetensors"

Model = Annotated[
    str, typer.Argument(metavar="MODEL", help="A model file that `layerproof train` wrote.")
]
GrammarFile = Annotated[
    str | None,
    typer.Option("--grammar", metavar="FILE", help="Measure on this grammar; it must fit."),
]


def invariance(
    model: Model,
    grammar: GrammarFile = None,
    seed: options.Seed = "0",
    device: options.Device = None,
    json: options.Json = False,
) -> None:
    """Measure how invariant every layer of a trained learner is to exchanging synonyms."""
    number = integer("--seed", seed, least=0)
    report = report_of(_load(model, grammar, device), seed=number)
    if json:
        print_json(report)
    else:
        print_layers(report)


def _load(model: str, grammar: str | None, device: str | None) -> "Training":
    from layerwise.devices import resolve_device
    from layerwise.models import load_model

    instance = None if grammar is None else load_grammar(grammar)
    return load_model(model, instance, device=resolve_device(device))
