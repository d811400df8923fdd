"""Grammars from the rule tensors that public codes of the Random Hierarchy Model make.

Three shapes are in use, all one integer tensor a level, each entry a token from 0 to V − 1:

- a table of every symbol, (V, m, s) at each level and (n, m, s) for the labels: row ν holds the
  rules of symbol ν (the ``sample_rules`` of Cagnetta, and of the diffusion codes);
- a table of the symbols that occur alone, in the order of a Python set of them (the tuples of
  ``sample_hierarchical_rules``, C24's own code);
- paths, (n (m s)^(l−1), m, s): the rules of every token of the level above, as often as it comes
  (the paths of the same function), after a list of the labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar

Table = NDArray[np.int64]

SHOWN = 8
"""Symbols that a note lists."""


@dataclass(frozen=True)
class ReadRules:
    """A grammar made of rule tensors, and what was changed on the way, one sentence each."""

    grammar: Grammar
    notes: tuple[str, ...]


def grammar_of_rules(tables: Sequence[Any], field: str = "rules") -> ReadRules:
    """The grammar of one table of rules a level, labels first, in any of the shapes in use.

    Symbols between labels and leaves that never occur are dropped and the others numbered anew;
    leaves keep their numbers, so that strings of the other code stay valid. A patch that a symbol
    lists several times becomes one, that many times as likely. Raises InputError where the tables
    do not fit each other, naming `field`.

    >>> labels, leaves = [[[0, 2]], [[2, 0]]], [[[0, 1]], [[1, 1]], [[1, 0]]]
    >>> found = grammar_of_rules([np.array(labels), np.array(leaves)])
    >>> found.grammar.vocabularies, found.notes[0]
    ((2, 2, 3), 'level 1: 1 of 3 symbols never occurs: 1; dropped, the others are renumbered')
    """
    arrays = [_integers(table, f"{field}[{place}]") for place, table in enumerate(tables)]
    along_paths = bool(arrays) and arrays[0].ndim == 1  # these begin with the labels themselves
    arrays = arrays[1:] if along_paths else arrays
    if not arrays:
        raise InputError(field, "no table", "one table of rules a level, labels first")
    for place, array in enumerate(arrays):
        if array.ndim != 3:
            shape = "×".join(map(str, array.shape))
            raise InputError(
                f"{field}[{place}]", f"shape {shape}", "three axes: symbol, rule, token"
            )
    levels, notes = [dict(enumerate(arrays[0]))], []
    order = list(levels[0])
    known = 0
    for level in range(1, len(arrays)):
        tokens = _distinct(levels[-1][symbol] for symbol in order)
        rows, note = _rows(arrays, level, tokens, field, along_paths=along_paths)
        known = max(known, note.symbols)
        notes += note.sentences(level)
        levels.append(rows)
        order = tokens
    return _grammar(levels, known, notes)


@dataclass(frozen=True)
class _Note:
    """How many symbols a table has, which of them never occur, and in which order rows stand."""

    symbols: int
    absent: tuple[int, ...] = ()
    order: tuple[int, ...] = ()

    def sentences(self, level: int) -> list[str]:
        said = []
        if self.absent:
            one = len(self.absent) == 1
            which = ", ".join(map(str, self.absent[:SHOWN])) + ", …" * (len(self.absent) > SHOWN)
            said.append(
                f"level {level}: {len(self.absent)} of {self.symbols} symbols never"
                f" occur{'s' * one}: {which}; dropped, the others are renumbered"
            )
        if self.order:
            rows = ", ".join(map(str, self.order[:SHOWN])) + ", …" * (len(self.order) > SHOWN)
            said.append(
                f"level {level}: rows are taken for the symbols {rows}, the order of a Python set"
            )
        return said


def _rows(
    arrays: Sequence[Table], level: int, tokens: Sequence[int], field: str, *, along_paths: bool
) -> tuple[dict[int, Table], _Note]:
    """The rows of every symbol that occurs: `tokens`, in the order of first occurrence."""
    table, above = arrays[level], arrays[level - 1].reshape(-1)
    count, distinct = len(table), sorted(tokens)
    highest = distinct[-1]
    absent = tuple(sorted(set(range(highest + 1)).difference(distinct)))
    if count == len(distinct) and not along_paths:
        # C24's code lists its symbols as a set gives them, which for few large numbers is no order.
        listed = list(set(tokens))
        note = _Note(highest + 1, absent, () if listed == distinct else tuple(listed))
        return dict(zip(listed, table, strict=True)), note
    if count == len(above) and _repeats(table, above):
        places = {int(token): place for place, token in reversed(list(enumerate(above)))}
        return {token: table[places[token]] for token in distinct}, _Note(highest + 1, absent)
    if count > highest and not along_paths:
        unused = tuple(sorted(set(range(count)).difference(distinct)))
        return {token: table[token] for token in distinct}, _Note(count, unused)
    each = f"for each of the {len(above)} tokens of level {level}, equal ones for equal tokens"
    allowed = f"a row for each of the {highest + 1} symbols, for each of the {len(distinct)} that"
    allowed = f"a row {each}" if along_paths else f"{allowed} occur, or {each}"
    raise InputError(f"{field}[{level}]", f"{count} rows", allowed)


def _repeats(table: Table, above: Table) -> bool:
    """Whether equal tokens have equal rules, as on paths."""
    _, first = np.unique(above, return_index=True)
    place = np.searchsorted(above[first], above)
    return bool((table == table[first[place]]).all())


def _distinct(patches: Any) -> list[int]:
    """The tokens of some patches, each once, in the order of first occurrence."""
    return list(dict.fromkeys(int(token) for rules in patches for token in rules.reshape(-1)))


def _grammar(levels: Sequence[dict[int, Table]], known: int, notes: list[str]) -> ReadRules:
    """The grammar of the rules of the symbols that occur, with these numbered from 0 on."""
    numbers = [{symbol: place for place, symbol in enumerate(sorted(rows))} for rows in levels]
    leaves = sorted(_distinct(levels[-1].values()))
    size = max(leaves[-1] + 1, known)
    missing = sorted(set(range(size)).difference(leaves))
    if missing:
        which = ", ".join(map(str, missing[:SHOWN])) + ", …" * (len(missing) > SHOWN)
        notes.append(f"leaves: {which} never occur; the leaves keep their numbers, 0 to {size - 1}")
    numbers.append({token: token for token in range(size)})
    rules, shares, merged = [], [], 0
    for rows, below in zip(levels, numbers[1:], strict=True):
        lists = [_counted(rows[symbol], below) for symbol in sorted(rows)]
        merged += sum(len(counts) < counts.sum() for _, counts in lists)
        rules.append([patches for patches, _ in lists])
        shares.append([(counts / counts.sum()).tolist() for _, counts in lists])
    if merged:
        notes.append(f"{merged} symbols list a patch several times: it is that much more likely")
    vocabularies = (*(len(rows) for rows in levels), size)
    laws: Any = shares if merged else None
    return ReadRules(Grammar(vocabularies, rules, laws), tuple(notes))  # type: ignore[arg-type]


def _counted(patches: Table, numbers: dict[int, int]) -> tuple[Table, NDArray[np.int64]]:
    """The patches in their new numbers, each once, and how often each is listed."""
    renamed = [tuple(numbers[int(token)] for token in patch) for patch in patches]
    once = dict.fromkeys(renamed)
    counts = [renamed.count(patch) for patch in once]
    return np.array(list(once), dtype=np.int64), np.array(counts, dtype=np.int64)


def _integers(table: Any, field: str) -> Table:
    array = np.asarray(table)
    if array.dtype.kind not in "iu":
        raise InputError(field, f"numbers of type {array.dtype}", "whole numbers")
    if array.size == 0:
        raise InputError(field, f"shape {array.shape}", "a table that is not empty")
    if int(array.min()) < 0 or int(array.max()) >= 2**31:
        raise InputError(field, int(array.min()), "tokens from 0 on")
    return array.astype(np.int64)
