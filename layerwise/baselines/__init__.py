"""What people would use in place of the layerwise learner, on the same strings.

A baseline is a network of an architecture trained for an objective, a kernel, or an algorithm. It
is fitted to labelled strings and gives labels for other strings:

* layer by layer: the theorem's learner, and C24's one gradient step followed by clustering;
* end to end: a convolutional network that follows the tree, a locally connected one, a deep fully
  connected one;
* shallow: a two-layer fully connected network, kernel ridge regression with RBF and NTK kernels.

Every module below that has a tuple BASELINES is found; other packages add theirs by entry points
of the group ``layerproof.baselines``.
"""

from __future__ import annotations

from layerproof.layerwise.baselines.base import BASELINE_KIND, Baseline
from layerproof.theory.plugins import Registry, found_below

__all__ = ["BASELINES", "Baseline"]

BASELINES: Registry[Baseline] = Registry(
    found_below(__name__, __path__, "BASELINES"), BASELINE_KIND
)
"""Every baseline by name, with the settings that comparisons use."""
