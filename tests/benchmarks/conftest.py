"""Two threads: what the targets are stated for."""

import torch

torch.set_num_threads(2)
