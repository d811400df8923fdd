"""The published schemas are those of the types; what is written follows them; limits are kept."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from layerproof.theory.errors import InputError
from layerproof.theory.json_text import DEEPEST, LONGEST_TEXT, MOST_BYTES, read_json, read_json_file
from layerproof.theory.jsonable import to_json
from layerproof.verify.cli import app
from layerproof.verify.report.document import document as document_of
from layerproof.verify.report.reading import read_results
from layerproof.verify.report.reference import reference
from layerproof.verify.report.schemas import FILES, made, published
from layerproof.verify.report.schemas.results import (
    MOST_CELLS,
    MOST_PICTURES,
    Document,
    Evidence,
    checked,
)
from layerproof.verify.run.runner import plan
from layerproof.verify.run.runner import run as run_plan
from layerproof.verify.searches import SEARCHES
from layerproof.verify.verdicts.verdict import Shown
from tests.verify.report.results_documents import EVERY_PART, document, row
from tests.verify.report.test_report_draws_pictures import MEASURED, chart, matrix


def valid(found: Any, file: str = "results.schema.json") -> bool:
    return bool(jsonschema.Draft202012Validator(published(file)).is_valid(found))


def plain(found: Document) -> Any:
    """The document as its file has it, without what the types add."""
    return found.model_dump(mode="json", by_alias=True, exclude_unset=True)


@pytest.mark.parametrize("file", FILES)
def test_the_published_schema_is_that_of_the_types(file: str) -> None:
    """`python -m tools.schemas` writes it anew."""
    jsonschema.Draft202012Validator.check_schema(published(file))
    assert published(file) == made(file)


def test_what_a_run_writes_follows_the_schema() -> None:
    chosen = plan("quick", only=["assumption-6a"])
    ran = json.loads(to_json(document_of(chosen, run_plan(chosen, workers=1))))
    pictured = document(row("R26.a", "holds", evidence={"pictures": [chart(MEASURED), matrix()]}))
    for found in (ran, EVERY_PART, json.loads(to_json(pictured))):
        assert valid(found)
        assert plain(checked(found, "x")) == found
    assert valid(plain(reference()))


@pytest.mark.parametrize(
    "change",
    [
        {"measured": "0.5"},
        {"measured": True},
        {"predicted": "1e3"},
        {"trials": 1.5},
        {"trials": -1},
        {"confidence": 1.5},
        {"interval": [0.1]},
        {"interval": ["low", 1]},
        {"verdict": "fine"},
        {"evidence": {"margin": [1]}},
        {"evidence": {"pictures": [{"kind": "pie"}]}},
        {"evidence": {"pictures": [matrix() | {"values": 3}]}},
    ],
)
def test_the_schema_and_the_types_refuse_the_same(change: dict[str, Any]) -> None:
    changed = row("R26.a", "holds") | change
    found = json.loads(to_json(document(row("R26.a", "holds"), changed)))
    assert not valid(found)
    with pytest.raises(InputError, match=r"results\[1\]\." + next(iter(change))):
        checked(found, "x")


@pytest.mark.parametrize("key", sorted(set(row("R26.a", "holds")) - {"seconds", "device"}))
def test_a_renamed_key_is_an_error_that_names_the_place(key: str) -> None:
    renamed = row("R26.a", "holds")
    renamed[f"{key}_"] = renamed.pop(key)
    assert not valid(document(renamed))
    with pytest.raises(InputError, match=rf"results\[0\]\.{key} in x is missing"):
        checked(document(renamed), "x")


def test_files_from_before_consequences_had_their_name_are_read(tmp_path: Path) -> None:
    old = json.loads(json.dumps(EVERY_PART))
    (row,) = old["errata"]
    row["theorem_7"] = row.pop("consequence")
    (tmp_path / "results.json").write_text(json.dumps(old))
    (read,) = read_results(tmp_path).errata
    assert read.consequence == EVERY_PART["errata"][0]["consequence"]


@pytest.mark.parametrize(
    "evidence",
    [
        {"margin_": 0.1, "margin_is": "relative"},
        {"coverage": "nominal", "misses": 3.0},
        {"intracluster": 0.1, "between": 0.5},
    ],
)
def test_a_renamed_entry_of_the_evidence_is_an_error(evidence: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"results\[0\]\.evidence in x"):
        checked(document(row("R26.a", "holds", evidence=evidence)), "x")


def test_a_renamed_count_is_an_error() -> None:
    found = document(row("R26.a", "holds"))
    found["counts"]["held"] = found["counts"].pop("holds")
    with pytest.raises(InputError, match=r"counts in x .* every verdict, also of holds"):
        checked(found, "x")


def test_what_judging_writes_is_what_reports_show() -> None:
    """One name for each entry of the evidence that is shown in a way of its own."""
    assert set(Evidence.model_fields) == set(Shown.__annotations__)


def test_unknown_keys_are_kept_and_tables_of_pictures_have_their_shape() -> None:
    more = document(row("R26.a", "holds", new={"a": 1}, evidence={"coverage": "exact"}), extra=[])
    assert valid(more)
    assert plain(checked(more, "x")) == more
    wrong = matrix() | {"rows": ["one"]}
    with pytest.raises(InputError, match=r"results\[0\]\.evidence\.pictures\[0\]"):
        checked(document(row("R26.a", "holds", evidence={"pictures": [wrong]})), "x")


def test_more_pictures_than_a_page_can_hold_are_refused_and_shared_ones_count_once() -> None:
    shared = row("R26.a", "holds", evidence={"pictures": [matrix()]})
    checked(document(*[shared] * (2 * MOST_PICTURES)), "x")
    many = [matrix() | {"title": str(i)} for i in range(MOST_PICTURES + 1)]
    rows = [row("R26.a", "holds", evidence={"pictures": many[i : i + 50]}) for i in (0, 50, 100)]
    with pytest.raises(InputError, match="different pictures"):
        checked(document(*rows), "x")
    assert MOST_CELLS >= 120 * 120


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1" * 400, "20 digits"),
        ("1e999", "beyond a double"),
        ("NaN", "NaN"),
        ("[" * 300 + "]" * 300, f"at most {DEEPEST}"),
        ("[" * 100_000, f"at most {DEEPEST}"),
        ('{"a": 1, "a": 2}', "twice"),
        (json.dumps("x" * (LONGEST_TEXT + 1)), f"{LONGEST_TEXT} characters"),
        ("{", "JSON"),
    ],
)
def test_json_beyond_the_limits_is_refused_in_one_line(text: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        read_json(text, "f.json", "DIR")
    assert said in str(refused.value)
    assert "f.json" in str(refused.value)
    assert str(refused.value).isprintable()


def test_json_within_the_limits_is_read_as_it_is_and_unseen_characters_are_shown() -> None:
    assert read_json('[1, 0.5, null, true, "κ", {"a": "x\\ny"}]', "f", "DIR") == [
        1, 0.5, None, True, "κ", {"a": "x\ny"}
    ]  # fmt: skip
    shown = read_json(r'["\u001b[2J", "\ud800", {"\u202e": 1}]', "f", "DIR")
    assert shown == [r"\x1b[2J", r"\ud800", {r"\u202e": 1}]
    deep = "[" * DEEPEST + "]" * DEEPEST
    assert json.dumps(read_json(deep, "f", "DIR")) == deep


def test_a_file_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    large = tmp_path / "results.json"
    with large.open("wb") as file:
        file.truncate(MOST_BYTES + 1)  # a hole, which takes no room
    with pytest.raises(InputError, match="at most 32 MiB"):
        read_json_file(large, "DIR")
    done = CliRunner().invoke(app, ["refute", "R26.lemma-29", "--replay", str(large)])
    assert done.exit_code == 4
    assert "at most 32 MiB" in done.stderr


def test_saved_instances_follow_their_schema() -> None:
    search: Any = SEARCHES["R26.lemma-24"]
    instance = search.validated({"V": 2, "m": 425, "gamma": "49/100", "epsilon": "1/10"})
    written = json.loads(search.write(instance))
    assert valid(written, "instance.schema.json")
    assert not valid(written | {"statement": "R26.lemma-29"}, "instance.schema.json")


@pytest.mark.parametrize(
    ("statement", "change", "named"),
    [
        ("R26.lemma-24", {"m": "425"}, "instance.m"),
        ("R26.lemma-24", {"m": 425.0}, "instance.m"),
        ("R26.lemma-24", {"gamma": 0.5}, "instance.gamma"),
        ("R26.lemma-24", {"gamma": "1e999999999"}, "instance.gamma"),
        ("R26.lemma-24", {"gamma": "1/0"}, "instance.gamma"),
        ("R26.lemma-24", {"gamma": "__import__('os').getcwd()"}, "instance.gamma"),
        ("R26.lemma-24", {"V": 10**18}, "instance.V"),
        ("R26.lemma-24", {"more": 1}, "instance.more"),
    ],
)
def test_an_instance_is_decoded_strictly(statement: str, change: Any, named: str) -> None:
    body = {"V": 2, "m": 425, "gamma": "49/100", "epsilon": "1/10"} | change
    text = {"schema": "layerproof/instance/1", "statement": statement, "instance": body}
    with pytest.raises(InputError, match=named):
        SEARCHES[statement].read(json.dumps(text))


def test_an_instance_that_would_take_hours_is_refused() -> None:
    weights = [[1, 0], *([[i, 1000] for i in range(1, 200)])]
    body = {"weights": weights, "epsilon": "1/1000", "delta": "1/10000000000000"}
    text = {"schema": "layerproof/instance/1", "statement": "R26.lemma-17", "instance": body}
    search = SEARCHES["R26.lemma-17"]
    with pytest.raises(InputError, match="at most"):
        search.examine(search.read(json.dumps(text)), "printed")
