"""What is trained: the layerwise learner, its data and its solvers."""
