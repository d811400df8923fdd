"""`layerproof draw`: one grammar of an ensemble."""

from typing import Annotated

import typer

from layerproof.verify.commands import options
from layerproof.verify.commands.devices import check_device
from layerproof.verify.commands.grammars import read_sizes
from layerproof.verify.commands.output import opened_output, print_json, print_path, print_text
from layerproof.verify.commands.progress import announce
from layerproof.verify.commands.values import integer

EPILOG = "Example: layerproof draw -V 16 -m 4 -s 2 -L 3 -o grammar.json"

Output = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="FILE", help="Where to write; unless given, print it."),
    options.Names.WRITTEN_FILE,
]


def draw(
    vocabulary: options.Vocabulary = None,
    rules: options.Rules = None,
    branching: options.Branching = None,
    levels: options.Levels = None,
    classes: options.Classes = None,
    ensemble: options.Ensemble = None,
    zipf: options.Zipf = None,
    label_zipf: options.LabelZipf = None,
    output: Output = None,
    seed: options.Seed = "0",
    device: options.Device = None,
    json: options.Json = False,
) -> None:
    """Draw a Random Hierarchy Model and write it as a grammar file."""
    sizes = read_sizes(vocabulary, rules, branching, levels, classes, ensemble, zipf, label_zipf)
    number = integer("--seed", seed, least=0)
    check_device(device)
    with opened_output(output) as file:
        announce("draw", sizes.draw_seconds)
        grammar = sizes.draw(number)
        if file is None:
            print_text(grammar.to_json())
            return
        file.write(grammar.to_json())
    summary = {
        "grammar": output,
        "ensemble": sizes.ensemble,
        "seed": number,
        "vocabularies": list(grammar.vocabularies),
        "rules_per_symbol": sizes.rules,
        "branching": sizes.branching,
        "digest": grammar.digest,
    }
    if json:
        print_json(summary)
    else:
        print_path("wrote", file.given)
