"""What commands print, in the pages of docs/: ``python -m tools.outputs`` runs them all anew.

A page names a command in ``<!-- runs: COMMAND -->``; what stands from there to ``<!-- end of run
-->`` is written by this module. Commands run one after the other, page by page, in a copy of
docs/examples, 100 columns wide. A test runs those that take no time, so that the manual shows what
the code prints.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from layerproof.theory.files import atomic_write_text

DOCS = Path(__file__).resolve().parents[1] / "docs"
EXAMPLES = DOCS / "examples"
COLUMNS = 100
QUICK = ("assumptions", "predict", "draw", "statements")
"""Commands of layerproof that answer within a second or two."""

_BLOCK = re.compile(r"<!-- runs: (?P<command>.*?) -->\n.*?<!-- end of run -->", re.DOTALL)


def commands(text: str) -> list[str]:
    """The commands that a page shows the output of, in order."""
    return [found["command"] for found in _BLOCK.finditer(text)]


def is_quick(command: str) -> bool:
    """Whether a test may run it by itself: it takes no time, and needs nothing that others wrote.

    >>> is_quick("layerproof assumptions --grammar grammar.json")
    True
    >>> is_quick("python nets.py grammar.json cnn.pt")
    False
    """
    return shlex.split(command)[:2] in [["layerproof", name] for name in QUICK]


def block(command: str, output: str, exit_code: int) -> str:
    """What a page shows of a command: itself, what it prints, the exit code unless that is 0."""
    shown = [f"$ {command}", *(line.rstrip() for line in output.rstrip("\n").split("\n"))]
    if exit_code:
        shown += ["", "$ echo $?", str(exit_code)]
    listing = "\n".join(shown).rstrip()
    return f"<!-- runs: {command} -->\n```console\n{listing}\n```\n<!-- end of run -->"


def renewed(text: str, folder: Path) -> str:
    """A page with every command run in `folder`."""
    return _BLOCK.sub(lambda found: block(found["command"], *_run(found["command"], folder)), text)


def pages() -> Iterator[Path]:
    """The pages that show what commands print."""
    return (page for page in sorted(DOCS.rglob("*.md")) if commands(page.read_text("utf-8")))


def _run(command: str, folder: Path) -> tuple[str, int]:
    """Standard output and exit code of a command, found beside this Python."""
    sys.stdout.write(f"{command}\n")
    sys.stdout.flush()
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        shlex.split(command),
        cwd=folder,
        env=os.environ | {"PATH": path, "COLUMNS": str(COLUMNS), "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    return done.stdout, done.returncode


def main(names: list[str]) -> None:
    """Renew the pages of these names; all that show a command unless one is named."""
    for page in pages():
        if names and page.name not in names:
            continue
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(EXAMPLES, folder, dirs_exist_ok=True)
            atomic_write_text(page, renewed(page.read_text("utf-8"), Path(folder)), page.name)


if __name__ == "__main__":
    main(sys.argv[1:])
