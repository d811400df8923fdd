"""A statement is data: what is claimed, under which hypotheses, from which source, resting on what.

A statement has one or two *forms*: ``printed``, exactly as the paper has it, and ``repaired``, the
smallest change that makes a failing step of its proof valid. Statements form a graph along
``rests_on``; :class:`Catalogue` holds it and answers what rests on what.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from typing import Any, Literal

import sympy as sp

from layerproof.theory.errors import InputError, unknown_name
from layerproof.theory.formula import Formula, to_latex
from layerproof.theory.latex_text import text_to_latex
from layerproof.theory.statements.sources import Source, key_of

FormName = Literal["printed", "repaired"]
LISTED = "the id of a statement (see `layerproof statements`)"
Kind = Literal["definition", "assumption", "lemma", "proposition", "theorem", "principle", "law"]


@dataclass(frozen=True)
class Form:
    """One version of a statement's conclusion.

    `reading` says it in one sentence; `formulas` are its quantities, by name; `conclusion` is the
    claim as a sympy relation where it has one.
    """

    reading: str
    formulas: Mapping[str, Formula] = field(default_factory=dict)
    conclusion: sp.Basic | None = None

    def claim(self) -> sp.Basic | None:
        """The conclusion as sympy; where none is given, that each formula equals its name.

        None where the form has neither, being a definition or a conjunction of others.
        """
        if self.conclusion is not None or not self.formulas:
            return self.conclusion
        named = (
            sp.Eq(sp.Symbol(formula.name), formula.expression, evaluate=False)
            for formula in self.formulas.values()
        )
        return sp.And(*named)

    def latex(self) -> str:
        """The conclusion, then the formulas it uses, joined by ``\\qquad``."""
        parts = [] if self.conclusion is None else [to_latex(self.conclusion)]
        parts += [formula.latex() for formula in self.formulas.values()]
        return r" \qquad ".join(parts) if parts else rf"\text{{{text_to_latex(self.reading)}}}"


@dataclass(frozen=True, init=False)
class Hypothesis:
    """One condition under which a statement says something, as data.

    `text` is the sentence that is printed; `premises` names what has to be found on an instance:
    ids of statements ("R26.definition-4"), a condition of several statements
    ("ensemble.uniform-first-token"), or one of this statement alone ("R26.lemma-24/epsilon").
    """

    text: str
    premises: tuple[str, ...]

    def __init__(self, text: str, *premises: str) -> None:
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "premises", premises)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Erratum:
    """One row of the errata table, each column a short sentence.

    What is `printed`, what `fails`, `by` how much on which instance, the `repair`, and the
    `consequence` for what rests on the statement, such as the theorem that it serves.
    """

    printed: str
    fails: str
    by: str
    repair: str
    consequence: str

    def to_dict(self) -> dict[str, str]:
        """JSON of the row."""
        return asdict(self)


@dataclass(frozen=True)
class Statement:
    """One numbered result.

    `assumes` are the statements that must hold on the instance for this one to say anything about
    it; `proof_uses` those that its proof quotes. A hypothesis that is a mere sentence is printed,
    and names no premise. `derivation` is the text that stands with the statement's file, where a
    repaired form is derived.
    """

    id: str
    title: str
    source: str
    kind: Kind
    hypotheses: tuple[Hypothesis | str, ...]
    forms: Mapping[FormName, Form]
    assumes: tuple[str, ...] = ()
    proof_uses: tuple[str, ...] = ()
    derivation: str = ""
    erratum: Erratum | None = None

    @property
    def premises(self) -> tuple[str, ...]:
        """Ids of all that has to be found on an instance: what is assumed, then the hypotheses'."""
        own = (h.premises for h in self.hypotheses if isinstance(h, Hypothesis))
        return tuple(dict.fromkeys(chain(self.assumes, *own)))

    @property
    def rests_on(self) -> tuple[str, ...]:
        """Ids of everything that this statement needs: its premises, then what its proof quotes."""
        return self.assumes + self.proof_uses

    @property
    def printed(self) -> Form:
        """The form that the source prints."""
        return self.forms["printed"]

    @property
    def repaired(self) -> Form:
        """The repaired form; the printed one where nothing needed repair."""
        return self.forms.get("repaired", self.printed)

    def form(self, name: str) -> Form:
        """The form called `name`; InputError where this statement has no such form."""
        if name not in self.forms:
            allowed = f"one of {', '.join(self.forms)} for {self.id}"
            raise unknown_name("form", name, self.forms, allowed)
        return self.forms[name]  # type: ignore[index]

    def to_dict(self) -> dict[str, Any]:
        """JSON of one entry, with the LaTeX of every form."""
        return {
            "id": self.id,
            "title": self.title,
            "source": self.source,
            "kind": self.kind,
            "hypotheses": [str(hypothesis) for hypothesis in self.hypotheses],
            "premises": list(self.premises),
            "forms": list(self.forms),
            "reading": {name: form.reading for name, form in self.forms.items()},
            "rests_on": list(self.rests_on),
            "conclusion": {name: _text(form.claim()) for name, form in self.forms.items()},
            "formula": {name: form.latex() for name, form in self.forms.items()},
            "derivation": inspect.cleandoc(self.derivation),
            "erratum": None if self.erratum is None else self.erratum.to_dict(),
        }


class Catalogue:
    """The statements and their graph, in an order in which nothing precedes what it rests on."""

    def __init__(
        self, statements: Iterable[Statement], sources: Mapping[str, Source] | None = None
    ) -> None:
        self._sources = dict(sources or {})
        by_id = {statement.id: statement for statement in statements}
        for statement in by_id.values():
            missing = [other for other in statement.rests_on if other not in by_id]
            if missing:
                raise InputError(f"{statement.id}.rests_on", missing, "ids of known statements")
        self._by_id = _sorted_by_dependence(by_id)

    def __iter__(self) -> Iterator[Statement]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def __contains__(self, identifier: object) -> bool:
        return identifier in self._by_id

    def __getitem__(self, identifier: str) -> Statement:
        """The statement with this id. Raises InputError where there is none."""
        if identifier not in self._by_id:
            raise unknown_name("statement", identifier, self._by_id, LISTED)
        return self._by_id[identifier]

    def numbered(self) -> list[Statement]:
        """The statements as a reader looks for them: source by source, by kind and number."""
        return sorted(self, key=lambda statement: self._place(statement.id))

    def source_of(self, identifier: str) -> Source:
        """The source that the id of a statement names; one of that key alone where none is known.

        >>> from layerproof.theory.statements import catalogue
        >>> catalogue().source_of("R26.lemma-18").name
        'Ren et al. 2026'
        """
        key = key_of(identifier)
        return self._sources.get(key, Source(key, key, key))

    def _place(self, identifier: str) -> tuple[int, list[tuple[bool, int, str]]]:
        parts = re.findall(r"\d+|\D+", identifier)
        return self.source_of(identifier).order, [
            (not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts
        ]

    def supports(self, identifier: str) -> tuple[str, ...]:
        """Ids of the statements that rest directly on this one."""
        self[identifier]
        return tuple(other.id for other in self if identifier in other.rests_on)

    def ancestors(self, identifier: str) -> tuple[str, ...]:
        """Everything that the statement rests on, directly or not, deepest first."""
        found: set[str] = set()
        pending = list(self[identifier].rests_on)
        while pending:
            current = pending.pop()
            if current not in found:
                found.add(current)
                pending.extend(self[current].rests_on)
        return tuple(other for other in self._by_id if other in found)


def _text(claim: sp.Basic | None) -> str | None:
    return None if claim is None else str(claim)


def _sorted_by_dependence(by_id: Mapping[str, Statement]) -> dict[str, Statement]:
    sorter = TopologicalSorter({name: entry.rests_on for name, entry in by_id.items()})
    try:
        return {name: by_id[name] for name in sorter.static_order()}
    except CycleError as error:
        cycle = " → ".join(error.args[1])
        raise InputError("rests_on", cycle, "a graph without cycles") from error
