"""What people would use in place of the layerwise learner, on the same strings.

Every learner of :data:`layerproof.layerwise.baselines.learners.LEARNERS` is fitted to labelled
strings by one method and gives labels for other strings:

* layer by layer: the theorem's learner, and C24's one gradient step followed by clustering;
* end to end: a convolutional network that follows the tree, a locally connected one, a deep fully
  connected one;
* shallow: a two-layer fully connected network, kernel ridge regression with RBF and NTK kernels.
"""
