"""Running: suites, trials, the executors that run them and the store that keeps them."""
