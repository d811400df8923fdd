"""Random streams derived by name from one seed, so that no draw depends on another's order.

Every random quantity of the project has a path such as ("train", "stage", 3, "block", 0). The path
is hashed into the spawn key of `numpy.random.SeedSequence`, whose children are independent streams
by construction. Nothing global is seeded.
"""

import hashlib
import json

import numpy as np

from layerproof.theory.errors import whole_number


def seed_sequence(seed: int, *path: str | int) -> np.random.SeedSequence:
    """Return the seed sequence of a named stream.

    The same seed and path give the same stream on every machine; 1 and "1" are different names.

    Raises InputError for a seed that is negative or not a whole number.
    """
    entropy = whole_number("seed", seed, minimum=0)
    names = [name if isinstance(name, str) else int(name) for name in path]
    digest = hashlib.sha256(json.dumps(names).encode()).digest()
    key = tuple(int.from_bytes(digest[i : i + 4], "little") for i in range(0, len(digest), 4))
    return np.random.SeedSequence(entropy, spawn_key=key)


def generator(seed: int, *path: str | int) -> np.random.Generator:
    """Return the NumPy generator of a named stream. Raises InputError as `seed_sequence` does."""
    return np.random.Generator(np.random.PCG64(seed_sequence(seed, *path)))


def derive_seed(seed: int, *path: str | int) -> int:
    """Return a 63-bit seed for a named stream, for `torch.Generator.manual_seed`.

    Raises InputError as `seed_sequence` does.
    """
    return int(seed_sequence(seed, *path).generate_state(1, np.uint64)[0] >> np.uint64(1))
