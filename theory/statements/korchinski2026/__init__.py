"""K26: Korchinski, Favero and Wyart (2026), known at second hand."""

from layerproof.theory.statements.sources import Source

SOURCES = (
    Source(
        key="K26",
        name="Korchinski et al. 2026",
        citation="D. J. Korchinski, A. Favero, M. Wyart, Learn from your own latents and not from"
        " tokens: A sample-complexity theory, arXiv:2605.27734 (2026); its abstract was read, its"
        " theorem is known from others' notes",
        year=2026,
        order=1,
    ),
)
