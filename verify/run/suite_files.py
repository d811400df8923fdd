"""The suites by name, the text of a suite file, and the line on which a field of it stands.

The standard library's parser keeps no positions. A field stands on the statement after which the
lines so far, parsed alone, first contain it: so every way to write TOML is understood, since it is
the parser that understands it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.metadata import EntryPoint
from typing import Any

from layerproof.theory import groups
from layerproof.theory.errors import InputError
from layerproof.theory.plugins import Kind, Registry

Step = str | int
"""A key of a table, or a place in an array."""


@dataclass(frozen=True)
class SuiteFile:
    """A suite file: what it is called in messages, and its text."""

    name: str
    text: str

    def parsed(self) -> dict[str, Any]:
        """The file's tables. Raises InputError, naming the line, where it is no TOML."""
        try:
            return tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            message = str(error)
            if "at end of document" in message:
                last = max(1, len(self.text.splitlines()))
                message = message.replace("at end of document", f"at the end, line {last}")
            raise InputError(self.name, message, "a TOML suite file") from error

    def error(self, path: Sequence[Step], label: str, value: object, allowed: str) -> InputError:
        """The refusal of the field at `path`, called `label`, with its line."""
        line = self.line(path)
        where = f"{self.name}, line {line}: {label}" if line else f"{self.name}: {label}"
        return InputError(where, value, allowed)

    def line(self, path: Sequence[Step]) -> int:
        """The line of a field, counted from 1, or of what it is missing from; 0 in an empty file.

        >>> SuiteFile("mine.toml", 'name = "x"\\n\\n[[check]]\\nid = "a"').line(["check", 0, "id"])
        4
        """
        found, deepest = min(1, len(self.text)), 0
        for line, tables in self._growing():
            depth = _depth(tables, path)
            if depth > deepest:
                found, deepest = line, depth
        return found

    def _growing(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Every line on which a statement starts, with all that the file says up to its end."""
        lines = self.text.splitlines(keepends=True)
        first = 1
        for end in range(1, len(lines) + 1):
            try:
                tables = tomllib.loads("".join(lines[:end]))
            except tomllib.TOMLDecodeError:  # the statement goes on
                continue
            yield first, tables
            first = end + 1


def _depth(tables: Any, path: Sequence[Step]) -> int:
    """How many steps of a path can be taken."""
    for depth, step in enumerate(path):
        if isinstance(step, int):
            there = isinstance(tables, list) and step < len(tables)
        else:
            there = isinstance(tables, Mapping) and step in tables
        if not there:
            return depth
        tables = tables[step]
    return len(path)


def _shipped() -> Iterator[SuiteFile]:
    folder = resources.files("layerproof.verify.run") / "suites"
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.name.endswith(".toml"):
            yield SuiteFile(item.name.removesuffix(".toml"), item.read_text("utf-8"))


def _brought(entry: EntryPoint) -> SuiteFile:
    """The file ``NAME.toml`` in the package that the entry point NAME names."""
    file = resources.files(entry.value) / f"{entry.name}.toml"
    return SuiteFile(entry.name, file.read_text("utf-8"))


SUITE_KIND: Kind[SuiteFile] = Kind(
    groups.SUITES, "", SuiteFile, key=lambda suite: suite.name, load=_brought
)
SUITES: Registry[SuiteFile] = Registry(_shipped(), SUITE_KIND)
"""Every suite by name: those of this package, then those that others bring.

A package brings the suite NAME by an entry point of that name in the group ``layerproof.suites``,
whose value is the package in which NAME.toml lies.
"""
