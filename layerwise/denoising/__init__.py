"""Denoising strings of a grammar exactly, and generating strings by undoing noise step by step."""

from layerproof.layerwise.denoising.belief_unet import BeliefUNet, UNetSizes
from layerproof.layerwise.denoising.exact import ExactDenoiser
from layerproof.layerwise.denoising.ladder import decoded, layerwise_denoiser, sampled_strings
from layerproof.layerwise.denoising.levels import ValidPatches, level_information, valid_patches
from layerproof.layerwise.denoising.processes import (
    PROCESSES,
    GaussianProcess,
    MaskingProcess,
    NoiseProcess,
    UniformProcess,
)
from layerproof.layerwise.denoising.reverse import noise_schedule, reversed_process, unmasked
from layerproof.layerwise.denoising.rule_network import RuleNetwork
from layerproof.layerwise.denoising.tree import DerivationTree, TreeMessages

__all__ = [
    "PROCESSES",
    "BeliefUNet",
    "DerivationTree",
    "ExactDenoiser",
    "GaussianProcess",
    "MaskingProcess",
    "NoiseProcess",
    "RuleNetwork",
    "TreeMessages",
    "UNetSizes",
    "UniformProcess",
    "ValidPatches",
    "decoded",
    "layerwise_denoiser",
    "level_information",
    "noise_schedule",
    "reversed_process",
    "sampled_strings",
    "unmasked",
    "valid_patches",
]
