"""The one error that a user's input can raise, and the checks that raise it most often."""

from collections.abc import Iterable
from numbers import Integral
from typing import TypeGuard

from layerproof.theory.printable import printable

LONGEST_VALUE = 80
MOST_LISTED = 24
"""Names that a refusal lists one by one."""
MOST_GUESSES = 3


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


def unknown_name(
    field: str, value: object, known: Iterable[str], allowed: str | None = None
) -> InputError:
    """The refusal of a name that is none of those `known`, with the one that it may stand for.

    `allowed` says in words what is allowed, where that is not the list of names.

    >>> str(unknown_name("signal", "lable", ["label", "sibling"]))
    "signal is 'lable'; allowed: label, sibling (did you mean label?)"
    """
    names = list(known)
    return InputError(field, value, guessed(allowed or listed(names), value, names))


def listed(known: Iterable[str]) -> str:
    """Names in a sentence, the first ones where they are many."""
    names = list(known)
    more = [f"… ({len(names)} in all)"] if len(names) > MOST_LISTED else []
    return ", ".join([*names[:MOST_LISTED], *more]) or "nothing: there are none"


def guessed(allowed: str, value: object, known: Iterable[str]) -> str:
    """What is allowed, and which of the names `known` the `value` may stand for, if one is near."""
    near = near_names(value, known)
    return f"{allowed} (did you mean {' or '.join(near)}?)" if near else allowed


def near_names(value: object, known: Iterable[str]) -> list[str]:
    """The names that `value` may be meant for: a part after a point is one, and case is ignored.

    >>> near_names("Theorem 7", ["R26.theorem-7", "R26.lemma-17"]), near_names("xyz", ["label"])
    (['R26.theorem-7'], [])
    """
    from difflib import get_close_matches  # here: most starts of the command line need none

    written = _plain(str(value))
    spellings: dict[str, list[str]] = {}
    for name in dict.fromkeys(known):
        for part in dict.fromkeys((_plain(name), _plain(name.rpartition(".")[2]))):
            spellings.setdefault(part, []).append(name)
    near = [written] if written in spellings else get_close_matches(written, spellings, 1)
    return [name for spelling in near for name in spellings[spelling]][:MOST_GUESSES]


def _plain(name: str) -> str:
    """A name without what people leave out; of what a file holds, no more than a name's length."""
    return "".join(letter for letter in name[:LONGEST_VALUE].lower() if letter.isalnum())
