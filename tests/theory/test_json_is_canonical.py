"""One value has one JSON text: nothing is lost, nothing is NaN, the same bytes every time."""

import json
import math
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from layerproof.theory.jsonable import jsonable, to_json
from layerproof.verify.statistics import mean_interval

fixed = settings(derandomize=True, deadline=None)

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


@fixed
@given(TREES)
def test_what_is_written_reads_back_as_what_was_meant(tree: Any) -> None:
    text = to_json(tree)
    read = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} in JSON"))
    assert read == jsonable(tree)
    assert to_json(read) == text


def test_equal_values_give_equal_bytes_whatever_their_order() -> None:
    assert to_json({"b": 1, "a": (2, 0.0)}) == to_json({"a": [2, -0.0], "b": 1})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (math.inf, '"inf"'),
        (-math.inf, '"-inf"'),
        (2**53, "9007199254740992"),
        (2**53 + 1, '"9007199254740993"'),
        (-(2**64), '"-18446744073709551616"'),
        (np.int64(2**62), '"4611686018427387904"'),
        (np.float64(0.1), "0.1"),
        (np.float32(0.5), "0.5"),
        (np.bool_(True), "true"),
        (np.longdouble(0.25), "0.25"),
        (np.array([[1, 2], [3, 4]]), "[[1, 2], [3, 4]]"),
        (np.array([0.5, np.inf]), '[0.5, "inf"]'),
        (np.array(3.0), "3.0"),
        (torch.tensor([1.5, 2.5], dtype=torch.float64), "[1.5, 2.5]"),
        (Path("runs/a"), '"runs/a"'),
        ({3: "level", np.int64(4): None}, '{"3": "level", "4": null}'),
        ("κ ≤ 1", '"κ ≤ 1"'),
    ],
)
def test_every_kind_of_value_has_one_form(value: Any, text: str) -> None:
    assert to_json(value) == text


def test_objects_are_written_by_their_fields() -> None:
    class Kind(StrEnum):
        HOLDS = "holds"

    @dataclass
    class Result:
        kind: Kind
        interval: tuple[float, float]

    assert to_json(Result(Kind.HOLDS, (0.0, math.inf))) == (
        '{"interval": [0.0, "inf"], "kind": "holds"}'
    )
    interval = mean_interval([1.0, 2.0, 3.0], 0.95)
    assert json.loads(to_json(interval)) == interval.to_dict()


@pytest.mark.parametrize(
    ("value", "where"),
    [
        (math.nan, "value is NaN"),
        ({"levels": [{"loss": 1.0}, {"loss": np.nan}]}, r"value.levels\[1\].loss is NaN"),
        (np.array([0.0, np.nan]), r"value\[1\] is NaN"),
    ],
)
def test_a_nan_is_an_error_that_says_where(value: Any, where: str) -> None:
    with pytest.raises(ValueError, match=where):
        to_json(value)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"a": {1, 2}}, "value.a is a set"),
        (object(), "value is a object"),
        ({True: 1}, "key True"),
        ({1: "a", "1": "b"}, "two keys"),
        (1j, "complex"),
    ],
)
def test_what_has_no_form_is_an_error_that_says_where(value: Any, says: str) -> None:
    with pytest.raises(TypeError, match=says):
        to_json(value)
