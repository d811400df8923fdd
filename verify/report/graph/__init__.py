"""The proof graph drawn: which statement rests on which, as DOT for graphviz or as an SVG."""

from layerproof.verify.report.graph.dot import to_dot
from layerproof.verify.report.graph.edges import Edge, edges, neighbourhood
from layerproof.verify.report.graph.svg import COMPACT, Marks, to_svg

__all__ = ["COMPACT", "Edge", "Marks", "edges", "neighbourhood", "to_dot", "to_svg"]
