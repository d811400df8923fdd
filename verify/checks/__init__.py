"""The checks: one file per family of statements. A check measures, it does not judge.

Other packages add theirs by entry points of the group ``layerproof.checks``.
"""

from __future__ import annotations

from typing import Any

from theory.plugins import Registry
from verify.checks import (
    assumption_6,
    balls_in_bins,
    bin_counts,
    bin_moments,
    boolean,
    chain,
    chain_layer,
    chain_sizes,
    clustering,
    concentration,
    correlations,
    definitions,
    depth,
    depth_time,
    embeddings,
    ensemble_laws,
    invariance_matrix,
    learning,
    one_layer,
    patches,
    principle,
    random_features,
    ridge,
    scaling,
    scaling_collapse,
    scaling_instance,
    scaling_sensitivity,
    separation,
    shallow,
    small_sizes,
    zipf,
    zipf_laws,
)
from verify.checks.base import Check
from verify.checks.kind import CHECK_KIND

CHECKS: Registry[Check[Any]] = Registry(
    (
        check
        for module in (
            chain,
            chain_sizes,
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
            invariance_matrix,
            balls_in_bins,
            bin_counts,
            bin_moments,
            separation,
            small_sizes,
            concentration,
            one_layer,
            chain_layer,
            patches,
            scaling,
            scaling_collapse,
            scaling_instance,
            scaling_sensitivity,
            depth,
            depth_time,
            clustering,
            shallow,
            zipf,
            zipf_laws,
        )
        for check in module.CHECKS
    ),
    CHECK_KIND,
)
"""Every check by id: those of this package, then those that others bring."""

__all__ = ["CHECKS", "Check"]
