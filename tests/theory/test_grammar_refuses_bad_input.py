"""Every grammar that cannot be used is refused in one sentence: field, value, what is allowed."""

import copy
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from layerproof.theory.ensembles import draw
from layerproof.theory.errors import MISSING, InputError, whole_number
from layerproof.theory.grammar import Grammar

GOOD: dict[str, Any] = {
    "schema": "layerproof/grammar/1",
    "vocabularies": [2, 3, 2],
    "rules": [
        [[[0, 1], [0, 2]], [[1, 0]]],
        [[[0, 0]], [[0, 1], [1, 0]], [[1, 1]]],
    ],
    "probabilities": [[[0.25, 0.75], [1.0]], [[1.0], [0.5, 0.5], [1.0]]],
    "label_prior": [0.125, 0.875],
}


def _set(*path: Any) -> Callable[[dict[str, Any]], None]:
    """Return an edit that puts the last argument at the path named by the others."""
    *keys, last, value = path

    def edit(document: Any) -> None:
        for key in keys:
            document = document[key]
        document[last] = value

    return edit


def _drop(key: str) -> Callable[[dict[str, Any]], None]:
    return lambda document: document.pop(key)


# What is broken, the field that the sentence names, and a part of what it says.
BAD_DOCUMENTS = [
    (_drop("schema"), "schema", "is missing"),
    (_set("schema", "layerproof/grammar/2"), "schema", '"layerproof/grammar/1"'),
    (_set("schema", 1), "schema", "is 1"),
    (_set("comment", "hello"), "a key of the grammar", "'comment'"),
    (_drop("vocabularies"), "vocabularies", "is missing"),
    (_set("vocabularies", 3), "vocabularies", "a list of sizes"),
    (_set("vocabularies", "23"), "vocabularies", "a list of sizes"),
    (_set("vocabularies", {"0": 2}), "vocabularies", "a list of sizes"),
    (_set("vocabularies", []), "vocabularies", "at least 2 sizes"),
    (_set("vocabularies", [2]), "vocabularies", "at least 2 sizes"),
    (_set("vocabularies", 1, 0), "vocabularies[1]", "from 1 to"),
    (_set("vocabularies", 1, -3), "vocabularies[1]", "is -3"),
    (_set("vocabularies", 1, True), "vocabularies[1]", "is True"),
    (_set("vocabularies", 1, 3.0), "vocabularies[1]", "is 3.0"),
    (_set("vocabularies", 2, 10**30), "vocabularies[2]", "from 1 to"),
    (_set("vocabularies", 2, None), "vocabularies[2]", "is None"),
    (_set("vocabularies", [2, 3]), "the length of rules", "a list of 1 levels"),
    (_set("vocabularies", [2, 3, 2, 2]), "the length of rules", "a list of 3 levels"),
    (_set("vocabularies", 0, 3), "the length of rules[0]", "a list of 3 symbols"),
    (_set("vocabularies", 1, 4), "the length of rules[1]", "is 3"),
    (_set("vocabularies", 1, 2), "rules[0][0][1][1]", "from 0 to 1"),
    (_drop("rules"), "rules", "is missing"),
    (_set("rules", "abc"), "rules", "a list of 2 levels"),
    (_set("rules", []), "the length of rules", "is 0"),
    (_set("rules", 0, 7), "rules[0]", "is 7"),
    (_set("rules", 0, 1, None), "rules[0][1]", "is None"),
    (_set("rules", 0, 1, []), "rules[0][1]", "at least one"),
    (_set("rules", 0, 1, [5]), "rules[0][1][0]", "a list of tokens"),
    (_set("rules", 0, 0, 0, [0]), "rules[0][0][0]", "at least 2 tokens"),
    (_set("rules", 0, 0, 0, []), "rules[0][0][0]", "at least 2 tokens"),
    (_set("rules", 0, 0, 1, [0, 1, 2]), "rules[0][0][1]", "a patch of 2 tokens"),
    (_set("rules", 1, 2, 0, [0]), "rules[1][2][0]", "a patch of 2 tokens"),
    (_set("rules", 1, 1, 0, 1, 2), "rules[1][1][0][1]", "from 0 to 1"),
    (_set("rules", 1, 1, 0, 1, -1), "rules[1][1][0][1]", "is -1"),
    (_set("rules", 1, 1, 0, 1, True), "rules[1][1][0][1]", "is True"),
    (_set("rules", 1, 1, 0, 1, 1.0), "rules[1][1][0][1]", "is 1.0"),
    (_set("rules", 1, 1, 0, 1, "1"), "rules[1][1][0][1]", "is '1'"),
    (_set("rules", 1, 1, 0, 1, 2**63), "rules[1][1][0][1]", "from 0 to 1"),
    (_set("rules", 1, 1, 0, 1, [0]), "rules[1][1][0][1]", "is [0]"),
    (_set("rules", 1, 1, 1, [0, 1]), "rules[1][1][1]", "list it once and give it a probability"),
    (_set("probabilities", 3), "probabilities", "like rules"),
    (_set("probabilities", []), "the length of probabilities", "is 0"),
    (_set("probabilities", 0, [[0.5, 0.5]]), "the length of probabilities[0]", "is 1"),
    (_set("probabilities", 0, 0, [1.0]), "the length of probabilities[0][0]", "2 numbers"),
    (_set("probabilities", 0, 0, 0, -0.25), "probabilities[0][0][0]", "from 0 to 1"),
    (_set("probabilities", 0, 0, 0, 1.25), "probabilities[0][0][0]", "is 1.25"),
    (_set("probabilities", 0, 0, 0, float("nan")), "probabilities[0][0][0]", "is nan"),
    (_set("probabilities", 0, 0, 0, float("inf")), "probabilities[0][0][0]", "is inf"),
    (_set("probabilities", 0, 0, 0, True), "probabilities[0][0][0]", "is True"),
    (_set("probabilities", 0, 0, 0, "0.25"), "probabilities[0][0][0]", "is '0.25'"),
    (_set("probabilities", 0, 0, 0, None), "probabilities[0][0][0]", "is None"),
    (_set("probabilities", 0, 0, 0, 0.3), "the sum of probabilities[0][0]", "is 1.05"),
    (_set("probabilities", 0, 0, [0, 0]), "the sum of probabilities[0][0]", "is 0.0"),
    (_set("label_prior", 0.5), "label_prior", "2 numbers"),
    (_set("label_prior", [1.0]), "the length of label_prior", "is 1"),
    (_set("label_prior", [0.5, 0.6]), "the sum of label_prior", "is 1.1"),
    (_set("label_prior", [-0.5, 1.5]), "label_prior[0]", "is -0.5"),
    (_set("label_prior", 1, float("nan")), "label_prior[1]", "is nan"),
]


def test_the_unbroken_document_is_a_grammar() -> None:
    """Control: what the cases below break is accepted before."""
    assert Grammar.from_json(json.dumps(GOOD)).vocabularies == (2, 3, 2)


@pytest.mark.parametrize(("edit", "field", "words"), BAD_DOCUMENTS)
def test_bad_documents(edit: Callable[[Any], None], field: str, words: str) -> None:
    document = copy.deepcopy(GOOD)
    edit(document)
    with pytest.raises(InputError) as caught:
        Grammar.from_json(json.dumps(document))
    assert caught.value.field == field
    sentence = str(caught.value)
    assert words in sentence
    assert sentence.startswith(f"{field} is ")
    assert "; allowed: " in sentence
    assert "\n" not in sentence
    assert len(sentence) < 300


BAD_TEXTS = [
    ("", "valid JSON"),
    ("{", "line 1, column 2"),
    ('{"schema": }', "valid JSON"),
    ("not json at all", "valid JSON"),
    ("[1, 2]", "a JSON object"),
    ("null", "a JSON object"),
    ('{"schema": 1, "schema": 2}', "each key once"),
    ("[" * 100_000, "nested"),
    ('{"vocabularies": [' + "9" * 5000 + "]}", "JSON with numbers of a readable length"),
]


@pytest.mark.parametrize(("text", "words"), BAD_TEXTS, ids=range(len(BAD_TEXTS)))
def test_bad_text(text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        Grammar.from_json(text)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 300


def test_missing_unreadable_and_binary_files(tmp_path: Path) -> None:
    binary = tmp_path / "binary.json"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "none.json", tmp_path, binary):
        with pytest.raises(InputError, match=r"^grammar file is ") as caught:
            Grammar.load(path)
        assert path.name in str(caught.value)


def test_a_failed_save_leaves_nothing(tmp_path: Path) -> None:
    grammar = Grammar.from_json(json.dumps(GOOD))
    with pytest.raises(InputError, match="a path that can be written"):
        grammar.save(tmp_path / "no such folder" / "grammar.json")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError):
        grammar.save(tmp_path / "folder")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize(
    "rules",
    [
        [[np.array([[True, False]]), np.array([[True, True]])]],
        [[np.array([[0.0, 1.0]]), np.array([[1.0, 1.0]])]],
        [[np.array([[0, 2]]), np.array([[1, 1]])]],
        [[np.array([0, 1]), np.array([[1, 1]])]],
        [[np.array(3), np.array([[1, 1]])]],
        [[np.zeros((0, 2), dtype=np.int64), np.array([[1, 1]])]],
        [[np.array([[2**63]], dtype=np.uint64), np.array([[1, 1]])]],
    ],
)
def test_bad_arrays(rules: Any) -> None:
    with pytest.raises(InputError, match=r"^rules\[0\]\[0\]"):
        Grammar((2, 2), rules)


SIZES: dict[str, Any] = {
    "ensemble": "uniform-first-token",
    "vocabulary": 8,
    "rules": 4,
    "branching": 2,
    "levels": 3,
    "seed": 0,
}

BAD_SIZES = [
    ({"ensemble": "zipf"}, "ensemble", "uniform-first-token, uniform"),
    ({"vocabulary": 0}, "vocabulary", "from 1 to"),
    ({"vocabulary": -8}, "vocabulary", "is -8"),
    ({"vocabulary": 8.0}, "vocabulary", "is 8.0"),
    ({"rules": 0}, "rules", "at least 1"),
    ({"rules": True}, "rules", "is True"),
    ({"branching": 1}, "branching", "at least 2"),
    ({"levels": 0}, "levels", "at least 1"),
    ({"levels": -1}, "levels", "is -1"),
    ({"classes": 0}, "classes", "from 1 to"),
    ({"classes": "8"}, "classes", "is '8'"),
    ({"seed": -1}, "seed", "at least 0"),
    ({"seed": 0.5}, "seed", "is 0.5"),
    ({"rules": 9}, "rules", "at most V^s/n = 8"),
    ({"rules": 9, "ensemble": "uniform"}, "rules", "at most V^s/n = 8"),
    ({"classes": 17, "ensemble": "uniform", "levels": 1}, "rules", "at most V^s/n = 3"),
    ({"classes": 18, "levels": 1}, "rules", "at most V^s/n = 3"),
    ({"classes": 3}, "vocabulary", "a divisor of classes*rules = 12"),
    ({"levels": 10**15}, "vocabulary*levels*rules*branching", "at most"),
    ({"branching": 10**15}, "vocabulary*levels*rules*branching", "at most"),
    ({"branching": 10**15, "ensemble": "uniform"}, "vocabulary*levels*rules*branching", "at most"),
    ({"vocabulary": 10**9}, "vocabulary*levels*rules*branching", "at most"),
]


@pytest.mark.parametrize(("change", "field", "words"), BAD_SIZES)
def test_bad_sizes_for_an_ensemble(change: dict[str, Any], field: str, words: str) -> None:
    draw(**SIZES)  # control: accepted without the change
    with pytest.raises(InputError) as caught:
        draw(**{**SIZES, **change})
    assert caught.value.field == field
    assert words in str(caught.value)


def test_levels_out_of_range_are_refused() -> None:
    grammar = draw(**SIZES)
    for level in (0, 4, -1, True, 1.0):
        with pytest.raises(InputError, match=r"^level is .* from 1 to 3"):
            grammar.patches(level)  # type: ignore[arg-type]
    for level in (-1, 3):
        with pytest.raises(InputError, match=r"^level is .* from 0 to 2"):
            grammar.level_rules(level)


def test_the_error_survives_the_trip_between_processes() -> None:
    error = InputError("levels", 0, "a whole number, at least 1")
    back = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert str(back) == str(error) == "levels is 0; allowed: a whole number, at least 1"
    assert (back.field, back.value, back.allowed) == (error.field, error.value, error.allowed)


def test_long_values_are_shortened() -> None:
    assert len(str(InputError("x", list(range(10_000)), "less"))) < 120
    assert len(str(InputError("x", 10**10_000, "less"))) < 120
    assert str(InputError("x", np.float64(0.5), "less")) == "x is 0.5; allowed: less"
    assert str(InputError("x", MISSING, "a number")) == "x is missing; allowed: a number"


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"minimum": 1}, "a whole number, at least 1"),
        ({"maximum": -1}, "a whole number, at most -1"),
        ({"minimum": 1, "maximum": 2}, "a whole number from 1 to 2"),
    ],
)
def test_ranges_are_said_in_words(limits: dict[str, int], words: str) -> None:
    with pytest.raises(InputError, match=words):
        whole_number("x", 0, **limits)
    with pytest.raises(InputError, match=r"a whole number$"):
        whole_number("x", 0.5)
    assert whole_number("x", np.int32(2)) == 2
