"""The grammar a command works on: drawn from an ensemble at given sizes, or read from a file."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from layerproof.theory.errors import MISSING, InputError, guessed
from layerproof.theory.printable import printable
from layerproof.theory.sizes import Sizes
from layerproof.verify.commands.option_values import (
    choice,
    inside_file,
    integer,
    named_as_options,
    size_value,
)
from layerproof.verify.commands.options import GivenSizes
from layerproof.verify.commands.output import say

if TYPE_CHECKING:
    from layerproof.theory.costs import Extent
    from layerproof.theory.ensembles import Ensemble
    from layerproof.theory.grammar import Grammar


def read_sizes(given: GivenSizes) -> "Ensemble":
    """The ensemble at the sizes given as options.

    Raises InputError for the first that is missing or invalid, or that the ensemble has not.
    """
    from layerproof.theory.ensembles import ENSEMBLES

    kind = ENSEMBLES[read_ensemble(given.ensemble)]
    values = {}
    for found in kind.size_fields():
        text = given.texts.get(found.name)
        if text is not None:
            values[found.name] = size_value(found, text)
        elif found.required and found.name in given.texts:
            integer(found.option, None)  # says what is missing
    with named_as_options():
        return kind.of(values | own_sizes(kind, given.own))


def own_sizes(kind: "type[Ensemble]", texts: Sequence[str]) -> dict[str, float]:
    """What `--set` gives of the sizes that only this ensemble has, by their name."""
    known = {found.name: found for found in kind.own_fields()}
    values = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or name not in known:
            names = ", ".join(f"{own}=VALUE" for own in known) or f"nothing: {kind.name} has none"
            raise InputError("--set", text, guessed(names, name, known))
        values[name] = size_value(known[name], value)
    return values


def read_ensemble(name: str | None) -> str:
    """The ensemble of that name; R26's where none is given."""
    from layerproof.theory.ensembles import ENSEMBLES

    return choice("--ensemble", name, ENSEMBLES)


def draw_seconds(ensemble: "Ensemble") -> float:
    """How long drawing one takes; raises InputError where it is not drawn."""
    from layerproof.theory.costs import TOKEN_SECONDS

    with named_as_options():
        ensemble.check_drawn()
    return TOKEN_SECONDS * ensemble.tokens


def extent_of(source: "Ensemble | Grammar") -> "Extent":
    """How large a grammar is, or those of an ensemble.

    Raises InputError where these are not drawn, or drawn and not analysed.
    """
    from layerproof.theory import phases
    from layerproof.theory.costs import Extent

    if not isinstance(source, Sizes):
        return Extent.of(source)
    with named_as_options():
        return phases.extent_of(source)


def drawn(ensemble: "Ensemble", seed: int) -> "Grammar":
    """One grammar of the ensemble; a refused size is reported under its option."""
    with named_as_options():
        return ensemble.draw(seed)


def read_source(grammar: str | None, given: GivenSizes) -> "Ensemble | Grammar":
    """The grammar of the file, or the ensemble at the sizes.

    Raises InputError where both or neither are given.
    """
    if grammar is not None:
        if given.options:
            allowed = f"either --grammar or the sizes, not both (found {', '.join(given.options)})"
            raise InputError("--grammar", grammar, allowed)
        return load_grammar(grammar)
    if not given.options:
        raise InputError("-V/--vocabulary", MISSING, "the sizes -V -m -s -L, or --grammar FILE")
    return read_sizes(given)


def read_grammar(source: "Ensemble | Grammar", seed: int) -> "Grammar":
    """The grammar itself: a file's as it is, an ensemble's drawn with `seed`."""
    return drawn(source, seed) if isinstance(source, Sizes) else source


def described(source: "Ensemble | Grammar", grammar: str | None, seed: int) -> str:
    """What a command works on: the file, or the sizes that it was drawn at; and the seed."""
    if not isinstance(source, Sizes):
        return printable(f"grammar {grammar}, seed {seed}")
    found = source.by_key() | {"classes": source.top}
    exponents = {name: found.pop(name) for name in ("zipf", "label_zipf")}
    shown = found | {"ensemble": source.name} | {k: v for k, v in exponents.items() if v}
    return ", ".join(f"{name} {value}" for name, value in (shown | {"seed": seed}).items())


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
        found = Grammar.load(path)
    tell_rounded(path, found)
    return found


def tell_rounded(path: str, grammar: "Grammar") -> None:
    """Say on standard error where probabilities of a file sum to 1 only nearly."""
    if not grammar.rounded:
        return
    name, total = next(iter(grammar.rounded.items()))
    more = len(grammar.rounded) - 1
    others = f" and {more} more" if more else ""
    say(f"{path}: {name}{others} sum to 1 only nearly ({total:.10g}); normalised")
