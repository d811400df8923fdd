"""C24: Cagnetta et al. (PRX 2024)."""

from layerproof.theory.statements.sources import Source

SOURCES = (
    Source(
        key="C24",
        name="Cagnetta et al. 2024",
        citation="F. Cagnetta, L. Petrini, U. M. Tomasini, A. Favero, M. Wyart, How Deep Neural"
        " Networks Learn Compositional Data: The Random Hierarchy Model, Phys. Rev. X 14,"
        " 031001 (2024), arXiv:2307.02129",
        year=2024,
        order=1,
    ),
)
