"""The README's tables say what the code says."""

import re
from pathlib import Path

import pytest

from verify.readme import renewed

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_generated_tables_are_those_of_the_catalogue() -> None:
    text = README.read_text("utf-8")
    assert renewed(text) == text, "run `python -m verify.readme`"


def test_a_missing_marker_is_noticed() -> None:
    with pytest.raises(KeyError):
        renewed("no markers here")


def test_every_file_that_the_readme_links_to_exists() -> None:
    for link in re.findall(r"\]\(([\w./-]+)\)", README.read_text("utf-8")):
        assert (README.parent / link).exists(), link
