"""`layerproof draw`: one grammar of an ensemble."""

from typing import TYPE_CHECKING, Annotated, Any

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
    say,
)
from layerproof.verify.commands.progress import announce

if TYPE_CHECKING:
    from layerproof.theory.files import OutputFile
    from layerproof.theory.grammar import Grammar

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
        _write(drawn(ensemble, number), file, {"ensemble": ensemble.name, "seed": number}, json)


def _convert(source: str, output: str | None, json: bool) -> None:
    """Write the grammar of a file of rule tensors, and say what was changed on the way."""
    from layerproof.verify.commands.rule_files import read_rules

    with opened_output(output) as file:
        found = read_rules(source)
        for note in found.notes:
            say(note)
        _write(found.grammar, file, {"from": source, "notes": list(found.notes)}, json)


def _write(
    grammar: "Grammar", file: "OutputFile | None", about: dict[str, Any], json: bool
) -> None:
    """Write the grammar and say where, or what `about` it; print it where no file is named."""
    if file is None:
        print_text(grammar.to_json())
        return
    file.write(grammar.to_json())
    if not json:
        print_path("wrote", file.given)
        return
    sizes = {
        "grammar": file.given,
        "vocabularies": list(grammar.vocabularies),
        "rules_per_symbol": grammar.rules_per_symbol,
        "branching": grammar.branching,
        "digest": grammar.digest,
    }
    print_json(sizes | about)
