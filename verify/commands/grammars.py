"""The grammar a command works on: drawn from an ensemble at given sizes, or read from a file."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from theory.errors import MISSING, InputError
from verify.commands.values import (
    choice,
    inside_file,
    integer,
    named_as_options,
    optional_integer,
)

if TYPE_CHECKING:
    from theory.grammar import Grammar


@dataclass(frozen=True)
class Sizes:
    """An ensemble and its sizes: V, m, s, L and the number of classes n (None: V)."""

    ensemble: str
    vocabulary: int
    rules: int
    branching: int
    levels: int
    classes: int | None

    def draw(self, seed: int) -> "Grammar":
        """One grammar of the ensemble."""
        from theory.ensembles import draw

        with named_as_options():
            return draw(
                self.ensemble,
                vocabulary=self.vocabulary,
                rules=self.rules,
                branching=self.branching,
                levels=self.levels,
                classes=self.classes,
                seed=seed,
            )


def read_sizes(
    vocabulary: str | None,
    rules: str | None,
    branching: str | None,
    levels: str | None,
    classes: str | None,
    ensemble: str,
) -> Sizes:
    """The sizes given as options; raises InputError for the first that is missing or invalid."""
    from theory.ensembles import ENSEMBLES

    return Sizes(
        ensemble=choice("--ensemble", ensemble, ENSEMBLES),
        vocabulary=integer("-V/--vocabulary", vocabulary),
        rules=integer("-m/--rules", rules),
        branching=integer("-s/--branching", branching),
        levels=integer("-L/--levels", levels),
        classes=optional_integer("--classes", classes),
    )


def read_source(
    grammar: str | None,
    vocabulary: str | None,
    rules: str | None,
    branching: str | None,
    levels: str | None,
    classes: str | None,
    ensemble: str,
) -> "Sizes | Grammar":
    """The grammar of the file, or the sizes; raises InputError where both or neither are given."""
    sizes = {"-V": vocabulary, "-m": rules, "-s": branching, "-L": levels, "--classes": classes}
    given = [option for option, value in sizes.items() if value is not None]
    if grammar is not None:
        if given:
            allowed = f"either --grammar or the sizes, not both (found {', '.join(given)})"
            raise InputError("--grammar", grammar, allowed)
        return load_grammar(grammar)
    if not given:
        raise InputError("-V/--vocabulary", MISSING, "the sizes -V -m -s -L, or --grammar FILE")
    return read_sizes(vocabulary, rules, branching, levels, classes, ensemble)


def read_grammar(source: "Sizes | Grammar", seed: int) -> "Grammar":
    """The grammar itself: a file's as it is, an ensemble's drawn with `seed`."""
    return source.draw(seed) if isinstance(source, Sizes) else source


def load_grammar(path: str) -> "Grammar":
    """The grammar that the file `path` holds."""
    from theory.grammar import Grammar

    with inside_file(path):
        return Grammar.load(path)
