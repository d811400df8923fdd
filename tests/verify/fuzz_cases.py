"""What a fuzzed case is: a command line, and the files that lie where it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ALLOWED = frozenset({0, 1, 4, 5, 6})
"""Exit codes that an input can have; 3 is a defect, 2 an interruption."""


@dataclass(frozen=True)
class Case:
    """A command line without the name of the program, and the files that it may read."""

    arguments: Sequence[str]
    files: Mapping[str, bytes] = field(default_factory=dict)
    """By their paths in the working directory."""
    codes: frozenset[int] = ALLOWED
    """The exit codes that the meaning of the command allows."""
    change: str = ""
    """What was done to a file, in words, where that is known."""

    def lay(self, folder: Path) -> Case:
        """Write the files into `folder`; the case itself."""
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return self


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path; caches of Python's modules are nobody's output."""
    files = (file for file in sorted(folder.rglob("*")) if file.is_file())
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in files
        if "__pycache__" not in file.parts
    }
