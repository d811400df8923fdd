"""No two public classes share a name, and no function takes more arguments than a reader holds."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent
PACKAGES = ("theory", "layerwise", "verify")
MOST_PARAMETERS = 8
EDGE = "verify/commands/"
"""A command takes each of its options as a parameter."""

LONG = {
    "layerwise/sampling/routes.py:stage_batches",
    "layerwise/training.py:train",
    "verify/measure/invariance/matrices.py:matrix",
}
"""Public functions whose keywords people use; nothing inside the house is called with so many."""


def files() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((HOUSE / package).rglob("*.py"))


def test_no_two_public_classes_share_a_name() -> None:
    places = defaultdict(list)
    for file in files():
        for node in ast.parse(file.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(str(file.relative_to(HOUSE)))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_functions_take_few_parameters(package: str) -> None:
    long = set()
    for file in sorted((HOUSE / package).rglob("*.py")):
        place = file.relative_to(HOUSE).as_posix()
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and not (
                place.startswith(EDGE) and not node.name.startswith("_")
            ):
                arguments = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
                given = [one.arg for one in arguments if one.arg not in ("self", "cls")]
                if len(given) > MOST_PARAMETERS:
                    long.add(f"{place}:{node.name}")
    assert long == {name for name in LONG if name.startswith(package)}
