"""Model files: the tensors as safetensors, everything else as JSON in the header; no pickle."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from layerwise.devices import DTYPES
from layerwise.features import RandomFourierFeatures
from layerwise.network import FeatureLayer, KernelLayer, Layer, LayerwiseLearner
from layerwise.training import StageRecord, Training
from theory.errors import InputError
from theory.files import atomic_write_bytes
from theory.grammar import Grammar
from theory.schedule import Schedule

SCHEMA = "layerproof/model/1"
KEY = "layerproof"
