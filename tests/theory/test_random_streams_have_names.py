"""A named stream depends on the seed and its path only, and touches nothing global."""

import numpy as np
import pytest

from layerproof.theory.errors import InputError
from layerproof.theory.randomness import derive_seed, generator, seed_sequence


def test_streams_are_stable() -> None:
    """Pinned: a change here changes every saved result that names its seed."""
    assert generator(0, "draw", "uniform", 1).integers(10**9, size=3).tolist() == [
        85296317,
        364605093,
        917629529,
    ]
    assert derive_seed(7, "train", 3) == 611904628427023016


def test_names_are_told_apart() -> None:
    paths: list[tuple[str | int, ...]] = [
        (),
        ("a",),
        ("a", "b"),
        ("ab",),
        ("b", "a"),
        (1,),
        ("1",),
        ("a", 1),
        ("a", "1"),
        ("a, 1",),
        ("",),
        ("", ""),
    ]
    seeds = {derive_seed(seed, *path) for path in paths for seed in (0, 1, 2**64, 2**64 + 1)}
    assert len(seeds) == 4 * len(paths)
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_numpy_integers_name_the_same_stream() -> None:
    assert derive_seed(np.int64(3), "a", np.int32(4)) == derive_seed(3, "a", 4)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [-1, 0.0, True, "0", None])
def test_bad_seeds_are_refused(seed: object) -> None:
    with pytest.raises(InputError, match=r"^seed is "):
        seed_sequence(seed)  # type: ignore[arg-type]


def test_nothing_global_is_seeded() -> None:
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    generator(0, "anything").random()
    derive_seed(0, "anything")
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002
