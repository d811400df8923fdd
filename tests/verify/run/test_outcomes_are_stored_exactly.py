"""What a trial measures is read back to the last bit, whatever the check puts into it."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerproof.verify.checks import CHECKS
from layerproof.verify.checks.base import Outcome, Trial
from layerproof.verify.run.store.encoding import decode, encode
from layerproof.verify.run.suite import Entry, load_suite

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.integers(2**53, 2**200)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.sampled_from(["!tuple", "!int"]), inner)
        | st.dictionaries(st.integers() | st.tuples(st.integers()), inner)
    ),
    max_leaves=8,
)


def same(a: Any, b: Any) -> bool:
    """Equal in type and in every bit; NaN equals NaN, 0.0 is not -0.0, order of keys counts."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return same(list(a.items()), list(b.items()))
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, np.ndarray | np.generic):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, float):
        return math.isnan(b) if math.isnan(a) else a.hex() == b.hex()
    return bool(a == b)


def round_trip(outcome: Outcome) -> bool:
    back = decode(encode(outcome))
    return same(dict(outcome.values), back.values) and same(dict(outcome.premises), back.premises)


@given(st.dictionaries(st.text(), values))
@settings(max_examples=150, deadline=None)
def test_plain_values_come_back_as_they_were(found: dict[str, Any]) -> None:
    assert round_trip(Outcome(found, {"R26.definition-4": ""}))


@pytest.mark.parametrize(
    "value",
    [
        np.array([[0.1, -0.0], [np.inf, np.nan]]),
        np.arange(3, dtype=np.int32)[::-1],
        np.array(["a", "βγ"]),
        np.array([], dtype=bool),
        np.float64(0.1),
        np.int64(2**62),
        np.bool_(True),
        np.array(1 + 2j),
    ],
)
def test_numpy_values_come_back_with_type_and_shape(value: Any) -> None:
    assert round_trip(Outcome({"found": [value, (value,)]}))


def test_another_type_is_refused_by_place() -> None:
    for value in ({1, 2}, object(), np.array([object()]), b"bytes"):
        with pytest.raises(TypeError, match=r"values\.found\[1\] is a .*; allowed"):
            encode(Outcome({"found": [0, value]}))


def entries() -> list[Entry]:
    """The first entry of every check and form in the suites that users run."""
    found: dict[tuple[str, str], Entry] = {}
    for suite in ("quick", "paper", "signals"):
        for entry in load_suite(suite, budget="quick").entries:
            found.setdefault((entry.check.id, entry.form), entry)
    return list(found.values())


@pytest.mark.parametrize("entry", entries(), ids=lambda e: f"{e.check.id}-{e.form}")
def test_every_check_measures_what_can_be_stored(entry: Entry) -> None:
    trial = Trial(0, 0, entry.form, "cpu")
    assert round_trip(entry.check.trial(entry.parameters, trial))


def test_the_suites_cover_most_checks() -> None:
    """So that the test above does not pass by having nothing to do."""
    assert len({entry.check.id for entry in entries()}) > len(CHECKS) // 2
