"""`layerproof invariance`: the per-layer report of a trained model, or of one's own network."""

import shlex
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from layerproof.theory.errors import MISSING, InputError
from layerproof.verify.commands import options
from layerproof.verify.commands.grammars import load_grammar
from layerproof.verify.commands.invariance_report import (
    PAGE,
    RESULTS,
    Force,
    document,
    report_folder,
    write,
)
from layerproof.verify.commands.layers import print_layers, report_of
from layerproof.verify.commands.option_values import choice, integer, named_as_options
from layerproof.verify.commands.output import (
    print_json,
    print_path,
    print_text,
    say,
    standard_error,
    standard_output,
)
from layerproof.verify.commands.user_code import named_function

if TYPE_CHECKING:
    from torch import nn

    from layerproof.layerwise.training import Training
    from layerproof.verify.measure.invariance import InvarianceMatrix
    from layerproof.verify.measure.invariance.named_inputs import InputEncoding, NamedEncodings

EPILOG = (
    "Examples: layerproof invariance model.safetensors;"
    " layerproof invariance --module nets.py:cnn --checkpoint cnn.pt --grammar g.json -o report"
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
        help="Measure the torch network that FACTORY returns, of a module or as FILE.py:FACTORY; it"
        " is given the grammar where it takes an argument. Modules are looked for in the working"
        " directory first.",
        rich_help_panel=NETWORK,
    ),
    options.Names.MODULE,
]
Checkpoint = Annotated[
    str | None,
    typer.Option(
        "--checkpoint",
        metavar="FILE",
        help="Its trained tensors: safetensors, or a state dict of torch.save, known by content."
        " No pickle is executed. As the factory returns it unless given.",
        rich_help_panel=NETWORK,
    ),
    options.Names.READ_FILE,
]
CheckpointKey = Annotated[
    str | None,
    typer.Option(
        "--checkpoint-key",
        metavar="KEY",
        help="The key of the checkpoint under which they are, or what their names begin with."
        " Unless given, the one state dict that fits.",
        rich_help_panel=NETWORK,
    ),
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
        metavar="NAME|FILE.py:FUNCTION",
        help="one-hot (unless given); whitened (1 and -1/√(V-1), C24); standardised (mean 0,"
        " variance 1); centred (mean 0, length 1, C24's code); tokens (integers); or a function of"
        " your own: tokens (batch, s^L), int64, to what the network takes, batch first.",
        rich_help_panel=NETWORK,
    ),
    options.Names.MODULE,
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
        metavar="DIR",
        help=f"Write {RESULTS} and {PAGE} of the matrix, which opens offline.",
    ),
    options.Names.WRITTEN_FOLDER,
]


def invariance(
    model: Model = None,
    grammar: GrammarFile = None,
    module: Module = None,
    checkpoint: Checkpoint = None,
    checkpoint_key: CheckpointKey = None,
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
    force: Force = False,
    seed: options.Seed = "0",
    device: options.Device = None,
    json: options.Json = False,
) -> None:
    """Measure how invariant every layer of a network is to exchanging synonyms."""
    number = integer("--seed", seed, least=0)
    given = NetworkOptions(
        checkpoint, checkpoint_key, layers, represents, samples, normalisation, encoding, positions,
        tuple(inputs) if inputs else None, scores, untrained or None,
    )  # fmt: skip
    if module is None:
        given.refuse()
        command = _command([_given(model)], {"grammar": grammar, "seed": seed, "device": device})
        with report_folder(output, command, force=force) as folder:
            training = _load(_given(model), grammar, device)
            _report_model(training, number, json, folder, (_given(model), command))
        return
    if model is not None:
        raise InputError("MODEL", model, "either a model file or --module, not both")
    asked = {"module": module, "grammar": grammar} | asdict(given)
    command = _command([], asked | {"seed": seed, "device": device})
    with report_folder(output, command, force=force) as folder:
        with redirect_stdout(sys.stderr):  # what a user's module prints is no result
            found = _measure(module, grammar, given, number, device)
        measured = {name: str(value) for name, value in asked.items() if value is not None}
        results = None if folder is None else document(found, command, measured)
        if json:
            print_json(found.to_dict())
        else:
            print_text(str(found))
        _finish(results, folder, json)


def _command(arguments: list[str], given: dict[str, Any]) -> str:
    """The line that measures the same again."""
    words = ["layerproof", "invariance", *arguments]
    for name, value in given.items():
        for one in value if isinstance(value, tuple) else (value,):
            if one is not None:
                words += [f"--{name.replace('_', '-')}", *([] if one is True else [str(one)])]
    return shlex.join(words)


def _report_model(
    training: "Training", seed: int, json: bool, folder: "Path | None", source: tuple[str, str]
) -> None:
    """Print the levels of a learner, and write its matrix where a folder is asked for.

    `source`: the model file, and the line that measures it again.
    """
    model, command = source
    report = report_of(training, seed=seed)
    results = None
    if folder is not None:
        from layerproof.verify.measure.invariance import learner_matrix

        found = learner_matrix(training, seed=seed)
        about = {name: report[name] for name in ("accuracy", "accuracy_interval")}
        results = document(found, command, {"model": model}, report) | about
    if json:
        print_json(report)
    else:
        print_layers(report)
    _finish(results, folder, json)


def _finish(results: "dict[str, Any] | None", folder: "Path | None", json: bool) -> None:
    """Write the folder, if there is one, after all has been printed; say where it is."""
    if results is None or folder is None:
        return
    if unwritten := write(results, folder):
        raise unwritten.printed() if json else unwritten
    print_path("", folder, standard_error() if json else standard_output())


def _given(model: str | None) -> str:
    if model is None:
        raise InputError("MODEL", MISSING, "a model file, or --module with a network of your own")
    return model


@dataclass(frozen=True)
class NetworkOptions:
    """The options that only go with --module, as they were given."""

    checkpoint: str | None
    checkpoint_key: str | None
    layers: str | None
    represents: str | None
    samples: str | None
    normalisation: str | None
    encoding: str | None
    positions: str | None
    input: tuple[str, ...] | None
    scores: str | None
    untrained: bool | None

    def refuse(self) -> None:
        """Raise InputError for the first that was given."""
        for field in fields(self):
            if (value := getattr(self, field.name)) is not None:
                name = f"--{field.name.replace('_', '-')}"
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
    from layerproof.verify.measure.invariance.encodings import POSITIONS
    from layerproof.verify.measure.invariance.lazies import initialise
    from layerproof.verify.measure.invariance.matrices import MOST_SAMPLES, NORMALISATIONS

    asked = SAMPLES if given.samples is None else given.samples
    count = integer("--samples", asked, least=2, most=MOST_SAMPLES)
    named = choice("--normalisation", given.normalisation, NORMALISATIONS)
    encode = _encoding(given.encoding)
    places = choice("--positions", given.positions, POSITIONS)
    instance, place = load_grammar(grammar), resolve_device(device)
    asked_inputs = encode if given.input is None else _inputs(given.input, encode)

    def made() -> "nn.Module":
        found = network(module, instance, place, seed)
        initialise(found, instance, asked_inputs, places, seed=seed, device=place)
        return found

    model = made()
    if given.checkpoint is not None:
        say(load_checkpoint(model, given.checkpoint, place, given.checkpoint_key))
    elif given.checkpoint_key is not None:
        allowed = "only together with --checkpoint"
        raise InputError("--checkpoint-key", given.checkpoint_key, allowed)
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


def _encoding(text: str | None) -> "str | InputEncoding":
    """The name of an encoding, or the user's own function."""
    from layerproof.verify.measure.invariance.encodings import ENCODINGS

    if text is not None and ":" in text:
        return named_function(text, "--encoding")
    try:
        return choice("--encoding", text, ENCODINGS)
    except InputError as error:
        allowed = f"{error.allowed}, or a function: file.py:function"
        raise InputError(error.field, error.value, allowed) from error


def _levels(represents: str) -> list[int | None]:
    """The levels that `--represents` lists, None for "-"."""
    parts = [part.strip() for part in represents.split(",")]
    return [None if part == "-" else integer("--represents", part, least=0) for part in parts]
