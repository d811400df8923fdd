"""Distinct rows are those that NumPy finds, in the same order, however long the rows are."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from layerproof.layerwise.distinct import distinct_rows


@given(
    rows=st.integers(1, 40), width=st.integers(1, 70), bound=st.integers(1, 5), seed=st.integers(0)
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_agrees_with_numpy(rows: int, width: int, bound: int, seed: int) -> None:
    array = np.random.default_rng(seed).integers(0, bound, (rows, width))
    _assert_agrees(array, bound)


@pytest.mark.parametrize(("bound", "width"), [(2**31, 7), (2**61, 3), (256, 300)])
def test_codes_beyond_a_machine_integer(bound: int, width: int) -> None:
    rng = np.random.default_rng(0)
    few = rng.integers(0, bound, (20, width))
    few[1:, : width - 1] = few[0, : width - 1]  # rows that differ in their last entry alone
    _assert_agrees(few[rng.integers(0, 20, 200)], bound)


def test_small_dtypes_are_kept_and_do_not_overflow() -> None:
    rows = torch.tensor([[255, 0, 255], [255, 0, 254]], dtype=torch.uint8)
    distinct, index = distinct_rows(rows, 256)
    assert distinct.dtype == torch.uint8
    assert distinct.tolist() == [[255, 0, 254], [255, 0, 255]]
    assert index.tolist() == [1, 0]


def _assert_agrees(array: np.ndarray, bound: int) -> None:
    expected, inverse = np.unique(array, axis=0, return_inverse=True)
    distinct, index = distinct_rows(torch.from_numpy(array), bound)
    np.testing.assert_array_equal(distinct.numpy(), expected)
    np.testing.assert_array_equal(index.numpy(), inverse.reshape(-1))
