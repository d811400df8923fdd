"""The grammar a command works on: drawn from an ensemble at given sizes, or read from a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerproof.theory.errors import MISSING, InputError
from layerproof.theory.printable import printable
from layerproof.verify.commands.values import (
    choice,
    exponent,
    inside_file,
    integer,
    named_as_options,
    optional_integer,
)

if TYPE_CHECKING:
    from layerproof.theory.costs import Extent
    from layerproof.theory.grammar import Grammar


@dataclass(frozen=True)
class Sizes:
    """An ensemble and its sizes: V, m, s, L and the number of classes n (None: V).

    `zipf` and `label_zipf` are the exponents of Zipf's law on rules and labels; 0 is uniform.
    """

    ensemble: str
    vocabulary: int
    rules: int
    branching: int
    levels: int
    classes: int | None
    zipf: float = 0.0
    label_zipf: float = 0.0

    @property
    def is_uniform(self) -> bool:
        """Whether all rules of a symbol and all labels are equally likely."""
        return not (self.zipf or self.label_zipf)

    @property
    def draw_seconds(self) -> float:
        """How long drawing one takes; raises InputError where it is not drawn."""
        from layerproof.theory.costs import TOKEN_SECONDS

        self._check_drawn()
        symbols = (self.classes or self.vocabulary) + self.vocabulary * (self.levels - 1)
        return TOKEN_SECONDS * symbols * self.rules * self.branching

    def _check_drawn(self) -> None:
        from layerproof.theory.ensembles import check_drawn

        with named_as_options():
            check_drawn(
                self.ensemble,
                self.vocabulary,
                self.rules,
                self.branching,
                self.levels,
                self.classes,
            )

    @property
    def extent(self) -> "Extent":
        """How large its grammars are; raises InputError where they are drawn, but not analysed."""
        from layerproof.theory.costs import Extent, check

        self._check_drawn()
        with named_as_options():
            extent = Extent.of_ensemble(
                self.vocabulary, self.rules, self.branching, self.levels, self.classes
            )
            check(extent)
        return extent

    def draw(self, seed: int) -> "Grammar":
        """One grammar of the ensemble."""
        from layerproof.theory.ensembles import draw

        with named_as_options():
            return draw(
                self.ensemble,
                vocabulary=self.vocabulary,
                rules=self.rules,
                branching=self.branching,
                levels=self.levels,
                classes=self.classes,
                zipf=self.zipf,
                label_zipf=self.label_zipf,
                seed=seed,
            )


def read_sizes(
    vocabulary: str | None,
    rules: str | None,
    branching: str | None,
    levels: str | None,
    classes: str | None,
    ensemble: str | None,
    zipf: str | None = None,
    label_zipf: str | None = None,
) -> Sizes:
    """The sizes given as options; raises InputError for the first that is missing or invalid."""
    return Sizes(
        ensemble=read_ensemble(ensemble),
        vocabulary=integer("-V/--vocabulary", vocabulary),
        rules=integer("-m/--rules", rules),
        branching=integer("-s/--branching", branching),
        levels=integer("-L/--levels", levels),
        classes=optional_integer("--classes", classes),
        zipf=exponent("--zipf", zipf),
        label_zipf=exponent("--label-zipf", label_zipf),
    )


def read_ensemble(name: str | None) -> str:
    """The ensemble of that name; R26's where none is given."""
    from layerproof.theory.ensembles import ENSEMBLES

    return choice("--ensemble", name, ENSEMBLES)


def read_source(
    grammar: str | None,
    vocabulary: str | None,
    rules: str | None,
    branching: str | None,
    levels: str | None,
    classes: str | None,
    ensemble: str | None,
    zipf: str | None = None,
    label_zipf: str | None = None,
) -> "Sizes | Grammar":
    """The grammar of the file, or the sizes; raises InputError where both or neither are given."""
    sizes = {"-V": vocabulary, "-m": rules, "-s": branching, "-L": levels, "--classes": classes}
    sizes |= {"--ensemble": ensemble, "--zipf": zipf, "--label-zipf": label_zipf}
    given = [option for option, value in sizes.items() if value is not None]
    if grammar is not None:
        if given:
            allowed = f"either --grammar or the sizes, not both (found {', '.join(given)})"
            raise InputError("--grammar", grammar, allowed)
        return load_grammar(grammar)
    if not given:
        raise InputError("-V/--vocabulary", MISSING, "the sizes -V -m -s -L, or --grammar FILE")
    return read_sizes(vocabulary, rules, branching, levels, classes, ensemble, zipf, label_zipf)


def read_grammar(source: "Sizes | Grammar", seed: int) -> "Grammar":
    """The grammar itself: a file's as it is, an ensemble's drawn with `seed`."""
    return source.draw(seed) if isinstance(source, Sizes) else source


def described(source: "Sizes | Grammar", grammar: str | None, seed: int) -> str:
    """What a command works on: the file, or the sizes that it was drawn at; and the seed."""
    if not isinstance(source, Sizes):
        return printable(f"grammar {grammar}, seed {seed}")
    parts = {"V": source.vocabulary, "m": source.rules, "s": source.branching, "L": source.levels}
    parts |= {"classes": source.vocabulary if source.classes is None else source.classes}
    found = {**parts, "ensemble": source.ensemble, "zipf": source.zipf}
    found |= {"label_zipf": source.label_zipf, "seed": seed}
    shown = (f"{name} {value}" for name, value in found.items() if name[-4:] != "zipf" or value)
    return ", ".join(shown)


def caveat(reasons: Sequence[str]) -> str:
    """One sentence where the theorem does not cover a grammar, for `reasons`; else empty."""
    if not reasons:
        return ""
    more = f" (and {len(reasons) - 1} more: layerproof assumptions)" if len(reasons) > 1 else ""
    return f"The theorem does not cover this grammar: {reasons[0]}{more}"


def load_grammar(path: str) -> "Grammar":
    """The grammar that the file `path` holds."""
    from layerproof.theory.grammar import Grammar

    with inside_file(path):
        return Grammar.load(path)
