"""Denoising strings of a grammar exactly, and generating strings by undoing noise step by step."""

from layerproof.layerwise.denoising.belief_unet import BeliefUNet, UNetSizes
from layerproof.layerwise.denoising.exact import ExactDenoiser
from layerproof.layerwise.denoising.processes import (
    PROCESSES,
    GaussianProcess,
    MaskingProcess,
    NoiseProcess,
    UniformProcess,
)
from layerproof.layerwise.denoising.reverse import noise_schedule, reversed_process, unmasked
from layerproof.layerwise.denoising.tree import DerivationTree, TreeMessages

__all__ = [
    "PROCESSES",
    "BeliefUNet",
    "DerivationTree",
    "ExactDenoiser",
    "GaussianProcess",
    "MaskingProcess",
    "NoiseProcess",
    "TreeMessages",
    "UNetSizes",
    "UniformProcess",
    "noise_schedule",
    "reversed_process",
    "unmasked",
]
