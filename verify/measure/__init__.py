"""Measuring: representations, invariance and what layers know; a model in, numbers out."""
