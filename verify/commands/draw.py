"""`layerproof draw`: one grammar of an ensemble."""

from typing import Annotated

import typer

from layerproof.verify.commands import options
from layerproof.verify.commands.devices import check_device
from layerproof.verify.commands.grammars import draw_seconds, drawn, read_sizes
from layerproof.verify.commands.option_values import integer
from layerproof.verify.commands.output import opened_output, print_json, print_path, print_text
from layerproof.verify.commands.progress import announce

EPILOG = "Example: layerproof draw -V 16 -m 4 -s 2 -L 3 -o grammar.json"

Output = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="FILE", help="Where to write; unless given, print it."),
    options.Names.WRITTEN_FILE,
]


@options.takes_sizes
def draw(
    sizes: options.GivenSizes,
    output: Output = None,
    seed: options.Seed = "0",
    device: options.Device = None,
    json: options.Json = False,
) -> None:
    """Draw a Random Hierarchy Model and write it as a grammar file."""
    ensemble = read_sizes(sizes)
    number = integer("--seed", seed, least=0)
    check_device(device)
    with opened_output(output) as file:
        announce("draw", draw_seconds(ensemble))
        grammar = drawn(ensemble, number)
        if file is None:
            print_text(grammar.to_json())
            return
        file.write(grammar.to_json())
    summary = {
        "grammar": output,
        "ensemble": ensemble.name,
        "seed": number,
        "vocabularies": list(grammar.vocabularies),
        "rules_per_symbol": ensemble.rules,
        "branching": ensemble.branching,
        "digest": grammar.digest,
    }
    if json:
        print_json(summary)
    else:
        print_path("wrote", file.given)
