"""What a process lacks, in words: memory, file descriptors, processes, a working directory."""

import errno
import os
import sys
from collections.abc import Iterator

from layerproof.theory.errors import InputError

_MEMORY = "the request does not fit into this machine's memory; choose smaller sizes"

_NUMBERS = {
    errno.ENOMEM: _MEMORY,
    errno.EMFILE: "this process may open too few files; raise the limit (ulimit -n)",
    errno.ENFILE: "this machine has too many files open; close some",
}

_TEXTS = (
    ("failed to map segment", _MEMORY),  # the loader of shared libraries
    ("Cannot allocate memory", _MEMORY),
    ("DefaultCPUAllocator", _MEMORY),  # torch
    (
        "CUDA out of memory",
        "the request does not fit into the device's memory; --device cpu may do",
    ),
    (
        "can't start new thread",
        "this process may start too few threads; raise the limit (ulimit -u)",
    ),
    ("Too many open files", _NUMBERS[errno.EMFILE]),
)

TORCH_BYTES = 2**30
"""The least address space in which torch and what stands on it can be loaded at all."""


def in_words(error: BaseException) -> str | None:
    """One sentence where `error`, or one behind it, says that something ran out; else None."""
    for link in _chain(error):
        if isinstance(link, MemoryError):
            return _MEMORY
        if isinstance(link, FileNotFoundError) and (sentence := _without_directory()):
            return sentence
        if isinstance(link, OSError) and link.errno in _NUMBERS:
            return _NUMBERS[link.errno]
        if isinstance(link, ImportError | RuntimeError | OSError):
            for text, sentence in _TEXTS:
                if text in str(link):
                    return sentence
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def check_working_directory() -> None:
    """Raise InputError where the working directory was deleted under this process."""
    try:
        os.getcwd()
    except OSError as error:
        raise InputError("the working directory", "deleted", "a folder that exists") from error


def _without_directory() -> str:
    try:
        check_working_directory()
    except InputError as refusal:
        return str(refusal)
    return ""


def check_torch_can_load() -> None:
    """Raise InputError where loading torch, or its linear algebra, would end the process.

    So it is with less memory than torch takes to load, and without a working directory.
    """
    check_working_directory()
    if sys.platform == "win32":
        return
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < TORCH_BYTES:
        field = "the memory limit of this process (ulimit -v)"
        raise InputError(field, f"{limit // 2**20} MiB", f"{TORCH_BYTES // 2**20} MiB or more")
