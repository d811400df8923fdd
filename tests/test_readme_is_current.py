"""The README's tables say what the code says."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest

from layerproof.verify.run.suite import load_suite
from layerproof.verify.statistics import binomial_interval
from tests.verify.checks import (
    perturbations_laws_and_principle,
    perturbations_lemmas_10_to_16,
    perturbations_lemmas_11_17_18,
    perturbations_lemmas_20_to_30,
    perturbations_scaling,
)
from tools.readme import renewed

FAMILIES = (
    perturbations_lemmas_20_to_30,
    perturbations_lemmas_11_17_18,
    perturbations_lemmas_10_to_16,
    perturbations_laws_and_principle,
    perturbations_scaling,
)
README = Path(__file__).resolve().parents[1] / "README.md"


def test_the_generated_tables_are_those_of_the_catalogue() -> None:
    text = README.read_text("utf-8")
    assert renewed(text) == text, "run `python -m tools.readme`"


def test_the_share_of_slips_that_are_caught_is_the_one_stated() -> None:
    every = [slip for family in FAMILIES for slip in family.PERTURBATIONS]
    caught = [slip for slip in every if not slip.loose]
    stated = (
        f"of {len(every)} formulas with a wrong factor, exponent or missing |P_l|, {len(caught)}"
    )
    assert stated in README.read_text("utf-8")


def test_the_version_to_cite_is_the_one_installed() -> None:
    text, citation = README.read_text("utf-8"), (README.parent / "CITATION.cff").read_text("utf-8")
    assert f"version = {{{version('layerproof')}}}" in text
    assert f"\nversion: {version('layerproof')}\n" in citation


def test_the_trials_that_the_readme_asks_for_are_enough_and_no_more_than_needed() -> None:
    quick = load_suite("quick")
    rows = sum(len(entry.check.rows(entry.parameters)) for entry in quick.entries)
    confidence = 1 - quick.error_rate / rows
    stated = re.search(r"(\d+) for δ = 0\.1 in `quick`", README.read_text("utf-8"))
    assert stated
    trials = int(stated[1])
    limits = [binomial_interval(0, number, confidence).high for number in (trials - 1, trials)]
    assert limits[0] > 0.1 >= limits[1]


def test_a_missing_marker_is_noticed() -> None:
    with pytest.raises(KeyError):
        renewed("no markers here")


def test_every_file_that_the_readme_links_to_exists() -> None:
    for link in re.findall(r"\]\(([\w./-]+)\)", README.read_text("utf-8")):
        assert (README.parent / link).exists(), link
