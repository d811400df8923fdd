"""The one error that a user's input can raise, and the checks that raise it most often."""

from numbers import Integral
from typing import TypeGuard

from layerproof.theory.printable import printable

LONGEST_VALUE = 80


class _Missing:
    """Stands for a value that was not given, so that a sentence can read 'rules is missing'."""

    def __repr__(self) -> str:
        return "missing"


MISSING = _Missing()


class InputError(ValueError):
    """Input that cannot be used: which field, what was found there, and what is allowed.

    The message is one sentence, ready for a user. The arguments are kept, so the error survives
    the trip between processes.
    """

    def __init__(self, field: str, value: object, allowed: str) -> None:
        super().__init__(field, value, allowed)
        self.field = field
        self.value = value
        self.allowed = allowed

    def __str__(self) -> str:
        sentence = f"{self.field} is {shortened(self.value)}; allowed: {self.allowed}"
        return printable(sentence)  # names of fields and files come from files, too


def shortened(value: object) -> str:
    """Return the repr of a value on one line, cut to a readable length.

    The middle is what goes: of a path, the file's name is at the end.
    """
    if hasattr(value, "tolist"):  # a numpy value; the command line's start does without numpy
        value = value.tolist()
    try:
        text = " ".join(repr(value).split())
    except ValueError:  # Python refuses to print integers of thousands of digits
        return "a number too long to print"
    except RecursionError:
        return "a value too deep to print"
    if len(text) <= LONGEST_VALUE:
        return text
    half = (LONGEST_VALUE - 5) // 2
    return f"{text[:half]} ... {text[-half:]}"


def is_whole(value: object) -> TypeGuard[int]:
    """Return whether a value is an integer; True and 2.0 are not."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def whole_number(
    field: str, value: object, *, minimum: int | None = None, maximum: int | None = None
) -> int:
    """Return `value` as an int.

    Raises InputError where it is not a whole number (True and 2.0 are not), or is out of range.
    """
    if is_whole(value):
        number = int(value)
        if (minimum is None or number >= minimum) and (maximum is None or number <= maximum):
            return number
    raise InputError(field, value, _range_in_words(minimum, maximum))


def _range_in_words(minimum: int | None, maximum: int | None) -> str:
    if minimum is not None and maximum is not None:
        return f"a whole number from {minimum} to {maximum}"
    if minimum is not None:
        return f"a whole number, at least {minimum}"
    if maximum is not None:
        return f"a whole number, at most {maximum}"
    return "a whole number"
