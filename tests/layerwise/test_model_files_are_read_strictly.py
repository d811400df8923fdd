"""Every field of a model file has its type and range; another is refused before it is used."""

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from layerproof.layerwise.models import KEY, load_model, save_model
from layerproof.layerwise.training import train
from layerproof.theory.errors import InputError
from layerproof.theory.schedule import practical
from tests.layerwise.instances import BINARY


@pytest.fixture(scope="module", params=[None, 20], ids=["kernel", "features"])
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("written") / "model"
    schedule = practical(BINARY, multiple=16, features=request.param)
    save_model(path, train(BINARY, schedule, seed=7, device="cpu"))
    return path.read_bytes()


def parts(data: bytes) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(json.loads(data[8 : 8 + length])["__metadata__"][KEY])
    return load_tensors(data), header


def refused(folder: Path, data: bytes, *says: str) -> None:
    path = folder / "changed"
    path.write_bytes(data)
    with pytest.raises(InputError) as refusal:
        load_model(path, device="cpu")
    sentence = str(refusal.value)
    assert "an undamaged model file" in sentence
    for part in says:
        assert part in sentence, sentence


def set_at(header: dict[str, Any], path: str, value: object) -> None:
    *place, last = [int(key) if key.isdigit() else key for key in path.split(".")]
    inner: Any = header
    for key in place:
        inner = inner[key]
    inner[last] = value


NO_NUMBER = ("__import__('os')", True, [1], {"a": 1})
NO_POSITIVE = (*NO_NUMBER, None, -(2**63), 0)
NO_COUNT = (*NO_POSITIVE, 2**70, 1.5)
NO_TEXT = (*NO_COUNT, "\x1b[2J")
WRONG: dict[str, tuple[object, ...]] = {
    "seed": (*NO_NUMBER, None, -(2**63), 2**300, 1.5),
    "signal": NO_TEXT,
    "dtype": NO_TEXT,
    "patches": NO_TEXT,
    "grammar_digest": NO_TEXT,
    "stages": (*NO_COUNT, [[]], []),
    "stages.0.level": NO_COUNT,
    "stages.0.samples": NO_COUNT,
    "stages.1.rows": (*NO_NUMBER, None, -(2**63), 2**70, 1.5),
    "stages.0.route": NO_TEXT,
    "stages.0.method": ("a" * 201, "\x1b[2J", "\ud800", None, 3, [1]),
    "stages.0.seconds": (*NO_NUMBER, None),
    "stages.0.loss": (*NO_NUMBER, None),
    "stages.0.error": (*NO_NUMBER, None),
    "schedule.name": ("a" * 201, "\x1b[2J", None, 3, [1]),
    "schedule.stages.2.level": NO_COUNT,
    "schedule.stages.0.samples": NO_COUNT,
    "schedule.stages.0.bandwidth": NO_POSITIVE,
    "schedule.stages.1.ridge": NO_POSITIVE,
    "schedule.stages.0.features": (*NO_NUMBER, -(2**63), 2**70, 1.5, 0),
    "schedule.stages.0.step_size": (*NO_NUMBER, -(2**63), 0),
    "schedule.stages.0.steps": (*NO_NUMBER, -(2**63), 2**70, 1.5, 0),
    "schedule.stages.0.tolerance": (*NO_NUMBER, -(2**63), 0),
    "schedule.stages.0.solver": NO_TEXT,
}
"""For each field, values that no header may have there."""


@pytest.mark.parametrize("field", WRONG)
def test_a_value_of_the_wrong_type_or_range_is_refused_by_name(
    field: str, written: bytes, tmp_path: Path
) -> None:
    tensors, header = parts(written)
    for value in WRONG[field]:
        set_at(header, field, value)
        data = save_tensors(tensors, metadata={KEY: json.dumps(header)})
        refused(tmp_path, data, field.split(".")[-1])


@pytest.mark.parametrize("field", ["seed", "schedule", "stages", "stages.0.loss", "grammar.rules"])
def test_a_missing_field_is_named(field: str, written: bytes, tmp_path: Path) -> None:
    tensors, header = parts(written)
    *place, last = field.split(".")
    inner: Any = header
    for key in place:
        inner = inner[int(key) if key.isdigit() else key]
    del inner[last]
    data = save_tensors(tensors, metadata={KEY: json.dumps(header)})
    refused(tmp_path, data, f"{last} is missing")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"seed": 7', '"seed": 7, "seed": 8', "each key once"),
        ('"seed": 7', '"seed": NaN', "a finite number"),
        ('"seed": 7', '"seed": ' + "[" * 500 + "]" * 500, "nested at most"),
        ('"seed": 7', '"seed": ' + "[" * 100_000 + "]" * 100_000, "nested at most"),
        ('"seed": 7', '"seed": ' + "9" * 5000, "readable length"),
        ('"seed": 7', '"seed": 7, "more": 1', "a key of its header is 'more'"),
        ('"route"', '"rout\\ud800e"', "route is missing"),
    ],
)
def test_json_that_is_no_header_is_refused(
    old: str, new: str, says: str, written: bytes, tmp_path: Path
) -> None:
    tensors, header = parts(written)
    text = json.dumps(header)
    assert old in text
    refused(tmp_path, save_tensors(tensors, metadata={KEY: text.replace(old, new)}), says)


def test_the_header_of_safetensors_is_read_as_strictly(written: bytes, tmp_path: Path) -> None:
    (length,) = struct.unpack("<Q", written[:8])
    outer, rest = written[8 : 8 + length], written[8 + length :]
    for text, says in [
        (b"[" * 100_000 + b"]" * 100_000, "nested at most"),
        (b"3", "its schema is None"),
        (b'{"__metadata__": 3}', "its schema is None"),
        (b'{"__metadata__": {"layerproof": 3}}', "its schema is None"),
        (b'{"__metadata__": {"layerproof": "3"}}', "its schema is None"),
        (outer.replace(b'"__metadata__"', b'"__metadata__": {}, "__metadata__"'), "each key once"),
        (b"\xff\xfe", "utf-8"),
    ]:
        refused(tmp_path, struct.pack("<Q", len(text)) + text + rest, says)
    for size in (2**64 - 1, 2**40, length + len(rest) + 1):
        refused(tmp_path, struct.pack("<Q", size) + written[8:], "no safetensors file")


def leave_out(header: dict[str, Any]) -> None:
    del header["stages"][0]


def other_samples(header: dict[str, Any]) -> None:
    header["stages"][0]["samples"] += 1


def other_order(header: dict[str, Any]) -> None:
    header["schedule"]["stages"].reverse()
    header["stages"].reverse()


@pytest.mark.parametrize("change", [leave_out, other_samples, other_order])
def test_schedule_and_stages_have_to_agree(
    change: Callable[[dict[str, Any]], None], written: bytes, tmp_path: Path
) -> None:
    tensors, header = parts(written)
    change(header)
    refused(tmp_path, save_tensors(tensors, metadata={KEY: json.dumps(header)}), "schedule")


@pytest.mark.parametrize(
    "dtype",
    [torch.float32, torch.float16, torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2,
     torch.int64, torch.uint8, torch.bool, torch.complex64],
    ids=str,
)  # fmt: skip
def test_a_tensor_of_another_dtype_than_the_header_says_is_refused(
    dtype: torch.dtype, written: bytes, tmp_path: Path
) -> None:
    tensors, header = parts(written)
    for name in tensors:
        changed = tensors | {name: tensors[name].to(dtype)}
        data = save_tensors(changed, metadata={KEY: json.dumps(header)})
        refused(tmp_path, data, f"dtype of {name}", "float64")


def test_a_tensor_of_another_shape_or_name_is_refused(written: bytes, tmp_path: Path) -> None:
    tensors, header = parts(written)
    metadata = {KEY: json.dumps(header)}
    for name, value in tensors.items():
        shapes = [value[None], value.reshape(-1), value[:0], value[:, :-1], value[:-1]]
        for other in shapes if "anchors" not in name else shapes[:-1]:  # of which any number fits
            data = save_tensors(tensors | {name: other.contiguous()}, metadata=metadata)
            refused(tmp_path, data, f"shape of {name}")
        less = {key: kept for key, kept in tensors.items() if key != name}
        refused(tmp_path, save_tensors(less, metadata=metadata), f"{name} is missing")
    more = save_tensors(tensors | {"layers.9.weight": torch.zeros(2)}, metadata=metadata)
    refused(tmp_path, more, "its tensors is ['layers.9.weight']")
