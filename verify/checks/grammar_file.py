"""A grammar from a file, read once where parameters are validated; then it travels as an object."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, SerializationInfo, ValidationInfo

from layerproof.theory.grammar import Grammar


@dataclass(frozen=True, repr=False)
class GrammarFile:
    """A grammar and the path of its file. In another process it is the grammar that was read."""

    path: Path
    grammar: Grammar

    @classmethod
    def read(cls, path: str | Path) -> GrammarFile:
        """The grammar in a file; raises InputError where there is none."""
        return cls(Path(path), Grammar.load(path))

    def __str__(self) -> str:
        return str(self.path)


def _given(value: Any, info: ValidationInfo) -> GrammarFile:
    """`value`, read where it is a path that nobody has read; the context is what has been read."""
    if isinstance(value, GrammarFile):
        return value
    if not isinstance(value, str | Path):
        raise ValueError("a path")
    read: dict[str, GrammarFile] = {} if info.context is None else info.context
    path = str(Path(value))
    if path not in read:
        read[path] = GrammarFile.read(path)
    return read[path]


def _shown(value: GrammarFile, info: SerializationInfo) -> GrammarFile | str:
    return str(value) if info.mode == "json" else value


ReadGrammar = Annotated[
    GrammarFile, PlainValidator(_given), PlainSerializer(_shown, return_type=Any)
]
"""A parameter that names a grammar file, and has read it.

The context of the validation may be a dict of the files that are read already, by path.
"""
