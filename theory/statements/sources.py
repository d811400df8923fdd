"""Where statements come from: papers, in the order in which their statements are listed.

Each folder beside this file declares the source of its statements in its ``SOURCES``; other
packages bring theirs by entry points of the group ``layerproof.sources``.
"""

from __future__ import annotations

from dataclasses import dataclass

from layerproof.theory import groups
from layerproof.theory.plugins import Kind

LAST = 100
"""The order of a source that asks for no place: such sources follow, by their keys."""


@dataclass(frozen=True)
class Source:
    """Where statements come from.

    `key` is what their ids begin with, before the first point; `name` how a sentence refers to it;
    `citation` the full reference. `year` is that of its publication, None for what this or another
    package derives itself. `order` is its place in lists.

    >>> source = Source("C24", "Cagnetta et al. 2024", "F. Cagnetta et al., PRX 14, 031001", 2024)
    >>> source.key == key_of("C24.signal"), source.is_paper
    (True, True)
    """

    key: str
    name: str
    citation: str
    year: int | None = None
    order: int = LAST

    @property
    def is_paper(self) -> bool:
        """Whether it was published apart from the package that brings it."""
        return self.year is not None


def key_of(identifier: str) -> str:
    """The key of the source that a statement's id names.

    >>> key_of("R26.lemma-18")
    'R26'
    """
    return identifier.partition(".")[0]


def _fault(source: Source) -> str:
    return f"a key without points, not {source.key!r}" if "." in source.key else ""


SOURCE_KIND: Kind[Source] = Kind(
    groups.SOURCES, "SOURCES", Source, key=lambda source: source.key, fault=_fault
)
"""Sources, by their key."""
