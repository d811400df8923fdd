"""Costs of autoencoders against sums by hand; what is told of a code; bad input."""

import math
from typing import get_args

import pytest
import torch

from layerproof.layerwise.autoencoders import (
    AutoencoderFit,
    FlatAutoencoder,
    Latent,
    TreeAutoencoder,
    code_information,
    fit_flat,
    fit_tree,
)
from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError
from layerproof.theory.evidence_bounds import evidence_bounds, leaf_laws

GRAMMAR = draw("uniform-first-token", vocabulary=4, rules=2, branching=2, levels=2, seed=0)
SHORT = AutoencoderFit(steps=60, batch=64, rate=0.03, strings=2000, tested=400)


def _generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_the_bound_of_the_best_code_of_a_level_is_exact() -> None:
    """The encoder names the label; the table holds the leaves' laws given it."""
    model = FlatAutoencoder((4, 4, 4), "categorical", 4, sees="label", generator=_generator())
    with torch.no_grad():
        model.encoder[0].weight.copy_(60 * torch.eye(4))
        model.table.copy_(torch.from_numpy(leaf_laws(GRAMMAR, 0)).transpose(0, 1).add(1e-30).log())
    fitted = fit_tree(GRAMMAR, AutoencoderFit(steps=1, strings=1, tested=5000), seed=0)
    with torch.no_grad():
        costs = model.costs(fitted.levels[-1], fitted.levels[0][:, 0], _generator())
    label = evidence_bounds(GRAMMAR)[1]
    assert float(costs.rate.mean()) == pytest.approx(label.rate)
    assert float(costs.distortion.mean()) == pytest.approx(label.distortion, rel=0.05)


def test_a_tree_of_the_grammars_own_rules_pays_the_entropy() -> None:
    model = TreeAutoencoder(4, 2, 2, generator=_generator())
    with torch.no_grad():
        model.tables.fill_(-100.0)
        for level, rules in enumerate(GRAMMAR.rules):
            for symbol, patches in enumerate(rules):
                for first, second in patches.tolist():
                    model.tables[level, symbol, 4 * first + second] = 0.0
    fitted = fit_tree(GRAMMAR, AutoencoderFit(steps=1, strings=1, tested=50), seed=0)
    cost = model.cost(fitted.levels[-1])
    torch.testing.assert_close(cost, torch.full_like(cost, evidence_bounds(GRAMMAR)[-1].nelbo))


@pytest.mark.parametrize("latent", get_args(Latent))
def test_no_bound_is_below_the_entropy(latent: Latent) -> None:
    fitted = fit_flat(GRAMMAR, latent, 3, SHORT, seed=0)
    none, *_, entropy = evidence_bounds(GRAMMAR)
    assert entropy.nelbo < float(fitted.nelbo.mean()) < none.nelbo + 0.1
    again = fit_flat(GRAMMAR, latent, 3, SHORT, seed=0)
    torch.testing.assert_close(fitted.nelbo, again.nelbo, rtol=0, atol=0)


def test_a_tree_comes_nearer_to_the_entropy_than_any_label() -> None:
    fitted = fit_tree(GRAMMAR, SHORT, seed=0)
    none, label, *_, entropy = evidence_bounds(GRAMMAR)
    assert entropy.nelbo - 0.05 < float(fitted.nelbo.mean()) < min(none.nelbo, label.nelbo)


def test_a_code_that_tells_nothing_has_no_information() -> None:
    tokens = [torch.randint(4, (2000, 2), generator=_generator())]
    code = torch.rand((2000, 4), generator=_generator(), dtype=torch.float64).softmax(1)
    assert code_information(code, tokens)[0] < 0.002
    named = torch.nn.functional.one_hot(tokens[0][:, 1]).double()
    assert code_information(named, tokens)[0] == pytest.approx(math.log(4), abs=0.01)


def test_fits_that_are_none_are_refused() -> None:
    for wrong in ({"steps": 0}, {"strings": 0}, {"rate": 0.0}, {"rate": math.nan}):
        with pytest.raises(InputError, match=next(iter(wrong))):
            AutoencoderFit(**wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="size"):
        fit_flat(GRAMMAR, "gaussian", 0, SHORT, seed=0)
    with pytest.raises(InputError, match="diverged"):
        fit_flat(
            GRAMMAR,
            "gaussian",
            2,
            AutoencoderFit(steps=20, rate=1e6, strings=100, tested=2),
            seed=0,
        )
