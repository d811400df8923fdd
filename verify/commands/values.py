"""Values from the command line: text in, a checked value out, or one clear sentence."""

import math
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from layerproof.theory.errors import MISSING, InputError

OPTION_NAMES = {
    "vocabulary": "-V/--vocabulary",
    "rules": "-m/--rules",
    "branching": "-s/--branching",
    "levels": "-L/--levels",
    "classes": "--classes",
    "ensemble": "--ensemble",
    "zipf": "--zipf",
    "label_zipf": "--label-zipf",
    "samples_per_level": "--samples-per-level",
    "multiple": "--multiple",
    "features": "--features",
    "route": "--route",
    "device": "--device",
    "seed": "--seed",
    "represents": "--represents",
    "signal": "--signal",
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


def exponent(option: str, text: str | None) -> float:
    """The exponent, a finite number of at least 0, that `text` writes; 0 where it is not given.

    >>> exponent("--zipf", "1.5"), exponent("--zipf", None)
    (1.5, 0.0)
    """
    try:
        value = 0.0 if text is None else float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise InputError(option, text, "a number of at least 0")
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
        raise InputError(option, text, ", ".join(words))
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
