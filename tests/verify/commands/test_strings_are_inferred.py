"""`infer`: the schema, the numbers of the library, and files of strings in every format."""

import io
import json
import math
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from layerproof.theory.grammar import Grammar
from layerproof.theory.inference import Observed, infer
from layerproof.theory.string_files import read_strings
from layerproof.verify.cli import app
from tests.layerwise.instances import BINARY
from tests.theory import brute_force

STRINGS = [list(found.levels[-1]) for found in brute_force.derivations(BINARY)[:3]]
PATCHES = BINARY.patches(3).patch.tolist()
IMPOSSIBLE = next(
    [a, b, *STRINGS[0][2:]] for a in range(4) for b in range(4) if [a, b] not in PATCHES
)


@pytest.fixture
def grammar(tmp_path: Path) -> Path:
    BINARY.save(tmp_path / "grammar.json")
    return tmp_path / "grammar.json"


def run(*arguments: object, given: str | None = None) -> Result:
    """`-` stands for a file of `given`: a test has no standard input of its own."""
    with NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(given or "")
        file.flush()
        words = [file.name if word == "-" and given else str(word) for word in arguments]
        return CliRunner().invoke(app, ["infer", *words])


def document(*arguments: object, given: str | None = None) -> list[dict[str, Any]]:
    result = run(*arguments, "--json", given=given)
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)["strings"]
    return found


def text(rows: list[list[int]], separator: str = " ") -> str:
    lines = (separator.join("?" if token < 0 else str(token) for token in row) for row in rows)
    return "\n".join(lines) + "\n"


def test_the_document_has_the_posteriors_of_every_level(grammar: Path, tmp_path: Path) -> None:
    rows = [STRINGS[0], [-1, *STRINGS[1][1:]]]
    (tmp_path / "strings.txt").write_text(text(rows))
    found = document("--grammar", grammar, tmp_path / "strings.txt", "--noise", "0.1")
    expected = infer(BINARY, Observed(np.array(rows), noise=0.1))
    for row, told in enumerate(found):
        assert told["log_likelihood"] == pytest.approx(expected.log_likelihood[row])
        assert [level["level"] for level in told["levels"]] == [0, 1, 2, 3]
        for level in told["levels"]:
            table = expected.levels[level["level"]][row]
            np.testing.assert_allclose(level["posterior"], table, atol=1e-14)
            entropies = expected.entropies[level["level"]][row]
            np.testing.assert_allclose(told["entropy"][level["level"]], entropies, atol=1e-14)
        assert [len(level) for level in told["most_likely"]["levels"]] == [1, 2, 4, 8]
        assert told["most_likely"]["log_probability"] <= told["log_likelihood"]


def test_an_impossible_string_is_named_and_the_others_are_answered(grammar: Path) -> None:
    given = text([STRINGS[0], IMPOSSIBLE])
    first, second = document("--grammar", grammar, "-", given=given)
    assert first["log_likelihood"] == pytest.approx(-math.log(BINARY.derivations()))
    assert second["log_likelihood"] == "-inf"
    assert (second["levels"], second["entropy"]) == ([], [])
    assert second["reason"] == "no level-2 symbol produces tokens 0 to 1"
    told = run("--grammar", grammar, "-", given=given)
    assert told.exit_code == 0
    assert f"string 1 is impossible: {second['reason']}" in told.stdout
    assert "nan" not in told.stdout.lower()


def test_masks_are_those_of_the_file_and_of_the_option(grammar: Path) -> None:
    hidden = [-1, *STRINGS[0][1:4], -1, -1, *STRINGS[0][6:]]
    in_file = document("--grammar", grammar, "-", given=text([hidden]))
    by_option = document("--grammar", grammar, "-", "--mask", "0,4-5", given=text(STRINGS[:1]))
    assert in_file == by_option
    assert in_file != document("--grammar", grammar, "-", given=text(STRINGS[:1]))


def test_draws_are_strings_of_the_grammar_and_follow_the_seed(grammar: Path) -> None:
    arguments = ("--grammar", grammar, "-", "--samples", "4")
    unknown = text([[-1] * 8])
    (found,) = document(*arguments, given=unknown)
    possible = {found.levels for found in brute_force.derivations(BINARY)}
    drawn = [tuple(map(tuple, tree)) for tree in found["samples"]]
    assert len(set(drawn)) > 1
    assert set(drawn) <= possible
    assert document(*arguments, given=unknown) == [found]
    assert document(*arguments, "--seed", "1", given=unknown) != [found]


def test_arrays_are_written_whole_and_say_the_same(grammar: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "strings.npy", np.array(STRINGS))
    target = tmp_path / "found.npz"
    result = run("--grammar", grammar, tmp_path / "strings.npy", "-o", target, "--samples", "2")
    assert result.exit_code == 0
    expected = infer(BINARY, Observed(np.array(STRINGS)))
    with np.load(target) as found:
        assert (found["log_likelihood"] == expected.log_likelihood).all()
        for level in range(4):
            assert (found[f"level_{level}"] == expected.levels[level]).all()
            assert found[f"most_likely_{level}"].shape == (3, 2**level)
            assert found[f"samples_{level}"].shape == (3, 2, 2**level)


def _npy(array: Any) -> bytes:
    target = io.BytesIO()
    np.save(target, np.asarray(array))
    return target.getvalue()


def _npz(**arrays: Any) -> bytes:
    target = io.BytesIO()
    np.savez(target, **arrays)
    return target.getvalue()


ROWS = [[0, 1, -1], [2, 0, 1]]


@pytest.mark.parametrize(
    "content",
    [
        b"0 1 ?\n2 0 1\n",
        b"0,1,?\r\n2,0,1",
        "\ufeff# strings\n\n0\t1\t?  # masked\n 2, 0, 1 \n".encode(),
        _npy(ROWS),
        _npy(np.asfortranarray(np.array(ROWS, ">i2"))),
        _npz(anything=ROWS),
        _npz(strings=ROWS, other=[1]),
    ],
    ids=["text", "csv", "mixed", "npy", "fortran", "npz", "npz of two"],
)
def test_every_format_holds_the_same_strings(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)  # what it is is told by its content, not its name
    found = read_strings(tmp_path / "file")
    assert found.dtype == np.int64
    assert found.tolist() == ROWS


def _header(shape: str) -> bytes:
    """An array of NumPy whose header promises more than there is."""
    header = f"{{'descr': '<i8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + b"\0" * 64


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "STRINGS is"),
        (b"# nothing\n", "STRINGS is"),
        (b"0 1\n0 1 1\n", "the number of tokens in line 2"),
        (b"0 1\n0 x\n", "a token in line 2"),
        (b"0 -1\n", "a token in line 1"),
        (b"0 1.0\n", "a token in line 1"),
        (b"9" * 5000, "a token in line 1"),
        (b"\xff\xfe\x00", "STRINGS is"),
        (b"PK\x03\x04 no archive", "STRINGS is"),
        (_npy([[0.5]]), "STRINGS is"),
        (_npy([[[1]]]), "STRINGS is"),
        (_npy([[-2]]), "token 0 of string 0"),
        (_npy(np.zeros((0, 3), int)), "STRINGS is"),
        (_npy(np.array([[2**63]], np.uint64)), "token 0 of string 0"),
        (_npy([[1, 2, 3]])[:-4], "STRINGS is"),
        (_npz(one=[1], two=[1]), "STRINGS is"),
        (_npz(), "STRINGS is"),
        (_header("(1000000000000, 1000000)"), "STRINGS is"),
        (_header("(-1, -8)"), "STRINGS is"),
    ],
)
def test_what_holds_no_strings_is_refused(content: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    BINARY.save(tmp_path / "grammar.json")
    result = run("--grammar", tmp_path / "grammar.json", tmp_path / "file")
    assert result.exit_code == 4, result.output
    assert result.stderr.startswith(f"layerproof: {words}")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-", "--noise", "2"), "--noise is '2'"),
        (("-", "--noise", "nan"), "--noise is 'nan'"),
        (("-", "--noise", ""), "--noise is ''"),
        (("-", "--mask", "8"), "--mask is '8'"),
        (("-", "--mask", "3-1"), "--mask is '3-1'"),
        (("-", "--mask", ""), "--mask is ''"),
        (("-", "--samples", "0"), "--samples is '0'"),
    ],
)
def test_odd_options_are_refused(arguments: tuple[str, ...], words: str, grammar: Path) -> None:
    result = run(*arguments, "--grammar", grammar, given=text(STRINGS))
    assert result.exit_code == 4, result.output
    assert f"layerproof: {words}" in result.stderr


def test_both_files_are_needed_and_only_one_is_standard_input(grammar: Path) -> None:
    for arguments, words in (
        (("--grammar", grammar), "STRINGS is missing"),
        (("-",), "--grammar is missing"),
        (("-", "--grammar", "-"), "--grammar is '-'"),
    ):
        result = run(*arguments)
        assert result.exit_code == 4
        assert f"layerproof: {words}" in result.stderr


def test_strings_of_another_grammar_are_refused(grammar: Path, tmp_path: Path) -> None:
    assert "the length of the strings is 2" in run("--grammar", grammar, "-", given="0 1\n").stderr
    told = run("--grammar", grammar, "-", given=text([[*STRINGS[0][:7], 4]])).stderr
    assert "token 7 of string 0 is 4" in told
    deep = Grammar((2,) * 20_001, ((((0, 0),), ((1, 1),)),) * 20_000)
    deep.save(tmp_path / "deep.json")
    told = run("--grammar", tmp_path / "deep.json", "-", given="0 1\n").stderr
    assert "2^20000" in told


def test_a_document_that_is_too_long_is_refused_before_the_work(
    grammar: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("layerproof.verify.commands.infer.MOST_PRINTED", 100)
    result = run("--grammar", grammar, "-", "--json", given=text(STRINGS))
    assert result.exit_code == 4
    assert "at most 1 strings" in result.stderr
