"""What does not fit is refused before anything is drawn, with both sizes and what would fit."""

import time

import pytest
import torch

from layerproof.layerwise import limits
from layerproof.layerwise.limits import check_stage_fits
from layerproof.layerwise.sampling import counts
from layerproof.layerwise.sampling.routes import choose_route
from layerproof.layerwise.training import train
from layerproof.theory.ensembles import draw
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.schedule import Schedule, practical
from layerproof.theory.signals import Label

CPU = torch.device("cpu")
DEEP = draw("uniform-first-token", vocabulary=8, rules=4, branching=2, levels=6, seed=0)
SMALL = draw("uniform-first-token", vocabulary=8, rules=4, branching=2, levels=2, seed=0)


def _schedule(grammar: Grammar, samples: int, features: int | None = None) -> Schedule:
    return practical(grammar, samples_per_level=[samples] * grammar.levels, features=features)


@pytest.mark.parametrize(
    ("route", "features", "sentence"),
    [
        ("counts", 64, r"route is 'counts'; allowed: strings or subtrees at level \d, with \d+"),
        (
            "strings",
            None,
            r"level 1 may have to hold is 10{13}; allowed: at most \d+ for the exact",
        ),
        ("subtrees", None, r"level 1 may have to hold is 10{13}; .* random features"),
        ("strings", 10**6, r"features is 1000000; allowed: at most \d+, whose Gram matrix"),
    ],
)
def test_the_sentence_names_the_need_the_memory_and_what_fits(
    route: str, features: int | None, sentence: str
) -> None:
    start = time.process_time()
    with pytest.raises(InputError, match=sentence) as refusal:
        train(DEEP, _schedule(DEEP, 10**13, features), seed=0, route=route, device="cpu")  # type: ignore[arg-type]
    assert time.process_time() - start < 5  # drawing 10^13 strings would take hours
    assert "it needs" in str(refusal.value)
    assert "GiB" in str(refusal.value)


def test_what_the_sentence_allows_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "usable_memory", lambda device: 2**30)
    monkeypatch.setattr("layerproof.layerwise.devices.usable_memory", lambda device: 2**30)
    with pytest.raises(InputError, match="at most") as refusal:
        check_stage_fits(DEEP, _schedule(DEEP, 10**9).stage(1), Label(), CPU)
    most = int(refusal.value.allowed.split()[2])
    check_stage_fits(DEEP, _schedule(DEEP, most).stage(1), Label(), CPU)
    with pytest.raises(InputError):
        check_stage_fits(DEEP, _schedule(DEEP, most + 1).stage(1), Label(), CPU)
    with pytest.raises(InputError, match="at most") as refusal:
        check_stage_fits(DEEP, _schedule(DEEP, 10**9, 10**5).stage(1), Label(), CPU)
    most = int(refusal.value.allowed.split()[2].rstrip(","))
    check_stage_fits(DEEP, _schedule(DEEP, 10**9, most).stage(1), Label(), CPU)
    with pytest.raises(InputError):
        check_stage_fits(DEEP, _schedule(DEEP, 10**9, most + 1).stage(1), Label(), CPU)
    # Half of 2^30 bytes holds the Gram matrix of 2M = 4728 features three times, 8 bytes each.
    assert most == 2364


def test_a_vocabulary_whose_one_hot_vectors_do_not_fit_is_refused() -> None:
    leaves = 10**9
    rules = [[[[0, 1], [1, 0]]], [[[0, 1]], [[leaves - 1, 0]]]]
    grammar = Grammar((1, 2, leaves), rules)  # type: ignore[arg-type]
    sentence = r"number of leaf tokens is 10{9}; allowed: at most \d+, whose one-hot"
    with pytest.raises(InputError, match=sentence):
        train(grammar, practical(grammar, multiple=4), seed=0, device="cpu")


@pytest.mark.parametrize("features", [None, 64])
def test_streams_of_any_length_fit_where_their_sums_do(features: int | None) -> None:
    """Few distinct strings, or features: 10^18 samples hold no more memory than 10^6."""
    grammar = SMALL if features is None else DEEP
    check_stage_fits(grammar, _schedule(grammar, 10**18, features).stage(1), Label(), CPU)


def test_the_default_route_takes_counts_only_where_they_fit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert choose_route("auto", SMALL, 1, 10**9, Label()) == "counts"
    monkeypatch.setattr("layerproof.layerwise.devices.usable_memory", lambda device: 2**16)
    assert choose_route("auto", SMALL, 1, 10**9, Label()) == "subtrees"
    with pytest.raises(InputError, match="route is 'counts'"):
        choose_route("counts", SMALL, 1, 10**9, Label())
    assert counts.counts_bytes(SMALL, 1, 10**9, Label()) > 2**15
