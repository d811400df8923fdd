"""Values from the command line: text in, a checked value out, or one clear sentence."""

import math
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from layerproof.theory.errors import MISSING, InputError, unknown_name
from layerproof.theory.sizes import OPTIONS, SizeField

OPTION_NAMES = {
    **OPTIONS,
    "samples_per_level": "--samples-per-level",
    "multiple": "--multiple",
    "features": "--features",
    "scores": "--scores",
    "route": "--route",
    "device": "--device",
    "seed": "--seed",
    "represents": "--represents",
    "encode": "--encoding",
    "signal": "--signal",
    "labels": "--labels",
    "target": "--target",
}
"""The option that sets each argument of the library."""

MOST = 2**63 - 1
"""The largest integer an option takes: sample counts and seeds are 64-bit."""


def integer(option: str, text: str | None, *, least: int = 1, most: int = MOST) -> int:
    """The whole number that `text` writes, from `least` to `most`.

    >>> integer("--seed", "7", least=0)
    7
    """
    bound = f"a whole number of at least {least}"
    if text is None:
        raise InputError(option, MISSING, bound)
    written = re.fullmatch(r"([+-]?)0*([0-9]+)", text)
    if written is None:
        raise InputError(option, text, bound)
    sign, digits = written.groups()
    # Python refuses to read thousands of digits, of which the first ones tell enough.
    number = int(f"{sign}{digits[:30]}")
    if number < least:
        raise InputError(option, text, bound)
    if number > most:
        raise InputError(option, text, f"a whole number from {least} to {most}")
    return number


def optional_integer(option: str, text: str | None, *, least: int = 1) -> int | None:
    """As :func:`integer`; None where the option is not given."""
    return None if text is None else integer(option, text, least=least)


def size_value(found: SizeField, text: str) -> float:
    """The value of a size that `text` writes, whole where the size is; its `check` says the rest.

    >>> from layerproof.theory.sizes import Sizes
    >>> [size_value(found, "4") for found in Sizes.size_fields() if found.key in ("V", "zipf")]
    [4, 4.0]
    """
    if found.whole:
        return integer(found.option, text, least=min(1, int(found.least)))
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not found.least <= value < math.inf:
        raise InputError(found.option, text, f"a number of at least {found.least:g}")
    return value


def positive_number(option: str, text: str) -> float:
    """The positive finite number that `text` writes.

    >>> positive_number("--multiple", "1e3")
    1000.0
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise InputError(option, text, "a positive number")
    return value


def integers(option: str, text: str, *, least: int = 1) -> list[int]:
    """The whole numbers that `text` lists, separated by commas.

    >>> integers("--samples-per-level", "100,200")
    [100, 200]
    """
    try:
        return [integer(option, part.strip(), least=least) for part in text.split(",")]
    except InputError as error:
        allowed = f"numbers separated by commas, each {error.allowed}"
        raise InputError(option, text, allowed) from error


def choice(option: str, text: str | None, allowed: Iterable[str]) -> str:
    """`text`, where it is one of the words `allowed`; the first of them where it is not given."""
    words = list(allowed)
    if text is None:
        return words[0]
    if text not in words:
        raise unknown_name(option, text, words)
    return text


@contextmanager
def named_as_options() -> Iterator[None]:
    """Inside, a refused argument of the library is reported under its option's name."""
    try:
        yield
    except InputError as error:
        option = OPTION_NAMES.get(error.field)
        if option is None:
            raise
        raise InputError(option, error.value, error.allowed) from error


@contextmanager
def inside_file(path: str) -> Iterator[None]:
    """Inside, a refused field is reported together with the file that it stands in."""
    try:
        yield
    except InputError as error:
        if path in f"{error.field} {error.value}":
            raise
        raise InputError(f"{error.field} in {path}", error.value, error.allowed) from error
