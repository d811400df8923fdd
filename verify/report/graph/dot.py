"""The proof graph in DOT, the language of graphviz."""

from __future__ import annotations

from collections.abc import Sequence

from layerproof.theory.statements.base import Statement
from layerproof.verify.report.graph.edges import (
    COLOURS,
    ERRATUM_COLOUR,
    MEANING,
    Edge,
    EdgeKind,
    edges,
)

STYLES: dict[EdgeKind, str] = {"assumes": "dashed", "proof_uses": "solid"}


def to_dot(statements: Sequence[Statement]) -> str:
    """A digraph with an arrow from every statement to what rests on it.

    Premises are dashed, statements that a proof quotes solid; a statement whose printed form has an
    erratum is drawn bold.
    """
    lines = [
        "digraph statements {",
        "  rankdir=LR;",
        '  node [shape=box, style=rounded, fontname="sans-serif"];',
        *(f"  // {STYLES[kind]}: {meaning}" for kind, meaning in MEANING.items()),
        *(f"  {_node(statement)}" for statement in statements),
        *(f"  {_edge(edge)}" for edge in edges(statements)),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _node(statement: Statement) -> str:
    label = _quoted(f"{statement.id}\n{statement.title}")
    bold = "" if statement.erratum is None else f', penwidth=2, color="{ERRATUM_COLOUR}"'
    return f"{_quoted(statement.id)} [label={label}{bold}];"


def _edge(edge: Edge) -> str:
    style = f'style={STYLES[edge.kind]}, color="{COLOURS[edge.kind]}"'
    return f"{_quoted(edge.source)} -> {_quoted(edge.target)} [{style}];"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
