"""`layerproof draw`: one grammar of an ensemble."""

from typing import Annotated

import typer

from layerproof.theory.errors import InputError
from layerproof.verify.commands import options
from layerproof.verify.commands.devices import check_device
from layerproof.verify.commands.grammars import draw_seconds, drawn, read_sizes
from layerproof.verify.commands.option_values import integer
from layerproof.verify.commands.output import (
    opened_output,
    print_json,
    print_path,
    print_text,
    standard_error,
)
from layerproof.verify.commands.progress import announce

EPILOG = (
    "Example: layerproof draw -V 16 -m 4 -s 2 -L 3 -o grammar.json; the rules of another code:"
    " layerproof draw --from rules.pt -o grammar.json"
)

Output = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="FILE", help="Where to write; unless given, print it."),
    options.Names.WRITTEN_FILE,
]


From = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="FILE",
        help="No draw: the rule tensors of a public RHM code, as torch.save or numpy.savez wrote"
        " them (list or dict, one integer tensor a level).",
    ),
    options.Names.READ_FILE,
]


@options.takes_sizes
def draw(
    sizes: options.GivenSizes,
    source: From = None,
    output: Output = None,
    seed: options.Seed = "0",
    device: options.Device = None,
    json: options.Json = False,
) -> None:
    """Draw a Random Hierarchy Model and write it as a grammar file, or that of another code."""
    number = integer("--seed", seed, least=0)
    check_device(device)
    if source is not None:
        if sizes.options:
            allowed = f"alone, without sizes (found {', '.join(sizes.options)})"
            raise InputError("--from", source, allowed)
        _convert(source, output, json)
        return
    ensemble = read_sizes(sizes)
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


def _convert(source: str, output: str | None, json: bool) -> None:
    """Write the grammar of a file of rule tensors, and say what was changed on the way."""
    from layerproof.verify.commands.rule_files import read_rules

    with opened_output(output) as file:
        found = read_rules(source)
        for note in found.notes:
            standard_error().print(f"layerproof: {note}", markup=False, soft_wrap=True)
        grammar = found.grammar
        if file is None:
            print_text(grammar.to_json())
            return
        file.write(grammar.to_json())
    summary = {
        "grammar": output,
        "from": source,
        "notes": list(found.notes),
        "vocabularies": list(grammar.vocabularies),
        "rules_per_symbol": grammar.rules_per_symbol,
        "branching": grammar.branching,
        "digest": grammar.digest,
    }
    if json:
        print_json(summary)
    else:
        print_path("wrote", file.given)
