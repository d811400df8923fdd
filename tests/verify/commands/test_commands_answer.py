"""Each command does what it says: one JSON document, text within 80 columns, files as promised."""

import json
import math
import re
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from rich.cells import cell_len
from rich.emoji import Emoji
from typer.testing import CliRunner

from layerproof.theory.grammar import Grammar
from layerproof.theory.plain_text import plain_text
from layerproof.theory.statements import catalogue
from layerproof.theory.thresholds import FORMULAS, InstanceThreshold
from layerproof.verify.cli import app
from layerproof.verify.run.suite_files import SUITES

SIZES = ["-V", "4", "-m", "2", "-s", "2", "-L", "2"]


def run(*arguments: str | Path) -> str:
    """Standard output of a command that succeeds and says nothing on standard error."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    return result.stdout


def document(*arguments: str | Path) -> Any:
    """The one JSON document that a command prints; NaN and Infinity are no JSON."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} in the JSON")

    return json.loads(run(*arguments, "--json"), parse_constant=refuse)


def fits(text: str, width: int = 80) -> bool:
    return max(map(cell_len, text.splitlines())) <= width  # an accent takes no column


@pytest.fixture
def grammar_file(tmp_path: Path) -> Path:
    path = tmp_path / "grammar.json"
    run("draw", *SIZES, "-o", path)
    return path


def test_a_drawn_grammar_is_the_same_printed_and_written(grammar_file: Path) -> None:
    assert run("draw", *SIZES) == grammar_file.read_text()
    assert Grammar.load(grammar_file).vocabularies == (4, 4, 4)


def test_a_drawn_grammar_depends_on_the_seed_alone(grammar_file: Path) -> None:
    assert run("draw", *SIZES, "--seed", "0") == grammar_file.read_text()
    assert run("draw", *SIZES, "--seed", "1") != grammar_file.read_text()


def test_draw_says_what_it_wrote(tmp_path: Path) -> None:
    found = document("draw", *SIZES, "--seed", "3", "-o", tmp_path / "g.json")
    grammar = Grammar.load(tmp_path / "g.json")
    assert found["digest"] == grammar.digest
    assert (found["seed"], found["vocabularies"]) == (3, [4, 4, 4])


def test_long_names_and_letters_are_one() -> None:
    long = ["--vocabulary", "4", "--rules", "2", "--branching", "2", "--levels", "2"]
    assert run("draw", *long) == run("draw", *SIZES)


def test_predictions_have_the_schema_of_the_interface() -> None:
    found = document("predict", *SIZES, "--classes", "2")
    assert found["threshold"] == 2 * 2**2
    assert found["p_max"] == 2 * 2 ** (1 + 2)
    assert [level["level"] for level in found["levels"]] == [1, 2]
    for level in found["levels"]:
        assert level["mean_square_separation"] > 0
        assert set(level["theorem_samples"]) == {"printed", "repaired"}
        assert {"mean_square_norm", "crossover_samples"} < set(level)


def test_the_crossover_of_the_published_example_is_predicted() -> None:
    leaf = document("predict", "-V", "16", "-m", "4", "-s", "2", "-L", "3")["levels"][-1]
    assert math.isclose(leaf["crossover_samples"], 998.4, rel_tol=1e-12)


def test_predictions_for_a_file_are_of_that_instance(grammar_file: Path) -> None:
    found = document("predict", "--grammar", grammar_file)
    assert found["digest"] == Grammar.load(grammar_file).digest


@pytest.mark.parametrize(
    ("change", "number", "counted"),
    [
        ({}, 4, "strings"),
        ({"probabilities": [[[1, 0], [0.5, 0.5]]]}, 3, "strings"),
        ({"label_prior": [1, 0]}, 2, "strings"),
        ({"rules": [[[[0, 1], [1, 1]], [[0, 1], [0, 0]]]]}, 4, "derivations"),
        # What makes it ambiguous has probability 0.
        (
            {
                "rules": [[[[0, 1], [1, 1]], [[0, 1], [0, 0]]]],
                "probabilities": [[[0, 1], [0.5, 0.5]]],
            },
            3,
            "strings",
        ),
    ],
)
def test_what_has_probability_0_is_no_string_and_derivations_are_called_so(
    change: dict[str, Any], number: int, counted: str, tmp_path: Path
) -> None:
    grammar = {"schema": "layerproof/grammar/1", "vocabularies": [2, 2]}
    grammar |= {"rules": [[[[0, 1], [1, 1]], [[1, 0], [0, 0]]]]} | change
    (tmp_path / "g.json").write_text(json.dumps(grammar))
    found = document("predict", "--grammar", tmp_path / "g.json")
    assert (found["p_max"], found["p_max_counts"]) == (number, counted)
    text = run("predict", "--grammar", tmp_path / "g.json")
    assert {"strings": "strings, P_max    ", "derivations": "derivations       "}[counted] in text


def test_where_the_learner_succeeds_is_predicted_for_one_grammar(tmp_path: Path) -> None:
    file = tmp_path / "g.json"
    run("draw", "-V", "16", "-m", "4", "-s", "2", "-L", "3", "--seed", "1", "-o", str(file))
    found = document("predict", "--grammar", file)
    assert found["learner"]["error"] == 15 / 16 / 10
    multiple = found["learner"]["multiple"]
    law = InstanceThreshold(Grammar.load(file), FORMULAS)
    assert multiple == law.multiple(15 / 16 / 10)
    # `verify scaling` measures 4 to 6 on grammars of this size.
    assert 3 < multiple < 8
    for level in found["levels"]:
        needed = level["learner_samples"]
        assert needed["together"] == multiple * 16 * 4 ** level["level"]
        assert 0 < needed["alone"] < needed["together"]
    assert "Together:" in run("predict", "--grammar", str(file))


@pytest.mark.parametrize(
    "sizes", [(*SIZES, "--zipf", "1"), (*SIZES, "-m", "4", "--classes", "1")], ids=["uneven", "one"]
)
def test_where_the_law_does_not_apply_no_learner_is_predicted(tmp_path: Path, sizes) -> None:
    file = tmp_path / "g.json"
    run("draw", *sizes, "-o", str(file))
    found = document("predict", "--grammar", file)
    assert found["learner"]["multiple"] is None
    assert [level["learner_samples"] for level in found["levels"]] == [
        {"together": None, "alone": None}
    ] * 2
    assert "Together:" not in run("predict", "--grammar", str(file))


@pytest.mark.parametrize("ensemble", ["uniform-first-token", "uniform"])
def test_large_instances_are_predicted(ensemble: str) -> None:
    large = ["-V", "64", "-m", "8", "-s", "2", "-L", "12", "--ensemble", ensemble]
    found = document("predict", *large)
    assert len(found["p_max"]) > 3000
    assert fits(run("predict", *large))


@pytest.mark.parametrize("L", [14, 16, 20])
def test_the_number_of_strings_has_as_many_digits_as_it_takes(L: int) -> None:
    """More than the 4300 that str(int) gives; beyond a hundred thousand, a product."""
    found = document("predict", "-V", "16", "-m", "4", "-s", "2", "-L", str(L))["p_max"]
    nodes = 2**L - 1
    assert (found == f"16*4^{nodes}") if L == 20 else len(found) == int(nodes * math.log10(4)) + 2
    assert fits(run("predict", "-V", "16", "-m", "4", "-s", "2", "-L", str(L)))


def test_the_number_of_strings_is_a_number_up_to_2_to_the_53() -> None:
    """m^(2^L - 1) n is 2^16 at L = 4, and 2^64 at L = 6."""
    sizes = ["predict", "-V", "2", "-m", "2", "-s", "2", "-L"]
    assert [document(*sizes, L)["p_max"] for L in ("4", "6")] == [2**16, str(2**64)]


def test_more_levels_than_any_string_has_are_refused() -> None:
    huge = ["-V", "2000000000", "-m", str(10**18), "-s", "20", "-L", "40"]
    assert document("predict", *huge)["p_max"].startswith("2000000000*1000000000000000000^")
    for levels in ("129", str(10**18)):
        sizes = ["-V", "16", "-m", "4", "-s", "2", "-L", levels]
        result = CliRunner().invoke(app, ["predict", *sizes])
        assert result.exit_code == 4
        assert "levels" in result.stderr
        assert "at most 128" in result.stderr


def test_theorem_samples_are_infinite_from_where_a_double_does_not_hold_them() -> None:
    sizes = ("-V", 2_000_000_000, "-m", 10**18, "-s", 20, "-L", 19)
    levels = document("predict", *sizes)["levels"]
    finite = [level["theorem_samples"]["repaired"] != "inf" for level in levels]
    assert finite == sorted(finite, reverse=True)
    assert finite[0]
    assert not finite[-1]


def test_predictions_print_as_latex() -> None:
    text = run("predict", *SIZES, "--latex")
    assert r"\begin{tabular}" in text
    assert text.count(r"\[") == text.count(r"\]") > 0


def test_assumptions_have_the_schema_of_the_interface() -> None:
    found = document("assumptions", *SIZES)
    assert set(found) == {
        "uniform", "non_ambiguous", "signal", "levels", "unreachable_levels", "kappa", "K_rho",
        "holds", "reasons", "statements",
    }  # fmt: skip
    assert (found["signal"], found["unreachable_levels"]) == ("label", [])
    assert [set(level) for level in found["levels"]] == [
        {"level", "patches", "kappa", "rho", "K_rho", "closest", "never_first"}
    ] * 2
    assert found["kappa"] == 1.0


def test_an_instance_that_the_theorem_does_not_cover_is_reported_with_its_patch(
    tmp_path: Path,
) -> None:
    never_one = Grammar((2, 2), (([[0, 0], [0, 1]], [[1, 0], [1, 1]]),))
    never_one.save(tmp_path / "good.json")
    assert document("assumptions", "--grammar", tmp_path / "good.json")["holds"]
    dead = Grammar((2, 2, 2), (([[0, 0]], [[0, 1]]), ([[0, 0]], [[1, 1]])))
    dead.save(tmp_path / "dead.json")
    found = document("assumptions", "--grammar", tmp_path / "dead.json")
    assert (found["holds"], found["kappa"], found["levels"][1]["kappa"]) == (False, "inf", "inf")
    assert any("(1, 1)" in reason for reason in found["reasons"])
    assert "do not hold" in run("assumptions", "--grammar", tmp_path / "dead.json")


def test_draws_give_the_fractions_on_which_each_part_holds() -> None:
    found = document("assumptions", *SIZES, "--ensemble", "uniform", "--draws", "40")
    fractions = found["fractions"]
    assert set(fractions) == {"uniform", "non_ambiguous", "kappa_finite", "K_rho_positive", "holds"}
    assert fractions["non_ambiguous"]["fraction"] == 1.0
    for part in fractions.values():
        low, high = part["interval"]
        assert 0 <= low <= part["fraction"] <= high <= 1
        assert fractions["holds"]["fraction"] <= part["fraction"]
    assert [level["level"] for level in found["levels"]] == [1, 2]


def test_more_draws_repeat_the_earlier_ones() -> None:
    """Each instance of 1 + 1 draws is seen again among 2: fractions add up."""
    few, many = (document("assumptions", *SIZES, "--draws", count) for count in ("1", "2"))
    one = few["fractions"]["holds"]["fraction"]
    assert 2 * many["fractions"]["holds"]["fraction"] in (one, one + 1)


def test_the_uniform_ensemble_can_lose_a_first_token_and_the_other_cannot() -> None:
    """Both sides of the claim: kappa is infinite on some draws of one ensemble, on none of R26's.

    V = 4, m = 2: a level of the uniform ensemble has 8 of the 16 patches; a given token starts
    none with probability C(12, 8)/C(16, 8) = 0.0385, so kappa is infinite on about 15 % of the
    draws, and all of 60 are finite with probability below 1e-4.
    """
    finite = {
        ensemble: document("assumptions", *SIZES, "--ensemble", ensemble, "--draws", "60")
        for ensemble in ("uniform", "uniform-first-token")
    }
    assert finite["uniform-first-token"]["fractions"]["kappa_finite"]["fraction"] == 1.0
    assert finite["uniform"]["fractions"]["kappa_finite"]["fraction"] < 1.0


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict", *SIZES],
        ["assumptions", *SIZES],
        ["assumptions", *SIZES, "--draws", "5"],
        ["statements"],
    ],
)
def test_text_fits_80_columns(arguments: list[str]) -> None:
    assert fits(run(*arguments))


def test_the_catalogue_is_listed_with_the_schema_of_the_interface() -> None:
    entries = document("statements")
    identifiers = [entry["id"] for entry in entries]
    assert "R26.theorem-7" in identifiers
    for entry in entries:
        assert {"id", "title", "source", "forms", "rests_on", "formula"} <= set(entry)
        assert set(entry["formula"]) == set(entry["forms"])
        assert set(entry["rests_on"]) <= set(identifiers)
        assert entry["id"] in run("statements")


def test_one_statement_shows_its_formula_and_both_kinds_of_neighbours() -> None:
    (entry,) = document("statements", "R26.theorem-7")
    text = run("statements", "R26.theorem-7")
    for part in ("Rests on", "What rests on it", "LaTeX: ", "layerproof verify quick --only"):
        assert part in text
    assert all(f"- {name}" in text for name in entry["rests_on"])


def test_no_page_of_a_statement_shows_the_marks_of_its_source() -> None:
    """The derivations are written in Markdown, for the manual."""
    marked = [entry for entry in catalogue() if "**" in entry.derivation or "`" in entry.derivation]
    assert len(marked) > 20
    for entry in marked:
        shown = plain_text(entry.derivation)
        assert not {"**", "`", ":mod:", ":class:"} & set(re.findall(r"\*\*|`|:\w+:", shown))
        assert shown.count("_*") == entry.derivation.count("_*")
    assert "**" not in run("statements", "R26.lemma-18")


def test_statements_print_as_latex() -> None:
    text = run("statements", "--latex")
    assert text.count(r"\[") == text.count(r"\]") > 0


def test_a_suite_without_the_statement_names_those_that_have_it(tmp_path: Path) -> None:
    asked = ["verify", "--only", "R26.lemma-18", "--workers", "1", "-o", str(tmp_path / "kept")]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 5
    assert "layerproof verify paper --only R26.lemma-18" in done.stderr


def test_the_help_of_verify_names_every_suite() -> None:
    told = run("verify", "--help")
    assert all(name in told for name in SUITES)


def test_text_between_colons_stays_as_it_is(tmp_path: Path) -> None:
    """rich would make a picture of :b:."""
    assert "a:b:c.json" in run("draw", *SIZES, "-o", tmp_path / "a:b:c.json")
    helps = [option.help for command in app.registered_commands
             for option in _options(command.callback)]  # fmt: skip
    assert any(":" in text for text in helps)
    assert [text for text in helps if Emoji.replace(text) != text] == []


def _options(command: Any) -> list[Any]:
    hints = get_type_hints(command, include_extras=True).values()
    return [hint.__metadata__[0] for hint in hints if hasattr(hint, "__metadata__")]
