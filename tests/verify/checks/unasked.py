"""A check that takes a premise for granted: what it then says shows what the premise is for."""

import copy
from typing import Any

from layerproof.verify.checks.base import Check
from layerproof.verify.checks.premises import Given


def unasked(check: Check[Any], *premises: str) -> Check[Any]:
    """The check without its measurements of `premises`."""
    trusting = copy.copy(check)
    given = dict.fromkeys(premises, Given("the test breaks it"))
    trusting.answers = {**check.answers, **given}  # type: ignore[misc]
    return trusting
