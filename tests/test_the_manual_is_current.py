"""The tables, counts and links of the manual and the README say what the code says."""

import importlib.util
import re
import shlex
import shutil
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from layerproof.theory.grammar import Grammar
from layerproof.verify.cli import app
from layerproof.verify.measure.invariance.encodings import encoding
from layerproof.verify.run.suite import load_suite
from layerproof.verify.run.suite_files import SUITES
from layerproof.verify.statistics import binomial_interval
from tests.verify.checks import (
    perturbations_laws_and_principle,
    perturbations_lemmas_10_to_16,
    perturbations_lemmas_11_17_18,
    perturbations_lemmas_20_to_30,
    perturbations_own_latents,
    perturbations_scaling,
)
from tools import outputs
from tools.manual import DOCS, PAGES, TIMES, renewed

FAMILIES = (
    perturbations_lemmas_20_to_30,
    perturbations_lemmas_11_17_18,
    perturbations_lemmas_10_to_16,
    perturbations_laws_and_principle,
    perturbations_own_latents,
    perturbations_scaling,
)
ROOT = DOCS.parent
README = ROOT / "README.md"
MOST_BYTES = 10_000
"""Of the README: what is longer belongs into the manual."""


def _text(page: str) -> str:
    return (DOCS / page).read_text("utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_the_generated_tables_are_those_of_the_catalogue(page: str) -> None:
    text = _text(page)
    assert renewed(text, PAGES[page]) == text, "run `python -m tools.manual`"


def test_every_command_is_listed() -> None:
    names = [command.name or command.callback.__name__ for command in app.registered_commands]
    assert len(names) > 8
    for name in names:
        assert f"| `layerproof {name} " in _text("commands.md"), name


def test_every_suite_has_its_time() -> None:
    assert set(SUITES.own) <= set(TIMES)


def test_the_share_of_slips_that_are_caught_is_the_one_stated() -> None:
    every = [slip for family in FAMILIES for slip in family.PERTURBATIONS]
    caught = [slip for slip in every if not slip.loose]
    stated = (
        f"of {len(every)} formulas with a wrong factor, exponent or missing |P_l|, {len(caught)}"
    )
    assert stated in _text("controls.md")


def test_the_version_to_cite_is_the_one_installed() -> None:
    text, citation = _text("citing.md"), (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"version = {{{version('layerproof')}}}" in text
    assert f"\nversion: {version('layerproof')}\n" in citation


def test_the_trials_that_the_manual_asks_for_are_enough_and_no_more_than_needed() -> None:
    quick = load_suite("quick")
    rows = sum(len(entry.check.rows(entry.parameters)) for entry in quick.entries)
    confidence = 1 - quick.error_rate / rows
    stated = re.search(r"(\d+) for δ = 0\.1 in `quick`", _text("choosing.md"))
    assert stated
    trials = int(stated[1])
    limits = [binomial_interval(0, number, confidence).high for number in (trials - 1, trials)]
    assert limits[0] > 0.1 >= limits[1]


def test_a_missing_marker_is_noticed() -> None:
    with pytest.raises(KeyError):
        renewed("no markers here", ["suites"])


@pytest.mark.parametrize(
    ("word", "letter"),
    [
        ("grammar, RHM instance", ""), ("vocabulary", "$V$"), ("classes", "$n$"),
        ("rules per symbol", "$m$"), ("branching factor", "$s$"), ("levels", "$L$"), ("patch", ""),
        ("parent", ""), ("synonyms", ""), ("signal", ""), ("posterior", "q"),
        ("separation", "rho"), ("non-degeneracy", "kappa"), ("crossover size", "N"),
        ("synonym sensitivity", "$S$"), ("own latent", ""), ("probe", ""),
    ],
)  # fmt: skip
def test_the_glossary_has_the_words_of_the_field(word: str, letter: str) -> None:
    _, _, glossary = _text("concepts.md").partition("## Glossary")
    lines = (line.strip("|").split("|") for line in glossary.split("\n") if line.startswith("|"))
    rows = {word.strip(): (letters, meaning) for word, letters, meaning in lines}
    assert letter in rows[word][0]
    assert len(rows[word][1]) > 20


def test_every_extra_that_is_named_exists() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    texts = [page.read_text("utf-8") for page in (README, *DOCS.rglob("*.md"))]
    named = [extra for text in texts for extra in re.findall(r'-e "\.\[([\w,]+)\]"', text)]
    asked = {name for extra in named for name in extra.split(",")}
    assert {"docs", "notebooks", "test"} <= asked <= set(project["optional-dependencies"])


def test_the_readme_stays_short() -> None:
    assert len(README.read_bytes()) < MOST_BYTES


def _links(page: Path) -> Iterator[tuple[Path, str]]:
    """Where the links of a page into the repository lead: the file, and the place in it."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    for link, _, place in (
        found.partition("#") for found in re.findall(r"\]\(([\w./#-]+)\)", text)
    ):
        yield (page.parent / link if link else page).resolve(), place


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _places(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and the site name them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {
        re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", heading.lower()).strip())
        for heading in headings
    }


@pytest.mark.parametrize("page", [README, *sorted(DOCS.rglob("*.md"))], ids=_name)
def test_every_link_leads_to_a_file_and_a_place_in_it(page: Path) -> None:
    for file, place in _links(page):
        assert file.exists(), (file, "is missing")
        assert not place or place in _places(file), (file, place)


SHOWN = [
    (page.name, command)
    for page in outputs.pages()
    for command in outputs.commands(page.read_text("utf-8"))
    if outputs.is_quick(command)
]


@pytest.mark.parametrize(("page", "command"), SHOWN, ids=[command for _, command in SHOWN])
def test_the_manual_shows_what_commands_print(
    page: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(outputs.EXAMPLES, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    surroundings = {"COLUMNS": str(outputs.COLUMNS), "NO_COLOR": "1"}
    done = CliRunner().invoke(app, shlex.split(command)[1:], env=surroundings)
    shown = outputs.block(command, done.stdout, done.exit_code)
    assert shown in _text(page), f"run `python -m tools.outputs {page}`"


def test_the_manual_shows_the_grammar_that_its_commands_read() -> None:
    assert (outputs.EXAMPLES / "shared_patch.json").read_text("utf-8") in _text("my_grammar.md")


def test_the_network_of_the_examples_takes_strings_as_the_command_puts_them() -> None:
    file = outputs.EXAMPLES / "nets.py"
    found = importlib.util.spec_from_file_location("nets_of_the_manual", file)
    assert found is not None
    assert found.loader is not None
    nets = importlib.util.module_from_spec(found)
    found.loader.exec_module(nets)
    grammar = Grammar.load(outputs.EXAMPLES / "grammar.json")
    tokens = grammar.vocabularies[-1]
    strings = torch.arange(5 * grammar.input_length).reshape(5, -1) % tokens
    encoded = nets.one_hot(strings, tokens)
    assert torch.equal(encoded, encoding("one-hot", "last", tokens, torch.float32)(strings))
    assert nets.cnn(grammar)(encoded).shape == (5, grammar.classes)
