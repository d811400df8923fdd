"""What the commands print: one JSON document, or text that fits a terminal of 80 columns."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table

from layerproof.theory.printable import printable
from layerproof.verify.commands.streams import print_exactly

if TYPE_CHECKING:
    from layerproof.theory.files import OutputFile, UnwrittenError

NARROWEST, WIDEST = 20, 1000
"""Columns that a terminal can have; what else COLUMNS says is not believed."""


class SafeConsole(Console):
    """A console on which text shows what it holds and steers nothing, wherever it came from."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """The segments of `renderable`, each text :func:`printable`; rich's own codes stay."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(printable(segment.text, lines=True), segment.style)


def standard_output() -> Console:
    """A console on standard output, for results."""
    return SafeConsole(highlight=False, emoji=False)


def standard_error() -> Console:
    """A console on standard error, for progress and refusals."""
    return SafeConsole(stderr=True, highlight=False, emoji=False)


def print_json(document: Any) -> None:
    """Print `document` on standard output: one JSON document and nothing else."""
    from layerproof.theory.jsonable import to_json

    print_text(to_json(document, indent=2))


def say(remark: str) -> None:
    """Tell a remark on standard error, in one line; "" is none."""
    if remark:
        standard_error().print(f"layerproof: {printable(remark)}", markup=False, soft_wrap=True)


def tried(write: Callable[[], object], page: str, results: str) -> None:
    """Write a page of results that are kept already; a failure is one sentence, and no more."""
    try:
        write()
    except Exception as error:  # noqa: BLE001 -- the results are what the run is for
        say(f"{page} was not written ({error}); {results} is complete")


def print_path(words: str, path: str | Path, console: Console | None = None) -> None:
    """Print where something is on a line of its own, as a terminal can show it."""
    line = printable(f"{words} {path}".strip())
    (console or standard_output()).print(line, markup=False, soft_wrap=True)


@contextmanager
def opened_output(path: str | None) -> Iterator["OutputFile | None"]:
    """The file that -o names, proved to be writable before the work starts; None without -o.

    Raises InputError where it cannot be written.
    """
    if path is None:
        yield None
        return
    from layerproof.theory.files import output_file

    with output_file(path, "-o/--output") as file:
        yield file


def written(file: "OutputFile | None", content: bytes | str) -> "UnwrittenError | None":
    """Write `content`, if there is a file; the error to raise when all else has been printed.

    What a long computation found is told even where its file could not be written in the end.
    """
    from layerproof.theory.files import UnwrittenError

    try:
        if file is not None:
            file.write(content)
    except UnwrittenError as error:
        return error
    return None


def settle_width() -> None:
    """Forget what the environment says of the terminal's size where no terminal has such a size.

    rich takes COLUMNS=0 at its word, and what is wrapped to no columns has no end.
    """
    for name in ("COLUMNS", "LINES"):
        text = os.environ.get(name)
        if text is not None:
            digits = text.strip()
            sensible = digits.isascii() and digits.isdigit() and len(digits) < 5
            if not sensible or not (NARROWEST if name == "COLUMNS" else 1) <= int(digits) <= WIDEST:
                del os.environ[name]


def print_text(text: str) -> None:
    """Print `text` on standard output, :func:`printable`, without wrapping or colour."""
    print_exactly(printable(text, lines=True))


def columns(*headings: str) -> Table:
    """An empty table: the first column to the left, numbers to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="left" if number == 0 else "right")
    return table
