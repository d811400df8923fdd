"""Which latents noise and exact denoising keep: ends, the map that it tends to, bad input."""

import math

import numpy as np
import pytest

from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError
from layerproof.theory.forward_backward import (
    Channel,
    MapSize,
    kept_exactly,
    kept_in_mean_field,
)

CHANNELS: tuple[Channel, ...] = ("masking", "uniform")


def _rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize("channel", CHANNELS)
def test_without_noise_all_is_kept_and_with_all_noise_nothing(channel: Channel) -> None:
    grammar = draw("uniform", vocabulary=6, rules=2, branching=3, levels=2, seed=0)
    size = MapSize(6, 2, 3, 2)
    np.testing.assert_allclose(kept_exactly(grammar, channel, 0.0, 4, _rng()), 1.0, atol=1e-12)
    np.testing.assert_allclose(kept_in_mean_field(size, channel, 0.0, 50, _rng()), 1.0)
    # Of the label nothing is known; elsewhere how often each symbol stands there.
    assert kept_exactly(grammar, channel, 1.0, 4, _rng())[0] == pytest.approx(1 / 6)
    lost = kept_in_mean_field(size, channel, 1.0, 4000, _rng())
    assert lost[0] == pytest.approx(1 / 6)
    assert (lost[1:] < 0.35).all()


@pytest.mark.parametrize("channel", CHANNELS)
def test_one_level_is_the_mean_over_the_ensemble(channel: Channel) -> None:
    """With one level nodes share no rules: the mean field is exact, leaves included."""
    rng = _rng()
    drawn = [
        draw("uniform", vocabulary=4, rules=3, branching=2, levels=1, seed=seed)
        for seed in range(200)
    ]
    exact = np.stack([kept_exactly(grammar, channel, 0.4, 20, rng).mean(1) for grammar in drawn])
    found = kept_in_mean_field(MapSize(4, 3, 2, 1), channel, 0.4, 40_000, rng)
    error = exact.std(0) / math.sqrt(len(exact)) + 1 / math.sqrt(40_000)
    assert (np.abs(exact.mean(0) - found) < 4 * error).all(), (exact.mean(0), found, error)


def test_what_is_no_noise_and_no_ensemble_is_refused() -> None:
    grammar = draw("uniform", vocabulary=4, rules=2, branching=2, levels=1, seed=0)
    for noise in (-0.1, 1.1, math.nan):
        with pytest.raises(InputError, match="noise"):
            kept_exactly(grammar, "masking", noise, 1, _rng())
        with pytest.raises(InputError, match="noise"):
            kept_in_mean_field(MapSize(4, 2, 2, 1), "masking", noise, 1, _rng())
    with pytest.raises(InputError, match="rules"):
        kept_in_mean_field(MapSize(4, 5, 2, 1), "masking", 0.1, 1, _rng())
    with pytest.raises(InputError, match="population"):
        kept_in_mean_field(MapSize(64, 2, 8, 1), "masking", 0.1, 1, _rng())
