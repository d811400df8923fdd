"""A suite file that does not fit is refused with the line of what does not fit."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from layerproof.theory.errors import InputError
from layerproof.verify.cli import app
from layerproof.verify.run.suite import load_suite
from layerproof.verify.run.suite_files import SuiteFile

SUITE = '''name = "mine"
question = """
Do [[check]] tables inside
a text count?
[[check]]
"""
error_rate = 0.01   # of the whole suite

[[check]]
id = "assumption-6a"
trials = 20
parameters = { V = 8, m = 4 }

# a comment, [[check]]
[[check]]
id = "sensitivity-curve"
forms = ["printed", "repaired"]
trials = 40
expected = "violated"
reason = "known"
rows = { "level=2/N_over_crossover=1.0" = "holds" }

[check.parameters]
V = 8
m = 4
L = 2
ratios = [
    1.0,
]

[check.sweep]
margin = [0.1, 0.2]

[[check]]
id = "assumption-6b"
parameters.V = 8
'''


@pytest.mark.parametrize(
    ("right", "wrong", "line", "label"),
    [
        ('name = "mine"', "name = 1", 1, "name"),
        ('name = "mine"', "", 1, "name"),  # missing: the file's first line
        ("error_rate = 0.01", "error_rate = 2", 7, "error_rate"),
        ("trials = 20", "trials = 0", 11, "check[0].trials"),
        ("trials = 20", "trails = 20", 11, "check[0].trails"),
        ("trials = 20", "trials = 1000001", 11, "check[0].trials"),
        ("V = 8, m = 4", "V = 8, L = 65", 12, "check[0].parameters: L"),
        ("V = 8, m = 4", f"V = 8, zipf = {2**53 + 2}", 12, "check[0].parameters: zipf"),
        ("V = 8, m = 4", "V = 8, zipf = inf", 12, "check[0].parameters: zipf"),
        ('id = "assumption-6a"\n', "", 9, "check[0].id"),  # missing: its table
        ('id = "assumption-6a"', 'id = "assumption-7"', 10, "check[0].id"),
        ("V = 8, m = 4", "V = 8, m = 0", 12, "check[0].parameters: m"),
        ("V = 8, m = 4", "V = 8, W = 4", 12, "check[0].parameters: W"),
        ("V = 8, m = 4", "V = 8, grammar = 'no-file.json'", 12, "check[0].parameters: "),
        ('"printed", "repaired"', '"printed", "better"', 17, "check[1].forms"),
        ('expected = "violated"', 'expected = "fails"', 19, "check[1].expected"),
        ('reason = "known"\n', "", 19, "check[1].reason"),
        ("N_over_crossover=1.0", "level=9", 21, "check[1].rows"),
        ("V = 8\nm = 4\n", "V = 8\nm = -4\n", 25, "check[1].parameters: m"),
        ("    1.0,\n", '    "one",\n', 27, "check[1].parameters: ratios[0]"),
        ("[0.1, 0.2]", "[0.1, -0.2]", 32, "check[1].sweep: margin"),
        ("[0.1, 0.2]", "0.1", 32, "check[1].sweep.margin"),
        ("trials = 20", "trials = true", 11, "check[0].trials"),
        ("trials = 20", "trials = 2.0", 11, "check[0].trials"),
        ("trials = 20", 'trials = "20"', 11, "check[0].trials"),
        ("V = 8, m = 4", 'V = "8", m = 4', 12, "check[0].parameters: V"),
        ("V = 8, m = 4", "V = 4, m = 5, s = 2", 12, "check[0].parameters: m is 5"),
        ("V = 8, m = 4", "V = 8, m = 4, s = 1", 12, "check[0].parameters: s is 1"),
        ("V = 8\nm = 4\n", "V = 8\nm = 9\n", 25, "check[1].parameters: m is 9"),
        ("margin = [0.1, 0.2]", "m = [4, 9]", 32, "check[1].sweep: m is 9"),
        ('"printed", "repaired"', '"printed", "printed"', 15, "check[1] is"),
        ("[0.1, 0.2]", "[0.1, 0.1]", 15, "check[1] is"),
        ("parameters.V = 8", "parameters.V = 'many'", 36, "check[2].parameters: V"),
        ("parameters.V = 8", "parameters.V = ", 36, ""),  # no TOML
        ("parameters.V = 8", "V = 8\nV = 9", 37, ""),  # given twice
        ("parameters.V = 8", "parameters.V = [1,", 36, ""),  # the file ends inside
    ],
)
def test_the_line_of_what_does_not_fit_is_named(
    tmp_path: Path, right: str, wrong: str, line: int, label: str
) -> None:
    assert right in SUITE
    path = tmp_path / "mine.toml"
    path.write_text(SUITE.replace(right, wrong, 1), "utf-8")
    done = CliRunner().invoke(app, ["verify", str(path), "-o", str(tmp_path / "kept")])
    assert (done.exit_code, done.stdout) == (4, "")
    (sentence,) = done.stderr.splitlines()
    assert f"line {line}" in sentence
    assert label in sentence
    assert "mine.toml" in sentence
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize(
    ("right", "wrong", "limit"),
    [
        ("trials = 20", "trials = 1000000000000000000", "1000000"),
        ("V = 8, m = 4", "V = 8, L = 1000", "at most 64 levels"),
        ("    1.0,", "    1e300,", "at most 2^53"),
    ],
)
def test_what_would_never_end_is_refused_with_the_limit(
    right: str, wrong: str, limit: str, tmp_path: Path
) -> None:
    path = tmp_path / "suite.toml"
    path.write_text(SUITE.replace(right, wrong, 1), "utf-8")
    with pytest.raises(InputError, match=re.escape(limit)):
        load_suite(path)


@pytest.mark.parametrize(
    ("right", "wrong", "allowed"),
    [
        ("trials = 20", "trails = 20", "one of id, forms, trials, quick_trials, expected"),
        (
            'name = "mine"',
            'name = "mine"\ntitle = "mine"',
            "one of name, question, error_rate, errata, check",
        ),
        ("V = 8, m = 4", "V = 8, W = 4", "one of V, m, s, L"),
        ('name = "mine"', "", "a text: what the suite is called"),
        ('id = "assumption-6a"\n', "", "the id of a check"),
        ("trials = 20", "trials = 0", "greater than or equal to 1"),
    ],
)
def test_what_is_allowed_is_said_in_words_of_its_own(
    tmp_path: Path, right: str, wrong: str, allowed: str
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(SUITE.replace(right, wrong, 1), "utf-8")
    done = CliRunner().invoke(app, ["verify", str(path)])
    assert f"allowed: {allowed}" in done.stderr
    assert "Input should" not in done.stderr


def test_a_run_that_is_refused_before_a_trial_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*arguments: object, **options: object) -> None:
        raise InputError("V", 8, "less")

    monkeypatch.setattr("layerproof.verify.run.runner.run_on", refused)
    done = CliRunner().invoke(app, ["verify", "-o", str(tmp_path / "kept")])
    assert done.exit_code == 4
    assert list(tmp_path.iterdir()) == []


def test_the_suite_is_valid_as_it_stands(tmp_path: Path) -> None:
    assert SuiteFile("mine.toml", SUITE).parsed()["check"][2]["parameters"] == {"V": 8}


def test_every_key_of_a_file_is_found_on_its_own_line() -> None:
    source = SuiteFile("mine.toml", SUITE)
    found = {
        path: source.line(path)
        for path in [
            ("name",),
            ("question",),
            ("check",),
            ("check", 1),
            ("check", 1, "parameters"),
            ("check", 1, "parameters", "ratios", 0),
            ("check", 2, "parameters", "V"),
            ("check", 3),
            ("nowhere",),
        ]
    }
    assert list(found.values()) == [1, 2, 9, 15, 23, 27, 36, 9, 1]
