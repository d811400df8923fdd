"""The syntax of sweeps: what it means, and one clear refusal for everything else."""

import pytest

from layerproof.theory.errors import InputError
from layerproof.theory.phases import examine, impossible, parse_sweep, points_of, usual


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("m=2:4", {"m": [2, 3, 4]}),
        ("V=8:64:8", {"V": [8, 16, 24, 32, 40, 48, 56, 64]}),
        ("V=8:20:8", {"V": [8, 16]}),
        ("m=2, V=4/8", {"m": [2], "V": [4, 8]}),
        ("m=2/2:3", {"m": [2, 3]}),
        ("zipf=0:1:0.25", {"zipf": [0.0, 0.25, 0.5, 0.75, 1.0]}),
        ("zipf=0:0.3:0.1", {"zipf": [0.0, 0.1, 0.2, pytest.approx(0.3)]}),
        ("ensemble=uniform/uniform-first-token", {"ensemble": ["uniform", "uniform-first-token"]}),
    ],
)
def test_ranges_have_both_ends(text: str, values: dict[str, list[object]]) -> None:
    assert parse_sweep(text) == values


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "''"),
        ("m", "'m'"),
        ("q=2", "'q=2'"),
        ("m=", "''"),
        ("m=2:", "'2:'"),
        ("m=0:4", "'0:4'"),
        ("m=-2", "'-2'"),
        ("m=2.5", "'2.5'"),
        ("m=4:2", "'4:2'"),
        ("m=2:8:0", "'2:8:0'"),
        ("zipf=0:1:0", "'0:1:0'"),
        ("zipf=nan", "'nan'"),
        ("m=2,m=3", "'m=3'"),
        ("ensemble=zipf", "'zipf'"),
        ("m=1:999999999", "'1:999999999'"),
        ("m=1:200,V=1:200", "40000 points"),
    ],
)
def test_anything_else_is_refused_by_name(text: str, part: str) -> None:
    with pytest.raises(InputError, match="--sweep") as refusal:
        parse_sweep(text)
    assert part in str(refusal.value)


def test_every_combination_is_a_point_and_what_is_left_out_stays() -> None:
    found = points_of(parse_sweep("m=2:3,V=4/8"), {"L": 2, "s": 3})
    assert [(point.rules, point.vocabulary) for point in found] == [(2, 4), (2, 8), (3, 4), (3, 8)]
    assert all((point.levels, point.branching) == (2, 3) for point in found)


def test_sizes_without_grammars_say_why() -> None:
    assert impossible(usual("uniform-first-token", {"m": 4, "V": 4})) == ""
    assert "rules" in impossible(usual("uniform-first-token", {"m": 5, "V": 4}))
    assert "zipf" in impossible(usual("uniform-first-token", {"zipf": 1000.0}))


def test_equal_q_is_where_proposition_19_fails_at_small_m() -> None:
    # For m <= 20 * 2^(1/(l-1)) the bound at level l fails where two posteriors are equal, only.
    point = usual("uniform-first-token", {"m": 2, "V": 4, "L": 3})
    found = [examine(point, seed=0, draw_number=k) for k in range(40)]
    assert all(instance.proposition_19 == (instance.K_rho > 0) for instance in found)
    assert 0 < sum(instance.proposition_19 for instance in found) < 40
