"""`draw --from`: the rule tensors of the two public codes, in each shape, and nothing executed."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from layerproof.theory.ensembles import draw
from layerproof.theory.grammar import Grammar
from layerproof.verify.cli import app

DRAWN = draw("uniform-first-token", vocabulary=4, rules=2, branching=2, levels=3, seed=0)

Tables = list[torch.Tensor]


def every_symbol(grammar: Grammar) -> Tables:
    """(V, m, s) at each level, as `sample_rules` makes them."""
    return [torch.tensor(np.stack(level)) for level in grammar.rules]


def paths(tuples: Tables, labels: int) -> Tables:
    """The labels, then the rules of every token of the level above, as often as it comes."""
    found = [torch.arange(labels)]
    for table in tuples:
        found.append(table[found[-1].flatten()])
    return found


def run(*arguments: str | Path) -> Any:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def read(saved: Any, folder: Path) -> tuple[Grammar, dict[str, Any]]:
    """The grammar that `draw --from` makes of what torch.save wrote, and its summary."""
    torch.save(saved, folder / "rules.pt")
    result = run("draw", "--from", folder / "rules.pt", "-o", folder / "g.json", "--json")
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    assert result.stderr.splitlines() == [f"layerproof: {note}" for note in summary["notes"]]
    return Grammar.load(folder / "g.json"), summary


SHAPES = {
    "a dict": lambda tables: dict(enumerate(tables)),
    "a list": list,
    "a tensor": torch.stack,
    "paths": lambda tables: paths(tables, 4),
    "paths and tuples": lambda tables: (paths(tables, 4), tables),
    "an object's dict": lambda tables: {"rules": dict(enumerate(tables)), "seed": 3},
    "names": lambda tables: {f"layer_{level}": table for level, table in enumerate(tables)},
    "bytes": lambda tables: [table.to(torch.uint8) for table in tables],
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_gives_the_grammar(shape: str, tmp_path: Path) -> None:
    grammar, summary = read(SHAPES[shape](every_symbol(DRAWN)), tmp_path)
    assert grammar == DRAWN
    assert (summary["notes"], summary["digest"]) == ([], DRAWN.digest)
    assert summary["vocabularies"] == [4, 4, 4, 4]


def test_numpy_archives_are_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", *(table.numpy() for table in every_symbol(DRAWN)))
    result = run("draw", "--from", tmp_path / "a.npz")
    assert (result.exit_code, result.stderr) == (0, "")
    assert Grammar.from_json(result.stdout) == DRAWN


# Labels use 0 and 2 of three symbols; leaf 1 never occurs.
TOP = torch.tensor([[[0, 2], [2, 2]], [[2, 0], [0, 0]]])
BELOW = torch.tensor([[[0, 2], [0, 0]], [[1, 1], [1, 0]], [[2, 2], [2, 0]]])
COMPACT = BELOW[[0, 2]]


@pytest.mark.parametrize(
    "saved",
    [{0: TOP, 1: BELOW}, [TOP, COMPACT], paths([TOP, BELOW], 2)],
    ids=["every symbol", "those that occur", "paths"],
)
def test_symbols_that_never_occur_are_dropped_with_a_note(saved: Any, tmp_path: Path) -> None:
    grammar, summary = read(saved, tmp_path)
    assert grammar.vocabularies == (2, 2, 3)
    assert [rules.tolist() for rules in grammar.rules[0]] == [
        [[0, 1], [1, 1]],
        [[1, 0], [0, 0]],
    ]
    assert [rules.tolist() for rules in grammar.rules[1]] == COMPACT.tolist()
    dropped, leaves = summary["notes"]
    assert dropped == "level 1: 1 of 3 symbols never occurs: 1; dropped, the others are renumbered"
    assert leaves == "leaves: 1 never occur; the leaves keep their numbers, 0 to 2"


def test_rows_follow_the_order_of_a_set_as_the_code_that_writes_them(tmp_path: Path) -> None:
    """Few symbols with large numbers: a Python set of them is in no order of size."""
    top = torch.tensor([[[9, 16], [16, 9]]])
    listed = list({9: None, 16: None})
    assert list({9, 16}) == [16, 9]
    assert listed == [9, 16]
    compact = torch.tensor([[[16, 16], [16, 0]], [[9, 9], [9, 0]]])  # of 16, then of 9
    grammar, summary = read([top, compact], tmp_path)
    assert grammar.rules[1][0].tolist() == [[9, 9], [9, 0]]
    assert "rows are taken for the symbols 16, 9" in summary["notes"][1]
    along, _ = read([torch.arange(1), torch.tensor([[[9, 16]]]), compact[[1, 0]]], tmp_path)
    assert along.rules[1][0].tolist() == [[9, 9], [9, 0]], "paths are in the order of the tokens"
    by_paths, _ = read([torch.arange(1), top, compact[[1, 0, 0, 1]]], tmp_path)
    assert by_paths.rules[1][0].tolist() == grammar.rules[1][0].tolist()


def test_a_patch_that_is_listed_twice_is_twice_as_likely(tmp_path: Path) -> None:
    grammar, summary = read([torch.tensor([[[0, 1], [0, 1], [1, 1]]])], tmp_path)
    assert grammar.probabilities is not None
    assert grammar.probabilities[0][0].tolist() == pytest.approx([2 / 3, 1 / 3])
    assert "several times" in summary["notes"][-1]


class Command:
    """What a pickle would run."""

    def __reduce__(self) -> Any:
        return os.mkdir, ("executed",)


@pytest.mark.parametrize(
    ("saved", "part"),
    [
        ([Command()], "--from"),
        ({"rules": torch.rand(2, 2, 2)}, "a list or dict of integer tensors"),
        ([torch.rand(2, 2, 2)], "whole numbers"),
        ([torch.ones(2, 2, dtype=torch.int64)], "three axes"),
        ([TOP, COMPACT[:1]], "a row for each of the 3 symbols"),
        ([TOP - 1], "tokens from 0 on"),
        ({"a": TOP}, "the number of its level"),
        ([], "a list or dict of integer tensors"),
        (3, "a list or dict of integer tensors"),
    ],
)
def test_other_files_are_refused_and_nothing_is_executed(
    saved: Any, part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save(saved, "rules.pt")
    result = run("draw", "--from", "rules.pt", "-o", "g.json")
    assert (result.exit_code, result.stdout) == (4, "")
    assert part in " ".join(result.stderr.split())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rules.pt"]


def test_sizes_and_a_file_together_are_refused(tmp_path: Path) -> None:
    torch.save([TOP], tmp_path / "rules.pt")
    result = run("draw", "--from", tmp_path / "rules.pt", "-V", "4")
    assert result.exit_code == 4
    assert "without sizes (found -V)" in result.stderr
