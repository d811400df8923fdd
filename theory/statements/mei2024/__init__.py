"""M24: Mei (2024), of which the abstract was read and the rest is known from memory."""

from layerproof.theory.statements.sources import Source

SOURCES = (
    Source(
        key="M24",
        name="Mei 2024",
        citation="S. Mei, U-Nets as Belief Propagation: Efficient Classification, Denoising, and"
        " Diffusion in Generative Hierarchical Models, arXiv:2404.18444 (2024); its abstract was"
        " read, its premises are known from memory",
        year=2024,
        order=1,
    ),
)
