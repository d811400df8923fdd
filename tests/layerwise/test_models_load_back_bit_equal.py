"""A model file holds everything and loads back bit-equal; anything else is refused."""

import json
import struct
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from layerproof.layerwise.models import load_model, save_model
from layerproof.layerwise.sampling.strings import sample_strings
from layerproof.layerwise.training import Training, train
from layerproof.theory.errors import InputError
from layerproof.theory.grammar import Grammar
from layerproof.theory.schedule import practical
from tests.layerwise.instances import BINARY, UNEVEN


def _training(
    grammar: Grammar = BINARY,
    features: int | None = None,
    dtype: torch.dtype = torch.float64,
) -> Training:
    schedule = practical(grammar, multiple=16, features=features)
    return train(grammar, schedule, seed=7, device="cpu", dtype=dtype)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    save_model(path, _training())
    return path


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("features", [None, 20])
@pytest.mark.parametrize("grammar", [BINARY, UNEVEN], ids=["binary", "uneven"])
def test_what_is_saved_is_what_is_loaded(
    grammar: Grammar, features: int | None, dtype: torch.dtype, tmp_path: Path
) -> None:
    one = _training(grammar, features, dtype)
    save_model(tmp_path / "model", one)
    two = load_model(tmp_path / "model", grammar, device="cpu")
    a, b = one.learner.state_dict(), two.learner.state_dict()
    assert list(a) == list(b)
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert (one.grammar, one.schedule, one.stages) == (two.grammar, two.schedule, two.stages)
    assert (one.seed, one.signal) == (two.seed, two.signal)
    leaves, _ = next(sample_strings(grammar, 100, seed=0))
    assert torch.equal(one.learner(leaves), two.learner(leaves))


def test_a_learner_of_some_levels_is_saved_as_it_is(tmp_path: Path) -> None:
    one = train(BINARY, practical(BINARY, multiple=16).down_from(2), seed=0, device="cpu")
    save_model(tmp_path / "model", one)
    two = load_model(tmp_path / "model", BINARY, device="cpu")
    leaves, _ = next(sample_strings(BINARY, 100, seed=0))
    assert torch.equal(one.learner.embed(leaves, 1), two.learner.embed(leaves, 1))


def test_saving_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    one = _training()
    for name in ("a", "b"):
        save_model(tmp_path / name, one)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_header_is_json_that_anyone_can_read(saved: Path) -> None:
    data = saved.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["layerproof"])
    assert header["schema"] == "layerproof/model/1"
    assert Grammar.from_json(json.dumps(header["grammar"])) == BINARY
    assert [stage["level"] for stage in header["stages"]] == [1, 2, 3]


def test_another_grammar_is_refused(saved: Path) -> None:
    with pytest.raises(InputError, match="grammar of the model"):
        load_model(saved, UNEVEN, device="cpu")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"model file is .* \(No such file"):
        load_model(tmp_path / "none", device="cpu")


def _cut(data: bytes) -> bytes:
    return data[:-200]


def _header_cut(data: bytes) -> bytes:
    return data[:300]


def _emptied(data: bytes) -> bytes:
    return b""


def _text(data: bytes) -> bytes:
    return b"not a model at all, but long enough to hold a header's length"


def _other_schema(data: bytes) -> bytes:
    return data.replace(b"layerproof/model/1", b"layerproof/model/9")


def _broken_header(data: bytes) -> bytes:
    return data.replace(b'\\"seed\\"', b'\\"sead\\"')


def _broken_grammar(data: bytes) -> bytes:
    return data.replace(b'\\"vocabularies\\": [4', b'\\"vocabularies\\": [5')


def _other_digest(data: bytes) -> bytes:
    digest = BINARY.digest.encode()
    return data.replace(digest, digest[::-1])


def _other_tensor(data: bytes) -> bytes:
    return data.replace(b"layers.2.anchors", b"layers.9.anchors")


@pytest.mark.parametrize(
    "damage",
    [
        _cut,
        _header_cut,
        _emptied,
        _text,
        _other_schema,
        _broken_header,
        _broken_grammar,
        _other_digest,
        _other_tensor,
    ],
)
def test_a_damaged_file_is_refused(saved: Path, damage) -> None:  # type: ignore[no-untyped-def]
    data = saved.read_bytes()
    assert damage(data) != data
    saved.write_bytes(damage(data))
    with pytest.raises(InputError, match=r"model file is .* an undamaged model file"):
        load_model(saved, device="cpu")


def test_tensors_of_another_program_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_file({"weight": torch.zeros(2, 2)}, path)
    with pytest.raises(InputError, match="its schema is None"):
        load_model(path, device="cpu")


def test_a_tensor_of_the_wrong_shape_is_refused(saved: Path) -> None:
    data = saved.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    metadata = json.loads(data[8 : 8 + length])["__metadata__"]
    tensors = load_file(saved)
    tensors["layers.2.anchors"] = tensors["layers.2.anchors"][:, 1:].contiguous()
    save_file(tensors, saved, metadata=metadata)
    with pytest.raises(InputError, match="undamaged model file"):
        load_model(saved, device="cpu")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_tensor_that_is_not_finite_is_refused(saved: Path, value: float) -> None:
    data = saved.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    metadata = json.loads(data[8 : 8 + length])["__metadata__"]
    tensors = load_file(saved)
    tensors["layers.2.coefficients"][0, 0] = value
    save_file(tensors, saved, metadata=metadata)
    with pytest.raises(InputError, match="tensors of level 2 are not finite"):
        load_model(saved, device="cpu")


def test_a_failed_write_leaves_the_old_file(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = saved.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("layerproof.theory.files.os.fsync", full)
    with pytest.raises(InputError, match=r"model file is .* \(No space left"):
        save_model(saved, _training())
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_no_pickle_stands_in_the_file(saved: Path) -> None:
    """Loading never runs code: safetensors and JSON are all there is."""
    import layerproof.layerwise.models

    source = Path(str(layerproof.layerwise.models.__file__)).read_text(encoding="utf-8")
    assert "pickle" not in source.replace("no pickle", "")
    assert "torch.load" not in source
