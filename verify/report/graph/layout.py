"""A layered layout (Sugiyama, Tagawa, Toda 1981): columns by depth, few crossings, short edges.

An edge that spans several columns passes through a bend in every column between, so that it goes
around the statements there and not through them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from layerproof.theory.statements.base import Statement
from layerproof.verify.report.graph.edges import Edge, edges

SWEEPS = 24
"""Passes of the ordering and of the placing; both settle well before."""

Point = tuple[float, float]


class Bend(NamedTuple):
    """Where an edge passes a column, `step` columns after its source's."""

    edge: Edge
    step: int


Vertex = str | Bend
"""A statement's id, or a bend."""

BEND_SPACE = 0.35
"""The height of a bend, in units of a statement's."""


@dataclass(frozen=True)
class Layout:
    """Where everything stands: columns from 0 rightwards, rows from 0 downwards.

    `place` of every statement; `path` of every edge, from its source through its bends to its
    target.
    """

    place: Mapping[str, Point]
    path: Mapping[Edge, tuple[Point, ...]]

    @property
    def columns(self) -> int:
        """The number of columns."""
        return 1 + int(max(column for column, _ in self.place.values()))

    @property
    def rows(self) -> float:
        """The height, in units of a statement's."""
        return 1.0 + max(row for points in self._points() for _, row in points)

    def _points(self) -> list[Sequence[Point]]:
        return [list(self.place.values()), *self.path.values()]


def layout(statements: Sequence[Statement]) -> Layout:
    """The layout of the graph of `statements`."""
    links = edges(statements)
    depth = depths(statements, links)
    routes = {edge: _route(edge, depth) for edge in links}
    columns: list[list[Vertex]] = [[] for _ in range(1 + max(depth.values()))]
    for statement in statements:
        columns[depth[statement.id]].append(statement.id)
    for edge, route in routes.items():
        for step, bend in enumerate(route[1:-1], start=1):
            columns[depth[edge.source] + step].append(bend)
    left, right = _neighbours(routes.values())
    columns = _ordered(columns, left, right)
    rows = _rows(columns, left, right)
    column_of = {vertex: float(i) for i, column in enumerate(columns) for vertex in column}
    point = {vertex: (column_of[vertex], rows[vertex]) for vertex in rows}
    return Layout(
        {statement.id: point[statement.id] for statement in statements},
        {edge: tuple(point[vertex] for vertex in route) for edge, route in routes.items()},
    )


def depths(statements: Sequence[Statement], links: Sequence[Edge]) -> dict[str, int]:
    """The length of the longest chain that a statement rests on.

    A statement that rests on nothing stands one column before the first that rests on it.
    """
    depth: dict[str, int] = {}
    for statement in statements:  # nothing precedes what it rests on
        below = [depth[edge.source] for edge in links if edge.target == statement.id]
        depth[statement.id] = 1 + max(below, default=-1)
    users: dict[str, list[int]] = defaultdict(list)
    for edge in links:
        users[edge.source].append(depth[edge.target])
    resting = {edge.target for edge in links}
    free = {name for name in users if name not in resting}
    return depth | {name: min(users[name]) - 1 for name in free}


def _route(edge: Edge, depth: Mapping[str, int]) -> list[Vertex]:
    span = depth[edge.target] - depth[edge.source]
    return [edge.source, *(Bend(edge, step) for step in range(1, span)), edge.target]


Neighbours = dict[Vertex, list[Vertex]]


def _neighbours(routes: Iterable[list[Vertex]]) -> tuple[Neighbours, Neighbours]:
    left: Neighbours = defaultdict(list)
    right: Neighbours = defaultdict(list)
    for route in routes:
        for first, second in pairwise(route):
            right[first].append(second)
            left[second].append(first)
    return left, right


def _ordered(
    columns: list[list[Vertex]], left: Neighbours, right: Neighbours
) -> list[list[Vertex]]:
    """The columns reordered by sweeps of barycentres; the order with the fewest crossings."""
    best, fewest = columns, _crossings(columns, right)
    for sweep in range(SWEEPS):
        forwards = sweep % 2 == 0
        columns = _swept(columns, left if forwards else right, forwards)
        crossings = _crossings(columns, right)
        if crossings < fewest:
            best, fewest = columns, crossings
    return best


def _swept(columns: list[list[Vertex]], near: Neighbours, forwards: bool) -> list[list[Vertex]]:
    order = {vertex: i for column in columns for i, vertex in enumerate(column)}
    found = list(columns)
    for index in range(len(columns)) if forwards else reversed(range(len(columns))):
        centre = {
            vertex: float(np.mean([order[other] for other in near[vertex]] or [order[vertex]]))
            for vertex in columns[index]
        }
        found[index] = sorted(columns[index], key=lambda vertex: (centre[vertex], order[vertex]))
        order |= {vertex: i for i, vertex in enumerate(found[index])}
    return found


def _crossings(columns: list[list[Vertex]], right: Neighbours) -> int:
    order = {vertex: i for column in columns for i, vertex in enumerate(column)}
    total = 0
    for column in columns:
        links = np.array([(order[a], order[b]) for a in column for b in right[a]]).reshape(-1, 2)
        apart = np.subtract.outer(links[:, 0], links[:, 0])
        total += int((apart * np.subtract.outer(links[:, 1], links[:, 1]) < 0).sum()) // 2
    return total


def _rows(columns: list[list[Vertex]], left: Neighbours, right: Neighbours) -> dict[Vertex, float]:
    """Rows in which every vertex lies close to its neighbours and none overlaps another."""
    row = {vertex: place for column in columns for vertex, place in _stacked(column).items()}
    for sweep in range(SWEEPS):
        for column in columns if sweep % 2 == 0 else reversed(columns):
            wanted = [
                float(np.mean([row[other] for other in left[v] + right[v]] or [row[v]]))
                for v in column
            ]
            row |= _placed(column, wanted)
    top = min(row.values())
    return {vertex: place - top for vertex, place in row.items()}


def _placed(column: list[Vertex], wanted: Sequence[float]) -> dict[Vertex, float]:
    """The rows closest to the wanted ones, in mean square, that keep the order and the distances.

    With the stacked offsets taken away this is an isotonic regression.
    """
    from scipy.optimize import isotonic_regression

    offsets = np.array(list(_stacked(column).values()))
    weights = [1.0 if isinstance(vertex, str) else 2.0 for vertex in column]  # straight edges
    rows = isotonic_regression(np.array(wanted) - offsets, weights=weights).x + offsets
    return dict(zip(column, rows.tolist(), strict=True))


def _stacked(column: list[Vertex]) -> dict[Vertex, float]:
    """One below the other, without a gap."""
    heights = [1.0 if isinstance(vertex, str) else BEND_SPACE for vertex in column]
    ends = np.cumsum(heights)
    return dict(zip(column, (ends - np.array(heights) / 2).tolist(), strict=True))
