"""The options that several commands share, with the long name and the paper's letter of each.

Values arrive as text and are read by :mod:`layerproof.verify.commands.values`, so that every
refusal names the option, the value found and what is allowed, whatever version of typer is
installed.
"""

from enum import Enum
from typing import Annotated

import typer


class Names(Enum):
    """What the text of a parameter names, beside its `typer.Option`: a path, and its use.

    Every parameter that names a path has one of these, and so is found by who tests them all.
    """

    READ_FILE = "a file that is read"
    WRITTEN_FILE = "a file that is written"
    READ_FOLDER = "the folder of a run, which is read"
    WRITTEN_FOLDER = "a folder that results are written into"
    MODULE = "a Python module and what it has, as package.module:factory"


SIZES = "Sizes of the ensemble"
ALWAYS = "Every command"

Vocabulary = Annotated[
    str | None,
    typer.Option("--vocabulary", "-V", metavar="V", help="Vocabulary size.", rich_help_panel=SIZES),
]
Rules = Annotated[
    str | None,
    typer.Option("--rules", "-m", metavar="M", help="Rules per symbol.", rich_help_panel=SIZES),
]
Branching = Annotated[
    str | None,
    typer.Option(
        "--branching", "-s", metavar="S", help="Length of a patch.", rich_help_panel=SIZES
    ),
]
Levels = Annotated[
    str | None,
    typer.Option(
        "--levels",
        "-L",
        metavar="L",
        help="Levels of rules; the leaves are level L.",
        rich_help_panel=SIZES,
    ),
]
Classes = Annotated[
    str | None,
    typer.Option("--classes", metavar="N", help="Classes; V unless given.", rich_help_panel=SIZES),
]
Ensemble = Annotated[
    str | None,
    typer.Option(
        "--ensemble",
        metavar="NAME",
        help="uniform-first-token (R26, App. B; unless given) or uniform (C24).",
        rich_help_panel=SIZES,
    ),
]
Zipf = Annotated[
    str | None,
    typer.Option(
        "--zipf",
        metavar="A",
        help="The k-th rule of a symbol has weight k^-A; 0 unless given: uniform.",
        rich_help_panel=SIZES,
    ),
]
LabelZipf = Annotated[
    str | None,
    typer.Option(
        "--label-zipf",
        metavar="A",
        help="The k-th label has weight k^-A; 0 unless given: uniform.",
        rich_help_panel=SIZES,
    ),
]
GrammarFile = Annotated[
    str | None,
    typer.Option(
        "--grammar", metavar="FILE", help="A grammar file, instead of the sizes; - reads one."
    ),
    Names.READ_FILE,
]
SignalName = Annotated[
    str,
    typer.Option(
        "--signal",
        metavar="NAME",
        help="What every stage predicts: label, or a signal that an installed package brings.",
    ),
]
Seed = Annotated[
    str,
    typer.Option(
        "--seed",
        metavar="N",
        help="The one seed from which every random draw is derived.",
        rich_help_panel=ALWAYS,
    ),
]
Device = Annotated[
    str | None,
    typer.Option(
        "--device",
        metavar="NAME",
        help="cpu or cuda; unless given, cuda where there is one.",
        rich_help_panel=ALWAYS,
    ),
]
Json = Annotated[
    bool,
    typer.Option(
        "--json", help="Print one JSON document and nothing else.", rich_help_panel=ALWAYS
    ),
]
