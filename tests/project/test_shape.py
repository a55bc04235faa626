"""Limits of files, functions and names, and the form of module docstrings."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import calicoctl

ROOT = Path(calicoctl.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))
NAMES = [str(path.relative_to(ROOT)) for path in MODULES]

EVERY_MODULE = pytest.mark.parametrize("path", MODULES, ids=NAMES)


@EVERY_MODULE
def test_a_file_has_250_lines_at_most(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 250


@EVERY_MODULE
def test_a_function_has_40_lines_at_most(path: Path) -> None:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    long = [
        f"{node.name}: {length} lines"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, functions) and (length := (node.end_lineno or 0) - node.lineno + 1) > 40
    ]
    assert long == []


@EVERY_MODULE
def test_the_first_line_of_a_module_says_what_it_does(path: Path) -> None:
    first, _, rest = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n")
    assert first.strip().endswith(".")
    assert rest == "" or rest.startswith("\n"), "an empty line follows the first one"


def test_no_module_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager", "managers"}
    assert [name for name in NAMES if drawers & set(Path(name).with_suffix("").parts)] == []


def test_class_names_are_unique() -> None:
    places: dict[str, list[str]] = {}
    for path, name in zip(MODULES, NAMES, strict=True):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(name)
    assert {name: files for name, files in places.items() if len(files) > 1} == {}


def test_named_tuples_have_no_other_base() -> None:
    """Python 3.10 refuses it, also with Generic."""
    places = [
        f"{name}: {node.name}"
        for path, name in zip(MODULES, NAMES, strict=True)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and len(node.bases) > 1
        if "NamedTuple" in {ast.unparse(base) for base in node.bases}
    ]
    assert places == []


def test_modules_are_named_by_nouns_or_verbs_and_not_by_gerunds() -> None:
    """`putting`, `judging`: the module of a verb has the verb's name, any other the name of the thing in it."""
    nouns = {"finding", "grouping"}
    assert [name for name in NAMES if (stem := Path(name).stem).endswith("ing") and stem not in nouns] == []


def test_words_in_module_names_are_separated() -> None:
    """`policytests`, `hostendpoint`: PEP 8 has underscores where they help to read."""
    words = {"endpoint", "tests", "manifest", "reader", "checks", "etcd", "patch", "peer", "pool", "match", "test"}
    whole = words | {"endpoints", "manifests"}
    stems = {part for name in NAMES for part in Path(name).with_suffix("").parts}
    assert [
        stem for stem in stems if stem not in whole and any(stem.endswith(word) for word in words) and "_" not in stem
    ] == []
