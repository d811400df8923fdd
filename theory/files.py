"""Files of users: read with one clear sentence on failure, written whole or not at all.

Every path that a user gives goes through here. What was computed is never lost to one: an output is
opened before the work starts, and what can not be written in the end is kept in another place.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from layerproof.theory import pipes
from layerproof.theory.errors import InputError
from layerproof.theory.paths import READ, WRITTEN, checked_path, reason, told
from layerproof.theory.temporary import temporary_file

MOST_TEXT = 2**28
"""Bytes of a text: more than any grammar, suite or results file has."""
MOST_PIPED = 2**31
"""Bytes taken from a pipe, which may have no end."""

_ROOM = 4096
"""Bytes that a disk must have left before the work starts; what comes later, nobody knows."""


class UnwrittenError(InputError):
    """An output that could not be written in the end, after everything was computed.

    `allowed` says where it is kept instead. Where it is kept nowhere, `data` holds it, to be
    printed.
    """

    def __init__(self, field: str, value: object, allowed: str, data: bytes = b"") -> None:
        super().__init__(field, value, allowed)
        self.data = data

    def printed(self) -> UnwrittenError:
        """Return the same error where its data were printed already."""
        return UnwrittenError(self.field, self.value, self.allowed)


def read_bytes(path: str | Path, field: str = "file", *, most: int | None = None) -> bytes:
    """The content of a file, of a pipe that a program writes to, or of standard input ("-").

    Raises :class:`InputError`, naming `field`, where it is missing, unreadable, a folder, a device,
    a pipe without a writer, or longer than `most` bytes.
    """
    checked_path(path, field)
    with told(path, field, READ):
        descriptor = pipes.open_source(_source(path))
        try:
            limit = most or (None if pipes.is_regular(descriptor) else MOST_PIPED)
            return _content(descriptor, limit)
        finally:
            os.close(descriptor)


def read_text(path: str | Path, field: str = "file") -> str:
    """The text of a UTF-8 file; the line ends of other systems become its own.

    Raises as :func:`read_bytes` does, also where it is no text, or longer than `MOST_TEXT`.
    """
    data = read_bytes(path, field, most=MOST_TEXT)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(field, str(path), "a text file in UTF-8") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def check_file(path: str | Path, field: str = "file") -> None:
    """Raise :class:`InputError` where `path` is no file that can be read, more than once."""
    checked_path(path, field)
    with told(path, field, READ):
        descriptor = pipes.open_source(_source(path))
        again = pipes.is_regular(descriptor) and path != "-"
        os.close(descriptor)
        if not again:
            raise OSError(errno.EINVAL, "this one is read several times, which no pipe can be")


def atomic_write_text(path: str | Path, text: str, field: str = "output") -> None:
    """Write `text` in UTF-8 so that `path` holds all of it or what it held before.

    Raises :class:`InputError`, naming `field`, where `path` cannot be written.
    """
    atomic_write_bytes(path, encoded(text), field)


def atomic_write_bytes(path: str | Path, data: bytes, field: str = "output") -> None:
    """Write `data` so that `path` holds all of it or what it held before.

    A neighbouring temporary file is written, flushed to the disk and renamed; an interruption at
    any moment leaves no half-written file, and what a killed process left goes with the next file
    written there. Raises :class:`InputError`, naming `field`, where `path` cannot be written.
    """
    with output_file(path, field, room=b"") as output:
        output.write_now(data)


def check_writable(path: str | Path, field: str = "output") -> None:
    """Raise :class:`InputError` where `path` could not be written, before the long work starts."""
    with output_file(path, field):
        pass


class OutputFile:
    """A file, pipe or device that was found to be writable, and is written at the end."""

    def __init__(self, given: str | Path, field: str, target: Path, sink: int | None) -> None:
        self.given = str(given)
        self.field = field
        self._target = target
        self._sink = sink

    def write_now(self, data: bytes) -> None:
        """Write `data`, whole or not at all. Raises :class:`InputError` where that fails."""
        with told(self.given, self.field, WRITTEN):
            if self._sink is not None:
                pipes.write_to(self._sink, data)  # a device or a pipe has no halves to protect
            else:
                _replace(self._target, data)

    def write(self, data: bytes | str) -> None:
        """As :meth:`write_now`, for what took long to compute: where that fails, it is kept.

        Raises :class:`UnwrittenError`, which says where.
        """
        content = encoded(data) if isinstance(data, str) else data
        try:
            self.write_now(content)
        except InputError as error:
            name = self._target.name if self._sink is None else "output"
            raise _kept(error, {name: content}) from error


@contextmanager
def output_file(
    path: str | Path, field: str = "output", *, room: bytes = b" " * _ROOM
) -> Iterator[OutputFile]:
    """The file that a user asks for, proved to be writable and not yet written.

    A pipe stays open meanwhile, so that its reader waits. Raises :class:`InputError`, naming
    `field`, where it cannot be written.
    """
    checked_path(path, field)
    sink: int | None = None
    with told(path, field, WRITTEN):
        target, is_file = _target(path)
        if not is_file:
            sink = pipes.open_sink(os.fspath(path))
        elif room:
            with temporary_file(target.parent) as (descriptor, _):
                os.write(descriptor, room)
    try:
        yield OutputFile(path, field, target, sink)
    finally:
        if sink is not None:
            os.close(sink)


def write_files(folder: Path, files: Mapping[str, bytes], field: str = "output") -> None:
    """Write every one of `files`, by name, into `folder`: each of them whole or not at all.

    Raises :class:`UnwrittenError`, after all were tried, where one of them could not be written:
    it says where those are kept. The last one is the one to print where they are kept nowhere.
    """
    failed: dict[str, bytes] = {}
    first: InputError | None = None
    for name, content in files.items():
        try:
            atomic_write_bytes(folder / name, content, field)
        except InputError as error:
            first = first or error
            failed[name] = content
    if first is not None:
        raise _kept(first, failed) from first


def encoded(text: str) -> bytes:
    """`text` in UTF-8. What UTF-8 cannot hold is written as JSON writes it."""
    return re.sub("[\ud800-\udfff]", lambda c: f"\\u{ord(c[0]):04x}", text).encode("utf-8")


def _source(path: str | Path) -> str:
    """What to open: "-" is standard input where a user wrote it, and a file where a program did."""
    return path if isinstance(path, str) else os.path.join(".", path)


def _content(descriptor: int, limit: int | None) -> bytes:
    content = bytearray()
    for part in pipes.parts_of(descriptor):
        content += part
        if limit is not None and len(content) > limit:
            raise OSError(errno.EFBIG, f"more than {limit} bytes")
    return bytes(content)


def _target(path: str | Path) -> tuple[Path, bool]:
    """Where a file would be written, behind all links, and whether it is a file, or would be one.

    Raises OSError where it is a folder, is read-only, or has no folder to be in.
    """
    text = os.fspath(path)
    try:
        mode = os.stat(text).st_mode
    except FileNotFoundError:  # to be made: a link stays a link, its target is made
        if text.endswith(os.sep):
            raise IsADirectoryError(errno.EISDIR, "the name of a folder") from None
        target = Path(os.path.realpath(text))
        if not target.parent.is_dir():
            folder = target.parent
            raise FileNotFoundError(errno.ENOENT, f"the folder {folder} does not exist") from None
        return target, True
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    target = Path(os.path.realpath(text))
    if not os.access(text, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return target, stat.S_ISREG(mode)


def _replace(target: Path, data: bytes) -> None:
    with temporary_file(target.parent) as (descriptor, temporary):
        with suppress(FileNotFoundError):  # what was private stays private
            os.fchmod(descriptor, stat.S_IMODE(target.stat().st_mode))
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
        temporary.replace(target)


def _kept(error: InputError, files: Mapping[str, bytes]) -> UnwrittenError:
    """Keep what could not be written in the system's folder for temporary files."""
    field, value, allowed = error.field, error.value, error.allowed
    try:
        folder = Path(tempfile.mkdtemp(prefix="layerproof-"))
        try:
            for name, content in files.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                _replace(folder / name, content)
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    except OSError as also:
        allowed = f"{allowed}; nor can the temporary folder ({reason(also)}), so it is printed"
        return UnwrittenError(field, value, allowed, list(files.values())[-1])
    names = ", ".join(str(folder / name) for name in files)
    return UnwrittenError(field, value, f"{allowed}; what was computed is kept in {names}")
