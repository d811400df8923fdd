"""The standard streams of the process, whatever they are connected with.

A reader that leaves early, such as `head`, changes nothing but what is read. A full disk or a
closed standard output is refused in one sentence. A character that the encoding lacks is written as
JSON escapes it, so that a document stays one.
"""

import codecs
import io
import json
import os
import sys
from collections.abc import Callable
from typing import BinaryIO, TextIO

from layerproof.theory.errors import InputError

WRITABLE = "a terminal, a file or a pipe that can be written"
_ESCAPED = "layerproof.escaped"


class StandardStream(io.TextIOWrapper):
    """Standard output or standard error: text over `buffer`.

    Where it cannot be written to the end, the rest goes nowhere. Of a stream that is `needed`,
    InputError is raised then, except for a reader that left.
    """

    def __init__(
        self, buffer: BinaryIO, encoding: str, *, line_buffering: bool, needed: bool
    ) -> None:
        super().__init__(buffer, encoding, _ESCAPED, line_buffering=line_buffering)
        self._needed = needed

    def write(self, text: str, /) -> int:
        """Write `text`; the number of its characters."""
        self._try(lambda: super(StandardStream, self).write(text))
        return len(text)

    def flush(self) -> None:
        """Hand on what was written so far."""
        self._try(super().flush)

    def _try(self, action: Callable[[], object]) -> None:
        try:
            action()
        except OSError as error:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            if self._needed and not isinstance(error, BrokenPipeError):
                found = error.strerror or str(error)
                raise InputError("standard output", found, WRITABLE) from error


def print_unwritten(error: InputError) -> None:
    """Print on standard output what an output file was for, where it could be kept nowhere else.

    What is no text goes to no terminal.
    """
    content = getattr(error, "data", b"")
    if not content:
        return
    try:
        print_exactly(content.decode("utf-8"))
    except UnicodeDecodeError:
        if not sys.stdout.isatty():
            sys.stdout.flush()
            sys.stdout.buffer.write(content)


def print_exactly(text: str) -> None:
    """Print `text` on standard output as it is, as a line of its own."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def open_streams() -> None:
    """Make the standard streams of this process ones that never crash it.

    Raises InputError where standard output is closed.
    """
    codecs.register_error(_ESCAPED, _escape)
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:  # closed; a file of a command must not take its number
            os.open(os.devnull, os.O_RDWR)
    sys.stderr = _stream(sys.stderr, 2, needed=False)
    if sys.stdout is None:
        sys.stdout = _stream(None, 1, needed=False)
        raise InputError("standard output", "closed", WRITABLE)
    sys.stdout = _stream(sys.stdout, 1, needed=True)


def _stream(found: TextIO | None, number: int, *, needed: bool) -> StandardStream:
    if found is None:
        buffer = os.fdopen(number, "wb", closefd=False)
        return StandardStream(buffer, "utf-8", line_buffering=True, needed=needed)
    return StandardStream(
        found.buffer, found.encoding, line_buffering=bool(found.line_buffering), needed=needed
    )


def _escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end
