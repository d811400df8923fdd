"""What another program wrote is refused by name before anything is done with it."""

import math
import re
from collections.abc import Callable

import pytest

from layerproof.theory.errors import InputError
from layerproof.theory.strict_json import items, members, number, one_of, parse, text


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("", "Expecting value"),
        ("[1", "delimiter"),
        ("NaN", "a finite number"),
        ("[-Infinity]", "a finite number"),
        ("-1e999", "a finite number"),
        ('{"a": 1, "a": 2}', "each key once"),
        ('[{"a": {"b": 1, "b": 1}}]', "each key once"),
        ("9" * 5000, "readable length"),
        ("[" * 34 + "]" * 34, "nested at most 32 deep"),
        ("[" * 100_000 + "]" * 100_000, "nested at most 32 deep"),
        ('{"a":' * 40 + "1" + "}" * 40, "nested at most 32 deep"),
        ('"' + "a" * 100 + '"', "at most 50 characters"),
    ],
)
def test_text_that_is_no_plain_json_is_refused(written: str, says: str) -> None:
    longest = 50 if "characters" in says else 10**7
    with pytest.raises(InputError, match=re.escape(says)) as refused:
        parse("header", written, longest=longest)
    assert len(str(refused.value)) < 300


def test_what_is_allowed_is_read_as_it_is() -> None:
    assert parse("header", '{"a": [1, -0.5, null, true, "é"]}') == {"a": [1, -0.5, None, True, "é"]}
    assert parse("header", "[" * 32 + "]" * 32)
    assert number("x", 1) == 1.0
    assert number("x", 5e-324, above=0) == 5e-324
    assert text("x", "κ = 1") == "κ = 1"
    assert one_of("x", "b", ("a", "b")) == "b"
    assert items("x", [1, 2], most=2) == [1, 2]
    assert members("x", {"a": 1, "c": 2}, ("a",), optional=("b", "c")) == {"a": 1, "c": 2}


@pytest.mark.parametrize(
    "value", [True, None, "1", [1], math.nan, math.inf, -math.inf, 10**400, {}, 1j]
)
def test_a_number_is_a_finite_one(value: object) -> None:
    with pytest.raises(InputError, match="allowed: a finite number"):
        number("x", value)


@pytest.mark.parametrize(
    ("read", "says"),
    [
        (lambda: number("x", 0, above=0), "above 0"),
        (lambda: text("x", 3), "printable"),
        (lambda: text("x", "\x1b[2J"), "printable"),
        (lambda: text("x", "\ud800"), "printable"),
        (lambda: text("x", "a" * 201), "at most 200"),
        (lambda: one_of("x", "c", ("a", "b")), "a, b"),
        (lambda: one_of("x", ["a"], ("a", "b")), "a, b"),
        (lambda: items("x", (1,), most=3), "a list"),
        (lambda: items("x", [1, 2], most=1), "at most 1"),
        (lambda: members("x", [], ("a",)), "an object with a"),
        (lambda: members("x", {}, ("a",)), "x: a is missing"),
        (lambda: members("x", {"a": 1, "b": 2}, ("a",)), "a key of x is 'b'"),
    ],
)
def test_each_reader_says_what_it_takes(read: Callable[[], object], says: str) -> None:
    with pytest.raises(InputError, match=re.escape(says)):
        read()
