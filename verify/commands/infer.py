"""`layerproof infer`: the exact posterior of every latent of every string."""

import io
import re
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

import typer

from layerproof.theory.errors import MISSING, InputError
from layerproof.theory.formatting import figures
from layerproof.verify.commands import options
from layerproof.verify.commands.devices import check_device
from layerproof.verify.commands.grammars import load_grammar
from layerproof.verify.commands.option_values import integer, named_as_options
from layerproof.verify.commands.output import (
    columns,
    opened_output,
    print_json,
    standard_output,
    written,
)
from layerproof.verify.commands.progress import announce

if TYPE_CHECKING:
    from layerproof.theory.grammar import Grammar
    from layerproof.theory.inference import Derivations, Observed, Posteriors

EPILOG = "Example: layerproof infer --grammar grammar.json strings.txt --mask 0,4-7"
SHOWN = 20
"""Strings that the table shows."""
MOST_PRINTED = 20_000_000
"""Numbers that --json prints: some 400 MB."""

Strings = Annotated[
    str | None,
    typer.Argument(
        metavar="STRINGS",
        help="A file of strings: .npy, .npz, .csv, or text with one string a line, its tokens"
        " separated by spaces or commas, ? for a masked one; - reads standard input.",
    ),
    options.Names.READ_FILE,
]
GrammarFile = Annotated[
    str | None,
    typer.Option("--grammar", metavar="FILE", help="The grammar that the strings are of."),
    options.Names.READ_FILE,
]
Mask = Annotated[
    str | None,
    typer.Option(
        "--mask",
        metavar="POSITIONS",
        help="Take these tokens of every string as not seen, such as 0,4-7; the first is 0.",
    ),
]
Noise = Annotated[
    str | None,
    typer.Option(
        "--noise",
        metavar="E",
        help="The probability that a token was replaced by one drawn uniformly; 0 unless given.",
    ),
]
Samples = Annotated[
    str | None,
    typer.Option("--samples", metavar="K", help="Also draw K derivations of each string, exactly."),
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output", "-o", metavar="FILE", help="Write all posteriors as arrays of NumPy (.npz)."
    ),
    options.Names.WRITTEN_FILE,
]


def infer(
    strings: Strings = None,
    grammar: GrammarFile = None,
    mask: Mask = None,
    noise: Noise = None,
    samples: Samples = None,
    output: Output = None,
    seed: options.Seed = "0",
    device: options.Device = None,
    json: options.Json = False,
) -> None:
    """Infer what stands behind strings: the exact posterior of every symbol of every level.

    By belief propagation on the derivation tree, for any grammar. A string that the grammar cannot
    produce has log-likelihood -inf, and the part of it that no symbol produces is named.
    """
    if strings is None:
        raise InputError("STRINGS", MISSING, "a file of strings, or - for standard input")
    if grammar is None:
        raise InputError("--grammar", MISSING, "a grammar file")
    if "-" == grammar == strings:
        raise InputError("--grammar", grammar, "a file where STRINGS is -: only one can be read")
    number = integer("--seed", seed, least=0)
    draws = 0 if samples is None else integer("--samples", samples)
    check_device(device)
    level = _probability(noise)
    with opened_output(output) as file:
        found = load_grammar(grammar)
        evidence = _evidence(found, strings, mask, level)
        if json:
            _check_printed(found, evidence.count, draws)
        announce("infer", _seconds(found, evidence.count) * (2 + draws))
        told = _Told(found, evidence, draws, number)
        failed = written(file, told.archive()) if file is not None else None
        if json:
            print_json({"strings": told.documents()})
        else:
            told.print()
    if failed is not None:
        raise failed


def _probability(text: str | None) -> float:
    try:
        value = 0.0 if text is None else float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise InputError("--noise", text, "a probability, from 0 to 1")
    return value


def _evidence(grammar: "Grammar", path: str, mask: str | None, noise: float) -> "Observed":
    from layerproof.theory.inference import MASKED, Observed
    from layerproof.theory.string_files import read_strings

    strings = read_strings(path)
    evidence = Observed(strings, noise)
    evidence.check(grammar)
    if mask is not None:
        strings[:, _positions(mask, strings.shape[1])] = MASKED
    return evidence


def _positions(text: str, length: int) -> list[int]:
    """The positions that `text` lists, from 0 to `length` − 1.

    >>> _positions("0,4-6", 8)
    [0, 4, 5, 6]
    """
    found: list[int] = []
    for part in text.split(","):
        ends = re.fullmatch(r"\s*([0-9]{1,18})(?:-([0-9]{1,18}))?\s*", part)
        first, last = (int(end) for end in (ends[1], ends[2] or ends[1])) if ends else (1, 0)
        if not first <= last < length:
            allowed = f"positions from 0 to {length - 1} and ranges of them, such as 0,4-7"
            raise InputError("--mask", text, allowed)
        found += range(first, last + 1)
    return found


def _seconds(grammar: "Grammar", count: int) -> float:
    from layerproof.theory.costs import Extent, inference_seconds

    return inference_seconds(Extent.of(grammar), count)


def _check_printed(grammar: "Grammar", count: int, draws: int) -> None:
    widths = [grammar.branching**level for level in range(grammar.levels + 1)]
    pairs = zip(widths, grammar.vocabularies, strict=True)
    numbers = sum(width * (symbols + 2 + draws) for width, symbols in pairs)
    most = MOST_PRINTED // numbers
    if count > most:
        allowed = f"at most {most} strings, of {numbers} numbers each; -o FILE takes more"
        raise InputError("--json", f"asked of {count} strings", allowed)


class _Told:
    """All that is told of the strings, computed once."""

    def __init__(self, grammar: "Grammar", evidence: "Observed", draws: int, seed: int) -> None:
        from layerproof.theory.inference import infer

        self.grammar, self.evidence = grammar, evidence
        with named_as_options():
            self.posteriors: Posteriors = infer(grammar, evidence)
        self.drawn = [self._draw(seed, draw) for draw in range(draws)]

    @cached_property
    def likeliest(self) -> "Derivations":
        """The most likely derivation of every string."""
        from layerproof.theory.inference import most_likely

        return most_likely(self.grammar, self.evidence)

    @cached_property
    def _impossible(self) -> list[bool]:
        found: list[bool] = (self.posteriors.log_likelihood == -float("inf")).tolist()
        return found

    def _draw(self, seed: int, draw: int) -> "Derivations":
        from layerproof.theory.inference import sample
        from layerproof.theory.randomness import generator

        return sample(self.grammar, self.evidence, generator(seed, "infer", draw))

    def archive(self) -> bytes:
        """The arrays of an .npz file."""
        import numpy as np

        arrays: dict[str, np.ndarray] = {"log_likelihood": self.posteriors.log_likelihood}
        arrays |= {f"level_{lv}": table for lv, table in enumerate(self.posteriors.levels)}
        arrays |= {f"most_likely_{lv}": table for lv, table in enumerate(self.likeliest.levels)}
        for level in range(self.grammar.levels + 1) if self.drawn else ():
            arrays[f"samples_{level}"] = np.stack([tree.levels[level] for tree in self.drawn], 1)
        target = io.BytesIO()
        np.savez(target, **arrays)  # type: ignore[arg-type]
        return target.getvalue()

    def documents(self) -> list[dict[str, Any]]:
        """One document for each string."""
        return [self._document(row) for row in range(self.evidence.count)]

    def _document(self, row: int) -> dict[str, Any]:
        likelihood = float(self.posteriors.log_likelihood[row])
        if self._impossible[row]:
            nothing = {"levels": [], "entropy": [], "reason": self._fault(row)}
            return {"log_likelihood": likelihood} | nothing
        levels = enumerate(self.posteriors.levels)
        document = {
            "log_likelihood": likelihood,
            "levels": [{"level": level, "posterior": table[row]} for level, table in levels],
            "entropy": [table[row] for table in self.posteriors.entropies],
            "most_likely": {
                "levels": [table[row] for table in self.likeliest.levels],
                "log_probability": float(self.likeliest.log_probability[row]),
            },
        }
        if self.drawn:
            document["samples"] = [[table[row] for table in tree.levels] for tree in self.drawn]
        return document

    def _fault(self, row: int) -> str:
        from layerproof.theory.inference import fault

        return fault(self.grammar, self.evidence, row)

    def print(self) -> None:
        """A table of the first strings, and what is to be said of them."""
        console = standard_output()
        entropies = f"entropy of the levels\n0 to {self.grammar.levels}"
        table = columns("string", "log-\nlikelihood", "label", "its\nprobability", entropies)
        shown = range(min(SHOWN, self.evidence.count))
        for row in shown:
            table.add_row(str(row), *self._cells(row))
        console.print(table)
        console.print()
        for line in self._notes(shown):
            console.print(line, markup=False)

    def _cells(self, row: int) -> list[str]:
        likelihood = figures(float(self.posteriors.log_likelihood[row]))
        if self._impossible[row]:
            return [likelihood, "-", "-", "-"]
        label = self.posteriors.levels[0][row, 0]
        sums = (float(table[row].sum()) for table in self.posteriors.entropies)
        entropies = " ".join(figures(entropy, 3) for entropy in sums)
        return [likelihood, str(label.argmax()), figures(float(label.max())), entropies]

    def _notes(self, shown: range) -> list[str]:
        impossible = [row for row, found in enumerate(self._impossible) if found]
        notes = ["Entropies in nats, summed over the symbols of a level; 0: known for certain."]
        if self.evidence.count > len(shown):
            notes.append(f"{len(shown)} of {self.evidence.count} strings; -o FILE has them all.")
        notes += [f"string {row} is impossible: {self._fault(row)}" for row in impossible[:SHOWN]]
        if len(impossible) > SHOWN:
            notes.append(f"{len(impossible)} of {self.evidence.count} strings are impossible.")
        if self.drawn:
            notes.append("The draws are printed with --json, and written with -o FILE.")
        return notes
