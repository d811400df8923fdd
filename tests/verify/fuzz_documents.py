"""Attacks on the commands that read documents: `report`, `compare` and `refute --replay`.

An attack takes a valid results document or a saved instance, changes it as a careless or a
malicious hand might, and says which command to run on it.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from hypothesis import strategies as st

from tests.verify.fuzz_cases import Case
from tests.verify.results_documents import EVERY_PART, document, row, swept
from verify.charts import Axis, Chart, Matrix, Series
from verify.refutation import SEARCHES

BAD_INPUT = 4
OLD = "an older report"
TOKEN = "a token to replace "
"""In a document, a text that begins so stands for the JSON that follows it."""

RAW = ("1" + "0" * 400, "1" + "0" * 5000, "1e999", "-1e999", "NaN", "Infinity", "-0.0", "1e-320")
RAW += ("[" * 300 + "]" * 300, '{"a":' * 300 + "1" + "}" * 300, "[" * 100_000, '{"a":1,"a":2}')
RAW += (r'"\ud800"', r'"\udfff\ud800"', "9007199254740993", "18446744073709551616", "1.0")
TEXTS = (
    "$\\frac{$",
    "$x^$",
    "$",
    "\\input{/etc/passwd}",
    "\\write18{touch canary}",
    "}̂ ^^M %",
    "\x00",
)
TEXTS += (
    "\x1b[2J\x1b]0;title\x07",
    "\x9b31m",
    "\u202eabc\u2066",
    "a\r\nb\n\n\nc",
    "\u2028",
    "\ufeff",
)
TEXTS += (
    "[bold red]x[/bold red]",
    "[/]",
    "[link=http://x]y",
    "<script>alert(1)</script>",
    "{{ 7*7 }}",
    "__import__('pathlib').Path('canary').touch()",
)
TEXTS += ("--5", "²", "٣", "-", "inf", "-inf", "nan", "1e5", "12", "0x10", "1_000", "9" * 5000)
TEXTS += (
    "",
    " ",
    "x" * 5000,
    "é" * 300,
    "漢字" * 50,
    "🙂",
    "../../x",
    "%s%n",
    "holds",
    "violated",
    "=",
)
NUMBERS = (
    0,
    1,
    -1,
    2,
    3,
    0.5,
    -0.5,
    1e308,
    -1e308,
    5e-324,
    1e-200,
    1e100,
    2**31,
    2**53,
    129,
    10**18,
)
OTHERS = (
    None,
    True,
    False,
    [],
    {},
    [[]],
    [None],
    {"": None},
    [1, "1"],
    ["inf", "inf"],
    {"a": {"b": 1}},
)

KINDS = ("alike",) * 8 + ("replace",) * 3 + ("text", "drop", "rename", "many")

Path_ = tuple[Any, ...]


def results_attacks() -> st.SearchStrategy[Case]:
    """Results documents, for `report` and `compare`."""
    return st.one_of(_on_report(), _on_report(), _on_compare())


@st.composite
def _on_report(draw: st.DrawFn) -> Case:
    files = {"run/results.json": draw(_files(_documents()))}
    if draw(st.booleans()):
        files["run/report.html"] = OLD.encode()
    latex = ["--latex"] * draw(st.sampled_from([0, 0, 0, 1]))
    return Case(["report", "run", *latex, *draw(_json())], files, frozenset({0, BAD_INPUT}))


@st.composite
def _on_compare(draw: st.DrawFn) -> Case:
    files = {f"{name}/results.json": draw(_files(_documents())) for name in ("before", "after")}
    arguments = ["compare", "before", "after", *draw(_json())]
    return Case(arguments, files, frozenset({0, 1, BAD_INPUT}))


@st.composite
def replay_attacks(draw: st.DrawFn) -> Case:
    """Saved instances, for `refute --replay`."""
    statement = draw(st.sampled_from(sorted(SEARCHES)))
    search = SEARCHES[statement]
    form = draw(st.sampled_from(search.forms))
    kept = st.just(json.loads(search.write(draw(search.strategy(form)))))
    arguments = ["refute", statement, "--form", form, "--replay", "i.json", *draw(_json())]
    files = {"i.json": draw(_files(kept))}
    return Case(arguments, files, frozenset({0, 1, BAD_INPUT}))


def _json() -> st.SearchStrategy[list[str]]:
    return st.sampled_from([[], [], ["--json"]])


@cache
def _documents() -> st.SearchStrategy[Any]:
    """Valid documents, small ones more often."""
    chart = Chart(
        "Error", "It falls.", Axis("N", "log"), Axis("error", "log"),
        [
            Series("measured", [10, 100], [0.9, 0.1], [0.8, 0.0], [1.0, "inf"]),  # type: ignore[list-item]
            Series("predicted", [10, 100], [0.9, 0.1], role="predicted"),
        ],
    )  # fmt: skip
    matrix = Matrix(
        "S", "Invariance.", "level", "layer", ["1", "2"], ["conv"], [[0.25], [None]],
        [[0.2], [None]], [[0.3], [None]], [[0.24], [0.0]],
    )  # fmt: skip
    pictures = [chart.to_dict(), matrix.to_dict()]
    plain = row("Own.statement", "holds", parameters={"V": 4, "note": "x"})
    drawn = row("Own.statement", "holds", parameters={"V": 4}, evidence={"pictures": pictures})
    curve = [swept(ratio) | {"statement": "Own.curve"} for ratio in (1.0, 4.0)]
    found = [document(), document(plain), document(plain, drawn), document(drawn, plain)]
    found += [document(plain, *curve), document(*curve), EVERY_PART]
    return st.sampled_from([json.loads(json.dumps(one)) for one in found])


@st.composite
def _files(draw: st.DrawFn, values: st.SearchStrategy[Any]) -> bytes:
    """A document with up to three changes, written, and sometimes broken as text."""
    value = copy.deepcopy(draw(values))
    for _ in range(draw(st.sampled_from([0, 1, 1, 1, 1, 2, 3]))):
        value = draw(_changed(value))
    text = _written(value)
    data = text.encode("utf-8", "surrogatepass")
    return draw(st.sampled_from(_BREAKS + (_same,) * 60))(data)


def _same(data: bytes) -> bytes:
    return data


_BREAKS: tuple[Callable[[bytes], bytes], ...] = (
    lambda data: data[: len(data) // 2],
    lambda data: b"",
    lambda data: b"\xef\xbb\xbf" + data,
    lambda data: data.replace(b'"', b"\xff", 1),
    lambda data: data + b"\x00",
    lambda data: data + b" trailing",
    lambda data: data.replace(b"holds", "\x1b[2J\u202e".encode(), 1),
)


@st.composite
def _changed(draw: st.DrawFn, value: Any) -> Any:
    """One change at one place."""
    places = list(_places(value))
    place = draw(st.sampled_from(places))
    if not place:
        return draw(st.sampled_from([value, value, [], "text", 3, None]))
    parent = value
    for part in place[:-1]:
        parent = parent[part]
    key = place[-1]
    kind = draw(st.sampled_from(KINDS))
    if kind == "alike":  # of the same type, so that it is often read
        parent[key] = draw(_alike(parent[key]))
    elif kind == "replace":
        parent[key] = draw(_hostile())
    elif kind == "text":
        parent[key] = str(parent[key])
    elif kind == "many":
        parent[key] = draw(st.sampled_from([_repeated(parent[key]), _nested(parent[key])]))
    elif kind == "drop":
        del parent[key]
    elif isinstance(parent, dict):
        parent[draw(st.sampled_from(TEXTS))] = parent.pop(key)
    return value


def _places(value: Any, place: Path_ = ()) -> Iterator[Path_]:
    yield place
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _places(item, (*place, key))


def _hostile() -> st.SearchStrategy[Any]:
    raw = st.sampled_from(RAW).map(lambda text: TOKEN + text)
    return st.one_of(*(st.sampled_from(kind) for kind in (NUMBERS, TEXTS, OTHERS)), raw)


def _alike(value: Any) -> st.SearchStrategy[Any]:
    if isinstance(value, str):
        return st.sampled_from(TEXTS)
    if isinstance(value, dict):
        return st.sampled_from(TEXTS).map(lambda name: value | {name: name})
    if isinstance(value, list):
        return st.sampled_from([value * 2, value[:1], _repeated(value)])
    whole = isinstance(value, int) and not isinstance(value, bool)
    numbers = [n for n in NUMBERS if whole == isinstance(n, int)]
    return st.sampled_from(numbers) if isinstance(value, int | float) else st.just(value)


def _repeated(value: Any) -> Any:
    if isinstance(value, list):
        return value * (120 if len(value) < 10 else 3)
    return [value] * 120


def _nested(value: Any) -> Any:
    for _ in range(40):
        value = [value]
    return value


def _written(value: Any) -> str:
    """JSON; a text that begins with TOKEN is what follows it, as it stands."""
    if isinstance(value, dict):
        members = (f"{json.dumps(str(key))}: {_written(item)}" for key, item in value.items())
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    if isinstance(value, str) and value.startswith(TOKEN):
        return value.removeprefix(TOKEN)
    return json.dumps(value, ensure_ascii=isinstance(value, str) and len(value) % 2 == 0)
