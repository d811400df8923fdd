"""Variational autoencoders of a grammar's strings, beside bounds that are exact.

The decoder factorises over leaves, or over the patches of a tree; what the encoder sees and what
the latent is can be chosen.
"""

from __future__ import annotations

from layerproof.layerwise.autoencoders.fitting import (
    AutoencoderFit,
    FittedAutoencoder,
    fit_flat,
    fit_tree,
)
from layerproof.layerwise.autoencoders.flat import FlatAutoencoder, Latent, Sees
from layerproof.layerwise.autoencoders.information import code_information
from layerproof.layerwise.autoencoders.tree import TreeAutoencoder

__all__ = [
    "AutoencoderFit",
    "FittedAutoencoder",
    "FlatAutoencoder",
    "Latent",
    "Sees",
    "TreeAutoencoder",
    "code_information",
    "fit_flat",
    "fit_tree",
]
