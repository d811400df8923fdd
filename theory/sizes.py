"""The sizes of a grammar, each stated once: what it is called, what it says, what it may be.

The command line's options, the parameters of suites, phase diagrams and predictions are derived
from these fields. An ensemble (:class:`layerproof.theory.ensembles.base.Ensemble`) has them all,
and may add its own. No numpy here: the command line's start reads the fields.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING as NO_DEFAULT
from dataclasses import dataclass, field, fields
from typing import Any, Self

from layerproof.theory.errors import MISSING, InputError, guessed, is_whole, whole_number

LARGEST_VOCABULARY = 2**31 - 1


@dataclass(frozen=True)
class SizeField:
    """One size.

    `name` is the library's keyword and, with hyphens, the option's long name; `letter` the one of
    the papers, where it has one. `least` and `most` bound its value. `usual` is the value of suites
    and diagrams that name none; `required` says whether a draw has to name one.
    """

    name: str
    help: str
    letter: str = ""
    metavar: str = ""
    whole: bool = True
    least: float = 1
    most: float = math.inf
    usual: Any = None
    required: bool = True

    @property
    def key(self) -> str:
        """How suite files, sweeps and results call it: "V", "zipf"."""
        return self.letter or self.name

    @property
    def option(self) -> str:
        """How a sentence calls its option: "-V/--vocabulary", "--label-zipf"."""
        long = f"--{self.name.replace('_', '-')}"
        return f"-{self.letter}/{long}" if self.letter else long

    def check(self, value: object) -> None:
        """Raise InputError unless `value` is in the bounds; None is, where none is required."""
        if value is None and not self.required:
            return
        if self.whole:
            most = None if self.most == math.inf else int(self.most)
            whole_number(self.name, value, minimum=int(self.least), maximum=most)
            return
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not self.least <= value < math.inf or value > self.most:  # type: ignore[operator]
            upper = "" if self.most == math.inf else f" and at most {self.most:g}"
            raise InputError(self.name, value, f"a finite number of at least {self.least:g}{upper}")


def size(help: str, *, usual: Any, default: Any = NO_DEFAULT, **about: Any) -> Any:
    """A field of :class:`Sizes`, or of an ensemble's own; `about` as in :class:`SizeField`."""
    described = {"help": help, "usual": usual, "required": default is NO_DEFAULT, **about}
    return field(default=default, metadata=described)


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """V = V_1 = ... = V_L, m, s, L, n = V_0 (V where None), and the exponents of Zipf's law.

    >>> [field.key for field in Sizes.size_fields()]
    ['V', 'm', 's', 'L', 'classes', 'zipf', 'label_zipf']
    """

    vocabulary: int = size(
        "Vocabulary size.", letter="V", metavar="V", usual=8, most=LARGEST_VOCABULARY
    )
    rules: int = size("Rules per symbol.", letter="m", metavar="M", usual=4)
    branching: int = size("Length of a patch.", letter="s", metavar="S", usual=2, least=2)
    levels: int = size("Levels of rules; the leaves are level L.", letter="L", metavar="L", usual=3)
    classes: int | None = size(
        "Classes; V unless given.", metavar="N", usual=None, default=None, most=LARGEST_VOCABULARY
    )
    zipf: float = size(
        "The k-th rule of a symbol has weight k^-A; 0 unless given: uniform.",
        metavar="A", usual=0.0, default=0.0, least=0, whole=False,
    )  # fmt: skip
    label_zipf: float = size(
        "The k-th label has weight k^-A; 0 unless given: uniform.",
        metavar="A", usual=0.0, default=0.0, least=0, whole=False,
    )  # fmt: skip

    @classmethod
    def size_fields(cls) -> tuple[SizeField, ...]:
        """What is said of every size, in order."""
        return tuple(SizeField(found.name, **found.metadata) for found in fields(cls))

    @classmethod
    def own_fields(cls) -> tuple[SizeField, ...]:
        """The sizes that this ensemble has and others have not."""
        common = {found.name for found in fields(Sizes)}
        return tuple(found for found in cls.size_fields() if found.name not in common)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """These sizes, by name or letter.

        Raises InputError, naming the size, for one that is missing or that there is not.
        """
        names = {key: found.name for found in cls.size_fields() for key in (found.name, found.key)}
        for key, value in values.items():
            if key not in names:
                known = f"one of {', '.join(dict.fromkeys(names.values()))}"
                raise InputError(key, value, guessed(known, key, names))
        # numpy's integers overflow in silence.
        given = {names[k]: int(v) if is_whole(v) else v for k, v in values.items()}
        for found in cls.size_fields():
            if found.required and found.name not in given:
                raise InputError(found.name, MISSING, found.help)
        return cls(**given)

    def by_key(self) -> dict[str, Any]:
        """Every size under the name that results give it.

        >>> Sizes(vocabulary=8, rules=4, branching=2, levels=3).by_key()["V"]
        8
        """
        return {found.key: getattr(self, found.name) for found in self.size_fields()}

    @property
    def top(self) -> int:
        """The number of classes n."""
        return self.vocabulary if self.classes is None else self.classes

    @property
    def is_uniform(self) -> bool:
        """Whether all rules of a symbol and all labels are equally likely."""
        return not (self.zipf or self.label_zipf)


OPTIONS = {found.name: found.option for found in Sizes.size_fields()} | {"ensemble": "--ensemble"}
"""The option of the command line that sets each size."""
