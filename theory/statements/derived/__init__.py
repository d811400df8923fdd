"""Laws that this package derives, and judges as hard as anyone's."""

from layerproof.theory.statements.sources import Source

SOURCES = (
    Source(
        key="derived",
        name="this package",
        citation="laws that layerproof derives, and judges as hard as anyone's",
        order=2,
    ),
)
