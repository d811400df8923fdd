"""Fuzzed grammar files, suite files and command lines, as strategies of Hypothesis.

Four strategies, all of :class:`tests.verify.fuzz_cases.Case`. Valid ones end within seconds; what
hostile ones do is to be found out. Nothing here runs anything: `tests/verify/fuzz_outcomes.py`
does.

    grammar_cases() -> SearchStrategy[Case]   a grammar file, valid to hostile, and who reads it
    suite_cases()   -> SearchStrategy[Case]   a suite file, valid to hostile, run by `verify`
    option_cases()  -> SearchStrategy[Case]   any command with any of its options, odd and extreme

`option_cases` takes commands and options from the command line itself: new ones are fuzzed at once.
"""

from __future__ import annotations

import copy
import io
import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.verify.commands.path_parameters import commands
from tests.verify.fuzz_cases import Case
from tests.verify.fuzz_models_and_stores import (
    NETWORK,
    Touches,
    good_checkpoint,
    good_model,
    good_run,
)
from tests.verify.fuzz_outcomes import CANARY

CODE = "__import__('pathlib').Path('canary').touch()"
"""Makes a file in the working directory, where any reader of a text executes it."""

HOSTILE: tuple[Any, ...] = (
    CODE, "$(touch canary)", "{{ ''.__class__ }}", "\\write18{touch canary}",
    None, True, False, 0, -1, -0.0, 0.5, 2**31, 2**53 + 1, 2**63, -(2**63), 10**400, 1e308,
    5e-324, float("nan"), float("inf"), -float("inf"), "", "0", "inf", "\ud800", "a\0b", "é" * 99,
    "\x1b[31m",
    [], {}, [[]], [{}], {"a": 1}, [None], "layerproof/grammar/2",
)  # fmt: skip
"""Values that no field should be taken in by."""

DEEP = b"[" * 100_000
JUNK: tuple[bytes, ...] = (
    b"", b"\n", b"\xef\xbb\xbf{}", b"\xff\xfe{\0}\0", b"\0" * 99, b"{", b"null", b"nan", DEEP,
    DEEP[:300] + b"]" * 300, b'{"a":' * 5000, b"1" * 5000, b"9" * 1_000_000, bytes(range(256)) * 40,
    b'{"schema": "layerproof/grammar/1", "schema": "layerproof/grammar/1"}', b"\r\r\r", b"=",
)  # fmt: skip
"""Whole files that are nothing."""


@st.composite
def grammars(draw: st.DrawFn) -> dict[str, Any]:
    """A valid grammar document of at most 3 symbols, 2 levels and patches of 3."""
    levels, length = draw(st.integers(1, 2)), draw(st.integers(1, 3))
    sizes = [draw(st.integers(1, 3)) for _ in range(levels + 1)]
    rules = []
    for above, below in itertools.pairwise(sizes):
        patch = st.lists(st.integers(0, below - 1), min_size=length, max_size=length)
        several = st.lists(patch, min_size=1, max_size=2, unique_by=tuple)
        rules.append([draw(several) for _ in range(above)])
    found: dict[str, Any] = {
        "schema": "layerproof/grammar/1",
        "vocabularies": sizes,
        "rules": rules,
    }
    if draw(st.booleans()):
        found["probabilities"] = [[_law(draw, len(own)) for own in level] for level in rules]
    if draw(st.booleans()):
        found["label_prior"] = _law(draw, sizes[0])
    return found


def grammar_texts() -> SearchStrategy[bytes]:
    """Grammar files: valid, with one or two fields changed, cut, or nothing of the kind."""
    valid = grammars().map(_json)
    near = grammars().flatmap(lambda g: _mutated(g, 2)).map(_json)
    return st.one_of(valid, near, near, valid.flatmap(_torn), st.sampled_from(JUNK))


@st.composite
def grammar_cases(draw: st.DrawFn) -> Case:
    """A grammar file and one of the commands that read it."""
    command = draw(st.sampled_from((
        ["predict", "--json"], ["predict"], ["predict", "--latex"], ["assumptions", "--json"],
        ["assumptions"], ["train", "--multiple", "2", "-o", "model.safetensors"],
        ["verify", "suite.toml", "--workers", "1", "-o", "results"],
    )))  # fmt: skip
    files = {"grammar.json": draw(grammar_texts())}
    if command[0] == "verify":
        files["suite.toml"] = _toml(SUITE)
    return Case([*command, "--grammar", "grammar.json"], files)


@st.composite
def string_cases(draw: st.DrawFn) -> Case:
    """A file of strings and a grammar that is its own, or another."""
    grammar = draw(grammars())
    length = len(grammar["rules"][0][0][0]) ** len(grammar["rules"])
    token = st.integers(-1, grammar["vocabularies"][-1] - draw(st.integers(0, 1)))
    row = st.lists(token, min_size=length, max_size=length)
    rows = draw(st.lists(row, min_size=1, max_size=5))
    texts = st.sampled_from([_written(rows, separator) for separator in (" ", ",", "\t")])
    arrays = st.sampled_from([_array(rows, kind) for kind in DTYPES])
    valid = st.one_of(texts, arrays)
    data = draw(st.one_of(valid, valid, valid.flatmap(_torn), st.sampled_from(JUNK)))
    more: list[str] = draw(st.sampled_from((
        [], ["--json"], ["--noise", "0.1"], ["--mask", "0"], ["--samples", "2", "-o", "new.npz"],
    )))  # fmt: skip
    files = {"grammar.json": _json(grammar), "strings": data}
    return Case(["infer", "--grammar", "grammar.json", "strings", *more], files)


def _written(rows: list[list[int]], separator: str) -> bytes:
    words = (["?" if token < 0 else str(token) for token in row] for row in rows)
    return "\n".join(separator.join(row) for row in words).encode()


DTYPES = ("<i8", ">i2", "u1", "<f8", "?", "O", "archive")


def _array(rows: list[list[int]], kind: str) -> bytes:
    """An array of NumPy; one of objects is a pickle, which makes a file where it is read."""
    target = io.BytesIO()
    if kind == "archive":
        np.savez(target, strings=np.array(rows))
    else:
        found = np.array([[Touches(Path(CANARY))]]) if kind == "O" else np.array(rows)
        np.save(target, found.astype(kind))
    return target.getvalue()


SUITE: dict[str, Any] = {
    "name": "mine",
    "question": "Does it hold?",
    "error_rate": 0.01,
    "check": [
        {"id": "assumption-6a", "trials": 2, "parameters": {"V": 2, "m": 2, "s": 2, "L": 2}},
        {"id": "mean-square-separation", "trials": 2, "sweep": {"L": [1, 2]},
         "parameters": {"V": 2, "m": 2, "s": 2}},
    ],
}  # fmt: skip
"""A small valid suite, of which the others are made."""

CHEAP = ("assumption-6a", "assumption-6b", "definition-3", "definition-4", "mean-square-norm")


@st.composite
def suites(draw: st.DrawFn) -> dict[str, Any]:
    """A valid suite, or nearly so: checks that take no time, on small grammars."""
    sizes = {"V": st.integers(1, 3), "m": st.integers(1, 3), "s": st.just(2)}
    checks = []
    for name in draw(st.lists(st.sampled_from(CHEAP), min_size=1, max_size=3)):
        table: dict[str, Any] = {"id": name, "trials": draw(st.integers(1, 3))}
        table["parameters"] = {key: draw(value) for key, value in sizes.items()}
        table["sweep"] = {
            "L": draw(st.lists(st.integers(1, 2), min_size=1, max_size=2, unique=True))
        }
        table["forms"] = draw(
            st.sampled_from((["printed"], ["printed"], ["printed", "repaired"], []))
        )
        if draw(st.booleans()):
            table |= {"expected": draw(st.sampled_from(EXPECTED)), "reason": "known"}
        checks.append(table)
    return {"name": draw(NAMES), "question": "?", "error_rate": 0.01, "check": checks}


EXPECTED = ("holds", "violated", "vacuous", "inconclusive", "not-applicable", "not-run")
NAMES = st.sampled_from(("mine", "", "a/b", "../up", "\x1b[31m", "x" * 300, "a\nb", "-o", "é"))


def suite_texts() -> SearchStrategy[bytes]:
    """Suite files: valid, with one or two fields changed, cut, or nothing of the kind."""
    valid = suites().map(_toml)
    near = st.one_of(st.just(SUITE), suites()).flatmap(lambda s: _mutated(s, 2)).map(_toml)
    return st.one_of(valid, valid, near, near, valid.flatmap(_torn), st.sampled_from(JUNK))


@st.composite
def suite_cases(draw: st.DrawFn) -> Case:
    """A suite file, run, in part or whole."""
    more: list[str] = draw(st.sampled_from((
        [], [], ["--json"], ["--budget", "quick"], ["--form", "repaired"],
        ["--only", "R26.assumption-6a"], ["--seed", "7"],
    )))  # fmt: skip
    line = ["verify", "suite.toml", "--workers", "1", "-o", "results", *more]
    return Case(line, {"suite.toml": draw(suite_texts())})


ODD = (
    "", " ", "0", "-1", "1.5", "1e3", "nan", "inf", "-inf", "0x10", "1_000", "+2", " 2", "٣", "²",
    "9" * 30, "9" * 5000, "-" + "9" * 30, "None", "a\x1b[31mb", "a\nb", "\udcff", "-", "--", "=",
    "1e400", "-0.0", "18446744073709551616", "1000000", "1/3", "true", "🙂", "漢字", "\u202ex",
    "[red]", "%s", "/dev/null", CODE, "$(touch canary)", "`touch canary`",
    "1,2", ",", "1,,2", "m=1:2", "m=2:1", "m=1:9:0", "m=", "é", "x" * 300, "R26.lemma-18", "cpu",
)  # fmt: skip
"""Texts that most options refuse, and none may stumble over."""

SMALL = {
    "V": ("1", "2", "3"), "M": ("1", "2"), "S": ("1", "2"), "L": ("1", "2"), "K": ("1", "3"),
    "A": ("0", "1.5", "400"), "X": ("0.5", "4"), "A,B,C": ("5", "5,9", "-", "1,0"),
    "M|exact": ("exact", "5"), "first|all": ("first", "all"), "RANGES": ("m=1:2", "m=1/2,L=1:2"),
    "ID": ("R26.assumption-6a", "R26.lemma-18"), "[ID]": ("R26.theorem-7",),
    "FORMAT": ("dot", "svg"), "N": ("1", "3"),
    "NAME": ("uniform", "uniform-first-token", "cpu", "printed", "repaired", "quick", "auto",
             "counts", "cosine", "flat", "tokens"),
    "STRINGS": ("strings.txt", "grammar.json"), "POSITIONS": ("0", "0-1"), "E": ("0.1", "1"),
    "FILE": ("grammar.json", "new.json"), "DIR": ("results", "."),
    "MODEL": ("model.safetensors", "grammar.json"),
    "[SUITE | FILE.toml]": ("suite.toml",), "PACKAGE.MODULE:FACTORY": ("json:loads", "nets:net"),
    "--checkpoint": ("net.pt",),
}  # fmt: skip
"""For each metavar values that are taken by some option, and are little work."""

SKIPPED = {"--controls", "--cluster", "--version", "--steps"}
"""A minute's work, another machine, what does not go on, and as many hours as are asked for."""

NEEDED = {
    "draw": ["-V", "2", "-m", "2", "-s", "2", "-L", "1"],
    "predict": ["-V", "2", "-m", "2", "-s", "2", "-L", "1"],
    "assumptions": ["-V", "2", "-m", "2", "-s", "2", "-L", "1"],
    "train": ["-V", "2", "-m", "2", "-s", "2", "-L", "1"],
    "verify": ["suite.toml", "--workers", "1"],
    "invariance": ["model.safetensors", "--samples", "20"],
    "generate": ["-V", "2", "-m", "2", "-s", "2", "-L", "1", "--steps", "1", "--width", "2"],
    "infer": ["strings.txt", "--grammar", "grammar.json"],
    "report": ["results"],
    "compare": ["results", "results"],
    "refute": ["R26.lemma-18", "--examples", "3"],
}
"""What makes a command valid and quick; options given again win."""


@st.composite
def option_cases(draw: st.DrawFn) -> Case:
    """A command with some of its options, each with a usual or an odd value."""
    name = draw(st.sampled_from(sorted(commands())))
    odd = draw(st.sampled_from((0, 0, 0, 1, 2)))
    parameters = [p for p in commands()[name].params if not SKIPPED.intersection(p.opts)]
    line = list(NEEDED.get(name, ())) if draw(st.integers(0, 3)) else []
    if name == "verify" and not line:
        line = ["suite.toml", "--workers", "1"]  # alone, it is the suite of half a minute
    if name == "refute" and not line:
        line = ["--examples", "3"]
    for parameter in draw(st.lists(st.sampled_from(parameters), max_size=4)):
        if parameter.param_type_name == "argument" and line and not line[0].startswith("-"):
            continue
        line += _given(draw, parameter, odd)
    read = any("grammar.json" in word for word in line)
    grammar = draw(grammars()) if read else {}
    files = {"grammar.json": _json(grammar), "suite.toml": _toml(SUITE)}
    return Case([name, *line], files | _beside(name))


def _beside(command: str) -> dict[str, bytes]:
    """What a command needs to get further than to a missing file."""
    if command == "invariance":
        network = {"nets.py": NETWORK.encode(), "net.pt": good_checkpoint()}
        return network | {"model.safetensors": good_model()}
    if command == "infer":
        return {"strings.txt": b"0 ?\n? 0\n"}
    if command in ("report", "compare", "verify"):
        return {f"results/{name}": data for name, data in good_run().items()}
    return {}


def _given(draw: st.DrawFn, parameter: Any, odd: int) -> list[str]:
    """One option or argument as it stands on a command line; `odd` times in 3 an odd value."""
    if getattr(parameter, "is_flag", False):
        return [draw(st.sampled_from(parameter.opts))]
    if parameter.opts == ["--workers"]:  # every process takes seconds to start
        return [f"--workers={draw(st.sampled_from(('1', '0', '-1', 'x', '')))}"]
    usual = st.sampled_from(SMALL.get(parameter.opts[0], SMALL.get(parameter.metavar, ODD)))
    value = draw(st.one_of(*[usual] * (3 - odd), *[st.sampled_from(ODD)] * odd))
    if parameter.param_type_name == "argument":
        return [value]
    option = draw(st.sampled_from(parameter.opts))
    return [f"{option}={value}"] if option.startswith("--") else [option, value]


def _law(draw: st.DrawFn, count: int) -> list[float]:
    """A law on `count` values: any weights, among them 0 and ones far apart."""
    weights = draw(
        st.lists(st.sampled_from((0, 1, 2, 1e-9, 1e-300)), min_size=count, max_size=count)
    )
    total = sum(weights)
    return [weight / total for weight in weights] if total else [1.0] + [0.0] * (count - 1)


@st.composite
def _mutated(draw: st.DrawFn, document: dict[str, Any], most: int) -> dict[str, Any]:
    """The document with some of its parts, at any depth, changed, removed, doubled or renamed."""
    changed = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, most))):
        places = list(_places(changed))
        holder, key = draw(st.sampled_from(places)) if places else (changed, "name")
        match draw(st.sampled_from(("replace", "replace", "remove", "double", "rename"))):
            case "replace":
                holder[key] = copy.deepcopy(draw(st.sampled_from(HOSTILE)))
            case "remove":
                holder.pop(key)
            case "double" if isinstance(holder, list):
                holder.insert(key, copy.deepcopy(holder[key]))
            case _ if isinstance(holder, dict):
                holder[draw(st.sampled_from(("", "x", "grammar", "rows", "\x1b[1m")))] = holder.pop(
                    key
                )
    return changed


def _places(node: Any) -> list[tuple[Any, Any]]:
    """Every member of every container in a document."""
    keys = list(node) if isinstance(node, dict) else range(len(node))
    found = [(node, key) for key in keys]
    for key in keys:
        if isinstance(node[key], dict | list):
            found += _places(node[key])
    return found


def _torn(text: bytes) -> SearchStrategy[bytes]:
    """The text cut at some place, or with one byte changed."""
    place, byte = st.integers(0, max(0, len(text) - 1)), st.integers(0, 255)
    cut = place.map(lambda i: text[:i])
    return st.one_of(
        cut, st.tuples(place, byte).map(lambda p: text[: p[0]] + bytes([p[1]]) + text[p[0] + 1 :])
    )


def _json(document: Any) -> bytes:
    """JSON, with what Python adds to it (NaN, Infinity); half a character stays an escape."""
    return json.dumps(document).encode()


def _toml(document: Any) -> bytes:
    """A suite as TOML: tables inline, so that any value can stand anywhere."""
    if not isinstance(document, dict):
        return _value(document).encode()
    lines = [f"{_key(key)} = {_value(value)}" for key, value in document.items() if key != "check"]
    checks = document.get("check", [])
    if not isinstance(checks, list) or not all(isinstance(check, dict) for check in checks):
        return "\n".join([*lines, f"check = {_value(checks)}"]).encode("utf-8", "surrogatepass")
    for check in checks:
        lines.append("[[check]]")
        lines += [f"{_key(key)} = {_value(value)}" for key, value in check.items()]
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def _key(key: str) -> str:
    return json.dumps(key)


def _value(value: Any) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_value, value)) + "]"
        case None:
            return '""'
        case float():
            return repr(value)
    return json.dumps(value)
