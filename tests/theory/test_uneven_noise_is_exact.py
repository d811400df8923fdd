"""Noise and separation of patches that were seen, against samples of the plain definition."""

import numpy as np
import pytest

from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError
from layerproof.theory.population import (
    PatchLaw,
    crossover_samples,
    mean_noise,
    mean_square_separation,
    patch_law,
)
from layerproof.theory.predictions import SENSITIVITY_REPAIRED, count_correction
from layerproof.theory.statements.derived.uneven_sensitivity import (
    CROSSOVER_UNEVEN,
    SENSITIVITY_UNEVEN,
)
from layerproof.theory.uneven import seen_squares

REPEATS = 4000
SIZES = {"vocabulary": 4, "rules": 4, "branching": 2, "levels": 2}


def _law(zipf: float, seed: int = 0) -> PatchLaw:
    grammar = draw("uniform-first-token", **SIZES, zipf=zipf, label_zipf=zipf / 2, seed=seed)
    return patch_law(grammar, 2)


def _simulated(law: PatchLaw, samples: int, repeats: int) -> np.ndarray:
    """Sums (synonyms, others) of squared distances and pairs over those seen, (repeats, 4)."""
    rng = np.random.default_rng(0)
    n_p, n = law.joint.shape
    synonyms = np.triu(law.parent[:, None] == law.parent, 1)
    others = np.triu(law.parent[:, None] != law.parent, 1)
    rows = []
    for _ in range(repeats):
        counts = rng.multinomial(samples, law.joint.ravel()).reshape(n_p, n)
        total = counts.sum(axis=1)
        seen = total > 0
        q = counts / np.maximum(total, 1)[:, None]
        squares = ((q[:, None] - q) ** 2).sum(axis=2)
        both = seen[:, None] & seen
        rows.append(
            [x for m in (synonyms, others) for x in (squares[m & both].sum(), (m & both).sum())]
        )
    return np.array(rows, dtype=float)


@pytest.mark.parametrize("samples", [40, 200])
@pytest.mark.parametrize("zipf", [0.0, 2.0])
def test_means_over_pairs_seen_are_those_of_simulated_counts(zipf: float, samples: int) -> None:
    law = _law(zipf)
    found = _simulated(law, samples, REPEATS)
    expected = seen_squares(law, samples)
    predicted = (expected.synonym_noise, expected.other_noise + expected.square_separation)
    for top, bottom, value in zip(found.T[::2], found.T[1::2], predicted, strict=True):
        ratio = top.sum() / bottom.sum()
        error = np.std(top - ratio * bottom) / np.sqrt(REPEATS) / bottom.mean()
        # Five standard errors (two-sided 6e-7), and what the weights neglect: the correlation of
        # two counts, which changes the chance that both are seen by at most 1/samples, relatively.
        assert abs(ratio - value) <= 5 * error + value / samples


def test_with_equal_probabilities_it_is_the_uniform_curve() -> None:
    law = _law(0.0)
    crossover = crossover_samples(law)
    for samples in (10, 100, 1000):
        curve = SENSITIVITY_REPAIRED(
            N=samples, crossover=crossover, count_correction=count_correction(samples, 1 / 16)
        )
        means = seen_squares(law, samples)._asdict()
        # The same sums in another order, of at most 256 terms: far below 1e-12.
        assert SENSITIVITY_UNEVEN(**means) == pytest.approx(curve, rel=1e-12)


def test_the_crossover_is_the_one_of_population() -> None:
    law = _law(1.5)
    value = CROSSOVER_UNEVEN(
        mean_noise=mean_noise(law), square_separation=mean_square_separation(law)
    )
    assert value == pytest.approx(crossover_samples(law), rel=1e-12)


def test_with_many_samples_both_forms_agree() -> None:
    law = _law(1.0)
    samples = 10**9
    curve = 1 / (1 + samples / crossover_samples(law))
    # e - 1 is about 1/(N p), below 1e-6 here.
    assert SENSITIVITY_UNEVEN(**seen_squares(law, samples)._asdict()) == pytest.approx(
        curve, rel=1e-5
    )


def test_too_many_patches_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layerproof.theory.uneven.MOST_PATCHES", 15)
    with pytest.raises(InputError, match="patches"):
        seen_squares(_law(0.0), 10)
