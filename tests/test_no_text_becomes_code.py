"""No product file has a way from text to code, but for those listed here, each with its reason."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = [file for name in ("theory", "layerwise", "verify") for file in (ROOT / name).rglob("*.py")]

FUNCTIONS = {"eval", "exec", "compile", "__import__", "sympify", "parse_expr", "lambdify"}
METHODS = {"sympify", "parse_expr", "lambdify", "subs", "xreplace", "S"}
MODULES = {"pickle", "dill", "cloudpickle", "marshal", "shelve", "joblib", "yaml", "code", "runpy"}
SHELLS = {"system", "popen", "getoutput", "import_module", "exec_module"}

ALLOWED = {
    ("theory/formula.py", "subs"): "every value passes `real_number` first",
    (
        "theory/statements/ren2026/theorem_7.py",
        "subs",
    ): "expressions of the catalogue in one another",
    (
        "theory/statements/ren2026/theorem_7.py",
        "xreplace",
    ): "expressions of the catalogue in one another",
    ("theory/predictions_paths.py", "xreplace"): "expressions of the catalogue in one another",
    ("theory/predictions_crops.py", "xreplace"): "expressions of the catalogue in one another",
    ("theory/predictions_noise.py", "xreplace"): "expressions of the catalogue in one another",
    ("theory/predictions_noise.py", "subs"): "expressions of the catalogue in one another",
    ("theory/predictions_noise.py", "sp.Eq"): "written there",
    (
        "verify/checks/derived/annealed_fixed_points.py",
        "subs",
    ): "whole numbers of the parameters, and expressions of the catalogue",
    (
        "verify/checks/derived/annealed_fixed_points.py",
        "sp.diff",
    ): "an expression of the catalogue",
    (
        "verify/checks/derived/annealed_fixed_points.py",
        "sp.Rational",
    ): "of two whole numbers of the parameters",
    ("verify/checks/derived/annealed_fixed_points.py", "sp.Integer"): "written there",
    ("theory/predictions_noise.py", "sp.Piecewise"): "written there",
    (
        "theory/statements/derived/lemma_18_bernstein.py",
        "sp.Max",
    ): "of expressions written there",
    ("verify/run/executors.py", "import_module"): "modules that are named there",
    ("theory/evaluation.py", "lambdify"): "the expression is the catalogue's, never a file's",
    ("theory/pretty.py", "sp.pretty"): "prints a name of the catalogue",
    ("theory/pretty.py", "sp.Symbol"): "a name of the catalogue; names are not parsed",
    ("theory/symbols.py", "sp.Symbol"): "a name written there; names are not parsed",
    ("theory/formula.py", "sp.latex"): "prints an expression of the catalogue",
    ("theory/statements/base.py", "sp.And"): "joins relations of the catalogue",
    ("theory/statements/base.py", "sp.Eq"): "joins expressions of the catalogue",
    ("theory/statements/base.py", "sp.Symbol"): "a name of the catalogue; names are not parsed",
    ("verify/searches/ren2026/lemma_27.py", "sp.Rational"): "of the two integers of a Fraction",
    ("verify/searches/ren2026/lemma_24.py", "sp.Rational"): "of the two integers of a Fraction",
    ("theory/plugins.py", "import_module"): "the modules of our own folders",
    ("verify/commands/user_code.py", "import_module"): "the module that the user names on the line",
    ("verify/commands/user_code.py", "exec_module"): "the file that the user names on the line",
}
"""(file, way) → why no text of a file comes there."""


def _ways(source: str) -> Iterator[str]:
    """Each way from text to code in a source file: by name, however it is called or passed on."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) if name in FUNCTIONS:
                yield name
            case ast.Attribute(attr=name) if name in METHODS | SHELLS:
                yield name
            case ast.Import(names=names):
                yield from (a.name for a in names if a.name.partition(".")[0] in MODULES)
            case ast.ImportFrom(module=module, names=names):
                found = {a.name for a in names} & (METHODS | SHELLS)
                yield from found
                if module and module.partition(".")[0] in MODULES:
                    yield module
            case ast.keyword(arg="shell"):
                yield "shell"
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr="load"), keywords=said):
                safe = {word.arg: ast.unparse(word.value) for word in said}
                if owner == "torch" and safe.get("weights_only") != "True":
                    yield "torch.load"
                if owner == "np" and "allow_pickle" in safe:
                    yield "np.load"
    yield from _into_sympy(tree)


def _into_sympy(tree: ast.Module) -> Iterator[str]:
    """Calls of sympy inside functions, whose arguments are not written in the source."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for node in ast.walk(function):
                match node:
                    case ast.Call(
                        func=ast.Attribute(value=ast.Name(id="sp" | "sympy"), attr=name)
                    ) if name not in METHODS:
                        yield f"sp.{name}"


def test_every_way_from_text_to_code_is_listed_with_its_reason() -> None:
    found = {
        (file.relative_to(ROOT).as_posix(), way)
        for file in FILES
        for way in _ways(file.read_text(encoding="utf-8"))
    }
    assert found == set(ALLOWED)


@pytest.mark.parametrize(
    ("source", "way"),
    [
        ("eval('1')", "eval"),
        ("f = eval", "eval"),
        ("import sympy as sp\nsp.sympify(x)", "sympify"),
        ("from sympy import sympify as s", "sympify"),
        ("from sympy.parsing.sympy_parser import parse_expr", "parse_expr"),
        ("sp.S(x)", "S"),
        ("e.subs(v)", "subs"),
        ("f = e.subs", "subs"),
        ("import pickle", "pickle"),
        ("from pickle import loads", "pickle"),
        ("import torch\ntorch.load(p)", "torch.load"),
        ("torch.load(p, weights_only=False)", "torch.load"),
        ("np.load(p, allow_pickle=True)", "np.load"),
        ("def f(x): return sp.sqrt(x)", "sp.sqrt"),
        ("os.system(c)", "system"),
        ("subprocess.run(c, shell=True)", "shell"),
    ],
)
def test_each_way_is_seen(source: str, way: str) -> None:
    assert way in set(_ways(source))


@pytest.mark.parametrize(
    "source", ["torch.load(p, weights_only=True)", "x = sp.sqrt(2)", "dataclasses.replace(a, b=1)"]
)
def test_what_is_safe_is_not_seen(source: str) -> None:
    assert list(_ways(source)) == []
