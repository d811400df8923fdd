"""Every parameter of every command that names a path, found in the commands themselves."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

from typer.main import get_command

from verify.cli import app
from verify.commands.options import Names

WORDS = {"FILE", "DIR", "MODEL", "FACTORY", "STRINGS", "PATH"}
"""What a metavar says that stands for a path."""


@dataclass(frozen=True)
class PathParameter:
    """A parameter that names a path: of which command, what for, and how it is given."""

    command: str
    name: str
    use: Names
    option: str | None
    """The option before it; None for an argument."""
    metavar: str

    def __str__(self) -> str:
        return f"{self.command}-{self.option or self.name}"

    def given(self, path: str | Path, others: list[str]) -> list[str]:
        """The command line with this path and the `others`."""
        words = [str(path)] if self.option is None else [f"{self.option}={path}"]
        return [self.command, *others, *words]


def path_parameters() -> list[PathParameter]:
    """All of them, in the order of the help."""
    return [
        PathParameter(name, parameter.name, use, _option(parameter), parameter.metavar)
        for name, callback, parameters in _commands()
        for parameter in parameters
        if (use := _use(callback, parameter.name)) is not None
    ]


def unmarked() -> list[str]:
    """Parameters whose metavar stands for a path, and that do not say which use it has."""
    return [
        f"{name} {parameter.name}"
        for name, callback, parameters in _commands()
        for parameter in parameters
        if WORDS.intersection(_words(parameter.metavar)) and _use(callback, parameter.name) is None
    ]


@cache
def commands() -> dict[str, Any]:
    """The commands by name, as typer's parser has them."""
    return dict(get_command(app).commands)  # type: ignore[attr-defined]


def _commands() -> list[tuple[str, Any, Any]]:
    return [(name, command.callback, command.params) for name, command in commands().items()]


def _use(callback: Any, name: str) -> Names | None:
    hint = get_type_hints(_original(callback), include_extras=True).get(name)
    found = [part for part in getattr(hint, "__metadata__", ()) if isinstance(part, Names)]
    return found[0] if found else None


def _original(callback: Any) -> Any:
    return getattr(callback, "__wrapped__", callback)


def _option(parameter: Any) -> str | None:
    return parameter.opts[0] if parameter.param_type_name == "option" else None


def _words(metavar: str | None) -> set[str]:
    return set("".join(c if c.isalpha() else " " for c in (metavar or "").upper()).split())
