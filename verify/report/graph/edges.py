"""The two kinds of edges of the proof graph, and how both drawings show them.

Colours are of Okabe and Ito's palette, which every common kind of colour blindness tells apart;
the kinds differ by their line too, so that the graph can be read without colour.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from layerproof.theory.statements.base import Catalogue, Statement

EdgeKind = Literal["assumes", "proof_uses"]

COLOURS: dict[EdgeKind, str] = {"assumes": "#0072B2", "proof_uses": "#333333"}
ERRATUM_COLOUR = "#D55E00"
BREAK_COLOUR = "#B3261E"
"""Of the border where an argument breaks first, which is thick too."""

MEANING: dict[EdgeKind, str] = {
    "assumes": "premise: must hold on the instance",
    "proof_uses": "quoted by the proof",
}
"""What each kind of edge says of its source, in words."""


@dataclass(frozen=True)
class Edge:
    """`target` rests on `source`, as a premise or because its proof quotes it."""

    source: str
    target: str
    kind: EdgeKind


def edges(statements: Iterable[Statement]) -> list[Edge]:
    """Every edge between the statements, in their order."""
    chosen = list(statements)
    known = {statement.id for statement in chosen}
    return [
        Edge(source, statement.id, kind)
        for statement in chosen
        for kind, sources in _needs(statement)
        for source in sources
        if source in known
    ]


def neighbourhood(entries: Catalogue, identifier: str) -> list[Statement]:
    """The statement, everything it rests on and everything that rests on it, directly or not."""
    near = {identifier, *entries.ancestors(identifier)}
    near |= {other.id for other in entries if identifier in entries.ancestors(other.id)}
    return [statement for statement in entries if statement.id in near]


def _needs(statement: Statement) -> list[tuple[EdgeKind, tuple[str, ...]]]:
    return [("assumes", statement.assumes), ("proof_uses", statement.proof_uses)]
