"""The report of a run as one HTML file, rendered from its results document alone."""

from layerproof.verify.report.page import render_html
from layerproof.verify.report.reading import read_results

__all__ = ["read_results", "render_html"]
