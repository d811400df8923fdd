"""What exchanging synonyms does: to a layerwise learner's levels, and to any network's layers."""

from layerproof.verify.measure.invariance.learner_as_network import layer_modules, learner_matrix
from layerproof.verify.measure.invariance.matrices import matrix
from layerproof.verify.measure.invariance.network_output import (
    LeftOutLayer,
    NetworkAccuracy,
    NetworkOutput,
    Rerun,
)
from layerproof.verify.measure.invariance.result import InvarianceMatrix
from layerproof.verify.measure.invariance.trained_learner import (
    TEST_STRINGS,
    InvarianceReport,
    LevelInvariance,
    accuracy,
    cluster_distances,
    invariance_report,
    level_invariance,
    synonym_mean_squares,
    token_clusters,
)

__all__ = [
    "TEST_STRINGS",
    "InvarianceMatrix",
    "InvarianceReport",
    "LeftOutLayer",
    "LevelInvariance",
    "NetworkAccuracy",
    "NetworkOutput",
    "Rerun",
    "accuracy",
    "cluster_distances",
    "invariance_report",
    "layer_modules",
    "learner_matrix",
    "level_invariance",
    "matrix",
    "synonym_mean_squares",
    "token_clusters",
]
