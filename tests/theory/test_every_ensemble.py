"""What every ensemble must do: its sizes, its check, its draws and its averages."""

import itertools
import pickle
from functools import cache
from typing import Any

import numpy as np
import pytest

from layerproof.theory.ensembles import DEFAULT, ENSEMBLES, Ensemble
from layerproof.theory.errors import InputError
from layerproof.theory.population import mean_square_norm, mean_square_separation, patch_law
from layerproof.theory.predictions import CROSSOVER_GENERAL
from layerproof.theory.sizes import SizeField

DRAWS = 120
"""Of an average: its mean is off by 4 standard errors with probability 6e-5, at a fixed seed."""

MARGINS = {"exact": 0.0, "leading order": 0.04}
"""How far an average may be off at m = 8, by the accuracy that is stated."""

every = pytest.mark.parametrize("name", list(ENSEMBLES))
FIELDS = [
    pytest.param(name, field, id=f"{name}-{field.key}")
    for name, kind in ENSEMBLES.items()
    for field in kind.size_fields()
]
GRID = {"vocabulary": (1, 2, 4), "rules": (1, 2, 5), "branching": (2, 3), "levels": (1, 3)}


def usual(name: str, **changes: Any) -> Ensemble:
    kind = ENSEMBLES[name]
    values = {field.name: field.usual for field in kind.size_fields() if field.usual is not None}
    return kind.of(values | changes)


def refused_field(ensemble: Ensemble) -> str:
    try:
        ensemble.check()
    except InputError as error:
        return error.field
    return ""


@every
def test_it_has_a_name_a_source_and_usual_sizes_that_can_be_drawn(name: str) -> None:
    assert ENSEMBLES[name].name == name
    assert ENSEMBLES[name].source
    usual(name).check_drawn()


def test_the_default_comes_first() -> None:
    assert next(iter(ENSEMBLES)) == DEFAULT


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_a_size_says_what_it_is_and_is_refused_by_name_outside_its_bounds(
    name: str, field: SizeField
) -> None:
    assert field.help.endswith(".")
    assert field.metavar
    assert field.least <= (field.usual or field.least) <= field.most
    wrong = [field.least - 1, "8", True, float("nan")]
    wrong += [1.5] if field.whole else []
    wrong += [field.most + 1] if field.most < float("inf") else []
    for value in wrong:
        ensemble = usual(name, **{field.name: value})
        with pytest.raises(InputError) as checked:
            ensemble.check()
        with pytest.raises(InputError) as drawn:
            ensemble.draw(seed=0)
        assert checked.value.field == drawn.value.field == field.name


@every
def test_check_refuses_what_cannot_be_drawn_and_nothing_else(name: str) -> None:
    refused, known = 0, {field.name for field in ENSEMBLES[name].size_fields()}
    for values in itertools.product(*GRID.values()):
        ensemble = usual(name, **dict(zip(GRID, values, strict=True)))
        if field := refused_field(ensemble):
            refused += 1
            assert field in known
            with pytest.raises(InputError, match=f"^{field} is"):
                ensemble.draw(seed=0)
            continue
        grammar = ensemble.draw(seed=0)
        assert grammar.vocabularies[1:] == (ensemble.vocabulary,) * ensemble.levels
        assert grammar.branching == ensemble.branching
        assert grammar.rules_per_symbol == ensemble.rules
    assert 0 < refused < len(list(itertools.product(*GRID.values())))


@every
def test_draws_are_unambiguous_and_follow_from_the_seed(name: str) -> None:
    ensemble = usual(name)
    grammar = ensemble.draw(seed=1)
    assert grammar.is_nonambiguous
    assert grammar.is_uniform
    assert grammar.classes == ensemble.top
    assert usual(name).draw(seed=1) == grammar
    assert ensemble.draw(seed=2) != grammar


@every
def test_weights_change_no_rule(name: str) -> None:
    plain, weighted = (usual(name, zipf=zipf).draw(seed=1) for zipf in (0.0, 1.0))
    for levels in zip(plain.rules, weighted.rules, strict=True):
        assert all(np.array_equal(*pair) for pair in zip(*levels, strict=True))
    assert weighted.probabilities is not None
    assert usual(name, zipf=1.0).averages() is None


@every
def test_it_is_a_value(name: str) -> None:
    ensemble = usual(name)
    assert pickle.loads(pickle.dumps(ensemble)) == ensemble  # noqa: S301 -- our own bytes
    assert type(ensemble).of(ensemble.by_key()) == ensemble
    assert ensemble != usual(name, rules=2)
    with pytest.raises(AttributeError):
        ensemble.rules = 2  # type: ignore[misc]


@every
def test_what_is_missing_or_unknown_is_named(name: str) -> None:
    for values in ({}, usual(name).by_key() | {"nonsense": 1}):
        with pytest.raises(InputError, match=r"^(vocabulary|nonsense) is"):
            ENSEMBLES[name].of(values)


@cache
def _means(name: str, level: int) -> dict[str, tuple[float, float]]:
    """The mean over draws and its standard error, by what is averaged."""
    ensemble = usual(name, rules=8, branching=3, levels=level)
    laws = [patch_law(ensemble.draw(seed), level) for seed in range(DRAWS)]
    measured = {
        "mean_square_separation": np.array([mean_square_separation(law) for law in laws]),
        "mean_square_norm": np.array([mean_square_norm(law) for law in laws]),
    }
    return {
        key: (values.mean(), values.std(ddof=1) / np.sqrt(DRAWS))
        for key, values in measured.items()
    }


@every
@pytest.mark.parametrize("level", [2, 3])
def test_averages_are_those_of_draws_and_a_wrong_one_would_be_noticed(
    name: str, level: int
) -> None:
    averages = usual(name, rules=8, branching=3, levels=level).averages()
    if averages is None:
        pytest.skip("nothing is claimed")
    found = averages.of_level(level)
    for key, (mean, error) in _means(name, level).items():
        allowed = 4 * error + MARGINS[averages.accuracy] * mean
        assert abs(mean - found[key]) < allowed, key
        assert abs(mean - 1.25 * found[key]) > allowed, key
    if averages.accuracy == "exact":
        general = CROSSOVER_GENERAL(
            patches=8 * 8,
            square_norm=found["mean_square_norm"],
            square_separation=found["mean_square_separation"],
        )
        assert found["crossover_samples"] == pytest.approx(general)


def test_an_average_of_another_size_would_be_noticed() -> None:
    """Control: half as many rules separate twice as far."""
    other = usual(DEFAULT, rules=4, branching=3, levels=2).averages()
    assert other is not None
    mean, error = _means(DEFAULT, 2)["mean_square_separation"]
    assert abs(mean - other.of_level(2)["mean_square_separation"]) > 10 * error
