"""What changes forward and back: its share by inference in numpy, its chunks against a null."""

import math

import numpy as np
import pytest
import torch

from layerproof.layerwise.denoising import PROCESSES, ExactDenoiser
from layerproof.layerwise.denoising.chunks import changed_tokens, chunks, dealt_anew
from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError
from layerproof.theory.forward_backward import kept_exactly
from layerproof.theory.predictions_denoising import RUN_ALONE

GRAMMAR = draw("uniform", vocabulary=8, rules=2, branching=2, levels=3, seed=0)
STRINGS = 2000


@pytest.mark.parametrize("channel", ["masking", "uniform"])
def test_as_many_tokens_change_as_posteriors_say(channel: str) -> None:
    generator = torch.Generator().manual_seed(0)
    exact = ExactDenoiser(GRAMMAR, PROCESSES[channel](8), torch.device("cpu"))
    changed = changed_tokens(exact, STRINGS, 0.4, generator)
    rng = np.random.default_rng(0)
    kept = kept_exactly(GRAMMAR, channel, 0.4, STRINGS, rng).mean(1)  # type: ignore[arg-type]
    found = [1 - float(level.double().mean()) for level in changed]
    np.testing.assert_allclose(found, kept, atol=4 * math.sqrt(0.5 / STRINGS))


def test_changes_dealt_anew_stand_alone() -> None:
    generator = torch.Generator().manual_seed(0)
    exact = ExactDenoiser(GRAMMAR, PROCESSES["masking"](8), torch.device("cpu"))
    changed = changed_tokens(exact, STRINGS, 0.4, generator)[-1]
    own, null = chunks(changed), chunks(dealt_anew(changed, generator))
    assert own.share == null.share
    assert own.alone == RUN_ALONE(s=2, L=3, changed=own.share)
    assert own.length > 1.1 * own.alone
    assert null.length == pytest.approx(own.alone, rel=0.05)
    assert own.variance > 1.5 > 1.15 > null.variance > 0.85


@pytest.mark.parametrize("value", [False, True])
def test_without_changes_or_without_kept_tokens_there_are_no_chunks(value: bool) -> None:
    found = chunks(torch.full((3, 4), value))
    assert found.share == float(value)
    assert all(math.isnan(number) for number in found[1:])


def test_what_is_no_table_of_changes_is_refused() -> None:
    for wrong in (torch.zeros(3, dtype=torch.bool), torch.zeros(3, 4), torch.zeros(0, 4).bool()):
        with pytest.raises(InputError, match="changed"):
            chunks(wrong)
