"""R26: Ren, Dandi, Krzakala, Lee (COLT 2026)."""

from layerproof.theory.statements.sources import Source

SOURCES = (
    Source(
        key="R26",
        name="Ren et al. 2026",
        citation="Y. Ren, Y. Dandi, F. Krzakala, J. D. Lee, Provable Learning of Random Hierarchy"
        " Models and Hierarchical Shallow-to-Deep Chaining, COLT 2026 (PMLR 336:5556–5597),"
        " arXiv:2601.19756",
        year=2026,
        order=0,
    ),
)
