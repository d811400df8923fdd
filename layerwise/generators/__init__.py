"""Generators that are trained: denoisers of any body, by one trainer, and what their strings parse.

The exact ones stand in :mod:`layerproof.layerwise.denoising`.
"""

from layerproof.layerwise.generators.denoisers import (
    IndependentTokens,
    LearnedDenoiser,
    generated,
)
from layerproof.layerwise.generators.descent import AdamDescent, AdamRun, HeldOutLoss
from layerproof.layerwise.generators.parsing import Parses, parses, random_shares
from layerproof.layerwise.generators.training import (
    DenoiserPlan,
    DenoiserTraining,
    train_denoiser,
)

__all__ = [
    "AdamDescent",
    "AdamRun",
    "DenoiserPlan",
    "DenoiserTraining",
    "HeldOutLoss",
    "IndependentTokens",
    "LearnedDenoiser",
    "Parses",
    "generated",
    "parses",
    "random_shares",
    "train_denoiser",
]
