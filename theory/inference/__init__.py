"""Exact inference on the derivation tree: every posterior of every latent, for any evidence."""

from layerproof.theory.inference.derivations import (
    Derivations,
    fault,
    most_likely,
    sample,
    sample_derivations,
)
from layerproof.theory.inference.evidence import MASKED, Gaussian, Observed, TreeEvidence, Weights
from layerproof.theory.inference.posteriors import Posteriors, infer, log_likelihood

__all__ = [
    "MASKED",
    "Derivations",
    "Gaussian",
    "Observed",
    "Posteriors",
    "TreeEvidence",
    "Weights",
    "fault",
    "infer",
    "log_likelihood",
    "most_likely",
    "sample",
    "sample_derivations",
]
