"""What every trial needs, imported once in the process that the workers are forked from.

Nothing here may compute: a torch that has started threads hangs in a forked process.
"""

from __future__ import annotations

from contextlib import suppress

# What cannot be imported here is tried again by each worker, whose pool then says why.
with suppress(MemoryError, ImportError, OSError):
    import torch

    from layerproof.verify.run import sweep

    __all__ = ["sweep", "torch"]
