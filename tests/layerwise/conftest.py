"""One thread per test process: the suite itself runs in two, on as many cores."""

import torch

torch.set_num_threads(1)
