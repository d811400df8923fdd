"""The options that several commands share, with the long name and the paper's letter of each.

Values arrive as text and are read by :mod:`layerproof.verify.commands.option_values`, so that every
refusal names the option, the value found and what is allowed, whatever version of typer is
installed.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import wraps
from typing import Annotated, Any

import typer

from layerproof.theory.sizes import SizeField, Sizes


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


@dataclass(frozen=True)
class GivenSizes:
    """The options of the sizes, as text: one for each field, the ensemble's name, and `--set`."""

    texts: Mapping[str, str | None] = field(default_factory=dict)
    ensemble: str | None = None
    own: tuple[str, ...] = ()

    @property
    def options(self) -> list[str]:
        """Those that were given, by a short name where there is one."""
        names = {found.name: _flags(found)[-1] for found in Sizes.size_fields()}
        given = [names[name] for name, text in self.texts.items() if text is not None]
        given += ["--ensemble"] if self.ensemble is not None else []
        return given + (["--set"] if self.own else [])


def takes_sizes(command: Callable[..., int | None]) -> Callable[..., int | None]:
    """The command with one option for each size in place of its parameter `sizes`.

    The options are those of :class:`layerproof.theory.sizes.Sizes`, an option for the ensemble, and
    `--set name=value` for what only one ensemble needs.
    """
    options = list(_size_options())

    @wraps(command)
    def run(ensemble: str | None = None, own: list[str] | None = None, **given: Any) -> int | None:
        texts = {found.name: given.pop(found.name) for found in Sizes.size_fields()}
        return command(sizes=GivenSizes(texts, ensemble, tuple(own or ())), **given)

    others = inspect.signature(command).parameters.values()
    every = [*options, *(found for found in others if found.name != "sizes")]
    run.__signature__ = inspect.Signature(every)  # type: ignore[attr-defined]
    run.__annotations__ = {found.name: found.annotation for found in every}
    return run


def _size_options() -> Iterator[inspect.Parameter]:
    for found in Sizes.size_fields():
        yield _parameter(found.name, str, found.metavar, found.help, _flags(found))
    text = "uniform-first-token (R26, App. B; unless given), uniform (C24), or a package's own."
    yield _parameter("ensemble", str, "NAME", text, ("--ensemble",))
    text = "A size that only this ensemble has; several times for several."
    yield _parameter("own", list[str], "NAME=VALUE", text, ("--set",))


def _parameter(
    name: str, kind: Any, metavar: str, text: str, flags: tuple[str, ...]
) -> inspect.Parameter:
    option = typer.Option(*flags, metavar=metavar, help=text, rich_help_panel=SIZES)
    optional = Annotated[kind | None, option]
    place = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Parameter(name, place, default=None, annotation=optional)


def _flags(found: SizeField) -> tuple[str, ...]:
    long, *short = reversed(found.option.split("/"))
    return (long, *short)
