"""Model files, checkpoints and stores that somebody changed, for the tests that read them.

Each function that makes a case has the signature ``(draw, folder, canary) -> Case``: `draw` is
Hypothesis's ``data.draw`` (or anything that takes a strategy and gives a value of it), `folder` an
empty folder, which it fills with a changed file and what the command needs beside it, and `canary`
a path outside `folder` that exists afterwards only if something of the file was executed. The case
says what was changed and which arguments `layerproof` is to be given.
"""

from __future__ import annotations

import json
import sqlite3
import struct
import tempfile
import warnings
from collections.abc import Callable
from contextlib import closing, suppress
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from hypothesis import strategies as st
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from typer.testing import CliRunner

from layerproof.layerwise.models import KEY, save_model
from layerproof.layerwise.training import train
from layerproof.theory.ensembles import draw as draw_grammar
from layerproof.theory.grammar import Grammar
from layerproof.theory.schedule import practical
from layerproof.verify.cli import app
from layerproof.verify.run.store.database import StoredTrial, checksum
from tests.verify.fuzz_cases import Case

Draw = Callable[[st.SearchStrategy[Any]], Any]


GRAMMAR = draw_grammar("uniform-first-token", vocabulary=4, rules=2, branching=2, levels=2, seed=0)

NETWORK = """
from torch import nn


def net(grammar):
    return nn.Sequential(
        nn.Conv1d(4, 4, 2, 2), nn.BatchNorm1d(4), nn.ReLU(), nn.Flatten(), nn.Linear(8, 4)
    )
"""

SUITE = """
name = "mine"
question = "Does it hold?"
[[check]]
id = "assumption-6b"
trials = 2
parameters = { V = 4, m = 2, s = 2, L = 2 }
[[check]]
id = "mean-square-separation"
trials = 4
parameters = { V = 4, m = 2, s = 2, L = 2 }
[[check]]
id = "sensitivity-curve"
forms = ["repaired"]
trials = 2
parameters = { V = 4, m = 2, s = 2, L = 2, ratios = [2.0], margin = 0.5 }
[[check]]
id = "principle-2-iii"
trials = 2
parameters = { V = 4, m = 2, s = 2, L = 2, multiple = 4.0 }
"""


def hostile(canary: Path) -> st.SearchStrategy[Any]:
    """Values that a reader may not expect where it expects another."""
    code = f"__import__('pathlib').Path({str(canary)!r}).touch()"
    texts = (code, f"{code} or 2", "", "inf", "1", "nan", "\ud800", "\x1b[2J", "a" * 5000, "$\\x$")
    numbers = (0, 1, -1, 2, 3, 0.5, -0.5, 1e308, 5e-324, 2**31, -(2**63), 2**64, 10**400)
    odd = (float("nan"), float("inf"), None, True, False, [], {}, [[]], {"": None})
    tagged = (
        {"!int": "0x" + "f" * 90}, {"!float": "nan"}, {"!float": code}, {"!tuple": [1, code]},
        {"!array": ["<f8", [2**40], ""]}, {"!array": ["|O", [1], "AAAAAAAAAAA="]},
        {"!scalar": ["<U1", [-1], ""]}, {"!mapping": [[[1], 2]]}, {"!tuple": {"a": 1}},
    )  # fmt: skip
    return st.sampled_from((*texts, *numbers, *odd, *tagged, *RAW))


RAW = {
    "@deep@": "[" * 30 + "]" * 30,
    "@deeper@": "[" * 3000 + "]" * 3000,
    "@objects@": '{"a":' * 3000 + "1" + "}" * 3000,
    "@long@": "9" * 5000,
    "@infinite@": "1e999",
    "@twice@": '{"a": 1, "a": 2}',
}
"""JSON that Python's own writer does not write, by what stands for it in a value."""


def changed_json(draw: Draw, value: Any, canary: Path) -> tuple[Any, str]:
    """`value` with one place in it changed, and which."""
    places = list(_places(value, ()))
    place = draw(st.sampled_from(places))
    how = draw(st.sampled_from(("replace", "replace", "replace", "remove", "add", "wrap")))
    other = draw(hostile(canary))
    return _at(value, place, how, other), f"{how} {'.'.join(map(str, place))} {str(other)[:60]!r}"


def _places(value: Any, path: tuple[Any, ...]) -> Any:
    yield path
    if isinstance(value, list):
        value = dict(enumerate(value))
    for key, item in value.items() if isinstance(value, dict) else ():
        yield from _places(item, (*path, key))


def _at(value: Any, place: tuple[Any, ...], how: str, other: Any) -> Any:
    if not place:
        if how == "wrap":
            return [value]
        if how == "add" and isinstance(value, dict):
            return value | {"extra": other}
        return other
    key, *rest = place
    if how == "remove" and not rest:
        copy = dict(value) if isinstance(value, dict) else list(value)
        del copy[key]
        return copy
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[key] = _at(value[key], tuple(rest), how, other)
    return copy


def as_json(value: Any, **options: Any) -> str:
    """JSON, or what looks like it: with NaN, Infinity and what :data:`RAW` holds."""
    text = json.dumps(value, **options)
    for name, raw in RAW.items():
        text = text.replace(f'"{name}"', raw)
    return text


def changed_bytes(draw: Draw, data: bytes) -> tuple[bytes, str]:
    """`data` cut, with bytes overwritten, taken out or put in."""
    how = draw(st.sampled_from(("cut", "overwrite", "insert", "remove", "empty", "double")))
    at = draw(st.integers(0, max(0, len(data) - 1)))
    some = draw(st.binary(min_size=1, max_size=16))
    found = {
        "cut": data[:at],
        "overwrite": data[:at] + some + data[at + len(some) :],
        "insert": data[:at] + some + data[at:],
        "remove": data[:at] + data[at + len(some) :],
        "empty": b"",
        "double": data + data,
    }[how]
    return found, f"{how} at {at} {some!r}"


@cache
def good_model() -> bytes:
    """A model file as `train` writes it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        save_model(path, train(GRAMMAR, practical(GRAMMAR, multiple=8), seed=0, device="cpu"))
        return path.read_bytes()


def model_case(draw: Draw, folder: Path, canary: Path) -> Case:
    """A model file with its header, its tensors or its bytes changed, for `invariance`."""
    data, (tensors, header) = good_model(), _model_parts()
    how = draw(st.sampled_from(("header", "header", "outer", "tensor", "tensor", "bytes")))
    if how == "header":
        found, change = changed_json(draw, header, canary)
        with suppress(ValueError, TypeError, KeyError, RecursionError):  # so that more is looked at
            found["grammar_digest"] = Grammar.from_json(as_json(found["grammar"])).digest
        data = save_tensors(tensors, metadata={KEY: as_json(found)})
    elif how == "outer":
        (length,) = struct.unpack("<Q", data[:8])
        found, change = changed_json(draw, json.loads(data[8 : 8 + length]), canary)
        written = as_json(found).encode("utf-8", "replace")
        size = draw(st.sampled_from((len(written),) * 4 + (0, 2**40, 2**64 - 1)))
        data = struct.pack("<Q", size) + written + data[8 + length :]
    elif how == "tensor":
        name = draw(st.sampled_from(sorted(tensors)))
        other, change = changed_tensor(draw, tensors[name], in_file=True)
        kept = {key: value for key, value in tensors.items() if key != name}
        found = kept if other is None else kept | {name: other}
        data = save_tensors(found, metadata={KEY: json.dumps(header)})
        change = f"{name}: {change}"
    else:
        data, change = changed_bytes(draw, data)
    path = folder / "model.safetensors"
    path.write_bytes(data)
    return Case(
        ("invariance", str(path), "--device", "cpu", "--json"), change=f"model, {how}: {change}"
    )


def _model_parts() -> tuple[dict[str, torch.Tensor], Any]:
    data = good_model()
    (length,) = struct.unpack("<Q", data[:8])
    written = json.loads(data[8 : 8 + length])["__metadata__"][KEY]
    return load_tensors(data), json.loads(written)


KINDS_OF_TENSOR = (
    "nan", "inf", "huge", "tiny", "zero", "transposed", "flat", "longer", "empty", "scalar",
    "missing", "float64", "float32", "float16", "bfloat16", "int64", "uint8", "bool", "complex64",
    "float8_e4m3fn", "float8_e5m2", "sparse", "sparse csr", "quantised", "meta", "expanded",
    "nested", "parameter", "view", "no tensor",
)  # fmt: skip
"""What may stand in a file in place of a tensor."""

IN_MEMORY = ("sparse", "sparse csr", "quantised", "meta", "expanded", "nested", "parameter", "view")
"""Those of them that safetensors does not write."""


def changed_tensor(draw: Draw, tensor: torch.Tensor, *, in_file: bool = False) -> tuple[Any, str]:
    """Another tensor in place of `tensor`, and what it is; None where it is left out."""
    kinds = [k for k in KINDS_OF_TENSOR if not (in_file and k in (*IN_MEMORY, "no tensor"))]
    kind = draw(st.sampled_from(kinds))
    return other_tensor(kind, tensor), kind


def other_tensor(kind: str, tensor: torch.Tensor) -> Any:
    """The tensor of that kind, of the shape of `tensor` where the kind has one."""
    with warnings.catch_warnings(action="ignore"):  # prototypes, say some of torch's kinds
        return _other_tensor(kind, tensor)


def _other_tensor(kind: str, tensor: torch.Tensor) -> Any:
    real = tensor.detach().to(torch.float64)
    special = {"nan": float("nan"), "inf": float("inf"), "huge": 1e300, "tiny": 5e-324, "zero": 0.0}
    if kind in special:
        value = torch.full_like(real, special[kind])
        return value.to(tensor.dtype) if tensor.is_floating_point() else value
    if hasattr(torch, kind) and isinstance(getattr(torch, kind), torch.dtype):
        return tensor.detach().to(getattr(torch, kind))
    match kind:
        case "transposed":
            return tensor.detach().mT.contiguous() if tensor.ndim > 1 else tensor[None]
        case "flat":
            return tensor.detach().reshape(-1)
        case "longer":
            return torch.cat([tensor.detach().reshape(-1)] * 2)
        case "empty":
            return tensor.detach().reshape(-1)[:0]
        case "scalar":
            return tensor.detach().reshape(-1)[0].clone()
        case "sparse":
            return tensor.detach().to_sparse()
        case "sparse csr":
            return (real if real.ndim == 2 else real.reshape(1, -1)).to_sparse_csr()
        case "quantised":
            return torch.quantize_per_tensor(real.to(torch.float32), 0.1, 0, torch.qint8)
        case "meta":
            return tensor.detach().to("meta")
        case "expanded":
            return torch.zeros(1).expand(2**40)
        case "nested":
            return torch.nested.nested_tensor([torch.zeros(2), torch.zeros(3)])
        case "parameter":
            return torch.nn.Parameter(real)
        case "view":
            return (
                torch.cat([tensor.detach(), tensor.detach()])[: len(tensor)]
                if tensor.ndim
                else tensor
            )
        case "no tensor":
            return [1.0, "a"]
    return None


@cache
def good_state() -> dict[str, torch.Tensor]:
    """The state dict of the network that :data:`NETWORK` makes."""
    space: dict[str, Any] = {}
    exec(NETWORK, space)
    found: dict[str, torch.Tensor] = space["net"](GRAMMAR).state_dict()
    return found


@cache
def good_checkpoint() -> bytes:
    """The same state dict, as `torch.save` writes it."""
    file = BytesIO()
    torch.save(good_state(), file)
    return file.getvalue()


class Touches:
    """What a pickle may do to whoever opens it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def checkpoint_case(draw: Draw, folder: Path, canary: Path) -> Case:
    """A checkpoint with a tensor, its names, its shape as a whole or its bytes changed."""
    state: dict[Any, Any] = dict(good_state())
    how = draw(st.sampled_from(("tensor", "tensor", "tensor", "names", "whole", "bytes", "pickle")))
    name = draw(st.sampled_from(sorted(state)))
    kind = draw(st.sampled_from(("pt", "pt", "safetensors", "legacy")))
    change = name
    if how == "tensor":
        other, change = changed_tensor(draw, state[name], in_file=kind == "safetensors")
        state = {key: value for key, value in state.items() if key != name}
        state |= {} if other is None else {name: other}
        change = f"{name}: {change}"
    elif how == "names" and kind != "safetensors":
        other = draw(st.sampled_from((0, None, (1, 2), "", b"name", "\ud800", "a" * 5000, 1.5)))
        state[other] = state.pop(name)
        change = f"{name} is called {str(other)[:40]!r}"
    path = folder / f"net.{'safetensors' if kind == 'safetensors' else 'pt'}"
    if kind == "safetensors":
        path.write_bytes(save_tensors({str(key): value for key, value in state.items()}))
    else:
        found: Any = state
        if how == "whole":
            found = draw(st.sampled_from((
                [state], {"model": 3}, {"state_dict": {"model": state}}, 3, None, "net", {},
                {"state_dict": {}}, state["0.weight"], {"model": [state]},
                {"net": state, "epoch": 3}, {"a": state, "b": state}, {3: state}, {"": state},
                {"a.b": state, "a": {"b": 3}}, {"a": {"b": {"c": {"d": {"e": state}}}}},
                {f"module.{key}": value for key, value in state.items()},
                {f"net.{key}": value for key, value in state.items()} | {"x.y": state["0.bias"]},
                {f".{key}": value for key, value in state.items()},
                {f"{key}.": value for key, value in state.items()},
                {"module": state["0.weight"], "module.module": state["0.bias"]},
            )))  # fmt: skip
        found = {"net": Touches(canary)} if how == "pickle" else found
        with warnings.catch_warnings(action="ignore"):
            torch.save(found, path, _use_new_zipfile_serialization=kind == "pt")
    if how == "bytes":
        data, change = changed_bytes(draw, path.read_bytes())
        path.write_bytes(data)
    (folder / "fuzzed_net.py").write_text(NETWORK)
    GRAMMAR.save(folder / "grammar.json")
    arguments = ("--module", "fuzzed_net:net", "--grammar", str(folder / "grammar.json"))
    sizes = ("--checkpoint", str(path), "--samples", "20", "--device", "cpu", "--json")
    key = draw(st.sampled_from((None, None, "net", "a.b", "module", ".", "", "a" * 5000)))
    arguments += () if key is None else ("--checkpoint-key", key)
    return Case(("invariance", *arguments, *sizes), change=f"checkpoint, {kind}, {how}: {change}")


@cache
def good_run() -> dict[str, bytes]:
    """The files of a finished run of :data:`SUITE`, by name."""
    with tempfile.TemporaryDirectory() as folder:
        suite = Path(folder) / "mine.toml"
        suite.write_text(SUITE)
        done = CliRunner().invoke(app, list(_verify(suite, Path(folder) / "kept")[:-2]))
        assert done.exit_code in (0, 1, 6), done.output
        return {file.name: file.read_bytes() for file in (Path(folder) / "kept").iterdir()}


def _verify(suite: Path, folder: Path) -> tuple[str, ...]:
    return ("verify", str(suite), "--workers", "1", "-o", str(folder), "--resume", "--json")


COLUMNS = ("key", "check_id", "form", "trial", "seconds", "outcome", "checksum")

STATEMENTS = (
    "PRAGMA user_version = 0", "PRAGMA user_version = 1", "PRAGMA user_version = 99",
    "PRAGMA user_version = -1", "PRAGMA application_id = 0", "PRAGMA journal_mode = WAL",
    "DROP TABLE trials", "DELETE FROM trials", "CREATE TABLE other (a)",
    "CREATE TRIGGER t AFTER INSERT ON trials BEGIN DELETE FROM trials; END",
    "ALTER TABLE trials RENAME TO old", "ALTER TABLE trials ADD COLUMN more TEXT",
    "ALTER TABLE trials DROP COLUMN seconds", "ALTER TABLE trials RENAME COLUMN form TO shape",
    "ALTER TABLE trials RENAME TO a; CREATE VIEW trials AS SELECT * FROM a", "VACUUM",
    "PRAGMA page_size = 512; VACUUM",
)  # fmt: skip
"""What may be done to a store by hand."""


def store_case(draw: Draw, folder: Path, canary: Path) -> Case:
    """A store with an outcome, another column, its table or its bytes changed, to resume from."""
    kept = folder / "kept"
    kept.mkdir()
    for name, data in good_run().items():
        (kept / name).write_bytes(data)
    path = kept / "trials.sqlite"
    how = draw(
        st.sampled_from(("outcome", "outcome", "outcome", "column", "table", "bytes", "more"))
    )
    if how == "bytes":
        data, change = changed_bytes(draw, path.read_bytes())
        path.write_bytes(data)
    elif how == "more":
        name = draw(st.sampled_from(("-journal", "-wal", "-shm")))
        more = draw(st.binary(max_size=64))
        change = f"{name} {more!r}"
        (kept / f"trials.sqlite{name}").write_bytes(more)
    else:
        with closing(sqlite3.connect(path)) as connection, connection:
            if how == "outcome":
                change = _outcome(draw, connection, canary)
            elif how == "column":
                change = _column(draw, connection, canary)
            else:
                change = draw(st.sampled_from(STATEMENTS))
                connection.commit()
                connection.executescript(change)
    suite = folder / "mine.toml"
    suite.write_text(SUITE)
    return Case(_verify(suite, kept), change=f"store, {how}: {change}")


def _outcome(draw: Draw, connection: sqlite3.Connection, canary: Path) -> str:
    rows = connection.execute("SELECT key, outcome FROM trials ORDER BY key").fetchall()
    key, outcome = draw(st.sampled_from(rows))
    found, change = changed_json(draw, json.loads(outcome), canary)
    separators = draw(st.sampled_from(((",", ":"), (", ", ": "))))
    written = as_json(found, separators=separators)
    connection.execute("UPDATE trials SET outcome = ? WHERE key = ?", (written, key))
    repair(connection)
    return change


def _column(draw: Draw, connection: sqlite3.Connection, canary: Path) -> str:
    name = draw(st.sampled_from(COLUMNS))
    rows = connection.execute("SELECT key FROM trials ORDER BY key").fetchall()
    (key,) = draw(st.sampled_from(rows))
    values = ("", "text", "1", 0, 1, -1, 2.5, 1e300, float("inf"), b"blob", b"\xff", 2**62)
    value = draw(st.sampled_from(values))
    connection.execute(f"UPDATE OR REPLACE trials SET {name} = ? WHERE key = ?", (value, key))
    repaired = name != "checksum" and draw(st.booleans())
    if repaired:
        repair(connection)
    return f"{name} = {value!r}{', repaired' if repaired else ''}"


def repair(connection: sqlite3.Connection) -> None:
    """Make the checksums of all rows fit what the rows now hold."""
    for *trial, found in connection.execute("SELECT * FROM trials").fetchall():
        with suppress(TypeError):  # bytes, of which there is no checksum
            now = checksum(StoredTrial(*trial))
            if now != found:
                connection.execute("UPDATE trials SET checksum = ? WHERE key = ?", (now, trial[0]))
