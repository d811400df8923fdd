"""The checks: one file per family of statements. A check measures, it does not judge."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from verify.checks import (
    assumption_6,
    balls_in_bins,
    bin_counts,
    bin_moments,
    boolean,
    chain,
    chain_layer,
    concentration,
    correlations,
    definitions,
    embeddings,
    ensemble_laws,
    learning,
    one_layer,
    principle,
    random_features,
    ridge,
    separation,
    small_sizes,
)
from verify.checks.base import Check

CHECKS: Mapping[str, Check[Any]] = MappingProxyType(
    {
        check.id: check
        for module in (
            chain,
            assumption_6,
            ensemble_laws,
            correlations,
            boolean,
            definitions,
            principle,
            embeddings,
            ridge,
            random_features,
            learning,
            balls_in_bins,
            bin_counts,
            bin_moments,
            separation,
            small_sizes,
            concentration,
            one_layer,
            chain_layer,
        )
        for check in module.CHECKS
    }
)
"""Every check of the package, by id."""

__all__ = ["CHECKS", "Check"]
